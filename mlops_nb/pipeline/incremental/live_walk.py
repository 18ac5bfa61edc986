"""Is what the cells of a live kernel left what the document says? Decided from what ran, in the
order of the document.

A cell is fresh if it ran as it stands, on what the cells above it left. Where its reads were
observed they are compared by digest, so that a cell above that ran again and made the same changes
nothing; else a cell above that ran later makes it stale. What depends on a cell that is not fresh
is undecided, as in a plan: nobody knows what that cell will leave. Random states, options and what
else a cell changes in the process are not compared.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.judging import (
    Change,
    Writer,
    changed_line,
    phrase_change,
    phrase_changes,
)
from mlops_nb.pipeline.incremental.keys import tree_text
from mlops_nb.pipeline.incremental.live_status import DONE, DocumentCell, Execution, Judged

Look = Callable[[Fact], str | None]

_OUTSIDE = frozenset(
    {FactKind.FILE, FactKind.MATCHES, FactKind.MODULE, FactKind.ENVIRONMENT, FactKind.PACKAGE}
)
_WAITING = {
    "never": "did not run in this kernel",
    "stale": "is stale",
    "failed": "failed",
    "running": "is running",
    "undecided": "is undecided",
}
_RELOAD = "a loaded module stays as it was until the kernel restarts or reloads it"
# What a value without a fingerprint has instead: it equals no other, not even of the same value.
_NO_DIGEST = "none:"
# After everything that ran.
_END = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """Who decides a name at a place of the document; digest: what was seen, if it was."""

    cell: DocumentCell
    execution: Execution | None
    digest: str | None = None
    is_seen: bool = False


class StatusWalk:
    """Judges the cells of one document, from the first to the last.

    Parameters
    ----------
    executions : Mapping of int to Execution
        By the index of the cell.
    look : callable
        The digest of a fact in the kernel now; raises LookupError where nobody can say.
    between : callable
        ``between(name, after, before)``: what ran between these two orders that is not as it is in
        the document, and may have changed `name`; empty if nothing did.
    """

    def __init__(
        self,
        executions: Mapping[int, Execution],
        *,
        look: Look,
        between: Callable[[str, int, int], str] = lambda name, after, before: "",
    ) -> None:
        self._executions = executions
        self._look = look
        self._between = between
        self._judged: dict[int, Judged] = {}
        self._cells: dict[int, DocumentCell] = {}
        self._names: dict[str, _Left] = {}
        self._outside: dict[Fact, str | None] = {}

    def judge(self, cells: Sequence[DocumentCell]) -> dict[int, Judged]:
        """Return what is to be said of each cell, by its index."""
        for cell in cells:
            self._cells[cell.index] = cell
            execution = self._executions.get(cell.index)
            judged = self._judge(cell, execution)
            self._judged[cell.index] = judged
            self._leave(cell, execution, is_done=judged.status in DONE)
        return self._judged

    def _judge(self, cell: DocumentCell, execution: Execution | None) -> Judged:
        if execution is None:
            return Judged(status="never", reasons=("it did not run in this kernel",))
        if not execution.is_over:
            return Judged(status="running")
        edited = _edited(cell, execution)
        if execution.error:
            return Judged(status="failed", reasons=(execution.error, *edited))
        if edited:
            return Judged(status="stale", reasons=edited)
        waits = [u for u in cell.upstream if u in self._judged and not self._is_done(u)]
        if execution.reads is None:
            changes = self._ran_since(cell, execution)
        else:
            changes, more = self._compare(cell, execution)
            waits += [index for index in more if index not in waits]
        if changes:
            told = tuple(dict.fromkeys(changes))
            reasons = told if len(told) <= 3 else (phrase_changes(told, most=3),)
            return Judged(status="stale", reasons=reasons, waits_for=tuple(waits))
        if waits:
            reasons = tuple(self._phrase_waiting(index) for index in self._roots(waits))
            return Judged(status="undecided", reasons=reasons, waits_for=tuple(sorted(waits)))
        if execution.restored:
            return Judged(status="restored", reasons=(f"from {execution.restored}",))
        return Judged(status="fresh")

    def _is_done(self, index: int) -> bool:
        return self._judged[index].status in DONE

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

    def _ran_since(self, cell: DocumentCell, execution: Execution) -> list[str]:
        """Return which cells that this one needs ran later than it."""
        found = []
        for index in cell.upstream:
            other = self._executions.get(index)
            if other is not None and self._is_done(index) and other.order > execution.order:
                found.append(f"{self._cells[index].label}, which it needs, ran since")
        return found

    def _compare(self, cell: DocumentCell, execution: Execution) -> tuple[list[str], list[int]]:
        """Return what differs from what the cell read, and cells of which nobody knows yet what
        they will leave."""
        changes: list[str] = []
        waits: list[int] = []
        for fact, was in sorted((execution.reads or {}).items()):
            if fact.kind is FactKind.NAME:
                left = self._names.get(fact.key)
                if fact in execution.writes and (left is None or fact.key not in cell.reads):
                    continue  # what it binds was there already, from when it ran before
                if left is not None and left.execution is None:
                    waits.append(left.cell.index)
                    continue
                told = self._compare_name(fact, was, execution, left)
            elif fact.kind in _OUTSIDE and fact not in execution.writes:
                told = self._compare_outside(fact, was)
            else:
                continue
            if told:
                changes.append(told)
        return changes, list(dict.fromkeys(waits))

    def _compare_name(
        self, fact: Fact, was: str | None, execution: Execution, left: _Left | None
    ) -> str:
        if left is None or left.execution is None:  # no cell above binds it
            return "" if was is None or self._is_now(fact, was) else f"'{fact.key}' changed"
        if left.is_seen:
            if left.digest == was:
                return ""
            return phrase_change(
                Change(fact=fact, was=was, now=left.digest),
                before=execution.shown.get(fact, ""),
                after=left.execution.shown.get(fact, ""),
                writer=Writer(label=left.cell.label),
            )
        if left.execution.order > execution.order:
            by = self._between(fact.key, left.execution.order, _END)
            if not by and self._is_now(fact, was):
                return ""
            return f"{left.cell.label} ran since, and may have changed '{fact.key}'"
        by = self._between(fact.key, left.execution.order, execution.order)
        return f"it ran on '{fact.key}' as {by} left it" if by else ""

    def _compare_outside(self, fact: Fact, was: str | None) -> str:
        try:
            now = self._outside[fact] if fact in self._outside else self._look(fact)
        except LookupError:
            return ""
        if now == was:
            return ""
        told = phrase_change(Change(fact=fact, was=was, now=now))
        return f"{told} on the disk; {_RELOAD}" if fact.kind is FactKind.MODULE else told

    def _is_now(self, fact: Fact, was: str | None) -> bool:
        try:
            return self._look(fact) == was
        except LookupError:
            return False

    def _leave(self, cell: DocumentCell, execution: Execution | None, *, is_done: bool) -> None:
        """Note what the cell leaves to those below it."""
        seen = {} if execution is None else execution.writes
        if not is_done:
            names = cell.touches | {f.key for f in seen if f.kind is FactKind.NAME}
            for name in names:
                self._names[name] = _Left(cell=cell, execution=None)
        elif execution is not None and execution.reads is not None:
            for fact, digest in seen.items():
                if fact.kind is FactKind.NAME:
                    is_seen = digest is None or not digest.startswith(_NO_DIGEST)
                    self._names[fact.key] = _Left(
                        cell=cell, execution=execution, digest=digest, is_seen=is_seen
                    )
                elif fact.kind in _OUTSIDE:
                    self._outside[fact] = digest
        else:
            for name in cell.touches | cell.may_touch:
                self._names[name] = _Left(cell=cell, execution=execution)


def _edited(cell: DocumentCell, execution: Execution) -> tuple[str, ...]:
    now, ran = cell.source.strip(), execution.source.strip()
    if now == ran or _is_same_code(now, ran):
        return ()
    return (f"{changed_line(ran, now)} changed since it ran",)


def _is_same_code(now: str, ran: str) -> bool:
    """Return whether only comments and layout differ; texts with magics are compared as texts."""
    try:
        return tree_text(ast.parse(now)) == tree_text(ast.parse(ran))
    except (SyntaxError, ValueError, RecursionError):
        return False


def mentions(source: str, name: str) -> bool:
    """Return whether a name stands in a source as a word.

    >>> mentions("df.dropna(inplace=True)", "df"), mentions("pdf = 1", "df")
    (True, False)
    """
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", source) is not None
