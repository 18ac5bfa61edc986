"""Is what the cells of a live kernel left what the document says? Decided from what ran, in the
order of the document.

A cell is fresh if it ran as it stands, on what the cells above it left: names (`live_names`),
random states and options (`live_states`), files, modules, the environment. Where its reads were
observed they are compared by digest, so that a cell above that ran again and made the same changes
nothing; else a cell above that ran later makes it stale. What depends on a cell that is not fresh
is undecided, as in a plan: nobody knows what that cell will leave. What else a cell sets in the
process (`FactKind.AMBIENT`) counts as long as that cell is not fresh; it has no digest to compare.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, name_fact
from mlops_nb.pipeline.incremental.judging import (
    Change,
    phrase_change,
    phrase_changes,
)
from mlops_nb.pipeline.incremental.live_again import Reruns
from mlops_nb.pipeline.incremental.live_edits import edited_lines, same_bindings
from mlops_nb.pipeline.incremental.live_names import (
    Between,
    Look,
    NamePlaces,
    SeenLater,
    phrase_changer,
    same_imports_of,
)
from mlops_nb.pipeline.incremental.live_states import Compared, StatePlaces, is_state, may_set
from mlops_nb.pipeline.incremental.live_status import (
    DONE,
    DocumentCell,
    Execution,
    Judged,
    Left,
)

_OUTSIDE = frozenset(
    {FactKind.FILE, FactKind.MATCHES, FactKind.MODULE, FactKind.ENVIRONMENT, FactKind.PACKAGE}
)
_AMBIENT = Fact(FactKind.AMBIENT)
_WAITING = {
    "never": "did not run in this kernel",
    "stale": "is stale",
    "failed": "failed",
    "running": "is running",
    "undecided": "is undecided",
}
_RELOAD = "a loaded module stays as it was until the kernel restarts or reloads it"
_MOST_REASONS = 3


class StatusWalk:
    """Judges the cells of one document, from the first to the last.

    Parameters
    ----------
    executions : Mapping of int to Execution
        By the index of the cell.
    look : callable
        The digest of a fact in the kernel now; raises LookupError where nobody can say.
    between : callable
        ``between(name, after, before)``: what ran between these two orders and changed `name`, or
        may have; None if nothing did.
    changed_since : callable
        As `Reruns` takes it.
    base : Mapping of Fact to (str or None)
        As `StatePlaces` takes it.
    seen_later : Mapping
        As `NamePlaces` takes it.
    earlier : callable
        ``earlier(cell, order)``: the source with which a cell ran last before that order; empty if
        it did not.
    """

    def __init__(
        self,
        executions: Mapping[int, Execution],
        *,
        look: Look,
        between: Between = lambda name, after, before: None,
        changed_since: Callable[[str, int], bool] = lambda name, order: False,
        base: Mapping[Fact, str | None] | None = None,
        seen_later: SeenLater | None = None,
        earlier: Callable[[DocumentCell, int], str] = lambda cell, order: "",
    ) -> None:
        self._executions = executions
        self._look = look
        self._earlier = earlier
        self._judged: dict[int, Judged] = {}
        self._cells: dict[int, DocumentCell] = {}
        self._names = NamePlaces(look, between, seen_later or {})
        self._states = StatePlaces(base or {})
        self._changed_since = changed_since
        self._reruns = Reruns(look, changed_since)
        self._outside: dict[Fact, str | None] = {}
        # The cell above that set in the process what nothing observes, and is to run.
        self._setter: int | None = None

    def judge(self, cells: Sequence[DocumentCell]) -> dict[int, Judged]:
        """Return what is to be said of each cell, by its index."""
        for cell in cells:
            self._cells[cell.index] = cell
            execution = self._executions.get(cell.index)
            is_blind = cell.stage is None if execution is None else execution.reads is None
            self._reruns.add(cell.index, self._needs(cell, execution), by_order=is_blind)
            judged = self._judge(cell, execution)
            self._judged[cell.index] = judged
            self._leave(cell, execution, is_done=judged.status in DONE)
        return self._judged

    def before(self, cells: Sequence[int]) -> frozenset[int]:
        """Return the cells that must run before these, were they to run now, in the order of the
        document: what those above left for them is not there, or not known."""
        found = frozenset[int]().union(*map(self._reruns.before, cells))
        return found - frozenset(cells)

    def has_changed(self, name: str, order: int) -> bool:
        """Return whether something ran after an order that changed a name, or may have."""
        return self._changed_since(name, order)

    def _judge(self, cell: DocumentCell, execution: Execution | None) -> Judged:
        if execution is None:
            return Judged(status="never", reasons=("it did not run in this kernel",))
        if not execution.is_over:
            return Judged(status="running")
        lines = edited_lines(cell.source, execution.source)
        edited = (f"{lines} changed since it ran",) if lines else ()
        if execution.error:
            return Judged(status="failed", reasons=(execution.error, *edited))
        if edited:
            return Judged(status="stale", reasons=edited)
        found = Compared(waits=[u for u in cell.upstream if self._waits_as_drawn(cell, u)])
        if execution.reads is None:
            self._compare_orders(cell, execution, found)
        else:
            self._compare(cell, execution, found)
        self._states.compare(execution, found)
        return self._conclude(execution, found)

    def _conclude(self, execution: Execution, found: Compared) -> Judged:
        waits = tuple(sorted(set(found.waits)))
        if found.changes:
            return Judged(status="stale", reasons=_few(found.changes), waits_for=waits)
        if waits or found.doubts:
            roots = [self._phrase_waiting(index) for index in self._roots(waits)]
            told = (*roots, *_few(found.doubts))
            return Judged(status="undecided", reasons=told, waits_for=waits)
        if execution.restored:
            return Judged(status="restored", reasons=(f"from {execution.restored}",))
        return Judged(status="fresh")

    def _waits(self, index: int) -> bool:
        return self._judged[index].status not in DONE

    def _waits_as_drawn(self, cell: DocumentCell, index: int) -> bool:
        """Return whether a cell waits for one that it needs by analysis, whatever it read: not if
        all that it needs of it are literals, which can be compared."""
        if index not in self._judged or not self._waits(index):
            return False
        other, execution = self._cells[index], self._executions[cell.index]
        needed = other.touches & cell.reads
        known = same_imports_of(other, self._executions.get(index))
        if execution.reads is not None:  # literals can be compared
            known |= other.foresees.keys()
        return not needed or not needed <= known

    def _roots(self, waits: Sequence[int]) -> list[int]:
        """Return the cells that these cells wait for in the end, in order."""
        todo, found, seen = list(waits), set[int](), set[int]()
        while todo:
            index = todo.pop()
            if index in seen:
                continue
            seen.add(index)
            judged = self._judged[index]
            if judged.status == "undecided" and judged.waits_for:
                todo += judged.waits_for
            else:
                found.add(index)
        return sorted(found)

    def _phrase_waiting(self, index: int) -> str:
        judged, label = self._judged[index], self._cells[index].label
        return f"waits for {label}, which {_WAITING[judged.status]}"

    def _compare_orders(self, cell: DocumentCell, execution: Execution, found: Compared) -> None:
        """Add what the order of executions tells of a cell that nobody watched."""
        for index in cell.upstream:
            other, needed = self._executions.get(index), self._cells.get(index)
            if other is None or needed is None or self._waits(index):
                continue
            if other.order > execution.order and not self._is_alike(needed, cell, execution):
                found.changes.append(f"{needed.label}, which it needs, ran since")
        for name in sorted(cell.reads):
            left = self._names.left(name)
            if left is not None and left.execution is None:
                found.waits.append(left.cell.index)
            by = self._names.fed_between(name, cell, execution)
            if by is None:
                continue
            who = phrase_changer(by, cell)
            if by.is_sure:
                found.changes.append(f"it ran on '{name}' as {who} left it")
            else:
                found.doubts.append(f"{who} ran before it, and may have changed '{name}'")

    def _is_alike(self, other: DocumentCell, cell: DocumentCell, execution: Execution) -> bool:
        """Return whether a cell that ran again bound alike all that another one needs of it."""
        names = other.touches & cell.reads
        before = self._earlier(other, execution.order)
        return bool(names) and before != "" and names <= same_bindings(other.source, before)

    def _compare(self, cell: DocumentCell, execution: Execution, found: Compared) -> None:
        """Add what differs from what the cell read, and cells of which nobody knows yet what they
        will leave."""
        for fact, was in sorted((execution.reads or {}).items()):
            told = ""
            if fact.kind is FactKind.NAME:
                left = self._names.left(fact.key)
                if self._names.is_own(fact, cell, execution):
                    continue
                if left is not None and left.is_open:
                    found.waits.append(left.cell.index)
                else:
                    told = self._names.compare(fact, was, cell, execution)
            elif fact.kind in _OUTSIDE and fact not in execution.writes:
                told = self._compare_outside(fact, was)
            elif fact == _AMBIENT and self._setter is not None:
                found.waits.append(self._setter)
            if told:
                found.changes.append(told)

    def _compare_outside(self, fact: Fact, was: str | None) -> str:
        try:
            now = self._outside[fact] if fact in self._outside else self._look(fact)
        except LookupError:
            return ""
        if now == was:
            return ""
        told = phrase_change(Change(fact=fact, was=was, now=now))
        return f"{told} on the disk; {_RELOAD}" if fact.kind is FactKind.MODULE else told

    def _needs(self, cell: DocumentCell, execution: Execution | None) -> dict[Fact, Left]:
        """Return who above decides what the cell reads."""
        wanted = set(map(name_fact, cell.reads))
        if execution is not None:
            wanted |= {
                fact
                for fact in execution.reads or ()
                if fact.kind is FactKind.NAME and not self._names.is_own(fact, cell, execution)
            }
        found = {fact: self._names.left(fact.key) for fact in wanted}
        for fact, was in () if execution is None else self._states_met(cell, execution).items():
            found[fact] = self._states.left(fact, was)
        return {fact: left for fact, left in found.items() if left is not None}

    def _states_met(self, cell: DocumentCell, execution: Execution) -> dict[Fact, str | None]:
        """Return the states that a cell read, and options that it found as it set them: on others
        it would be seen to set them, and so to read them."""
        set_already = {
            fact: was
            for fact, was in execution.states.items()
            if fact.kind is FactKind.OPTION
            and fact not in execution.writes
            and may_set(cell.source, fact)
        }
        found = {**set_already, **execution.read_states}
        return {fact: was for fact, was in found.items() if is_state(fact)}

    def _leave(self, cell: DocumentCell, execution: Execution | None, *, is_done: bool) -> None:
        """Note what the cell leaves to those below it."""
        self._names.leave(cell, execution, is_done=is_done)
        self._states.leave(cell, execution, is_done=is_done)
        if execution is None:
            return
        if not is_done and _AMBIENT in execution.writes:
            self._setter = cell.index
        if is_done and execution.reads is not None:
            self._outside |= {f: d for f, d in execution.writes.items() if f.kind in _OUTSIDE}


def _few(told: Sequence[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(told))
    return found if len(found) <= _MOST_REASONS else (phrase_changes(found, most=_MOST_REASONS),)
