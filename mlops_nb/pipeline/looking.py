"""What does a cell need that looks at all names there are? What each of them was, kept once.

A cell with ``exec`` or ``globals()`` reads every name. What it reads of whom is written down where
names change, not where they are looked at, so that a notebook of such cells costs what it is long.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from mlops_nb.pipeline.flow.provided import is_provided


class Past(NamedTuple):
    """What a name was from a cell on: who wrote it, where it was bound, and what for."""

    cell: int
    writers: tuple[int, ...]
    bound_at: int
    kind: str


@dataclass(slots=True)
class Memory:
    """What all names were after each cell that changed them.

    Attributes
    ----------
    past : dict
        By name, by cell.
    barriers : list of int
        Cells that may have bound any name.
    changed : dict
        Names that changed since a cell looked last.
    writers : dict
        Cells that a reader of some name needs now, with the number of such names.
    """

    past: dict[str, list[Past]] = field(default_factory=dict)
    barriers: list[int] = field(default_factory=list)
    changed: dict[str, None] = field(default_factory=dict)
    writers: dict[int, int] = field(default_factory=dict)

    def note(self, name: str, now: Past) -> None:
        """Note what a name is from a cell on."""
        known = self.past.setdefault(name, [])
        for writer in known[-1].writers if known else ():
            self.writers[writer] -= 1
            if not self.writers[writer]:
                del self.writers[writer]
        for writer in now.writers:
            self.writers[writer] = self.writers.get(writer, 0) + 1
        known.append(now)
        self.changed[name] = None

    def writers_since(self, barrier: int) -> list[int]:
        """Return the cells behind `barrier` that a reader of some name needs now."""
        found = []
        for writer in reversed(self.writers):
            if writer <= barrier:
                break
            found.append(writer)
        return found

    def take_changed(self) -> tuple[str, ...]:
        """Return the names that changed since this was asked last."""
        names = tuple(self.changed)
        self.changed = {}
        return names

    def before(self, name: str, cell: int) -> Past | None:
        """Return what a name was before a cell; None if nothing had bound it."""
        known = self.past.get(name, [])
        position = bisect_left(known, cell, key=lambda past: past.cell)
        return known[position - 1] if position else None

    def barrier_before(self, cell: int) -> int:
        """Return the last cell before `cell` that may have bound any name; -1 if there is none."""
        position = bisect_left(self.barriers, cell)
        return self.barriers[position - 1] if position else -1


class AllSources(Mapping[str, tuple[int, ...]]):
    """Which cells each name comes from that a cell reads which looks at all.

    Parameters
    ----------
    named : mapping of str to tuple of int
        The same for the names that it reads itself.
    names : tuple of str
        All of them, sorted.
    memory : Memory
    cell : int
    changed : tuple of str
        Names that are not what they were when a cell looked last.
    """

    __slots__ = ("_cell", "_memory", "_named", "_names", "changed")

    def __init__(
        self,
        named: Mapping[str, tuple[int, ...]],
        names: tuple[str, ...],
        *,
        memory: Memory,
        cell: int,
        changed: tuple[str, ...],
    ) -> None:
        self._named = named
        self._names = names
        self._memory = memory
        self._cell = cell
        self.changed = changed

    def __getitem__(self, name: str) -> tuple[int, ...]:
        if name in self._named:
            return self._named[name]
        position = bisect_left(self._names, name)
        if position == len(self._names) or self._names[position] != name:
            raise KeyError(name)
        past = self._memory.before(name, self._cell)
        barrier = self._memory.barrier_before(self._cell)
        writers = () if past is None else past.writers
        bound_at = -1 if past is None else past.bound_at
        return (*writers, barrier) if barrier > bound_at and not is_provided(name) else writers

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def is_code(self, name: str) -> bool:
        """Return whether a name stands for a module, something imported or a helper."""
        past = self._memory.before(name, self._cell)
        return past is not None and past.kind != "value"
