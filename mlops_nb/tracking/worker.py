"""How does MLflow work happen beside a run and never in its way?

One daemon thread with a queue. It imports MLflow, connects, writes entries in order and runs
what others submit. The first failure to write ends the writing: entries from then on, and those
not yet written when the time is up, are kept on disk.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mlops_nb.errors import InfrastructureError
from mlops_nb.pipeline.records import RunId
from mlops_nb.tracking.gitinfo import strip_credentials
from mlops_nb.tracking.pending import keep_pending
from mlops_nb.tracking.processes import ProcessStamp, stamp_process
from mlops_nb.tracking.reach import find_fault
from mlops_nb.tracking.slots import Slot
from mlops_nb.tracking.store import TrackingStore
from mlops_nb.tracking.writer import Entry, RunWriter

if TYPE_CHECKING:
    from mlflow import MlflowClient

T = TypeVar("T")
Job = Callable[[], None]
_log = logging.getLogger("mlops_nb.tracking")
# What is still waited for when somebody is in a hurry, and how often that is looked for.
_HURRIED_S = 2.0
_LOOK_S = 0.1


def _ignore(_: object = None) -> None:
    return


class TrackingWorker:
    """The thread that writes one run.

    Parameters
    ----------
    store : TrackingStore
    run_id : RunId, optional
        A run that exists already and is continued.
    on_fault : callable, optional
        Called, on any thread, with the fault that ends the writing.
    """

    def __init__(
        self,
        store: TrackingStore,
        *,
        run_id: RunId | None = None,
        on_fault: Callable[[InfrastructureError], None] = _ignore,
    ) -> None:
        self._store = store
        self._run_id = run_id
        self._on_fault = on_fault
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._slots: list[Slot] = []
        self._promised: list[Future[Any]] = []
        self._is_closed = False
        self._fault: str | None = None
        self._is_abandoned = False
        self._is_holding = False
        self._held: Path | None = None
        self._holding = threading.Lock()
        self._patience_s: float | None = None
        self._writer: RunWriter | None = None
        self._client: MlflowClient | None = None
        self._thread = threading.Thread(target=self._work, name="mlops_nb-tracking", daemon=True)
        self._jobs.put(self._connect)
        self.run: Future[RunId] = Future()

    def start(self) -> None:
        """Start the thread, once; MLflow is imported and the store reached there."""
        with self._lock:
            if self._thread.ident is None:
                self._thread.start()

    @property
    def is_started(self) -> bool:
        """Return whether anything is written, or only collected so far."""
        return self._thread.ident is not None

    @property
    def refusals(self) -> tuple[str, ...]:
        """Return what MLflow found wrong with values; they are not written."""
        return () if self._writer is None else tuple(self._writer.refusals)

    def write(self, make: Callable[[], Entry], *, then: Callable[[], None] = _ignore) -> None:
        """Queue an entry; it is made on the thread, and written in the order of the calls.

        `then` is called on the thread once it is written.
        """
        self.reserve(make, then=then)()

    def reserve(
        self, make: Callable[[], Entry], *, then: Callable[[], None] = _ignore
    ) -> Callable[[], None]:
        """Add an entry that is kept like others, and queued when what is returned is called."""
        slot = Slot(make, then)
        with self._lock:
            self._slots.append(slot)
        return lambda: self._jobs.put(lambda: self._write(slot))

    def submit(self, call: Callable[[MlflowClient, RunId], T]) -> Future[T]:
        """Queue `call` with client and run; its failure is its caller's, and stops nothing."""
        future: Future[T] = Future()
        self._promised.append(future)

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                client, writer = self._client, self._writer
                if self._is_abandoned or client is None or writer is None or not writer.run_id:
                    raise self._unavailable()
                future.set_result(call(client, writer.run_id))
            except BaseException as error:  # the future carries it to whoever waits
                future.set_exception(error)

        with self._lock:
            is_open = not self._is_closed
            if is_open:
                self._jobs.put(job)
        if not is_open:
            self._break_promises()
        return future

    def _break_promises(self) -> None:
        """Fail the futures whose jobs will not run: nobody waits for ever."""
        for future in self._promised:
            if future.cancel():
                continue
            with contextlib.suppress(InvalidStateError):
                if not future.done():
                    future.set_exception(self._unavailable())

    def run_later(self, call: Callable[[MlflowClient], object]) -> None:
        """Queue work that may be left undone: a failure is logged and stops nothing."""

        def guarded() -> None:
            try:
                if self._client is not None and self._fault is None:
                    call(self._client)
            except Exception:
                _log.debug("background work failed", exc_info=True)

        self._jobs.put(guarded)

    def stop(self, *, timeout_s: float) -> None:
        """Wait until everything queued is done, at most `timeout_s`; nothing is written later."""
        with self._lock:
            self._is_closed = True
            self._jobs.put(None)
        if self.is_started:
            self._wait(timeout_s)
            if self._thread.is_alive():
                self._is_abandoned = True
                self._fail(f"the store did not answer within {self._patience_s or timeout_s:g} s")
        if not self.run.done():
            self._fail("the store was not reached")
        self._break_promises()

    def hurry(self) -> None:
        """Let `stop` wait for a moment only; called again, not at all. For a signal's handler."""
        self._patience_s = _HURRIED_S if self._patience_s is None else 0.0

    def _wait(self, timeout_s: float) -> None:
        begun = hurried = time.monotonic()
        while self._thread.is_alive():
            now = time.monotonic()
            if self._patience_s is None:
                hurried = now
            elif now - hurried >= self._patience_s:
                return
            if now - begun >= timeout_s:
                return
            self._thread.join(min(_LOOK_S, timeout_s))

    def hold(self) -> None:
        """Keep what is not written yet, should this process be killed on the way; until `keep`."""
        self._is_holding = True
        self._hold()

    def keep(self) -> str | None:
        """Keep on disk what was not written; return a sentence that says so, or None."""
        why = self._fault or "the store was not reached"
        with self._holding:
            self._is_holding = False
            try:
                folder = self._keep_rest()
            except Exception as error:
                return f"The run is not tracked: {why}. Nor could it be kept: {_describe(error)}."
            self._release()
        if folder is None:
            return None
        return f"The run is not tracked yet: {why}. It is kept in {folder} for the next run."

    def _hold(self) -> None:
        with self._holding:
            if self._is_holding:
                with contextlib.suppress(Exception):  # it was for the worst case only
                    held = self._keep_rest(owner=stamp_process())
                    self._release()
                    self._held = held

    def _release(self) -> None:
        if self._held is not None:
            shutil.rmtree(self._held, ignore_errors=True)
            self._held = None

    def _keep_rest(self, *, owner: ProcessStamp | None = None) -> Path | None:
        """Keep what is not written, with the opening; return the folder, None if all is."""
        with self._lock:
            slots = list(self._slots)
        rest = [slot for slot in slots if not slot.is_written]
        if not rest:
            return None
        opening = slots[0].made()
        return keep_pending(
            self._store.record_dir,
            [opening, *(slot.made() for slot in rest if slot is not slots[0])],
            tracking_uri=self._store.tracking_uri,
            run_id=None if self._writer is None else self._writer.run_id,
            owner=owner,
        )

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _connect(self) -> None:
        try:
            self._store.require()
            fault = find_fault(self._store.tracking_uri)
            if fault is not None:
                self._fail(fault)
                return
            self._client = self._store.client()
            self._writer = RunWriter(self._store, self._client, run_id=self._run_id)
        except Exception as error:  # whatever MLflow raises must not reach the run
            self._fail(_describe(error))

    def _write(self, slot: Slot) -> None:
        if self._writer is None or self._fault is not None:
            return
        try:
            entry = slot.made()
            fault = find_fault(self._store.tracking_uri)
            if fault is not None:
                self._fail(fault)
                return
            self._writer.write(entry)
        except Exception as error:  # whatever MLflow raises must not reach the run
            self._fail(_describe(error))
            return
        slot.is_written = True
        if self._writer.run_id is not None:
            with contextlib.suppress(InvalidStateError):
                self.run.set_result(self._writer.run_id)
        if slot is not self._slots[0]:  # which names the experiment of what could not be written
            slot.forget()
        slot.then()
        self._hold()

    def _fail(self, fault: str) -> None:
        with self._lock:
            is_first = self._fault is None
            self._fault = self._fault or fault
        if is_first:
            self._on_fault(self._unavailable())
        # The thread may open the run at this very moment; then it has one, and the rest is kept.
        with contextlib.suppress(InvalidStateError):
            self.run.set_exception(self._unavailable())

    def _unavailable(self) -> InfrastructureError:
        return InfrastructureError(
            "MNB510",
            strip_credentials(self._store.tracking_uri),
            f"the run is not tracked: {self._fault or 'the store was not reached in time'}.",
            "Check the store; what was recorded is kept in .mlops_nb/record/pending.",
        )


def _describe(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
