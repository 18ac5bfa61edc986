"""What is there to say of a cell, and of a stage, in a live kernel? The words, and what they are
decided from (`live_walk`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    binds : frozenset of str
        Names it binds or deletes.
    touches : frozenset of str
        Those, and names that it changes, certainly or likely.
    may_touch : frozenset of str
        Names it may change beside: it counts where it ran, and nobody waits for it.
    upstream : tuple of int
        Cells that must have run for this one, directly.
    foresees : Mapping of str to (str, str)
        Of names that it binds to literals, as can be read in it: digest and text.
    """

    index: int
    id: str
    source: str
    stage: str | None = None
    reads: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    touches: frozenset[str] = frozenset()
    may_touch: frozenset[str] = frozenset()
    upstream: tuple[int, ...] = ()
    foresees: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def without_changes_of(self, fixed: frozenset[str]) -> DocumentCell:
        """Return the cell as one that can but bind these names: values that nothing changes."""
        touches = self.touches - (fixed - self.binds)
        if touches == self.touches and fixed.isdisjoint(self.may_touch):
            return self
        return replace(self, touches=touches, may_touch=self.may_touch - fixed)

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
    reads : Mapping of Fact to (str or None), or None
        What was observed of it; None where nobody watched.
    writes : Mapping of Fact to (str or None)
        The same; where only states of the process were looked at, those that it changed.
    shown : Mapping of Fact to str
        What values looked like.
    has_states : bool
        Whether the states that it changed are in `writes`, though nobody watched its names.
    drew : Mapping of Fact to (str or None)
        Then the random states from which it drew, as they were before.
    states : Mapping of Fact to (str or None)
        All that is known of the states after it.
    """

    order: int
    source: str
    is_over: bool = True
    error: str = ""
    restored: str = ""
    reads: Mapping[Fact, str | None] | None = None
    writes: Mapping[Fact, str | None] = field(default_factory=dict)
    shown: Mapping[Fact, str] = field(default_factory=dict)
    has_states: bool = False
    drew: Mapping[Fact, str | None] = field(default_factory=dict)
    states: Mapping[Fact, str | None] = field(default_factory=dict)

    @property
    def read_states(self) -> Mapping[Fact, str | None]:
        """What is known of the states that it read."""
        return self.drew if self.reads is None else self.reads

    @property
    def is_watched(self) -> bool:
        """Whether it is known which states of the process it changed."""
        return self.has_states or self.reads is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Who decides a fact at a place of the document.

    Attributes
    ----------
    cell : DocumentCell
    execution : Execution or None
        None: nobody knows what the cell will leave.
    digest : str or None
    is_seen : bool
        Whether what the cell left was observed, or what it will leave can be read in it.
    """

    cell: DocumentCell
    execution: Execution | None
    digest: str | None = None
    is_seen: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody knows what it will be."""
        return self.execution is None and not self.is_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Changer:
    """What ran between two executions and changed a name, surely or perhaps."""

    label: str
    is_sure: bool = True


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
