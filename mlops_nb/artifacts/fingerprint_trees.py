"""Which value is a tree of plain collections: a million small dicts, read without a visit to each?

A tree is a list, dict or tuple of atoms and of further such, in which no list and no dict stands
twice. Identity says nothing in it, so that its content alone is the value, and Python writes that
out faster than anything could be called per element. What is no tree is walked.

Whether a value is read so depends on what is in it, never on how the walk came to it. So its form
is chosen by size: inside other values only from some length on, where it pays to look.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable
from itertools import chain, compress
from typing import Any

from .fingerprint_digest import combine, digest_memory
from .identity import identity

LONG = 64
_LEAVES = frozenset({type(None), bool, int, float, complex, str, bytes, type(Ellipsis)})
_BRANCHES = frozenset({list, dict, tuple})
_KINDS = _LEAVES | _BRANCHES
_MOST_LEVELS = 32
# Tuples within tuples, which a small value can hold without end by holding one of them twice.
_MOST_INNER = 1_000_000
# Types are written by letters, numbers in binary, and nothing by reference or as interned.
_FORMAT = 2


class Surveys:
    """What is known of values that stand still meanwhile, so that each is looked at once."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[Any, list[int] | None]] = {}

    def of(self, value: Any) -> list[int] | None:
        """Return what `survey_tree` says of a value."""
        if type(value) not in _BRANCHES:
            return None
        known = self._found.get(identity(value))
        if known is None:
            try:
                known = (value, survey_tree(value))
            except RuntimeError:  # another thread changes it: the walk tells
                known = (value, None)
            self._found[identity(value)] = known
        return known[1]


def survey_tree(root: Any) -> list[int] | None:
    """Return the ids of all lists and dicts in a tree, level by level; None if it is no tree."""
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
            inner = _branches_in(group, kind)
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


def _branches_in(group: list[Any], kind: type) -> list[Any] | None:
    """Return the collections in collections of one kind; None if something is no part of a tree.

    Nothing else is put into a list: each touch of a million objects costs.
    """
    found: list[Any] = []
    for is_values in (False, True) if kind is dict else (False,):
        kinds = set(map(type, _inside(group, is_values=is_values)))
        if not kinds <= _KINDS:
            return None
        if not kinds <= _LEAVES:
            items = _inside(group, is_values=is_values)
            types = map(type, _inside(group, is_values=is_values))
            found.extend(compress(items, map(_BRANCHES.__contains__, types)))
    return found


def _inside(group: list[Any], *, is_values: bool) -> Iterable[Any]:
    return chain.from_iterable(map(dict.values, group) if is_values else group)


def encode_tree(root: Any) -> bytes | None:
    """Return the part of what `survey_tree` found to be a tree; None if it is too large."""
    try:
        return b"#" + combine(b"tree", [digest_memory(marshal.dumps(root, _FORMAT))])
    except ValueError:  # something in it is larger than the format allows
        return None
