"""Where do a front end's boxes and lines go that draws the stages itself?

The numbers of the SVG's layout (`layout`), for boxes of one size and with the direction turned:
a side bar is narrow, so there the pipeline flows down. Nothing here depends on fonts; names at the
edges are the front end's to show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from mlops_nb.export.layout import Size, lay_out
from mlops_nb.export.stage_edges import StageEdge, order_stages, read_stage_edges
from mlops_nb.pipeline.stages import Pipeline

Direction = Literal["down", "right"]

BOX = Size(width=160.0, height=44.0)
_NO_LABEL = Size(width=0.0, height=0.0)


class StageDrawer:
    """Draws the stages of one notebook again and again; what is drawn the same is kept."""

    def __init__(self) -> None:
        self._last: tuple[Any, dict[str, Any]] | None = None

    def draw(
        self, pipeline: Pipeline, *, box: Size = BOX, direction: Direction = "down"
    ) -> dict[str, Any]:
        """Return the nodes with their centres, and the edges with their points, in pixels.

        Parameters
        ----------
        pipeline : Pipeline
        box : Size
            Of every stage.
        direction : {"down", "right"}

        Returns
        -------
        dict
            ``width``, ``height``; ``nodes`` (``name``, ``x``, ``y``, ``layer``); ``edges``
            (``from``, ``to``, ``names``, ``points``). Points come in pairs: the line is curved from
            each even point to the next and straight from each odd one.
        """
        names = [stage.name for stage in order_stages(pipeline)]
        place = {name: number for number, name in enumerate(names)}
        # On a cycle, which no run accepts, an edge may point back: it cannot be drawn in layers.
        edges = [e for e in read_stage_edges(pipeline) if place[e.source] < place[e.target]]
        key = (names, edges, box, direction)
        if self._last is None or self._last[0] != key:
            self._last = (key, _draw(names, edges, box, direction, place))
        return self._last[1]


def _draw(
    names: Sequence[str],
    edges: Sequence[StageEdge],
    box: Size,
    direction: Direction,
    place: Mapping[Any, int],
) -> dict[str, Any]:
    is_down = direction == "down"
    size = Size(width=box.height, height=box.width) if is_down else box
    drawn = lay_out(
        [size] * len(names),
        [(place[edge.source], place[edge.target]) for edge in edges],
        [_NO_LABEL] * len(edges),
    )
    layers = {level: n for n, level in enumerate(sorted({x for x, _ in drawn.centres}))}
    page = (drawn.page.height, drawn.page.width) if is_down else _extent(drawn.page)
    return {
        "width": round(page[0], 1),
        "height": round(page[1], 1),
        "nodes": [
            {"name": name, **_point(centre, is_down), "layer": layers[centre[0]]}
            for name, centre in zip(names, drawn.centres, strict=True)
        ],
        "edges": [
            {
                "from": edge.source,
                "to": edge.target,
                "names": list(edge.names),
                "points": [_point(point, is_down) for point in line.points],
            }
            for edge, line in zip(edges, drawn.lines, strict=True)
        ],
    }


def _extent(page: Size) -> tuple[float, float]:
    return page.width, page.height


def _point(point: tuple[float, float], is_down: bool) -> dict[str, float]:
    across, along = point[::-1] if is_down else point
    return {"x": round(across, 1), "y": round(along, 1)}
