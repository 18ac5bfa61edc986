"""Which cells must come before which? Edges in document order, from what each cell does to names.

A cell needs the last cell before it that bound or changed a name it reads. Order is more: a cell
that binds or changes a name comes after those that read or wrote it before. Needs decide what
runs for a stage, and `upstream`; order is what a parallel run must keep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mlops_nb.pipeline.dataflow import CellAnalysis
from mlops_nb.pipeline.flow.effects import merge_kinds
from mlops_nb.pipeline.flow.provided import is_provided
from mlops_nb.pipeline.looking import AllSources, Memory, Past


@dataclass(frozen=True, slots=True, kw_only=True)
class CellEdges:
    """The edges of one notebook, by cell index.

    Attributes
    ----------
    needs : Mapping of int to tuple of int
        Cells whose values it reads.
    order : Mapping of int to tuple of int
        `needs`, and cells it must come after although it reads nothing of theirs.
    sources : Mapping of int to (Mapping of str to tuple of int)
        Which cells each name read comes from; empty for a name no cell before it binds.
    firm : Mapping of int to tuple of int
        The part of `order` that rests on names read and written, not on constructs that might.
    uncertain : frozenset of int
        Cells that come after a construct that may bind names out of sight.
    deleted_by : Mapping of int to (Mapping of str to int)
        For names read that no cell binds any more: the cell that deleted them.
    code_names : Mapping of int to frozenset of str
        Names a cell itself reads that stand for modules, imported things and helpers: code, not
        data.
    """

    needs: Mapping[int, tuple[int, ...]]
    order: Mapping[int, tuple[int, ...]]
    firm: Mapping[int, tuple[int, ...]]
    sources: Mapping[int, Mapping[str, tuple[int, ...]]]
    uncertain: frozenset[int]
    deleted_by: Mapping[int, Mapping[str, int]]
    code_names: Mapping[int, frozenset[str]]

    def is_code(self, cell: int, name: str) -> bool:
        """Return whether a name that a cell reads stands for code, not data."""
        sources = self.sources[cell]
        if name in self.code_names[cell]:
            return True
        return isinstance(sources, AllSources) and sources.is_code(name)


@dataclass(slots=True)
class _Name:
    """A name while the cells are read in order."""

    writers: list[int] = field(default_factory=list)
    changers: set[int] = field(default_factory=set)  # writers that changed it through an alias
    readers: list[int] = field(default_factory=list)
    bound_at: int = -1
    origin: str = ""
    kind: str = "value"
    deleted_by: int | None = None
    n_looked: int = 0  # cells that look at all names and came before its last writer


@dataclass(slots=True)
class _Found:
    needs: dict[int, tuple[int, ...]] = field(default_factory=dict)
    order: dict[int, tuple[int, ...]] = field(default_factory=dict)
    firm: dict[int, tuple[int, ...]] = field(default_factory=dict)
    sources: dict[int, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    uncertain: set[int] = field(default_factory=set)
    deleted_by: dict[int, dict[str, int]] = field(default_factory=dict)
    code_names: dict[int, frozenset[str]] = field(default_factory=dict)


class _Walk:
    """Goes through the cells in document order and keeps who wrote and read each name last.

    `memory` is kept for cells that look at all names, None if there are none.
    """

    def __init__(self, memory: Memory | None) -> None:
        self.memory = memory
        self.lookers: list[int] = []
        self.n_closed = 0  # lookers that a barrier comes after
        self.is_barrier_looking = False
        self.read_names: set[str] = set()  # since they were written
        self.names: dict[str, _Name] = {}
        self.barrier = -1
        self.sealed: list[int] = []  # cells that may bind names nobody else binds
        self.found = _Found()

    def visit(self, cell: int, analysis: CellAnalysis) -> None:
        flow, found = analysis.flow, self.found
        if self.barrier >= 0 or self.sealed:
            found.uncertain.add(cell)
        needs: set[int] = set()
        firm: set[int] = set()
        sources: dict[str, tuple[int, ...]] = {}
        found.sources[cell] = sources
        is_looking = self.memory is not None and len(flow.reads) > len(analysis.reads)
        named = sorted(analysis.reads) if is_looking else flow.reads
        for name in named:
            writers = self._read(cell, name)
            sources[name] = tuple(writers)
            needs.update(writers)
            # That a name is gone is something a cell can find out: it needs who deleted it.
            needs.update(d for d in [self.names[name].deleted_by] if d is not None and not writers)
            if name in analysis.reads:
                firm.update({*writers} - {self.barrier})
        found.code_names[cell] = frozenset(n for n in named if self.names[n].kind != "value")
        if is_looking:
            needs.update(self._look(cell, flow.reads, sources))
        if analysis.history:  # what was shown last rests on which cells ran
            needs.update(found.needs)
        order = set(needs)
        self._write(cell, analysis, needs, order, firm)
        if analysis.rebinds:
            order.update(self._seal(cell, needs))
            self.is_barrier_looking = is_looking
        elif analysis.may_bind:
            self.sealed.append(cell)
        order |= needs
        for edges in (needs, order, firm):
            edges.discard(cell)
        found.needs[cell] = tuple(sorted(needs))
        found.order[cell] = tuple(sorted(order))
        found.firm[cell] = tuple(sorted(firm))

    def _read(self, cell: int, name: str) -> list[int]:
        known = self.names.get(name)
        if known is None:
            known = self.names[name] = _Name(n_looked=len(self.lookers))
        writers = list(known.writers)
        if not writers and known.deleted_by is not None:
            self.found.deleted_by.setdefault(cell, {})[name] = known.deleted_by
        if self.barrier > known.bound_at and not is_provided(name):
            writers.append(self.barrier)
        if not known.writers and not is_provided(name):
            others = set(writers)
            writers += [s for s in self.sealed if s not in others] if others else self.sealed
        known.readers.append(cell)
        self.read_names.add(name)
        return writers

    def _look(
        self, cell: int, names: tuple[str, ...], named: Mapping[str, tuple[int, ...]]
    ) -> list[int]:
        """Note that a cell looks at all names, and return the cells it needs for that.

        A barrier that looked at all names itself stands for what was before it.
        """
        memory = self.memory
        assert memory is not None  # cells that look are known beforehand
        self.lookers.append(cell)
        changed = memory.take_changed()
        self.found.sources[cell] = AllSources(
            named, names, memory=memory, cell=cell, changed=changed
        )
        barrier = [self.barrier] if self.barrier >= 0 else []
        if self.is_barrier_looking:
            return barrier + memory.writers_since(self.barrier)
        return barrier + list(memory.writers)

    def _write(
        self,
        cell: int,
        analysis: CellAnalysis,
        needs: set[int],
        order: set[int],
        firm: set[int],
    ) -> None:
        flow = analysis.flow
        for name in flow.deletes:
            known = self._overwrite(cell, name, order, firm)
            known.origin = ""
            if name in analysis.gone:
                known.writers, known.bound_at, known.deleted_by = [], -1, cell
            # On one path only it supplies nothing: a later reader needs those who bound the name.
        for name in (*flow.mutates, *analysis.likely):
            known = self._overwrite(cell, name, order, firm)
            # A cell that changes a name through an alias does not itself stand for its binding,
            # but for those it needs that did the same.
            is_alias = name not in analysis.reads
            replaced = known.changers & needs
            earlier = [w for w in known.writers if w not in replaced] if is_alias else []
            known.changers = (known.changers - replaced) | {cell} if is_alias else set()
            known.writers = [*earlier, cell]
            known.origin = ""
        conditional = set(flow.conditional)
        for name in flow.binds:
            kind, origin = analysis.kinds.get(name, ("value", ""))
            known = self.names.setdefault(name, _Name(n_looked=len(self.lookers)))
            if kind == "import" and known.origin == origin and known.writers:
                continue  # the same import again changes nothing
            self._overwrite(cell, name, order, firm)
            if name in conditional:
                known.kind = merge_kinds(known.kind, kind) if known.writers else kind
                known.writers = [*known.writers, cell]
                known.origin = ""
            else:
                known.writers, known.bound_at, known.origin = [cell], cell, origin
                known.kind = kind
            known.deleted_by = None
        if self.memory is not None:
            for name in {*flow.deletes, *flow.mutates, *analysis.likely, *flow.binds}:
                known = self.names[name]
                past = Past(cell, tuple(known.writers), known.bound_at, known.kind)
                self.memory.note(name, past)

    def _overwrite(self, cell: int, name: str, order: set[int], firm: set[int]) -> _Name:
        known = self.names.get(name)
        if known is None:
            known = self.names[name] = _Name(n_looked=len(self.lookers))
        order.update(known.writers)
        readers = known.readers + self.lookers[max(known.n_looked, self.n_closed) :]
        order.update(readers)
        firm.update(readers)
        known.readers, known.n_looked = [], len(self.lookers)
        self.read_names.discard(name)
        return known

    def _seal(self, cell: int, needs: set[int]) -> set[int]:
        """Make `cell` a barrier: it may bind anything, so it comes after all readers so far."""
        after = {reader for name in self.read_names for reader in self.names[name].readers}
        after.update(self.lookers[self.n_closed :])
        for name in self.read_names:
            self.names[name].readers = []
        self.read_names = set()
        # It stands for the cells that have looked, if it has looked too.
        self.n_closed = len(self.lookers) - (self.lookers[-1:] == [cell])
        if self.barrier >= 0:
            needs.add(self.barrier)
        self.barrier = cell
        if self.memory is not None:
            self.memory.barriers.append(cell)
        return after


def find_edges(
    analyses: Mapping[int, CellAnalysis], *, cells: Sequence[int] | None = None
) -> CellEdges:
    """Return the edges between `cells` (all analysed ones), which are in document order."""
    looks = any(analysis.flow.opaque for analysis in analyses.values())
    walk = _Walk(Memory() if looks else None)
    for index in analyses if cells is None else cells:
        walk.visit(index, analyses[index])
    found = walk.found
    return CellEdges(
        needs=found.needs,
        order=found.order,
        firm=found.firm,
        sources=found.sources,
        uncertain=frozenset(found.uncertain),
        deleted_by=found.deleted_by,
        code_names=found.code_names,
    )
