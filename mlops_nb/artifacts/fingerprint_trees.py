"""Which value is a tree of plain collections: a million small dicts, read without a visit to each?

A tree is lists, dicts and tuples of atoms and of further such, in which no list and no dict stands
twice. Identity says nothing in it, so that its content alone is the value, and Python writes that
out faster than anything could be called per element. What is no tree is walked.

Whether a value is read so depends on what is in it, never on how the walk came to it. So its form
is chosen by size: inside other values only from some length on, where it pays to look.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import marshal
from itertools import chain, compress
from typing import Any

from .fingerprint_digest import combine, digest_memory

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
        known = self._found.get(id(value))
        if known is None:
            try:
                known = (value, survey_tree(value))
            except RuntimeError:  # another thread changes it: the walk tells
                known = (value, None)
            self._found[id(value)] = known
        return known[1]


def survey_tree(root: Any) -> list[int] | None:
    """Return the ids of all lists and dicts in a tree, level by level; None if it is no tree.

    A collection that holds atoms alone is left to its own reader.
    """
    level, found, n_inner = [root], list[int](), 0
    for depth in range(_MOST_LEVELS):
        kinds = set(map(type, level))
        flat, inside = list[Any](), set[type]()
        for kind in (list, dict, tuple):
            if kind not in kinds:
                continue
            group = level if len(kinds) == 1 else [one for one in level if type(one) is kind]
            if kind is tuple:
                n_inner += list(map(type, chain.from_iterable(group))).count(tuple)
                if n_inner > _MOST_INNER:
                    return None
            else:
                found.extend(map(id, group))
            if kind is dict:
                keys = set(map(type, chain.from_iterable(group)))
                inside |= keys
                if not keys <= _LEAVES:
                    flat.extend(chain.from_iterable(group))
                flat.extend(chain.from_iterable(map(dict.values, group)))
            else:
                flat.extend(chain.from_iterable(group))
        if len(set(found)) < len(found):
            return None
        inside.update(map(type, flat))
        if not inside <= _KINDS:
            return None
        if inside <= _LEAVES:
            return found if depth else None
        level = list(compress(flat, map(_BRANCHES.__contains__, map(type, flat))))
    return None


def encode_tree(root: Any) -> bytes | None:
    """Return the part of what `survey_tree` found to be a tree; None if it is too large."""
    try:
        return b"#" + combine(b"tree", [digest_memory(marshal.dumps(root, _FORMAT))])
    except ValueError:  # something in it is larger than the format allows
        return None
