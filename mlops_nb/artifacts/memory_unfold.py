"""What is in collections of collections, at the speed of C and not of a visit to each?

Plain lists, dicts, sets and tuples are opened level by level; what is neither that nor an atom is
handed back, for those who know how to look into it.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

from itertools import chain, compress
from typing import Any

CHANGING = (list, dict, set)
COLLECTIONS = (*CHANGING, tuple, frozenset)
_KINDS = frozenset(COLLECTIONS)


def unfold(root: Any, opened: set[int], passed: set[int], atoms: frozenset[type]) -> list[Any]:
    """Return what is in a plain collection, directly or in such collections within it.

    Parameters
    ----------
    root : list, dict, set, tuple or frozenset
    opened : set of int
        Ids of lists, dicts and sets that need not be opened; those that are opened are added.
    passed : set of int
        The same of tuples and frozensets; may be the same set.
    atoms : frozenset of type
        Types of what does not matter.

    Returns
    -------
    list
        What is neither a collection nor an atom; an object may stand there repeatedly.
    """
    others, level = list[Any](), [root]
    while level:
        kinds = set(map(type, level))
        flat, inside = list[Any](), set[type]()
        for kind in COLLECTIONS:
            if kind not in kinds:
                continue
            group = level if len(kinds) == 1 else [one for one in level if type(one) is kind]
            group = _note(group, opened if kind in CHANGING else passed)
            if kind is dict:
                keys = set(map(type, chain.from_iterable(group)))
                if not keys <= atoms:
                    flat.extend(chain.from_iterable(group))
                flat.extend(chain.from_iterable(map(dict.values, group)))
            else:
                flat.extend(chain.from_iterable(group))
        inside.update(map(type, flat))
        if inside - atoms - _KINDS:
            wanted = (inside - atoms - _KINDS).__contains__
            others.extend(compress(flat, map(wanted, map(type, flat))))
        if inside.isdisjoint(_KINDS):
            break
        level = list(compress(flat, map(_KINDS.__contains__, map(type, flat))))
    return others


def _note(group: list[Any], seen: set[int]) -> list[Any]:
    """Return what was not seen before, each object once, and note that it is seen."""
    idents = set(map(id, group))
    if len(idents) < len(group) or not seen.isdisjoint(idents):
        by_id = dict(zip(map(id, group), group))  # noqa: B905 - Python 3.9
        group = [one for ident, one in by_id.items() if ident not in seen]
    seen |= idents
    return group
