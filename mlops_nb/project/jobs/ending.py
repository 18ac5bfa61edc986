"""How did a job end? One sentence for a person, from its status and how far it had come.

What a person asked for is no fault: a job that somebody cancelled has an ending, and no error.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What the shells add to the number of the signal that ended a program.
_BY_SIGNAL = 128
_GATES_FAILED, _APPROVAL_MISSING = 3, 4
_WELL = frozenset({"completed", "restored", "skipped", "expected error"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a run came.

    Attributes
    ----------
    cells : int
        Those it was to go through; 0 if it had not begun.
    done : int
        Those that are well behind it.
    cell : int or None
        Where it was, among all cells of the notebook.
    stage : str or None
    """

    cells: int = 0
    done: int = 0
    cell: int | None = None
    stage: str | None = None

    @property
    def where(self) -> str:
        """``" in stage 'train', cell 3, after 2 of 7 cells"``, as far as it is known."""
        if not self.cells:
            return " before its first cell"
        counts = f" after {self.done} of {self.cells} cells"
        if self.cell is None:
            return counts
        stage = f" in stage {self.stage!r}," if self.stage else " in"
        return f"{stage} cell {self.cell},{counts}"


def reached(
    cells: Sequence[int], done: Mapping[int, str], place: tuple[int | None, str | None]
) -> Reached:
    """Return how far a run came.

    Parameters
    ----------
    cells : sequence of int
        Those it was to go through.
    done : Mapping of int to str
        How cells ended.
    place : tuple
        The cell that began last, with its stage.
    """
    cell, stage = place
    if cell is None or done.get(cell) in _WELL:
        cell = stage = None  # it stopped between two cells
    well = sum(done.get(index) in _WELL for index in cells)
    return Reached(cells=len(cells), done=well, cell=cell, stage=stage)


def exit_code_as_shells_say_it(code: int) -> int:
    """Return the exit code of a process; one that a signal ended has 128 and the signal.

    >>> exit_code_as_shells_say_it(3), exit_code_as_shells_say_it(-9)
    (3, 137)
    """
    return code if code >= 0 else _BY_SIGNAL - code


def phrase_ending(
    status: str, *, reached: Reached, exit_code: int | None, record: Mapping[str, Any]
) -> str:
    """Return how a job ended, as a clause; empty as long as it goes on.

    Parameters
    ----------
    status : str
        As `state.read_state` tells it.
    reached : Reached
    exit_code : int or None
        As shells say it; None if nobody saw it.
    record : Mapping
        Of the run; empty if it left none.
    """
    if status == "completed":
        return _phrase_completed(exit_code, record)
    if status == "failed":
        return f"failed{reached.where}" if record else "did not begin: its log says why"
    if status == "timeout":
        return f"ran out of time{reached.where}"
    if status == "died":
        if record:
            return f"its kernel died{reached.where}"
        return f"killed from outside{_by(exit_code)}{reached.where}"
    known = {
        "cancelled": "cancelled on request",
        "interrupted": "interrupted from a keyboard",
        "terminated": "ended from outside",
    }
    words = known.get(status)
    return "" if words is None else f"{words}{reached.where}"


def _phrase_completed(exit_code: int | None, record: Mapping[str, Any]) -> str:
    if exit_code == _GATES_FAILED:
        gates = record.get("gates") or ()
        told = [str(g.get("gate", "")) for g in gates if g.get("verdict") == "failed"]
        named = ", ".join(text for text in told if text)
        return f"completed; gates failed: {named}" if named else "completed; gates failed"
    if exit_code == _APPROVAL_MISSING:
        return "completed; its model waits for an approval"
    return "completed; its model was not promoted" if exit_code else "completed"


def _by(exit_code: int | None) -> str:
    if exit_code is None or exit_code <= _BY_SIGNAL:
        return ""
    try:
        name = signal.Signals(exit_code - _BY_SIGNAL).name
    except ValueError:
        return ""
    hint = ", as happens where memory runs out" if name == "SIGKILL" else ""
    return f" ({name}{hint})"
