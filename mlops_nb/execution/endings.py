"""How did a cell end, how did the run end, and what error says so?

One table from what happened to the words of DESIGN 6 and 9, so that notebook, record, JSON, exit
code and tracking cannot tell different stories.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_nb.pipeline.records import CellStatus, ErrorRecord, RunStatus

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_OUR_CODE = re.compile(r"(MNB\d{3}) ")
# ``sys.exit()`` and ``sys.exit(0)`` end a program well; so do ``exit`` and ``quit`` in a cell.
_GOOD_EXITS = ("", "0", "None", "False")
EXIT_CODES: Mapping[RunStatus, int] = {
    "completed": 0,
    "failed": 1,
    "timeout": 1,
    "died": 5,
    "interrupted": 130,
    "terminated": 143,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CellEnding:
    """How a cell that was sent to the kernel ended.

    Attributes
    ----------
    status : CellStatus
    run_status : RunStatus or None
        How the run ends because of it; None if it goes on.
    name, message, traceback : str
        The error: name of its class, text, lines; empty if there is none.
    code : str
        ``"MNB4xx"``; empty if there is no error.
    told_by_kernel : bool
        Whether the kernel put the error among the cell's outputs.
    """

    status: CellStatus
    run_status: RunStatus | None = None
    name: str = ""
    message: str = ""
    traceback: str = ""
    code: str = ""
    told_by_kernel: bool = True

    def to_error(self, *, cell: int | None, stage: str | None) -> ErrorRecord | None:
        """Return the run's error record; None if the run did not fail."""
        if self.run_status in (None, "completed"):
            return None
        message = (
            f"{self.name}: {self.message}" if self.told_by_kernel and self.name else self.message
        )
        return ErrorRecord(
            code=self.code,
            message=_ANSI.sub("", message),
            cell=cell,
            stage=stage,
            traceback=_ANSI.sub("", self.traceback),
        )


def ending_of_reply(reply: Mapping[str, Any], *, may_fail: bool) -> CellEnding:
    """Return how a cell ended that the kernel replied to."""
    if reply.get("status") == "ok":
        asked = any(p.get("source") == "ask_exit" for p in reply.get("payload") or ())
        return CellEnding(status="completed", run_status="completed" if asked else None)
    name, message = str(reply.get("ename", "")), str(reply.get("evalue", ""))
    if name == "SystemExit" and message in _GOOD_EXITS:
        return CellEnding(status="completed", run_status="completed")
    if may_fail:
        return CellEnding(status="expected error", name=name, message=message)
    ours = _OUR_CODE.match(message) if name == "StageOutcomeError" else None
    if ours:  # the session fails a stage that does not keep its word
        name, message = "", message[ours.end() :]
    elif name == "StdinNotImplementedError":
        message += " A headless run has nobody to ask: pass the value as a parameter."
    return CellEnding(
        status="failed",
        run_status="failed",
        name=name,
        message=message,
        traceback="\n".join(reply.get("traceback") or ()),
        code=ours.group(1) if ours else "MNB410",
    )


def ending_by_timeout(whose: str, limit_s: float) -> CellEnding:
    """Return the ending of a cell that used up the time of `whose` (``"the run"``)."""
    return CellEnding(
        status="timeout",
        run_status="timeout",
        name="TimeoutError",
        message=f"{whose} took longer than its timeout of {limit_s:g} s.",
        code="MNB411",
        told_by_kernel=False,
    )


def ending_by_death(how: str) -> CellEnding:
    """Return the ending of a cell whose kernel process ended; `how` says how."""
    return CellEnding(
        status="kernel died",
        run_status="died",
        name="KernelDied",
        message=f"{how}.",
        code="MNB412",
        told_by_kernel=False,
    )


def ending_by_signal(signum: int) -> CellEnding:
    """Return the ending of a cell during which the run was stopped."""
    if signum == signal.SIGTERM:
        return CellEnding(
            status="interrupted",
            run_status="terminated",
            name="RunTerminated",
            message="the run was stopped by SIGTERM.",
            code="MNB414",
            told_by_kernel=False,
        )
    return CellEnding(
        status="interrupted",
        run_status="interrupted",
        name="RunInterrupted",
        message="the run was interrupted from the keyboard.",
        code="MNB413",
        told_by_kernel=False,
    )
