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

from mlops_nb.errors import (
    InputError,
    MlopsNbError,
    NotBlessedError,
    NotebookFailedError,
    RunInterruptedError,
    RunTerminatedError,
)
from mlops_nb.pipeline.records import CellStatus, ErrorRecord, RunRecord, RunStatus

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# How places in notebooks are written in errors.
_CELL = re.compile(r", cell (\d+)\b")
_OUR_CODE = re.compile(r"(MNB\d{3}) ")
# ``sys.exit()`` and ``sys.exit(0)`` end a program well; so do ``exit`` and ``quit`` in a cell.
_GOOD_EXITS = ("", "0", "None", "False")
# What is kept of a message and of a traceback: they go to terminals, records and MLflow; the
# notebook has them whole.
_MESSAGE_CHARACTERS = 2_000
_TRACEBACK_CHARACTERS = 20_000
# Control characters move the cursor, ring, or write to the clipboard of a terminal.
_CONTROLS = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)
}
_BROKEN: Mapping[type[MlopsNbError], RunStatus] = {
    InputError: "failed",
    NotebookFailedError: "failed",
    RunInterruptedError: "interrupted",
    RunTerminatedError: "terminated",
}
EXIT_CODES: Mapping[RunStatus, int] = {
    "completed": 0,
    "failed": 1,
    "timeout": 1,
    "died": 5,
    "interrupted": 130,
    "terminated": 143,
}


def exit_code_of(record: RunRecord) -> int:
    """Return the exit code that a run's record means (DESIGN 9): how it ended, then its gates, then
    its promotion.

    >>> from dataclasses import replace
    >>> sound = RunRecord(run_id=None, notebook="n", output=None, status="completed")
    >>> exit_code_of(sound), exit_code_of(replace(sound, gates=({"verdict": "failed"},)))
    (0, 3)
    """
    if record.status != "completed":
        return EXIT_CODES[record.status]
    if record.has_failed_gates:
        return NotBlessedError.exit_code
    return 0 if record.promotion is None else int(record.promotion["exit_code"])


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

    @property
    def _is_told_by_name(self) -> bool:
        return self.code == "MNB410" and self.name != ""

    def to_error(self, *, cell: int | None, stage: str | None) -> ErrorRecord | None:
        """Return the run's error record; None if the run did not fail."""
        if self.run_status in (None, "completed"):
            return None
        told = f"{self.name}: {self.message}" if self._is_told_by_name else self.message
        return ErrorRecord(
            code=self.code,
            message=_clean(told, limit=_MESSAGE_CHARACTERS),
            cell=cell,
            stage=stage,
            traceback=_clean(self.traceback, limit=_TRACEBACK_CHARACTERS),
        )


def ending_of_version(expression: str, told: Mapping[str, str]) -> CellEnding:
    """Return how a stage ends whose ``--version-of`` could not be evaluated."""
    return CellEnding(
        status="failed",
        run_status="failed",
        name=told["name"],
        message=f"'--version-of {expression}': {told['name']}: {told['message']}",
        traceback=told["traceback"],
        code="MNB459",
        told_by_kernel=False,
    )


def ending_of_reply(reply: Mapping[str, Any], *, may_fail: bool) -> CellEnding:
    """Return how a cell ended that the kernel replied to."""
    if reply.get("status") == "ok":
        asked = [p for p in reply.get("payload") or () if p.get("source") == "ask_exit"]
        if not asked:
            return CellEnding(status="completed")
        # ``exit(3)`` means "keep the kernel" to ipykernel, and a failure to everybody else.
        status = asked[-1].get("keepkernel")
        if isinstance(status, bool) or str(status) in _GOOD_EXITS:
            return CellEnding(status="completed", run_status="completed")
        return CellEnding(
            status="failed",
            run_status="failed",
            name="SystemExit",
            message=str(status),
            code="MNB410",
            told_by_kernel=False,
        )
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


def ending_of_start(kernel_name: str, how: str) -> CellEnding:
    """Return the ending of a run whose kernel would not start; `how` says how."""
    return CellEnding(
        status="not run",
        run_status="died",
        message=f"kernel {kernel_name!r} would not start: {how}.",
        code="MNB403",
        told_by_kernel=False,
    )


def ending_without_reply(how: str, seen: str = "") -> CellEnding:
    """Return the ending of a cell that the kernel works for no more and did not reply to.

    `how` says how the kernel is, `seen` what its witness says.
    """
    done = f"does not work for the cell any more ({seen})" if seen else "finished the cell"
    return CellEnding(
        status="failed",
        run_status="failed",
        name="NoReply",
        message=f"the kernel {done} and gave no reply: code in it, or in a cell before, broke it; "
        f"{how}.",
        code="MNB416",
        told_by_kernel=False,
    )


def ending_without_report(stage: str) -> CellEnding:
    """Return the ending of a stage's last cell after which the session said nothing."""
    return CellEnding(
        status="failed",
        run_status="failed",
        name="NoReport",
        message=f"the metrics and the model of stage {stage!r} are not known: code in the notebook "
        "took away the hooks by which they are found (IPython's pre_run_cell and post_run_cell).",
        code="MNB417",
        told_by_kernel=False,
    )


def ending_by_death(how: str, *, trace: str = "", out_of_memory: bool = False) -> CellEnding:
    """Return the ending of a cell whose kernel process ended; `how` says how, `trace` where."""
    return CellEnding(
        status="kernel died",
        run_status="died",
        name="OutOfMemory" if out_of_memory else "KernelDied",
        message=f"{how}.",
        traceback=trace,
        code="MNB415" if out_of_memory else "MNB412",
        told_by_kernel=False,
    )


def ending_by_signal(signum: int) -> CellEnding:
    """Return the ending of a cell during which the run was stopped."""
    if signum != signal.SIGINT:
        why = ", as its terminal was closed" if signal.Signals(signum).name == "SIGHUP" else ""
        return CellEnding(
            status="interrupted",
            run_status="terminated",
            name="RunTerminated",
            message=f"the run was stopped by {signal.Signals(signum).name}{why}.",
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


def ending_by_error(
    error: BaseException, stopped_by: int | None
) -> tuple[RunStatus, ErrorRecord | None]:
    """Return how a run ended that `error` broke off outside its cells: by the signal, if one came
    first."""
    if stopped_by is not None:
        ending = ending_by_signal(stopped_by)
        return ending.run_status or "interrupted", ending.to_error(cell=None, stage=None)
    words = [word for kind, word in _BROKEN.items() if isinstance(error, kind)]
    status: RunStatus = words[0] if words else "died"
    if not isinstance(error, MlopsNbError):
        message = _clean(f"{type(error).__name__}: {error}", limit=_MESSAGE_CHARACTERS)
        return status, ErrorRecord(code="MNB420", message=message)
    found = _CELL.search(error.place)
    place = f"{error.place}: " if error.place else ""
    message = _clean(f"{place}{error.fault}\n{error.remedy}", limit=_MESSAGE_CHARACTERS)
    cell = int(found[1]) if found else None
    return status, ErrorRecord(code=error.code, message=message, cell=cell)


def _clean(text: str, *, limit: int) -> str:
    """Return `text` as any terminal and any file can take it; of long text, both ends."""
    text = _ANSI.sub("", text)
    if len(text) > limit:
        left = f" … ({len(text):,} characters, all in the notebook) … "
        text = text[: limit // 2] + left + text[-limit // 2 :]
    return text.translate(_CONTROLS).encode("utf-8", "backslashreplace").decode("utf-8")
