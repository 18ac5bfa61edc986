"""What is there to say of a cell, and of a stage, in a live kernel? The words, and what they are
decided from (`live_walk`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mlops_nb.pipeline.incremental.facts import Fact

CellStatus = Literal["never", "fresh", "restored", "stale", "running", "failed", "undecided"]
DONE: frozenset[str] = frozenset({"fresh", "restored"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCell:
    """A code cell of the document, as the analysis knows it.

    Attributes
    ----------
    index : int
        Among all cells, from 0.
    id : str
    source : str
    stage : str or None
    reads : frozenset of str
        Names that stand in it as read.
    touches : frozenset of str
        Names it binds, changes or deletes, certainly or likely.
    may_touch : frozenset of str
        Names it may change beside: it counts where it ran, and nobody waits for it.
    upstream : tuple of int
        Cells that must have run for this one, directly.
    """

    index: int
    id: str
    source: str
    stage: str | None = None
    reads: frozenset[str] = frozenset()
    touches: frozenset[str] = frozenset()
    may_touch: frozenset[str] = frozenset()
    upstream: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        return f"stage '{self.stage}'" if self.stage else f"cell {self.index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """The last time that a cell ran in this kernel.

    Attributes
    ----------
    order : int
        Grows with each cell that runs.
    source : str
    is_over : bool
    error : str
        Why it failed; empty if it did not.
    restored : str
        Which run it was restored from; empty if it ran.
    reads, writes : Mapping of Fact to (str or None), or None
        What was observed of it; None where nobody watched.
    shown : Mapping of Fact to str
        What values looked like.
    """

    order: int
    source: str
    is_over: bool = True
    error: str = ""
    restored: str = ""
    reads: Mapping[Fact, str | None] | None = None
    writes: Mapping[Fact, str | None] = field(default_factory=dict)
    shown: Mapping[Fact, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is to be said of a cell.

    Attributes
    ----------
    status : str
    reasons : tuple of str
    waits_for : tuple of int
        Cells of which nobody knows what they will leave.
    """

    status: CellStatus
    reasons: tuple[str, ...] = ()
    waits_for: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StageJudged:
    """What is to be said of a stage: its cells together."""

    status: CellStatus
    reasons: tuple[str, ...]
    waits_for: tuple[int, ...]


def judge_stage(cells: Sequence[tuple[int, Judged]]) -> StageJudged:
    """Return what is to be said of a stage of these cells, in their order.

    What failed or runs says more than what is stale, and that more than what is undecided; a stage
    of which only some cells ran is stale.
    """
    found = {judged.status for _, judged in cells}
    if not cells or found == {"never"}:
        return StageJudged(status="never", reasons=_reasons(cells[:1]), waits_for=())
    order: tuple[CellStatus, ...] = ("running", "failed", "stale", "never", "undecided")
    worst: CellStatus = next((s for s in order if s in found), "fresh")
    if worst == "fresh":
        worst = "restored" if found == {"restored"} else "fresh"
    chosen = [(index, judged) for index, judged in cells if judged.status == worst]
    own = {index for index, _ in cells}
    waits = {w for _, judged in cells for w in judged.waits_for} - own
    reasons = _reasons(chosen, is_one=len(cells) == 1)
    status: CellStatus = "stale" if worst == "never" else worst
    return StageJudged(status=status, reasons=reasons, waits_for=tuple(sorted(waits)))


def _reasons(cells: Sequence[tuple[int, Judged]], *, is_one: bool = True) -> tuple[str, ...]:
    told = [
        reason if is_one else f"cell {index}: {reason}"
        for index, judged in cells
        for reason in judged.reasons
    ]
    return tuple(dict.fromkeys(told))
