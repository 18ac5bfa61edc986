"""Can the cells of every stage be drawn together? If not, where would the stage have to be split?

Cells of one stage count as one node; if that closes a cycle, a cell of the stage rests on a cell
outside it that rests on an earlier cell of the stage. The first such cell is where the split
goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.cells import StageName


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A stage that cannot be drawn together.

    Attributes
    ----------
    stage : StageName
    cell : int
        First cell of the part to split off.
    between : tuple of int
        Cells outside the stage, from the one that rests on the stage to the one `cell` rests on.
    """

    stage: StageName
    cell: int
    between: tuple[int, ...]


def find_splits(
    stage_cells: Mapping[StageName, Sequence[int]], edges: Mapping[int, Sequence[int]]
) -> list[Split]:
    """Return one split for every stage that closes a cycle, by the cell where it goes.

    Cost is the number of edges for each stage of several cells, over the span of that stage.
    """
    stage_of = {cell: name for name, cells in stage_cells.items() for cell in cells}
    splits = []
    for name, cells in stage_cells.items():
        if len(cells) > 1:
            found = _find_split(name, cells, edges, stage_of, stage_cells)
            if found is not None:
                splits.append(found)
    return sorted(splits, key=lambda split: split.cell)


def _find_split(
    name: StageName,
    cells: Sequence[int],
    edges: Mapping[int, Sequence[int]],
    stage_of: Mapping[int, StageName],
    stage_cells: Mapping[StageName, Sequence[int]],
) -> Split | None:
    """Walk from the first to the last cell and mark what outside the stage rests on it."""
    reached_from: dict[int, int] = {}
    reached_stages: dict[StageName, int] = {}
    for cell in sorted(c for c in edges if cells[0] <= c <= cells[-1]):
        mine = stage_of.get(cell)
        for before in edges[cell]:
            if mine == name and before in reached_from:
                return Split(stage=name, cell=cell, between=_path(before, reached_from))
            is_reached = before in reached_from or stage_of.get(before) == name
            if mine != name and is_reached:
                reached_from.setdefault(cell, before)
        if mine is not None and mine != name:
            # Cells of another stage are drawn together too: what one rests on, all do.
            if cell in reached_from:
                reached_stages.setdefault(mine, cell)
            elif mine in reached_stages:
                reached_from[cell] = reached_stages[mine]
    return None


def _path(cell: int, reached_from: Mapping[int, int]) -> tuple[int, ...]:
    path = [cell]
    while path[-1] in reached_from:
        path.append(reached_from[path[-1]])
    return tuple(sorted(set(path[:-1])))
