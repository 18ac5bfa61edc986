"""What a value leads to, level by level: at the speed of C, and not of a visit to each object.

Who walks asks what objects of one type hold on to, for all of a level at once
(``gc.get_referents``); atoms, by far the most there is, are dropped before anything is done with
them.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress
from typing import Any

from .identity import identity

_FEW = 4  # kinds, for each of which all of a level is looked through


def by_type(
    level: list[Any], seen: set[int], atoms: frozenset[type]
) -> Iterator[tuple[type, list[Any]]]:
    """Give the objects of a level that were not seen before, by their types.

    Parameters
    ----------
    level : list
        An object may stand there repeatedly.
    seen : set of int
        Ids; those of the level are added.
    atoms : frozenset of type
        Types of what does not matter.
    """
    kinds = set(map(type, level))
    if not kinds.isdisjoint(atoms):
        kinds -= atoms
        level = list(compress(level, map(kinds.__contains__, map(type, level))))
    idents = set(map(identity, level))
    if len(idents) < len(level) or not idents.isdisjoint(seen):
        once = dict(zip(map(identity, level), level))  # noqa: B905 - Python 3.9
        level = [one for ident, one in once.items() if ident not in seen]
        kinds = set(map(type, level))
    seen |= idents
    if len(kinds) <= _FEW:
        for kind in kinds:
            yield kind, level if len(kinds) == 1 else [one for one in level if type(one) is kind]
        return
    groups: dict[type, list[Any]] = {kind: [] for kind in kinds}
    for one in level:
        groups[type(one)].append(one)
    yield from groups.items()
