"""Which value is a tree of plain collections: a million small dicts, read without a visit to each?

A tree is a list, dict or tuple of atoms and of further such, in which no list and no dict stands
twice. Identity says nothing in it, so that its content alone is the value, and Python writes that
out faster than anything could be called per element: by pickle without its memory of what it wrote
before, which gives the same bytes for the same content, and other bytes for another one. What is no
tree is walked.

Whether a value is read so depends on what is in it, never on how the walk came to it. So its form
is chosen by size: inside other values only from some length on, where it pays to look.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import gc
import io
import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from sys import getrefcount
from typing import Any

from .fingerprint_digest import combine, digest_memory
from .identity import identity

LONG = 64
_LEAVES = frozenset({type(None), bool, int, float, str, bytes})
_BRANCHES = frozenset({list, dict, tuple})
_KINDS = _LEAVES | _BRANCHES
_MOST_LEVELS = 32
# From so many elements on it is worth while to know what a collection was.
_MANY = 1_000
_AT_ONCE = 1 << 10
# Tuples within tuples, which a small value can hold without end by holding one of them twice.
_MOST_INNER = 1_000_000
_PROTOCOL = 5
_ROWS: tuple[set[type], ...] = ({list}, {dict})
_ORDER = (list, dict, tuple)
_Groups = dict[type, list[Any]]
# What Python counts for an object in a list whom one other object holds, and nobody else.
_ALONE = next(map(getrefcount, [object()])) + 1


@dataclass(frozen=True)
class Survey:
    """What is in a tree.

    Attributes
    ----------
    ids : list of int
        Of all lists and dicts, level by level.
    is_flat : bool
        Whether it is a list or dict of lists or of dicts, in which there are no collections.
    """

    ids: list[int]
    is_flat: bool

    @cached_property
    def once(self) -> set[int]:
        """The ids; nobody changes the set."""
        return set(self.ids)


class EarlierTrees:
    """What trees were when they were looked at last, so that little is looked at again.

    Only of lists and dicts of flat collections is anything known, and nothing is kept alive: what
    has the same objects in the same order, and the same content, is the same tree, whoever had been
    at its address.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Survey, bytes]] = {}

    def look(self, root: Any) -> tuple[Survey | None, bytes | None]:
        """Return what is in a value, and its part, as `look_through` and `encode_tree` do."""
        survey, part = self._known.get(identity(root), (None, None))
        if survey is not None and survey.ids == _flat_ids(root):
            again = encode_again(root)
            # With the same content, or another one that holds no collections either.
            if again is not None and (again == part or _is_flat(root)):
                self._known[identity(root)] = (survey, again)
                return survey, again
        survey = look_through(root)
        part = None if survey is None else encode_tree(root)
        if survey is None or part is None or not survey.is_flat:
            self._known.pop(identity(root), None)
        else:
            self._known[identity(root)] = (survey, part)
        return survey, part

    def keep(self, roots: Iterable[Any]) -> None:
        """Forget all other trees."""
        if self._known:
            idents = set(map(identity, roots))
            self._known = {ident: one for ident, one in self._known.items() if ident in idents}


def _flat_ids(root: Any) -> list[int]:
    """Return the ids of a collection and of what is in it."""
    return [identity(root), *map(identity, _items(root))]


def _is_flat(root: Any) -> bool:
    """Return whether atoms alone are in what is in a collection."""
    return _kinds_in(list(_items(root))) <= _LEAVES


def _items(root: Any) -> Iterable[Any]:
    return root.values() if type(root) is dict else root


class Surveys:
    """What is known of values that stand still meanwhile, so that each is looked at once.

    Parameters
    ----------
    earlier : EarlierTrees, optional
        From passes before.
    """

    def __init__(self, earlier: EarlierTrees | None = None) -> None:
        self._found: dict[int, tuple[Any, Survey | None]] = {}
        self._parts: dict[int, bytes] = {}
        self._earlier = EarlierTrees() if earlier is None else earlier

    def of(self, value: Any) -> Survey | None:
        """Return what `look_through` says of a value."""
        if type(value) not in _BRANCHES:
            return None
        known = self._found.get(identity(value))
        if known is None:
            try:
                known = (value, self._look(value))
            except RuntimeError:  # another thread changes it: the walk tells
                known = (value, None)
            self._found[identity(value)] = known
        return known[1]

    def part(self, value: Any) -> bytes:
        """Return the part of what `of` found to be a tree."""
        ident = identity(value)
        if ident not in self._parts:
            self._parts[ident] = encode_tree(value)
        return self._parts[ident]

    def _look(self, value: Any) -> Survey | None:
        if type(value) is tuple or len(value) < _MANY:
            return look_through(value)
        survey, part = self._earlier.look(value)
        if part is not None:
            self._parts[identity(value)] = part
        return survey


