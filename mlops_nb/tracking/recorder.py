"""How does a headless run reach MLflow without waiting for it?

The recorder turns records into entries and hands them to a thread of its own. The run waits
once, at its end, for a bounded time. Whatever goes wrong in tracking ends as a note of the
outcome, never as an error of the run.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mlops_nb.errors import MlopsNbError
from mlops_nb.pipeline.records import RunId, RunRecord, StageRecord
from mlops_nb.pipeline.secrets import Masker
from mlops_nb.tracking import entries
from mlops_nb.tracking.artifacts import RunFiles
from mlops_nb.tracking.context import write_run_file
from mlops_nb.tracking.entries import Door, FinishEntry, RunEntry, RunSource
from mlops_nb.tracking.gitinfo import GitState, read_git_state
from mlops_nb.tracking.html import warm_up
from mlops_nb.tracking.store import TrackingStore
from mlops_nb.tracking.summary import render_note
from mlops_nb.tracking.upkeep import look_after
from mlops_nb.tracking.worker import TrackingWorker

if TYPE_CHECKING:
    from mlflow import MlflowClient

T = TypeVar("T")
FINISH_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingOutcome:
    """How the tracking of a run ended.

    Attributes
    ----------
    run_id : RunId or None
        None if no run was made.
    notes : tuple of str
        What a person should know; empty if all was written.
    """

    run_id: RunId | None
    notes: tuple[str, ...] = ()


class RunRecorder:
    """Records one headless run.

    Parameters
    ----------
    store : TrackingStore
    experiment : str
    source : RunSource
    parameters : Mapping
        As used, defaults included.
    door : {"headless", "interactive"}
    masker : Masker, optional
        Of the run's secrets.
    sanitize_html : bool, default=False
        Whether the run's page is safe to open whatever the notebook holds.
    """

    def __init__(
        self,
        store: TrackingStore,
        *,
        experiment: str,
        source: RunSource,
        parameters: Mapping[str, Any],
        door: Door = "headless",
        masker: Masker | None = None,
        sanitize_html: bool = False,
    ) -> None:
        self._store = store
        self._experiment = experiment
        self._source = source
        self._parameters = dict(parameters)
        self._door: Door = door
        self._worker = TrackingWorker(store)
        self._git = GitState()
        self._masker = masker or Masker()
        self._files = RunFiles(masker=self._masker, sanitize_html=sanitize_html)
        self._notes: list[str] = []
        self._outcome: TrackingOutcome | None = None
        self._started: datetime | None = None
        self.run_file = store.record_dir / "running" / f"{uuid.uuid4().hex}.json"

    @property
    def store(self) -> TrackingStore:
        return self._store

    @property
    def git(self) -> GitState:
        """Return the state of the working tree; nothing is known before the run was opened."""
        return self._git

    def start(self) -> None:
        """Open the run in the background; call it before the kernel is ready."""
        self._started = entries.utc_now()
        self._store.prepare_experiment(self._experiment)
        with contextlib.suppress(OSError):
            self.run_file.parent.mkdir(parents=True, exist_ok=True)
        self._files.keep_source(self._source.notebook, raw=self._source.raw)
        self._worker.write(self._open)
        self._worker.run.add_done_callback(self._announce)
        self._worker.run_later(self._look_after_store)
        self._worker.run_later(lambda _: warm_up())
        self._worker.start()

    def kernel_environment(self) -> dict[str, str]:
        """Return the variables with which the kernel's own MLflow calls land under this run."""
        return self._store.kernel_environment(self._experiment, run_file=self.run_file)

    def run_id(self, timeout_s: float = 10.0) -> RunId | None:
        """Return the run's id, waiting for it; None if there is none in time."""
        try:
            return self._worker.run.result(timeout_s)
        except (MlopsNbError, TimeoutError):
            return None

    def submit(self, call: Callable[[MlflowClient, RunId], T]) -> Future[T]:
        """Run ``call(client, run_id)`` on the recorder's thread, after what was recorded before.

        Returns
        -------
        Future
            With the call's result or error; an `InfrastructureError` if the run is not tracked.
        """
        return self._worker.submit(call)

    def stage_finished(self, record: StageRecord) -> None:
        """Record a stage; returns at once."""
        entry = entries.stage_entry(record, now=entries.utc_now())
        if entry is not None:
            masked = replace(
                entry,
                name=self._masker.text(entry.name),
                tags=self._masker.value(entry.tags),
            )
            self._worker.write(lambda: masked)

    def finish(
        self,
        record: RunRecord,
        *,
        executed: bytes | None = None,
        files: Mapping[str, Path] | None = None,
        graph: str = "",
        kernel_python: str | None = None,
        timeout_s: float = FINISH_TIMEOUT_S,
    ) -> TrackingOutcome:
        """Close the run and wait for everything recorded, at most `timeout_s`.

        Parameters
        ----------
        record : RunRecord
            Its `run_id` may be None: it is filled in.
        executed : bytes, optional
            The executed notebook.
        files : Mapping of str to Path, optional
            More artifacts, by their name in the run.
        graph : str
            The pipeline as text, for the run's description.
        kernel_python : str, optional
            The kernel's interpreter, whose packages are listed; the running one by default.
        timeout_s : float, default=60.0

        Returns
        -------
        TrackingOutcome
            Never raises for a store that fails. A run is closed once: a later call returns what
            the first one did.
        """
        if self._outcome is not None:
            return self._outcome
        moment = entries.utc_now()

        def close() -> FinishEntry:
            full = replace(record, run_id=record.run_id or self.run_id(0))
            own = self._files.write(
                full, git=self._git, kernel_python=kernel_python, executed=executed
            )
            return entries.finish_entry(
                full,
                note=self._masker.text(render_note(full, graph=graph)),
                files={**own, **(files or {})},
                now=moment,
            )

        self._worker.write(close)
        self._worker.stop(timeout_s=timeout_s)
        kept = self._worker.keep()
        notes = [*self._notes, *self._files.notes, *self._worker.refusals]
        if kept is not None:
            notes.append(kept)
        with contextlib.suppress(OSError):
            self.run_file.unlink(missing_ok=True)
        self._files.discard()
        self._outcome = TrackingOutcome(run_id=self.run_id(0), notes=tuple(notes))
        return self._outcome

    def hurry(self) -> None:
        """Let `finish`, which may be waiting, wait for a moment only; the rest is kept on disk.

        For the handler of a signal.
        """
        self._worker.hurry()

    def _open(self) -> RunEntry:
        self._git = read_git_state(self._source.notebook.parent, running=self._source.notebook)
        entry = entries.run_entry(
            self._source,
            self._git,
            experiment=self._experiment,
            parameters=self._parameters,
            door=self._door,
            started=self._started or entries.utc_now(),
        )
        masked: RunEntry = self._masker.value(entry)
        return masked

    def _announce(self, run: Future[RunId]) -> None:
        """Tell the kernel which run it belongs to, or that there will be none."""
        run_id = None if run.exception() is not None else run.result()
        try:
            write_run_file(self.run_file, run_id=run_id, tracking_uri=self._store.tracking_uri)
        except OSError as error:
            self._notes.append(f"MLflow calls in the notebook are not linked to the run: {error}.")

    def _look_after_store(self, client: MlflowClient) -> None:
        look_after(self._store, client, experiment=self._experiment)
