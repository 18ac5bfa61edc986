"""What is true at this point of a run? Every fact that cells decided so far, and who decided it.

A cell that was restored counts like one that ran: the ledger then holds digests whose values are in
the store, and no kernel need exist. Facts that no cell wrote are asked of the world.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, State, Unknown, name_fact
from mlops_nb.pipeline.incremental.figures import CLOSED, FIGURES, add_figures
from mlops_nb.pipeline.incremental.judging import Look
from mlops_nb.pipeline.incremental.traces import Group, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A fact as a cell left it.

    Attributes
    ----------
    state : State
    cell : int
        Who wrote it last.
    trace : Trace or None
        The trace that stands for the cell; None if the cell ran and the kernel has the value.
    group : tuple of str
        For a name: those it shared memory with when it was written, itself included.
    reaches : tuple of str
        For a name whose value holds code: the names this code looks up.
    """

    state: State
    cell: int
    trace: Trace | None = None
    group: tuple[str, ...] = ()
    reaches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Names to bring back together from the store, before a cell that needs one of them."""

    trace: Trace
    group: Group
    names: tuple[str, ...]


class Ledger:
    """The facts at one point of a run.

    Parameters
    ----------
    world : callable
        The digest of a fact that no cell wrote: a file on disk, a version, a variable.
    """

    def __init__(self, world: Look) -> None:
        self._world = world
        self._entries: dict[Fact, Entry] = {}
        self._stale: set[Fact] = set()
        self._left_open: tuple[int, ...] = ()

    def copy(self) -> Ledger:
        """Return a ledger of its own with the same facts."""
        twin = Ledger(self._world)
        twin._entries, twin._stale = dict(self._entries), set(self._stale)
        twin._left_open = self._left_open
        return twin

    def standing(self) -> Ledger:
        """Return a ledger of its own that asks the world for each fact once: while nothing runs,
        nothing changes."""
        twin = self.copy()
        twin._world = functools.cache(self._world)
        return twin

    def fresh(self) -> Ledger:
        """Return a ledger of a kernel that starts now: files are there, and nothing else is that a
        cell brought about."""

        def world(fact: Fact) -> State:
            return self.look(fact) if fact.kind is FactKind.FILE else self._world(fact)

        return Ledger(world)

    def look(self, fact: Fact) -> State:
        """Return the digest of `fact` now."""
        entry = self._entries.get(fact)
        if entry is not None:
            return entry.state
        if fact.kind is FactKind.SHARING:
            return self._sharing(fact.key.split())
        if fact.kind is FactKind.BETWEEN:
            names = fact.key.split()
            return self._sharing(names, among=frozenset(names))
        if fact.kind is FactKind.NAMES:
            return self._all_names()
        return None if fact.kind is FactKind.NAME else self._world(fact)

    def entry(self, fact: Fact) -> Entry | None:
        """Return what a cell wrote of `fact`, or None if none did."""
        return self._entries.get(fact)

    def names(self) -> tuple[str, ...]:
        """Return the names that are, or may be, bound now, sorted."""
        bound = (f.key for f, e in self._entries.items() if f.kind is FactKind.NAME and e.state)
        return tuple(sorted(bound))

    def restore(self, cell: int, trace: Trace) -> None:
        """Note that `cell` did what `trace` says, without running."""
        for fact, digest in trace.writes.items():
            before = self._entries.get(fact)
            if before is not None and before.trace is None:
                self._stale.add(fact)
            group = trace.group_of(fact.key) if fact.kind is FactKind.NAME else None
            if fact == FIGURES:
                self._left_open = () if digest == CLOSED else (*self._left_open, cell)
            self._entries[fact] = Entry(
                state=add_figures(self.look(fact), digest) if fact == FIGURES else digest,
                cell=cell,
                trace=trace,
                group=() if group is None else group.names,
                reaches=trace.reaches.get(fact.key, ()) if group is not None else (),
            )

    def write(
        self,
        cell: int,
        facts: Mapping[Fact, str | None],
        *,
        groups: Iterable[tuple[str, ...]] = (),
        reaches: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """Note what `cell` wrote when it ran."""
        together = {name: group for group in groups for name in group}
        self._stale.difference_update(facts)
        for fact, state in facts.items():
            is_name = fact.kind is FactKind.NAME
            if fact == FIGURES and state == CLOSED:
                self._left_open = ()
            self._entries[fact] = Entry(
                state=add_figures(self.look(fact), state) if fact == FIGURES else state,
                cell=cell,
                group=together.get(fact.key, (fact.key,)) if is_name else (),
                reaches=(reaches or {}).get(fact.key, ()) if is_name else (),
            )

    def doubt(self, cell: int, facts: Iterable[Fact]) -> None:
        """Note that nobody knows what these facts are until `cell` ran."""
        for fact in facts:
            self._entries[fact] = Entry(state=Unknown(until=cell), cell=cell)

    def reach(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return `names` and all that the code in their values looks up, sorted."""
        todo, found = list(names), set[str]()
        while todo:
            name = todo.pop()
            if name in found:
                continue
            found.add(name)
            entry = self._entries.get(name_fact(name))
            if entry is not None:
                todo += entry.reaches
        return tuple(sorted(found))

    def loads(self, names: Iterable[str]) -> tuple[Load, ...]:
        """Return what must come from the store before code that reads `names` can run.

        Of a group, the names that are still as it left them; in order of cells.
        """
        found: dict[tuple[int, tuple[str, ...]], Load] = {}
        todo, seen = list(self.reach(names)), set[str]()
        while todo:
            name = todo.pop()
            entry = self._entries.get(name_fact(name))
            if name in seen or entry is None or entry.trace is None or entry.state is None:
                continue
            seen.add(name)
            group = entry.trace.group_of(name)
            if group is None:
                continue
            current = tuple(n for n in group.names if self._is_of(n, entry.trace))
            found[(entry.cell, group.names)] = Load(trace=entry.trace, group=group, names=current)
            todo += [n for n in self.reach(current) if n not in seen]
        return tuple(found[key] for key in sorted(found))

    def outdate(self, facts: Iterable[Fact]) -> None:
        """Note that the kernel has other values of these facts than they have here."""
        self._stale.update(facts)

    def stale(self) -> tuple[str, ...]:
        """Return the names whose values in the kernel are no longer what a run would have there."""
        return tuple(sorted(fact.key for fact in self._stale if fact.kind is FactKind.NAME))

    def dropped(self) -> None:
        """Note that the kernel has the stale names no more."""
        self._stale = {fact for fact in self._stale if fact.kind is not FactKind.NAME}

    def unsettled(self) -> tuple[tuple[Fact, Trace], ...]:
        """Return the facts that the process does not have as they stand here; names and files, of
        which it has no copy, are not among them.

        In order of the cells that wrote them: a kernel must be given these states before it runs
        a cell. Open figures are needed by those alone who ask for them (`left_open`).
        """
        found = [
            (entry.cell, fact, entry.trace)
            for fact, entry in self._entries.items()
            if fact.kind not in (FactKind.NAME, FactKind.FILE)
            and fact != FIGURES
            and entry.trace is not None
        ]
        return tuple((fact, trace) for _, fact, trace in sorted(found, key=lambda f: f[:2]))

    def left_open(self) -> tuple[int, ...]:
        """Return the cells that did not run in this kernel and left figures open, in order."""
        return self._left_open

    def settle(self, facts: Iterable[Fact]) -> None:
        """Note that the kernel has these facts as they stand here."""
        for fact in facts:
            if fact == FIGURES:
                gone = self._entries[fact].cell
                self._left_open = tuple(cell for cell in self._left_open if cell != gone)
            self._entries[fact] = replace(self._entries[fact], trace=None)
            self._stale.discard(fact)

    def _all_names(self) -> State:
        names = [(f, e) for f, e in self._entries.items() if f.kind is FactKind.NAME]
        for _, entry in names:
            if isinstance(entry.state, Unknown):
                return entry.state
        return " ".join(sorted(f.key for f, e in names if e.state is not None))

    def _sharing(self, names: Iterable[str], *, among: frozenset[str] | None = None) -> State:
        """Return how `names` share memory: the groups of two and more, each with all its names, or
        with those that are `among` some."""
        found: set[tuple[str, ...]] = set()
        for name in names:
            entry = self._entries.get(name_fact(name))
            if entry is not None and isinstance(entry.state, Unknown):
                return entry.state
            group = self._together(name)
            found.add(group if among is None else tuple(n for n in group if n in among))
        return "; ".join(" ".join(group) for group in sorted(found) if len(group) > 1)

    def _together(self, name: str) -> tuple[str, ...]:
        """Return the names that share memory with `name`, itself included, as far as is known."""
        own = self._entries.get(name_fact(name))
        if own is None:
            return (name,)
        others = ((n, self._entries.get(name_fact(n))) for n in own.group)
        return tuple(
            n
            for n, e in others
            if e is not None and e.state is not None and (e.cell, e.group) == (own.cell, own.group)
        )

    def _is_of(self, name: str, trace: Trace) -> bool:
        entry = self._entries.get(name_fact(name))
        return entry is not None and entry.trace is trace and entry.state is not None
