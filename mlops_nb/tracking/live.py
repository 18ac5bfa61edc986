"""How is a live kernel tracked, without a run for every kernel that merely starts?

One run per kernel session, opened by the first metric, model or MLflow call; what stages did
before is written into it then. Nothing touches the disk until that moment. All MLflow work happens
in a process beside the kernel (`live_process`), which hears of a stage a moment after it ended and
outlives the kernel for as long as writing takes.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Callable, Sequence

from mlops_nb.pipeline.records import RunId, StageRecord
from mlops_nb.tracking import context, entries
from mlops_nb.tracking.entries import RunSource
from mlops_nb.tracking.live_exchange import LiveExchange
from mlops_nb.tracking.live_messages import (
    LeftModel,
    LiveEnd,
    LiveItem,
    LiveOpening,
    live_finish_entry,
    live_run_entry,
)
from mlops_nb.tracking.pending import keep_pending
from mlops_nb.tracking.processes import stamp_process
from mlops_nb.tracking.recorder import TrackingOutcome
from mlops_nb.tracking.store import TrackingStore, prepare_store

# Jupyter ends a kernel 2.5 s after it asked for it. The process goes on writing after that.
CLOSE_TIMEOUT_S = 1.0
# MLflow is imported meanwhile, perhaps beside much else. Who cannot be reached is known at once.
PARENT_TIMEOUT_S = 60.0
MISSING_NOTE = (
    "MLflow is not installed in this kernel: metrics and models are not tracked. "
    "Run `%pip install mlflow` and restart the kernel."
)


class LiveRun:
    """The run of one kernel session.

    Parameters
    ----------
    store : TrackingStore
        Located, not yet prepared (see `locate_store`).
    experiment : str
    source : RunSource
    program : str
        Module of the process that tracks.
    announce : callable
        Shows one line to the user; called from the main thread.
    """

    def __init__(
        self,
        store: TrackingStore,
        *,
        experiment: str,
        source: RunSource,
        program: str,
        announce: Callable[[str], None],
    ) -> None:
        self._opening = LiveOpening(
            store=store,
            experiment=experiment,
            source=source,
            started=entries.utc_now(),
            kernel=stamp_process(),
        )
        self._exchange = LiveExchange(self._opening, program=program)
        self._announce = announce
        self._can_track = importlib.util.find_spec("mlflow") is not None
        self._end: LiveEnd | None = None
        self._is_closed = self._has_announced = False
        self._has_failed_stage = False
        self._is_prepared = False
        self._preparing = threading.Lock()
        self._pid = os.getpid()

    def attach(self) -> None:
        """Make this the run of the process: MLflow calls become its children, its end closes it."""
        variables = self._opening.store.kernel_environment(self._opening.experiment)
        for name, value in variables.items():
            os.environ.setdefault(name, value)
        context.live_run = self._find_parent
        context.on_mlflow_import = self._prepare
        if "mlflow" in sys.modules:
            self._prepare()
        atexit.register(self.close)

    @property
    def is_open(self) -> bool:
        """Return whether anything has been worth a run so far."""
        return self._exchange.starts > 0

    def open(self) -> int | None:
        """Start the process that tracks unless it is there, and return its id; None if there is
        none."""
        if self._can_track and self._end is None:
            return self._exchange.open()
        if not self._can_track and not self._has_announced:
            self._has_announced = True
            self._announce(MISSING_NOTE)
        return None

    def stage_finished(self, record: StageRecord) -> None:
        """Record a stage; returns at once. Opens the run if the stage has metrics."""
        if record.action != "run" or record.seconds is None:
            return
        self._has_failed_stage = entries.stage_end(record.status) != "FINISHED"
        self._exchange.give(record)
        if record.metrics or record.series:
            self.open()

    def model_left(self, model: LeftModel) -> None:
        """Have a model packaged and logged; returns at once. Opens the run."""
        self._exchange.give(model)
        self.open()

    def tell(self) -> None:
        """Announce what went wrong since the last time; on the main thread."""
        for note in self._exchange.notes():
            self._announce(note)

    def run_id(self, timeout_s: float = 0.0) -> RunId | None:
        """Return the run's id, waiting for it; None if there is none (yet)."""
        return self._exchange.wait_for_run(timeout_s)

    def end(self) -> None:
        """End the run; returns at once. What is not written yet is written by the process."""
        if self._end is None:
            self._end = LiveEnd(has_failed=self._has_failed_stage, moment=entries.utc_now())
            if context.live_run == self._find_parent:
                context.live_run = None
                context.on_mlflow_import = None
            self._exchange.say_end(self._end)

    def close(self, *, timeout_s: float = CLOSE_TIMEOUT_S) -> TrackingOutcome:
        """End the run, and wait at most `timeout_s` until all is written; later calls do nothing.

        What is not written by then is written by the process while the kernel is gone.
        """
        if os.getpid() != self._pid or self._is_closed:  # a fork of the kernel is not the kernel
            return TrackingOutcome(run_id=None)
        self._is_closed = True
        atexit.unregister(self.close)
        self.end()
        if not self.is_open:
            return TrackingOutcome(run_id=None)
        left = self._exchange.wait_for_end(timeout_s)
        words = (self._exchange.last_words or []) if left is None else self._keep(left)
        notes = (*self._exchange.notes(), *words)
        return TrackingOutcome(run_id=self._exchange.run_id, notes=notes)

    def _prepare(self) -> None:
        """Make store and experiment, so that user code's first MLflow call finds both."""
        with self._preparing:
            if not self._is_prepared:
                self._is_prepared = True
                prepare_store(self._opening.store).prepare_experiment(self._opening.experiment)

    def _keep(self, left: Sequence[LiveItem]) -> list[str]:
        """Keep on disk what no process is there to write; return what is to be said of it."""
        assert self._end is not None
        stages, lost = [], []
        for item in left:
            if isinstance(item.content, LeftModel):
                shutil.rmtree(item.content.folder, ignore_errors=True)
                lost.append(f"The model of stage {item.content.stage!r} is not tracked.")
            elif (entry := entries.stage_entry(item.content, now=item.moment)) is not None:
                stages.append(entry)
        try:
            folder = keep_pending(
                self._opening.store.record_dir,
                [live_run_entry(self._opening), *stages, live_finish_entry(self._end)],
                tracking_uri=self._opening.store.tracking_uri,
                run_id=self._exchange.run_id,
            )
        except OSError as error:
            return [*lost, f"The run is not tracked, nor could it be kept: {error}."]
        return [*lost, f"The run is not tracked yet. It is kept in {folder} for the next run."]

    def _find_parent(self) -> tuple[str, str] | None:
        run_id = self._exchange.run_id
        if os.getpid() == self._pid:  # a fork knows what was known when it was made
            self.open()
            run_id = self.run_id(PARENT_TIMEOUT_S)
        return None if run_id is None else (str(run_id), self._opening.store.tracking_uri)
