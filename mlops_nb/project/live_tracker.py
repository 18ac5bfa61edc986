"""What does the process do that tracks a live kernel? Write what it is told; end with the kernel.

It hears of stages and models through its standard input and answers on a copy of its standard
output; what libraries print goes nowhere, but for the last line of a process that fails. When the
kernel's session ends, or the kernel is gone, it finishes what it has and closes the run. A kernel
that lives and has closed the pipe has another process by then: this one just ends.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING

from mlops_nb.errors import MlopsNbError
from mlops_nb.garbage import collect_seldom
from mlops_nb.pipeline.records import StageRecord
from mlops_nb.project.live_models import LiveModels
from mlops_nb.tracking import entries
from mlops_nb.tracking.entries import FinishEntry
from mlops_nb.tracking.live_messages import (
    EXIT_UNUSABLE,
    LiveEnd,
    LiveItem,
    LiveOpening,
    adopt_changes,
    live_finish_entry,
    live_run_entry,
)
from mlops_nb.tracking.live_pipes import Answers, Messages
from mlops_nb.tracking.processes import has_vanished, stamp_process
from mlops_nb.tracking.store import prepare_store
from mlops_nb.tracking.upkeep import close_children, find_experiments, look_after
from mlops_nb.tracking.worker import TrackingWorker
from mlops_nb.version import __version__

if TYPE_CHECKING:
    from mlflow import MlflowClient

# What the last models and records of a session get; the rest is kept on disk.
FINISH_TIMEOUT_S = 60.0
# A kernel closes its pipe before it is gone.
_DYING_S = 2.0


def main() -> None:
    """Track the kernel that started this process."""
    collect_seldom()
    kernel, version = int(sys.argv[3]), sys.argv[4]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if version != __version__:
        sys.stderr.write(
            f"this kernel loaded mlops-nb {version}, and {__version__} is installed now: "
            "restart the kernel\n"
        )
        sys.stderr.flush()
        os._exit(EXIT_UNUSABLE)
    answers = Answers(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    messages = Messages(os.fdopen(os.dup(0), "rb"), kernel=kernel)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        os.getcwd()  # noqa: PTH109 - for its failure
    except OSError:  # the folder is gone, and MLflow asks for it
        os.chdir("/")
    opening = messages.take()
    if isinstance(opening, LiveOpening):
        tracker = LiveTracker(opening, answers)

        def stop(signum: int, frame: FrameType | None) -> None:
            messages.end_soon()
            tracker.hurry()

        signal.signal(signal.SIGTERM, stop)
        tracker.serve(messages)
    if messages.is_ending:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
    os._exit(0)  # whatever a library has still going on


class LiveTracker:
    """Writes the run of one kernel session.

    Parameters
    ----------
    opening : LiveOpening
    answers : Answers
    """

    def __init__(self, opening: LiveOpening, answers: Answers) -> None:
        self._opening = opening
        self._answers = answers
        self._refusals = 0
        self._store = prepare_store(opening.store)
        self._store.prepare_experiment(opening.experiment)
        os.environ["MLFLOW_TRACKING_URI"] = self._store.tracking_uri
        self._worker = TrackingWorker(self._store, run_id=opening.run_id, on_fault=self._tell_fault)
        self._owner = opening.kernel
        self._worker.write(
            lambda: live_run_entry(replace(opening, kernel=self._owner)), then=self._tell_run
        )
        self._worker.run_later(self._look_after_store)
        self._models = LiveModels(
            self._worker, packages=self._store.record_dir / "packages", tell=self._tell
        )

    def serve(self, messages: Messages) -> None:
        """Write what is told until nothing is told any more."""
        self._worker.start()
        while isinstance(message := messages.take(), LiveItem):
            self._take(message)
        if isinstance(message, LiveEnd):
            self._finish(live_finish_entry(message))
        elif self._is_kernel_gone():
            self._worker.run_later(self._close_children)
            self._finish(_vanished())
        else:
            self._models.abandon()

    def hurry(self) -> None:
        """Finish soon, whatever is not written; for a signal's handler."""
        self._worker.hurry()
        self._models.abandon()

    def _take(self, item: LiveItem) -> None:
        adopt_changes(item.environment)
        content = item.content

        def done() -> None:
            self._answers.say(done=item.number)
            self._tell_refusals()

        if isinstance(content, StageRecord):
            entry = entries.stage_entry(content, now=item.moment)
            if entry is not None:
                self._worker.write(lambda: entry, then=done)
        else:
            self._models.take(content, then=done)

    def _finish(self, end: FinishEntry) -> None:
        # The run is this process's now: another must not take it for one that nobody minds.
        self._owner = stamp_process()
        self._worker.run_later(self._own_run)
        write_end = self._worker.reserve(lambda: end)
        self._worker.hold()
        self._models.wait(FINISH_TIMEOUT_S)
        write_end()
        self._worker.stop(timeout_s=FINISH_TIMEOUT_S)
        kept = self._worker.keep()
        self._tell_refusals()
        self._answers.say(closed=[] if kept is None else [kept])

    def _is_kernel_gone(self) -> bool:
        deadline = time.monotonic() + _DYING_S
        while not (is_gone := has_vanished(self._opening.kernel)) and time.monotonic() < deadline:
            time.sleep(0.02)
        return is_gone

    def _tell(self, note: str) -> None:
        self._answers.say(note=note)

    def _tell_run(self) -> None:
        if self._has_run():
            self._answers.say(run_id=self._worker.run.result())

    def _tell_fault(self, fault: MlopsNbError) -> None:
        self._answers.say(untracked=True, note=str(fault))

    def _tell_refusals(self) -> None:
        refusals = self._worker.refusals
        for refusal in refusals[self._refusals :]:
            self._tell(refusal)
        self._refusals = len(refusals)

    def _has_run(self) -> bool:
        return self._worker.run.done() and self._worker.run.exception() is None

    def _look_after_store(self, client: MlflowClient) -> None:
        spare = self._worker.run.result() if self._has_run() else None
        look_after(self._store, client, experiment=self._opening.experiment, spare=spare)

    def _own_run(self, client: MlflowClient) -> None:
        if self._has_run():
            run_id = self._worker.run.result()
            client.set_tag(run_id, entries.PROCESS_TAG, str(self._owner))

    def _close_children(self, client: MlflowClient) -> None:
        if self._has_run():
            found = find_experiments(self._store, client, experiment=self._opening.experiment)
            close_children(client, self._worker.run.result(), experiment_ids=found)


def _vanished() -> FinishEntry:
    return FinishEntry(
        status="KILLED",
        ended_ms=entries.to_ms(datetime.now(UTC)),
        tags={entries.STATUS_TAG: "vanished"},
    )
