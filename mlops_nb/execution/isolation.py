"""Which cells share a kernel where stages have a kernel each, and when can that not be?

A segment is what runs in one kernel: cells of one stage that follow each other, or cells of no
stage between two stages. Document order stands; a stage whose cells stand apart has several
segments. Set-up and parameters cells belong to what follows them, and are executed again in every
kernel that starts. What a segment needs of earlier ones comes from the store, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlops_nb.execution.endings import CellEnding
from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.incremental.history import reads_history
from mlops_nb.pipeline.incremental.planning import FOR_THE_PROCESS
from mlops_nb.pipeline.incremental.tasks import RunCell

_SETUP = (CellKind.SETUP, CellKind.PARAMETERS)
_REMEDY = (
    "Make both one stage; or tag the cell that makes it 'setup', if it reads nothing of other "
    "cells: then every kernel runs it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationRule:
    """How strictly cells are kept apart.

    Attributes
    ----------
    each_cell : bool
        Whether a cell of no stage counts as a stage of its own.
    joins : bool
        Whether segments that cannot be kept apart are run in one kernel, instead of failing.
    """

    each_cell: bool = False
    joins: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """Cells that were to run apart and could not: all from `first` to `last`, by position."""

    first: int
    last: int
    reason: str


class Isolation:
    """The segments of one run.

    Parameters
    ----------
    cells : iterable of RunCell
        In the order in which they run.
    rule : IsolationRule

    Attributes
    ----------
    joints : list of Joint
        Where segments were joined.
    """

    def __init__(self, cells: Iterable[RunCell], rule: IsolationRule) -> None:
        self._cells = {cell.position: cell for cell in cells}
        self._rule = rule
        self.joints: list[Joint] = []
        self._segments = find_segments(tuple(self._cells.values()), each_cell=rule.each_cell)
        self._here: int | None = None
        self._lacks: set[tuple[int, tuple[int, ...]]] = set()

    def enter(self, position: int) -> None:
        """Note that a kernel was taken for a cell."""
        self._here = self._segments[position]

    def is_at_home(self, position: int) -> bool:
        """Return whether a cell may run in the kernel that was taken last."""
        return self._here == self._segments[position]

    def find_history(self, position: int) -> str:
        """Return why a cell cannot run apart from all cells before it, or an empty text."""
        cell = self._cells[position]
        what = reads_history(cell.code, cell.flow)
        if not what or self._segments[position] == min(self._segments.values()):
            return ""
        return f"it asks for what cells before it showed, by {what}"

    def is_apart(self, position: int, other: int) -> bool:
        """Return whether two cells have different kernels."""
        return self._segments.get(position) != self._segments.get(other)

    def refuse_again(self, position: int, missing: Mapping[int, str]) -> CellEnding | None:
        """Return how the run ends if a cell lacks what it lacked when the run began again for it;
        None the first time."""
        lack = (position, tuple(sorted(missing)))
        if lack not in self._lacks:
            self._lacks.add(lack)
            return None
        maker, why = min(missing.items())
        return self._refuse(position, maker, why)

    def settle(self, position: int, missing: Mapping[int, str]) -> CellEnding | None:
        """Return how the run ends since a cell needs what other segments cannot hand over; None if
        they were joined, so that it can begin again.

        Parameters
        ----------
        position : int
        missing : Mapping of int to str
            The cells that made it, with the reason.
        """
        maker, why = min(missing.items())
        if not self._rule.joins:
            return self._refuse(position, maker, why)
        label = self._cells[maker].label if maker in self._cells else "an earlier cell"
        told = f"{self._cells[position].label} needs what {label} left: {why}"
        # What every cell needs joins all that follow at once, not one after the other.
        last = max(self._segments) if why.startswith(FOR_THE_PROCESS) else position
        self.joints.append(Joint(first=maker, last=last, reason=told))
        joined = self._segments[position]
        swallowed = {n for at, n in self._segments.items() if maker <= at <= last}
        for at, number in self._segments.items():
            if number in swallowed:
                self._segments[at] = joined
        return None

    def _refuse(self, position: int, maker: int, why: str) -> CellEnding:
        here, there = self._cells[position], self._cells.get(maker)
        left = "what earlier cells left" if there is None else f"what {there.label} left"
        return CellEnding(
            status="not run",
            run_status="failed",
            message=f"{here.label} cannot run in a kernel of its own, as it needs {left}: {why} "
            f"{_REMEDY}",
            code="MNB431",
            told_by_kernel=False,
        )


def find_segments(cells: Sequence[RunCell], *, each_cell: bool) -> dict[int, int]:
    """Return the number of the segment of each cell, by position.

    Parameters
    ----------
    cells : sequence of RunCell
        In the order in which they run.
    each_cell : bool
        Whether every cell of no stage is a segment.
    """
    found: dict[int, int] = {}
    waiting: list[int] = []
    number, before = -1, None
    for cell in cells:
        waiting.append(cell.position)
        if cell.kind in _SETUP and cell.stage is None:
            continue
        own = (cell.stage, cell.position if each_cell and cell.stage is None else None)
        number += own != before
        before = own
        found |= dict.fromkeys(waiting, number)
        waiting = []
    return found | dict.fromkeys(waiting, max(number, 0))
