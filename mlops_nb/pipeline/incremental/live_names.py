"""Did a cell of a live kernel run on the names that the cells above it leave?

Where both were observed digests are compared; else the order in which cells ran decides, and what
else ran between. The walk asks cell after cell (`live_walk`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.judging import Change, Writer, phrase_change
from mlops_nb.pipeline.incremental.live_edits import same_imports
from mlops_nb.pipeline.incremental.live_status import Changer, DocumentCell, Execution, Left

Look = Callable[[Fact], str | None]
Between = Callable[[str, int, int], Changer | None]

# By the order of an execution that nobody watched: names as a later cell found them.
SeenLater = Mapping[int, Mapping[str, str | None]]

# What a value without a fingerprint has instead: it equals no other, not even of the same value.
_NO_DIGEST = "none:"
# After everything that ran.
_END = 1 << 62


class NamePlaces:
    """The names of one document from cell to cell.

    Parameters
    ----------
    look, between : callable
        As `StatusWalk` takes them.
    seen_later : Mapping of int to Mapping
        By the order of an execution that nobody watched the digests of names that a later cell
        read, with nothing between that could have changed them.
    """

    def __init__(self, look: Look, between: Between, seen_later: SeenLater) -> None:
        self._seen_later = seen_later
        self._look = look
        self._between = between
        self._left: dict[str, Left] = {}

    def left(self, name: str) -> Left | None:
        """Return who decides a name here; None: no cell above."""
        return self._left.get(name)

    def is_own(self, fact: Fact, cell: DocumentCell, execution: Execution) -> bool:
        """Return whether what a cell was seen to read was there from when it ran before."""
        is_read = fact.key in cell.reads and fact.key in self._left
        return fact in execution.writes and not is_read

    def compare(self, fact: Fact, was: str | None, cell: DocumentCell, execution: Execution) -> str:
        """Return why a cell is stale that read a name as `was`; empty if it is not.

        Whoever decides the name is known to have left what the document says.
        """
        left = self._left.get(fact.key)
        if left is None:  # no cell above binds it
            return "" if was is None or self._is_now(fact, was) else f"'{fact.key}' changed"
        if left.execution is None:
            return "" if left.digest == was else _phrase_edit(fact, execution, left)
        if left.is_seen:
            return "" if left.digest == was else self._phrase(fact, was, cell, execution, left)
        if left.execution.order > execution.order:
            by = self._between(fact.key, left.execution.order, _END)
            if by is None and self._is_now(fact, was):
                return ""
            return f"{left.cell.label} ran since, and may have changed '{fact.key}'"
        by = self._between(fact.key, left.execution.order, execution.order)
        return "" if by is None else _fed_by(fact.key, by, cell)

    def fed_between(self, name: str, cell: DocumentCell, execution: Execution) -> Changer | None:
        """Return what changed a name after the cell that decides it and before this one ran."""
        left = self._left.get(name)
        if left is None or left.execution is None or left.execution.order > execution.order:
            return None
        return self._between(name, left.execution.order, execution.order)

    def leave(self, cell: DocumentCell, execution: Execution | None, *, is_done: bool) -> None:
        """Note what a cell leaves to those below it."""
        seen = {} if execution is None else execution.writes
        bound = {fact.key: digest for fact, digest in seen.items() if fact.kind is FactKind.NAME}
        if not is_done:
            same = same_imports_of(cell, execution)
            for name in cell.touches | bound.keys():
                if name in same:
                    self._left[name] = Left(cell=cell, execution=execution)
                    continue
                digest, _ = cell.foresees.get(name, (None, ""))
                self._left[name] = Left(
                    cell=cell, execution=None, digest=digest, is_seen=digest is not None
                )
        elif execution is not None and execution.reads is not None:
            for name, digest in bound.items():
                self._left[name] = _left(cell, execution, digest)
        elif execution is not None:
            seen_later = self._seen_later.get(execution.order, {})
            for name in cell.touches | cell.may_touch:
                self._left[name] = (
                    _left(cell, execution, seen_later[name])
                    if name in seen_later
                    else Left(cell=cell, execution=execution)
                )

    def _phrase(
        self, fact: Fact, was: str | None, cell: DocumentCell, execution: Execution, left: Left
    ) -> str:
        """Return which other value the cell ran on than the one it would find now."""
        assert left.execution is not None
        if left.execution.order < execution.order:
            by = self._between(fact.key, left.execution.order, execution.order)
            if by is not None:
                return _fed_by(fact.key, by, cell)
        return phrase_change(
            Change(fact=fact, was=was, now=left.digest),
            before=execution.shown.get(fact, ""),
            after=left.execution.shown.get(fact, ""),
            writer=Writer(label=left.cell.label),
        )

    def _is_now(self, fact: Fact, was: str | None) -> bool:
        try:
            return self._look(fact) == was
        except LookupError:
            return False


def _left(cell: DocumentCell, execution: Execution, digest: str | None) -> Left:
    is_seen = digest is None or not digest.startswith(_NO_DIGEST)
    return Left(cell=cell, execution=execution, digest=digest, is_seen=is_seen)


def same_imports_of(cell: DocumentCell, execution: Execution | None) -> frozenset[str]:
    """Return the names that an edited cell binds by imports as it did when it ran."""
    if execution is None or execution.error or not execution.is_over or cell.stage is not None:
        return frozenset()
    return same_imports(cell.source, execution.source)


def _phrase_edit(fact: Fact, execution: Execution, left: Left) -> str:
    """Return that a literal was edited, and its cell did not run since."""
    before, after = execution.shown.get(fact, ""), left.cell.foresees[fact.key][1]
    values = f": {before} → {after}" if before and after else ""
    return f"'{fact.key}' of {left.cell.label} was edited{values}"


def _fed_by(name: str, by: Changer, cell: DocumentCell) -> str:
    return f"it ran on '{name}' as {phrase_changer(by, cell)} left it"


def phrase_changer(by: Changer, cell: DocumentCell) -> str:
    """Return who changed a name, as a cell that it concerns says it."""
    return "it had itself" if by.label == cell.label else by.label
