"""In which column, and in which order within it, does each node of a layered drawing stand?

The method of Sugiyama, Tagawa and Toda (1981): columns by longest path, an edge over several
columns is cut by waypoints, and the order in a column follows the mean position of the neighbours
(barycentre), swept forth and back as long as edges cross less. Ties keep the order given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_SWEEPS = 8


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """What stands in a column: a node (`column` -1), or the waypoint of an edge in `column`."""

    number: int
    column: int = -1

    @property
    def is_waypoint(self) -> bool:
        return self.column >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layering:
    """Columns of items from left to right, each ordered from the top.

    Attributes
    ----------
    columns : tuple of tuple of Item
    paths : tuple of tuple of Item
        For every edge the items it visits, one per column, from source to target.
    """

    columns: tuple[tuple[Item, ...], ...]
    paths: tuple[tuple[Item, ...], ...]

    def column_of(self) -> dict[Item, int]:
        """Return the number of the column that each item stands in."""
        return {item: number for number, column in enumerate(self.columns) for item in column}


def assign_layers(n_nodes: int, edges: Sequence[tuple[int, int]]) -> Layering:
    """Return columns and order of the nodes; the source of an edge is smaller than its target."""
    column_of = _longest_paths(n_nodes, edges)
    paths = tuple(
        (
            Item(source),
            *(Item(number, column) for column in range(column_of[source] + 1, column_of[target])),
            Item(target),
        )
        for number, (source, target) in enumerate(edges)
    )
    columns: list[list[Item]] = [[] for _ in range(max(column_of, default=-1) + 1)]
    for node in range(n_nodes):
        columns[column_of[node]].append(Item(node))
    for path in paths:
        for item in path[1:-1]:
            columns[item.column].append(item)
    return Layering(columns=_order(columns, paths), paths=paths)


def _longest_paths(n_nodes: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    column = [0] * n_nodes
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        column[target] = max(column[target], column[source] + 1)
    has_source = {target for _, target in edges}
    readers: dict[int, list[int]] = {}
    for source, target in edges:
        readers.setdefault(source, []).append(column[target])
    for node in set(readers) - has_source:  # a source stands beside its first reader, not far left
        column[node] = min(readers[node]) - 1
    return column


def _order(
    columns: Sequence[list[Item]], paths: Sequence[Sequence[Item]]
) -> tuple[tuple[Item, ...], ...]:
    before: dict[Item, list[Item]] = {}
    after: dict[Item, list[Item]] = {}
    for path in paths:
        for left, right in pairwise(path):
            after.setdefault(left, []).append(right)
            before.setdefault(right, []).append(left)
    current = [list(column) for column in columns]
    best, fewest = [tuple(column) for column in current], _count_crossings(current, after)
    for sweep in range(_SWEEPS):
        if fewest == 0:
            break
        forth = sweep % 2 == 0
        for number in range(1, len(current)) if forth else range(len(current) - 2, -1, -1):
            beside = current[number - 1] if forth else current[number + 1]
            _sort_by_barycentre(current[number], beside, before if forth else after)
        crossings = _count_crossings(current, after)
        if crossings < fewest:
            best, fewest = [tuple(column) for column in current], crossings
    return tuple(best)


def _sort_by_barycentre(
    column: list[Item], beside: Sequence[Item], neighbours: dict[Item, list[Item]]
) -> None:
    place = {item: position for position, item in enumerate(beside)}
    scale = max(len(beside), 1) / max(len(column), 1)
    weight: dict[Item, float] = {}
    for position, item in enumerate(column):
        places = [place[other] for other in neighbours.get(item, ())]
        weight[item] = sum(places) / len(places) if places else position * scale
    column.sort(key=weight.__getitem__)


def _count_crossings(columns: Sequence[Sequence[Item]], after: dict[Item, list[Item]]) -> int:
    crossings = 0
    for left, right in pairwise(columns):
        place = {item: position for position, item in enumerate(right)}
        ends = [
            end for item in left for end in sorted(place[other] for other in after.get(item, ()))
        ]
        crossings += sum(
            later < earlier for number, earlier in enumerate(ends) for later in ends[number + 1 :]
        )
    return crossings