def look_through(root: Any) -> Survey | None:
    """Return what is in a tree; None if it is no tree.

    Most collections are held by one other alone, which Python's count of references says: those
    stand nowhere else. Only the others are looked for twice.

    Examples
    --------
    >>> rows = [{"id": 1}, {"id": 2}]
    >>> len(look_through(rows).ids), look_through([rows, rows])
    (3, None)
    """
    level: _Groups = {type(root): [root]}
    found, held, n_inner, is_open = list[int](), [identity(root)], 0, False
    for depth in range(_MOST_LEVELS):
        below: _Groups = {}
        for kind in _ORDER:
            group = level.get(kind, [])
            if kind is tuple:
                # What it holds, others come to by holding the tuple.
                is_open = is_open or not set(map(getrefcount, group)) <= {_ALONE}
                n_tuples = len(below.get(tuple, ()))
            else:
                idents = list(map(identity, group))
                found += idents
                held += _held(group, idents, is_open=is_open) if depth else ()
            if not _sort_inside(group, kind, below):
                return None
        n_inner += len(below.get(tuple, ())) - n_tuples
        if n_inner > _MOST_INNER or len(set(held)) < len(held):
            return None
        if not below:
            is_flat = (
                depth == 1 and set(level) in _ROWS and sum(map(len, level.values())) == len(root)
            )
            return Survey(found, is_flat)
        level = below
    return None


def _held(group: list[Any], idents: list[int], *, is_open: bool) -> Iterable[int]:
    """Return the ids of those to which something may lead beside the one place where they were
    found: what stands in a tree twice is among them."""
    if is_open:
        return idents
    if set(map(getrefcount, group)) <= {_ALONE}:
        return ()
    return compress(idents, map(_ALONE.__lt__, map(getrefcount, group)))


def _sort_inside(group: list[Any], kind: type, below: _Groups) -> bool:
    """Add the collections in collections of one kind by their own kinds, in an order that depends
    on content alone; return whether nothing in them is no part of a tree."""
    for at in range(0, len(group), _AT_ONCE):
        if len(group) > 1:
            inside = gc.get_referents(*group[at : at + _AT_ONCE])
        else:
            inside = [*group[0], *group[0].values()] if kind is dict else group[0]
        kinds = set(map(type, inside))
        if not kinds <= _KINDS:
            return False
        for one in kinds & _BRANCHES:
            below.setdefault(one, []).extend(
                inside if len(kinds) == 1 else [item for item in inside if type(item) is one]
            )
    return True


def _kinds_in(group: list[Any]) -> set[type]:
    """Return the types of what is in collections; texts as keys may be left out.

    What many hold is put into short lists: each touch of a million objects costs.
    """
    kinds = set[type]()
    for at in range(0, len(group), _AT_ONCE):
        kinds.update(map(type, gc.get_referents(*group[at : at + _AT_ONCE])))
    return kinds


def encode_tree(root: Any) -> bytes:
    """Return the part of what `look_through` found to be a tree."""
    stream = io.BytesIO()  # not the hash itself, which lets other threads run
    _Writer(stream).dump(root)
    return b"#" + combine(b"rows", [digest_memory(stream.getbuffer())])


def encode_again(root: Any) -> bytes | None:
    """Return the part of what was a tree; None if it is certainly none now."""
    try:
        return encode_tree(root)
    except (_NoTreeError, ValueError, RecursionError):  # what holds itself is no tree
        return None


class _NoTreeError(Exception):
    """Something in a value is no part of a tree."""


class _Writer(pickle.Pickler):
    """Writes a tree by one call that runs no code in which it could change.

    Nothing is written by reference, so that equal trees are written alike, and others otherwise.
    """

    def __init__(self, stream: Any) -> None:
        super().__init__(stream, _PROTOCOL)
        self.fast = True

    def reducer_override(self, value: Any) -> Any:
        raise _NoTreeError
