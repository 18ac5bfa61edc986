"""What did a cell change among the values of a notebook, and what of them did it depend on?

A cell can change what the names it reads lead to: their values, what code in these looks up, and
whatever shares memory with either. Those names are compared before and after by fingerprint; all
others by identity. What a cell merely may have bound is written and read alike, since a name bound
again to the object it had looks like a name left alone.

Digests are kept from cell to cell, so that a value is read again only after a cell that could have
changed it. A value without a fingerprint gets a mark that equals no other: it counts as changed
whenever a cell could have changed it.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .bindings import Bindings, allows_references
from .cell_changes import Changes
from .fingerprint import Fingerprinter
from .fingerprint_trees import EarlierTrees, Survey, Surveys
from .memory_classes import ClassBonds, find_bonds
from .memory_index import SharingIndex
from .memory_labels import Labels, labels_of, names_relabelled, names_with_labels_of
from .memory_reach import Searches
from .own_names import is_of_the_shell, own_names
from .standing_functions import StandingFunctions
from .standing_values import Mark, is_plain_data, mark

NO_DIGEST = "none"
_ABSENT = object()
# Code that has begun, whose `finally` runs when it goes; and what loses what is gone.
_SUSPENDED = frozenset({"generator", "coroutine", "async_generator"})
_WEAK = frozenset({"weakref", "_weakrefset"})


class ValueWatch:
    """The values of one kernel, as far as cells were seen to change them.

    Parameters
    ----------
    namespace : dict
        The user's names.
    hidden : Mapping, optional
        Names the shell put there itself, with their values.
    """

    def __init__(self, namespace: dict[str, Any], hidden: Mapping[str, Any] | None = None) -> None:
        self._namespace = namespace
        self._hidden = dict(hidden or {})
        self._digests: dict[str, tuple[Mark, str]] = {}
        self._obstacles: dict[str, str] = {}
        self._reaches: dict[str, tuple[Mark, frozenset[str]]] = {}
        self._near: frozenset[str] = frozenset()
        self._own: frozenset[str] = frozenset()
        self._before: dict[str, str | None] = {}
        self._were = Bindings({})
        self._labels: Labels = {}
        self._bonds = ClassBonds()
        self._functions = StandingFunctions((), namespace)
        self._parts: Mapping[str, tuple[str, ...]] = {}
        self._index = SharingIndex()
        self._surveys: Surveys | None = None
        self._trees = EarlierTrees()
        self._searches: Searches | None = None

    def start(self, reads: Iterable[str], touches: Iterable[str] = ()) -> None:
        """Take down what a cell that reads `reads` and may bind `touches` could change; call it
        just before the cell."""
        with self._still():
            self._start(reads, touches)

    def stop(self, touches: Iterable[str]) -> Changes:
        """Return what the cell did; `touches` are the names it may have bound or changed."""
        with self._still():
            return self._stop(touches)

    def start_unasked(self, reads: Iterable[str]) -> None:
        """Take down what a cell that reads `reads` could change, where nobody asks what it did."""
        with self._still():
            self._look_around(reads)

    def stop_unasked(self, touches: Iterable[str], *, only_data: bool = False) -> None:
        """Read anew, when it is asked for, what the cell may have changed; all else stands.

        Parameters
        ----------
        touches : iterable of str
        only_data : bool, default=False
            Whether only what nothing but its names leads to stands: collections, arrays, frames.
            An object of a library may be known to the library, too, as figures are.
        """
        now = self.names()
        self._forget({*self._were.changed(now), *self._near, *touches})
        if only_data:
            is_tree = self._index.is_tree
            self._forget([n for n, one in now.items() if not (is_tree(n) or is_plain_data(one))])
        self._were, self._parts, self._bonds = Bindings({}), {}, ClassBonds()

    @contextmanager
    def _still(self) -> Iterator[None]:
        """Know of values what was once seen, as long as no code of the user's can run."""
        self._surveys, self._searches = Surveys(self._trees), Searches()
        try:
            yield
        finally:
            self._surveys = self._searches = None
            self._trees.keep(self._namespace.values())

    def _start(self, reads: Iterable[str], touches: Iterable[str]) -> None:
        self._look_around(reads)
        ending = [name for name in touches if name in self._parts]
        seen = self._weak_names() if ending else ()  # they see what goes
        loose = [name for name in ending if self._holds_own(name)]
        reads = {*reads, *filter(self._ends_by_code, ending), *seen, *loose}
        self._near = self._closure(reads)
        self._own = self._closure(reads, by_memory=False)
        self._before = self._read(self._near)
        space = self._namespace
        with self._fingerprinter() as fingerprinter:
            self._bonds = find_bonds(
                self._index,
                self._near,
                reads,
                with_lookups=lambda names: self._closure(names, by_memory=False),
                space=space,
                digest=lambda made: fingerprinter.fingerprint(made).digest,
            )
        self._functions = StandingFunctions(self._near, space)
        self._labels = labels_of(space[name] for name in self._near if name in space)
        self._let_go(loose)

    def _look_around(self, reads: Iterable[str]) -> None:
        names = self.names()
        self._were = Bindings(names)
        self._parts = self._index.parts(names, self._surveys)
        self._near = self._closure(reads)

    def _ends_by_code(self, name: str) -> bool:
        """Return whether code runs when nothing leads to a name's value any more."""
        made = self._index.classes([name])
        is_waiting = type(self._namespace.get(name)).__name__ in _SUSPENDED
        return is_waiting or any(hasattr(one, "__del__") for one in made)

    def _holds_own(self, name: str) -> bool:
        """Return whether a name leads to a collection with objects of the notebook's classes."""
        value = self._namespace.get(name)
        return not allows_references(type(value)) and bool(self._index.classes([name]))

    def _let_go(self, names: Iterable[str]) -> None:
        """Keep no value of these names alive: when the cell binds them anew, it ends what they
        held, as it would without us. They are read again after the cell."""
        for name in names:
            self._digests.pop(name, None)
            self._reaches.pop(name, None)
        self._were.release(names)

    def _weak_names(self) -> list[str]:
        """Return the names that are bound to what does not keep alive what it leads to."""
        kinds = set(map(type, map(self._namespace.get, self._parts)))
        weak = {kind for kind in kinds if kind.__module__ in _WEAK}
        return [n for n in self._parts if type(self._namespace.get(n)) in weak] if weak else []

    def _stop(self, touches: Iterable[str]) -> Changes:
        now = self.names()
        changed = self._were.changed(now)
        suspects = (self._near & set(now)) - changed - self._standing()
        for name in suspects:
            self._digests.pop(name, None)
        after = self._read(suspects)
        changed |= {n for n, digest in after.items() if digest != self._before.get(n)}
        renamed = names_relabelled(self._labels, now)
        relabelled = renamed - changed - self._near
        others = {n: d[1] for n in relabelled if (d := self._digests.get(n)) is not None}
        changed |= relabelled
        for name in changed:
            self._digests.pop(name, None)
            self._reaches.pop(name, None)
        # The same digest: the same code inside, but perhaps not the same objects. Another one:
        # perhaps the same objects all the same.
        seen = {*suspects, *changed}
        self._index.leave([n for n in seen if not self._stands(n, now)])
        reads = {**self._before, **{n: others.get(n, _unknown()) for n in relabelled}}
        for name in sorted((set(touches) & set(now)) - changed):
            reads.setdefault(name, self._read([name])[name])
            changed.add(name)
        groups = self._groups(now, changed)
        together = {name for group in groups for name in group}
        for name in sorted(together - changed):
            reads.setdefault(name, self._read([name])[name])
        writes = self._read(changed | together)
        mingles = not self._near.isdisjoint(changed | together)
        if not mingles:
            for name in self._near - self._own:
                del reads[name]
        shared = {part for n in reads if len(part := self._parts.get(n, ())) > 1}
        self._were, self._parts, self._bonds = Bindings({}), {}, ClassBonds()
        self._functions = StandingFunctions((), self._namespace)
        return Changes(
            reads=reads,
            writes=writes,
            groups=groups,
            reaches={n: tuple(sorted(r)) for n in sorted(together) if (r := self._reach(n))},
            obstacles={n: self._obstacles[n] for n in {*reads, *writes} if n in self._obstacles},
            shared=tuple(sorted(shared)),
            mingles=mingles,
            plain={n: self._index.number(n) for n in together if self._tree(now[n])},
            labels=names_with_labels_of(writes, now),
            relabelled=tuple(sorted(renamed)),
        )

    def _stands(self, name: str, now: Mapping[str, Any]) -> bool:
        """Return whether a name leads to the objects to which it led before."""
        return name in now and self._index.stands(name, self._tree(now[name]))

    def _standing(self) -> frozenset[str]:
        """Return the names that the cell could have changed by classes alone, and did not; and the
        functions that are nothing but the code that they were."""
        with self._fingerprinter() as fingerprinter:
            found = self._bonds.standing(
                self._namespace, digest=lambda made: fingerprinter.fingerprint(made).digest
            )
        return found | self._functions.standing(self._namespace)

    def groups_near(self, reads: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        """Return the names that a cell which reads `reads` could change, by shared memory."""
        self._parts = self._index.parts(self.names())
        near, parts = self._closure(reads), set(self._parts.values())
        self._parts = {}
        return tuple(part for part in sorted(parts) if not near.isdisjoint(part))

    def digests(self, names: Iterable[str]) -> dict[str, str | None]:
        """Return the digests of names as they are now; None for one that is not bound."""
        return self._read(names)

    def shared(self, names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        """Return the groups of two and more names that share memory and hold one of `names`."""
        wanted = set(names)
        parts = (tuple(part) for part in self._index.partition(self.names()))
        return tuple(sorted(part for part in parts if len(part) > 1 and wanted & set(part)))

    def forget(self) -> None:
        """Read every value anew when it is asked for: cells ran that nobody watched."""
        self._digests.clear()
        self._reaches.clear()
        self._index = SharingIndex()

    def changed(self, names: Iterable[str]) -> None:
        """Note that these names were given other values, and not by a cell."""
        self._forget(names)

    def names(self) -> dict[str, Any]:
        """Return the user's own names with their values."""
        return own_names(self._namespace, self._hidden)

    def _closure(self, names: Iterable[str], *, by_memory: bool = True) -> frozenset[str]:
        """Return names, all that code in their values looks up, and all that shares memory."""
        todo, found = list(names), set[str]()
        while todo:
            name = todo.pop()
            if name in found:
                continue
            found.add(name)
            todo += self._parts.get(name, ()) if by_memory else ()
            todo += self._reach(name)
        return frozenset(found)

    def _reach(self, name: str) -> frozenset[str]:
        if name not in self._namespace:
            return frozenset()
        value = self._namespace[name]
        known = self._reaches.get(name)
        if known is None or known[0]() is not value:
            tree = self._tree(value)
            searches = self._searches or Searches()
            found = searches.reach(value, self._namespace) if tree is None else frozenset[str]()
            known = self._reaches[name] = (mark(value), found)
        return known[1]

    def _tree(self, value: Any) -> Survey | None:
        """Return what is in a tree of plain collections; None for other values, and when they do
        not stand still."""
        return None if self._surveys is None else self._surveys.of(value)

    def _read(self, names: Iterable[str]) -> dict[str, str | None]:
        """Return digests, those that are known without looking."""
        found: dict[str, str | None] = {}
        with self._fingerprinter() as fingerprinter:
            for name in sorted(names):
                value = self._namespace.get(name, _ABSENT)
                if value is _ABSENT or is_of_the_shell(name, value, self._hidden):
                    found[name] = None
                    continue
                known = self._digests.get(name)
                if known is None or known[0]() is not value:
                    digest = self._look(fingerprinter, name, value)
                    known = self._digests[name] = (mark(value), digest)
                found[name] = known[1]
        return found

    def _fingerprinter(self) -> Fingerprinter:
        return Fingerprinter(apart=self._namespace, surveys=self._surveys)

    def _look(self, fingerprinter: Fingerprinter, name: str, value: Any) -> str:
        self._obstacles.pop(name, None)
        fingerprint = fingerprinter.fingerprint(value)
        if fingerprint.digest is not None:
            return fingerprint.digest
        if fingerprint.obstacle is not None:
            told = fingerprint.obstacle
            self._obstacles[name] = f"{name}{told.path} ({told.type}): {told.reason} {told.remedy}"
        return _unknown()

    def _groups(self, now: dict[str, Any], changed: set[str]) -> tuple[tuple[str, ...], ...]:
        """Return the names that were changed, each with all that share its memory now.

        Equal values may be one object where they were two, or two where they were one: then the
        names were changed as well.
        """
        parts = self._index.parts(now, self._surveys)
        groups = {parts[name] for name in changed if name in parts}
        for name in self._near - changed:
            part = parts.get(name, ())
            if any(self._parts.get(one) != part for one in part):
                groups.add(part)
        return tuple(sorted(groups))

    def _forget(self, names: Iterable[str]) -> None:
        """Read names anew, and ask again who shares their memory."""
        for name in names:
            self._digests.pop(name, None)
            self._reaches.pop(name, None)
        self._index.forget(names)


def _unknown() -> str:
    """Return what no value ever has."""
    return f"{NO_DIGEST}:{uuid.uuid4().hex}"
