"""Where do a front end's boxes and lines go that draws the stages itself?

The columns and order of the SVG's layout (`layout`), turned so that the pipeline flows down, in
units of a box and the gap beside it: how large these are is the front end's choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlops_nb.export.layout import ROW_GAP, Line, Size, lay_out
from mlops_nb.export.stage_edges import StageEdge, order_stages, read_stage_edges
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.stages import Pipeline

_UNIT = 100.0
# Turned by a quarter: what lies across the page is a box's height here.
_BOX = Size(width=40.0, height=_UNIT - ROW_GAP)
_NO_LABEL = Size(width=0.0, height=0.0)


class StageDrawer:
    """Draws the stages of one notebook again and again; what is drawn the same is kept."""

    def __init__(self) -> None:
        self._last: tuple[Any, dict[str, Any]] | None = None

    def draw(self, pipeline: Pipeline) -> dict[str, Any]:
        """Return where stages and edges are.

        Returns
        -------
        dict
            ``columns``, ``rows``: the size of the drawing. ``nodes``: ``name``, ``x`` (a column,
            not always a whole one), ``y`` (a row), ``layer`` (the same). ``edges``: ``from``,
            ``to``, ``names``, and ``points``: x and y in every row from source to target.
        """
        names = [stage.name for stage in order_stages(pipeline)]
        place = {name: number for number, name in enumerate(names)}
        # On a cycle, which no run accepts, an edge may point back: it cannot be drawn in layers.
        edges = [e for e in read_stage_edges(pipeline) if place[e.source] < place[e.target]]
        key = (names, edges)
        if self._last is None or self._last[0] != key:
            self._last = (key, _draw(names, edges, place))
        return self._last[1]


def _draw(
    names: Sequence[StageName], edges: Sequence[StageEdge], place: Mapping[StageName, int]
) -> dict[str, Any]:
    drawn = lay_out(
        [_BOX] * len(names),
        [(place[edge.source], place[edge.target]) for edge in edges],
        [_NO_LABEL] * len(edges),
    )
    rows = {level: row for row, level in enumerate(sorted({level for level, _ in drawn.centres}))}
    passed = [across for line in drawn.lines for _, across in line.points]
    reached = [*passed, *(across for _, across in drawn.centres)]
    left = min(reached, default=0.0)
    at = {
        name: (round((across - left) / _UNIT, 3), rows[level])
        for name, (level, across) in zip(names, drawn.centres, strict=True)
    }
    return {
        "columns": round((max(reached) - left) / _UNIT + 1, 3) if reached else 0,
        "rows": len(rows),
        "nodes": [{"name": name, "x": x, "y": y, "layer": y} for name, (x, y) in at.items()],
        "edges": [
            {
                "from": edge.source,
                "to": edge.target,
                "names": list(edge.names),
                "points": [
                    at[edge.source],
                    *_between(line, at[edge.source][1], left),
                    at[edge.target],
                ],
            }
            for edge, line in zip(edges, drawn.lines, strict=True)
        ],
    }


def _between(line: Line, row: int, left: float) -> list[tuple[float, int]]:
    """Return where a line passes the rows behind `row`: it enters and leaves each on one level."""
    entered = line.points[1:-1:2]
    return [(round((y - left) / _UNIT, 3), row + n) for n, (_, y) in enumerate(entered, start=1)]
