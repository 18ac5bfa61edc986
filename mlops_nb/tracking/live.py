"""How is a live kernel tracked, without a run for every kernel that merely starts?

One run per kernel session, opened by the first metric, model or MLflow call; what stages did
before is written into it then. Nothing touches the disk or imports MLflow until that moment,
all MLflow work happens on a thread, and the run ends with the kernel.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.pipeline.records import RunId, StageRecord
from mlops_nb.tracking import context, entries
from mlops_nb.tracking.entries import FinishEntry, RunEntry, RunSource
from mlops_nb.tracking.gitinfo import read_git_state
from mlops_nb.tracking.probed import load_probed
from mlops_nb.tracking.recorder import TrackingOutcome
from mlops_nb.tracking.store import TrackingStore, prepare_store
from mlops_nb.tracking.upkeep import look_after
from mlops_nb.tracking.worker import TrackingWorker

if TYPE_CHECKING:
    from mlflow import MlflowClient

T = TypeVar("T")
# Jupyter ends a kernel by SIGTERM 2.5 s after it asked for it; what is unwritten then is kept.
CLOSE_TIMEOUT_S = 1.0
PARENT_TIMEOUT_S = 10.0
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
    announce : callable
        Shows one line to the user; called from the main thread.
    """

    def __init__(
        self,
        store: TrackingStore,
        *,
        experiment: str,
        source: RunSource,
        announce: Callable[[str], None],
    ) -> None:
        self._store = store
        self._experiment = experiment
        self._source = source
        self._announce = announce
        self._can_track = importlib.util.find_spec("mlflow") is not None
        self._has_announced = False
        self._has_failed_stage = False
        self._worker: TrackingWorker | None = None
        self._waiting: list[entries.StageEntry] = []
        self._lock = threading.RLock()
        self._started = entries.utc_now()
        self._pid = os.getpid()

    def attach(self) -> None:
        """Make this the run of the process: MLflow calls become its children, its end closes it."""
        variables = self._store.kernel_environment(self._experiment)
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
        return self._worker is not None

    def stage_finished(self, record: StageRecord) -> None:
        """Record a stage; returns at once. Opens the run if the stage has metrics."""
        entry = entries.stage_entry(record, now=entries.utc_now())
        if entry is None:
            return
        with self._lock:
            self._has_failed_stage = entry.status != "FINISHED"
            if self._worker is not None:
                self._worker.write(lambda: entry)
                return
            self._waiting.append(entry)
        if entry.shared:
            self._open()

    def submit(self, call: Callable[[MlflowClient, RunId], T]) -> Future[T]:
        """Run ``call(client, run_id)`` on the tracking thread, opening the run if need be.

        Returns
        -------
        Future
            With the call's result or error; an `InputError` where MLflow is not installed.
        """
        worker = self._open()
        if worker is not None:
            return worker.submit(call)
        future: Future[T] = Future()
        future.set_exception(
            InputError("MNB504", "mlflow", "MLflow is not installed in this kernel.", MISSING_NOTE)
        )
        return future

    def run_id(self, timeout_s: float = 0.0) -> RunId | None:
        """Return the run's id, waiting for it; None if there is none (yet)."""
        if self._worker is None:
            return None
        try:
            return self._worker.run.result(timeout_s)
        except (MlopsNbError, TimeoutError):
            return None

    def close(self, *, timeout_s: float = CLOSE_TIMEOUT_S) -> TrackingOutcome:
        """End the run, waiting at most `timeout_s`; later calls do nothing."""
        if os.getpid() != self._pid:  # a fork of the kernel ends, not the kernel
            return TrackingOutcome(run_id=None)
        atexit.unregister(self.close)
        if context.live_run == self._find_parent:
            context.live_run = None
            context.on_mlflow_import = None
        with self._lock:
            worker = self._worker
            self._can_track = False
        if worker is None:
            return TrackingOutcome(run_id=None)
        worker.write(self._finish)
        worker.stop(timeout_s=timeout_s)
        kept = worker.keep()
        run_id = self.run_id()
        self._worker = None
        return TrackingOutcome(
            run_id=run_id, notes=(*worker.refusals, *([] if kept is None else [kept]))
        )

    def _prepare(self) -> None:
        """Make store and experiment, so that user code's first MLflow call finds both."""
        with self._lock:
            if self._worker is None:
                self._store = prepare_store(self._store)
                self._store.prepare_experiment(self._experiment)

    def _open(self) -> TrackingWorker | None:
        with self._lock:
            if self._worker is not None:
                return self._worker
            if not self._can_track:
                if not self._has_announced:
                    self._has_announced = True
                    self._announce(MISSING_NOTE)
                return None
            self._prepare()
            worker = TrackingWorker(self._store)
            worker.write(self._begin)
            for entry in self._waiting:
                worker.write(lambda entry=entry: entry)  # type: ignore[misc]  # bound in the loop
            self._waiting.clear()
            worker.run_later(self._look_after_store)
            load_probed()
            worker.start()
            self._worker = worker
            return worker

    def _begin(self) -> RunEntry:
        return entries.run_entry(
            self._source,
            read_git_state(self._source.notebook.parent),
            experiment=self._experiment,
            parameters={},
            door="interactive",
            started=self._started,
        )

    def _look_after_store(self, client: MlflowClient) -> None:
        look_after(self._store, client, experiment=self._experiment)

    def _finish(self) -> FinishEntry:
        status = "failed" if self._has_failed_stage else "completed"
        return FinishEntry(
            status="FAILED" if self._has_failed_stage else "FINISHED",
            ended_ms=entries.to_ms(entries.utc_now()),
            tags={entries.STATUS_TAG: status},
        )

    def _find_parent(self) -> tuple[str, str] | None:
        if threading.current_thread().name == "mlops_nb-tracking":
            return None
        self._open()
        run_id = self.run_id(PARENT_TIMEOUT_S)
        return None if run_id is None else (str(run_id), self._store.tracking_uri)
