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
from itertools import chain, compress
from typing import Any, NamedTuple

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


class Survey(NamedTuple):
    """What is in a tree.

    Attributes
    ----------
    ids : list of int
        Of all lists and dicts, level by level.
    once : set of int
        The same; nobody changes it.
    is_flat : bool
        Whether it is a list or dict of lists or of dicts, in which there are no collections.
    """

    ids: list[int]
    once: set[int]
    is_flat: bool


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

    Examples
    --------
    >>> rows = [{"id": 1}, {"id": 2}]
    >>> len(look_through(rows).ids), look_through([rows, rows])
    (3, None)
    """
    level, found, once, n_inner = [root], list[int](), set[int](), 0
    for depth in range(_MOST_LEVELS):
        kinds = set(map(type, level))
        below: list[Any] = []
        for kind in (list, dict, tuple):
            if kind not in kinds:
                continue
            group = level if len(kinds) == 1 else [one for one in level if type(one) is kind]
            if kind is not tuple:
                found.extend(map(identity, group))
            inner = _branches_in(group, kind)
            if inner is None:
                return None
            if kind is tuple:
                n_inner += sum(type(one) is tuple for one in inner)
            below.extend(inner)
        once.update(found[len(once) :])
        if n_inner > _MOST_INNER or len(once) < len(found):
            return None
        if not below:
            is_flat = depth == 1 and len(level) == len(root) and kinds in _ROWS
            return Survey(found, once, is_flat)
        level = below
    return None


def _branches_in(group: list[Any], kind: type) -> list[Any] | None:
    """Return the collections in collections of one kind; None if something is no part of a tree."""
    if len(group) > 1:
        return _branches_in_many(group)
    kinds = _kinds_in(group)
    if not kinds <= _KINDS:
        return None
    if kinds <= _LEAVES:
        return []
    found: list[Any] = []
    for is_values in (False, True) if kind is dict else (False,):
        items = _inside(group, is_values=is_values)
        types = map(type, _inside(group, is_values=is_values))
        found.extend(compress(items, map(_BRANCHES.__contains__, types)))
    return found


def _branches_in_many(group: list[Any]) -> list[Any] | None:
    """Return the same, in an order of its own, by one look at each object."""
    found: list[Any] = []
    for at in range(0, len(group), _AT_ONCE):
        inside = gc.get_referents(*group[at : at + _AT_ONCE])
        kinds = set(map(type, inside))
        if not kinds <= _KINDS:
            return None
        if not kinds <= _LEAVES:
            found.extend(compress(inside, map(_BRANCHES.__contains__, map(type, inside))))
    return found


def _kinds_in(group: list[Any]) -> set[type]:
    """Return the types of what is in collections; texts as keys may be left out.

    What many hold is put into short lists: each touch of a million objects costs.
    """
    kinds = set[type]()
    for at in range(0, len(group), _AT_ONCE):
        kinds.update(map(type, gc.get_referents(*group[at : at + _AT_ONCE])))
    return kinds


def _inside(group: list[Any], *, is_values: bool) -> Iterable[Any]:
    return chain.from_iterable(map(dict.values, group) if is_values else group)


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
