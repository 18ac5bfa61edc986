"""Which names share memory, asked again after every cell? Looked at anew only where it may differ.

What a name leads to stays as it is until a cell could have changed it. So the ids of the mutable
objects behind each name are kept, and only names that were forgotten are explored again; with a
name, all that share its memory are forgotten.

What is explored in one moment is explored together: what one name leads to is not looked at again
for the next one, which leans on the first. It is looked at again with it.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import weakref
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from itertools import count, repeat
from typing import Any

from .fingerprint_trees import Survey, Surveys
from .memory_overlap import Buffer, are_apart, clusters, share
from .memory_sharing import Moment, Reach

_numbers = count()
# Names that lead to so many objects are compared one by one; of so many of them at most.
_MANY = 20_000
_MOST_APART = 8


class _Reached:
    """What one name leads to: mutable objects by id, and memory by its bounds."""

    __slots__ = ("classes", "ids", "number", "spans", "through", "tree")

    def __init__(self, reach: Reach, tree: Survey | None) -> None:
        self.tree = tree
        self.number = next(_numbers)
        self.ids, self.through = reach.ids, reach.through
        self.classes = [weakref.ref(made) for made in reach.classes]
        self.spans = [(first, end, _Loose(buffer)) for first, end, buffer in reach.spans]


class _Loose:
    """A buffer that is not kept alive by being known."""

    __slots__ = ("array", "guarded", "is_writable", "lent")

    def __init__(self, buffer: Buffer) -> None:
        self.guarded, self.lent = buffer.guarded, buffer.lent
        self.is_writable = buffer.is_writable
        self.array = None if buffer.array is None else weakref.ref(buffer.array)


class SharingIndex:
    """The names of one namespace by the memory they share."""

    def __init__(self) -> None:
        self._reached: dict[str, _Reached] = {}
        self._owner: dict[int, str] = {}
        self._apart: dict[str, set[int]] = {}
        self._links: dict[str, set[str]] = {}
        self._leaning: set[str] = set()
        self._left: Counter[str] = Counter()  # how often a name was looked at anew
        self._parts: dict[str, tuple[str, ...]] | None = None  # until a name is looked at again

    def forget(self, names: Iterable[str]) -> None:
        """Look at these names again: what they lead to may be another."""
        self._parts = None
        for name in list(names):
            for one in self._component(name, self._links):
                found = self._reached.pop(one, None)
                self._leaning.discard(one)
                # Who else leads to one of these is of the component, too.
                if found is not None and self._apart.pop(one, None) is None:
                    deque(map(self._owner.pop, found.ids, repeat(None)), maxlen=0)
                self._links.pop(one, None)

    def leave(self, names: Iterable[str]) -> None:
        """Look at these names again, and at no others: nothing else leads to what it did not."""
        for name in self._with_leaning(names):
            self._parts = None
            self._left[name] += 1
            self._leaning.discard(name)
            gone, others = self._reached.pop(name, None), self._links.pop(name, set())
            for other in others:
                self._links[other].discard(name)
            if gone is not None and self._apart.pop(name, None) is None:
                owned = {ident for ident in gone.ids if self._owner[ident] == name}
                self._hand_over(owned, others)

    def _with_leaning(self, names: Iterable[str]) -> set[str]:
        """Return names with all whose parts were found to be theirs, and not looked at."""
        found, todo = set[str](), set(names)
        while todo:
            found |= todo
            todo = {n for n in self._leaning if self._reached[n].through & todo} - found
        return found

    def _hand_over(self, idents: set[int], others: set[str]) -> None:
        """Give what a name owned to those others that lead to it, and link these."""
        heirs: dict[int, str] = {}
        for other in others - self._apart.keys():
            own = idents & self._reached[other].ids
            for heir in {heirs[ident] for ident in own & heirs.keys()}:
                self._links[heir].add(other)
                self._links[other].add(heir)
            heirs.update(dict.fromkeys(own - heirs.keys(), other))
        deque(map(self._owner.pop, idents - heirs.keys(), repeat(None)), maxlen=0)
        self._owner.update(heirs)

    def stands(self, name: str, tree: Survey | None) -> bool:
        """Return whether a name leads to the very objects to which it led before.

        An object that took the place of one that is gone has come to no other name, unless that
        leads to others than before.
        """
        known = self._reached.get(name)
        if tree is None or known is None or known.tree is None:
            return False
        return known.tree.ids == tree.ids

    def number(self, name: str) -> int:
        """Return a number that is another as soon as a name may lead to other objects."""
        return self._reached[name].number

    def is_tree(self, name: str) -> bool:
        """Return whether a name is known to lead to plain collections of plain values alone."""
        known = self._reached.get(name)
        return known is not None and known.tree is not None

    def is_known(self, name: str) -> bool:
        """Return whether it is known to what a name leads."""
        return name in self._reached

    def ids(self, names: Iterable[str]) -> set[int]:
        """Return the ids of all that can change behind names that are known."""
        return set().union(*(found.ids for found in self._known(names)))

    def classes(self, names: Iterable[str]) -> list[type]:
        """Return the classes behind names, but those of libraries."""
        made = (one() for found in self._known(names) for one in found.classes)
        return [one for one in made if one is not None]

    def has_memory(self, name: str) -> bool:
        """Return whether a name leads to memory that others may have a view of."""
        return any(found.spans for found in self._known([name]))

    def _known(self, names: Iterable[str]) -> Iterable[_Reached]:
        """Return what is known of names, and of those whose parts are among theirs."""
        found, todo = dict[str, _Reached](), list(names)
        while todo:
            name = todo.pop()
            if name not in found and (one := self._reached.get(name)) is not None:
                found[name] = one
                todo += one.through
        return found.values()

    def partition(
        self, values: Mapping[str, Any], surveys: Surveys | None = None
    ) -> list[tuple[str, ...]]:
        """Return all names in groups that share memory that can change, sorted.

        Parameters
        ----------
        values : Mapping
        surveys : Surveys, optional
            Of values, taken in the same moment.

        Examples
        --------
        >>> rows = [1, 2]
        >>> SharingIndex().partition({"table": {"rows": rows}, "rows": rows, "other": [1, 2]})
        [('other',), ('rows', 'table')]
        """
        return sorted(set(self.parts(values, surveys).values()))

    def parts(
        self, values: Mapping[str, Any], surveys: Surveys | None = None
    ) -> Mapping[str, tuple[str, ...]]:
        """Return for each name its group, as `partition` has them."""
        if self._reached.keys() != values.keys():
            self.leave(self._reached.keys() - values.keys())
            moment = Moment()
            # What is bound again and again leans on what stays, and not the other way round.
            unknown = [name for name in values if name not in self._reached]
            for name in sorted(unknown, key=self._left.__getitem__):
                self._explore(name, values[name], surveys, moment)
        if self._parts is None:
            self._parts = self._unite()
        return self._parts

    def _unite(self) -> dict[str, tuple[str, ...]]:
        links, overlaps = self._links, set(self._overlaps())
        if overlaps:
            links = {name: set(others) for name, others in links.items()}
        for first, second in overlaps:
            links[first].add(second)
            links[second].add(first)
        found: dict[str, tuple[str, ...]] = {}
        found |= {name: (name,) for name in self._reached if not links[name]}
        left = self._reached.keys() - found.keys()
        while left:
            part = self._component(next(iter(left)), links)
            left -= part
            found |= dict.fromkeys(part, tuple(sorted(part)))
        return found

    def _explore(self, name: str, value: Any, surveys: Surveys | None, moment: Moment) -> None:
        self._parts = None
        tree = None if surveys is None else surveys.of(value)
        reach = (
            moment.reached_from(name, value) if tree is None else Reach(tree.once, [], [], set())
        )
        found = self._reached[name] = _Reached(reach, tree)
        if found.through:
            self._leaning.add(name)
        own = self._links.setdefault(name, set())
        known = self._owner.keys() & found.ids
        own.update({self._owner[ident] for ident in known} | found.through)
        own.update(n for n, ids in self._apart.items() if not ids.isdisjoint(found.ids))
        for other in own:
            self._links[other].add(name)
        if len(found.ids) >= _MANY and len(self._apart) < _MOST_APART:
            self._apart[name] = found.ids
        else:
            self._owner.update(dict.fromkeys(found.ids - known if known else found.ids, name))

    def _overlaps(self) -> Iterable[tuple[str, str]]:
        spans = [
            (first, end, (name, buffer))
            for name, found in self._reached.items()
            for first, end, buffer in found.spans
        ]
        for cluster in clusters(spans):
            for at, (first, end, (name, one)) in enumerate(cluster):
                for low, high, (other, two) in cluster[at + 1 :]:
                    if low >= end:
                        break
                    if name == other or are_apart(one, two) or high <= first:
                        continue
                    if _share(one, two):
                        yield name, other

    @staticmethod
    def _component(name: str, links: Mapping[str, set[str]]) -> set[str]:
        part, todo = set[str](), [name]
        while todo:
            one = todo.pop()
            if one not in part:
                part.add(one)
                todo += links.get(one, ())
        return part


def _share(one: _Loose, other: _Loose) -> bool:
    """Return whether two buffers whose bounds overlap share an element, as far as can be told."""
    first = None if one.array is None else one.array()
    second = None if other.array is None else other.array()
    return first is None or second is None or bool(share(first, second))
