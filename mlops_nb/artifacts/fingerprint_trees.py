"""Which value is a tree of plain collections: a million small dicts, read without a visit to each?

A tree is a list, dict or tuple of atoms and of further such, in which no list and no dict stands
twice. Identity says nothing in it, so that its content alone is the value, and Python writes that
out faster than anything could be called per element. What is no tree is walked.

Whether a value is read so depends on what is in it, never on how the walk came to it. So its form
is chosen by size: inside other values only from some length on, where it pays to look.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import gc
import marshal
from collections.abc import Callable, Iterable
from itertools import chain, compress
from typing import Any

from .fingerprint_digest import combine, digest_memory
from .identity import identity

LONG = 64
_LEAVES = frozenset({type(None), bool, int, float, complex, str, bytes, type(Ellipsis)})
_BRANCHES = frozenset({list, dict, tuple})
_KINDS = _LEAVES | _BRANCHES
_MOST_LEVELS = 32
# From so many elements on it is worth while to know what a collection was.
_MANY = 1_000
_AT_ONCE = 1 << 10
# Tuples within tuples, which a small value can hold without end by holding one of them twice.
_MOST_INNER = 1_000_000
# Types are written by letters, numbers in binary, and nothing by reference or as interned.
_FORMAT = 2


class EarlierTrees:
    """What trees were when they were looked at last, so that little is looked at again.

    Only of lists and dicts of flat collections is anything known, and nothing is kept alive: what
    has the same objects in the same order, and the same content, is the same tree, whoever had been
    at its address.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[list[int], bytes]] = {}

    def note(self, root: Any, ids: list[int], part: bytes) -> None:
        """Keep what a tree without `bytes` was: with these, others are written alike."""
        if len(ids) >= _MANY and ids == _flat_ids(root):
            self._known[identity(root)] = (ids, part)
        else:
            self._known.pop(identity(root), None)

    def ids(self, root: Any, encode: Callable[[Any], bytes | None]) -> list[int] | None:
        """Return the ids in a tree that is as it was; None if it is not, or not known."""
        known = self._known.get(identity(root))
        if known is None or known[0] != _flat_ids(root) or encode(root) != known[1]:
            return None
        return known[0]

    def keep(self, roots: Iterable[Any]) -> None:
        """Forget all other trees."""
        if self._known:
            idents = set(map(identity, roots))
            self._known = {ident: one for ident, one in self._known.items() if ident in idents}


def _flat_ids(root: Any) -> list[int]:
    """Return the ids of a collection and of what is in it."""
    return [identity(root), *map(identity, root.values() if type(root) is dict else root)]


class Surveys:
    """What is known of values that stand still meanwhile, so that each is looked at once.

    Parameters
    ----------
    earlier : EarlierTrees, optional
        From passes before.
    """

    def __init__(self, earlier: EarlierTrees | None = None) -> None:
        self._found: dict[int, tuple[Any, list[int] | None]] = {}
        self._parts: dict[int, bytes | None] = {}
        self._earlier = EarlierTrees() if earlier is None else earlier

    def of(self, value: Any) -> list[int] | None:
        """Return what `survey_tree` says of a value."""
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

    def part(self, value: Any) -> bytes | None:
        """Return the part of what `of` found to be a tree; None if it is too large."""
        ident = identity(value)
        if ident not in self._parts:
            self._parts[ident] = encode_tree(value)
        return self._parts[ident]

    def _look(self, value: Any) -> list[int] | None:
        if type(value) is tuple or len(value) < _MANY:
            return survey_tree(value)
        ids = self._earlier.ids(value, self.part)
        if ids is not None:
            return ids
        kinds = set[type]()
        found = survey_tree(value, kinds)
        part = None if found is None or bytes in kinds else self.part(value)
        self._earlier.note(value, found if found and part else [], part or b"")
        return found


def survey_tree(root: Any, kinds_found: set[type] | None = None) -> list[int] | None:
    """Return the ids of all lists and dicts in a tree, level by level; None if it is no tree.

    The types of all that is in it are added to `kinds_found`.
    """
    leaves = set[type]() if kinds_found is None else kinds_found
    level, found, n_inner = [root], list[int](), 0
    for _ in range(_MOST_LEVELS):
        kinds = set(map(type, level))
        below: list[Any] = []
        for kind in (list, dict, tuple):
            if kind not in kinds:
                continue
            group = level if len(kinds) == 1 else [one for one in level if type(one) is kind]
            if kind is not tuple:
                found.extend(map(identity, group))
            inner = _branches_in(group, kind, leaves)
            if inner is None:
                return None
            if kind is tuple:
                n_inner += sum(type(one) is tuple for one in inner)
            below.extend(inner)
        if n_inner > _MOST_INNER or len(set(found)) < len(found):
            return None
        if not below:
            return found
        level = below
    return None


def _branches_in(group: list[Any], kind: type, leaves: set[type]) -> list[Any] | None:
    """Return the collections in collections of one kind; None if something is no part of a tree."""
    found: list[Any] = []
    kinds = _kinds_in(group)
    if not kinds <= _KINDS:
        return None
    leaves |= kinds
    if kinds <= _LEAVES:
        return found
    for is_values in (False, True) if kind is dict else (False,):
        items = _inside(group, is_values=is_values)
        types = map(type, _inside(group, is_values=is_values))
        found.extend(compress(items, map(_BRANCHES.__contains__, types)))
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


def encode_tree(root: Any) -> bytes | None:
    """Return the part of what `survey_tree` found to be a tree; None if it is too large."""
    try:
        return b"#" + combine(b"tree", [digest_memory(marshal.dumps(root, _FORMAT))])
    except ValueError:  # something in it is larger than the format allows
        return None
