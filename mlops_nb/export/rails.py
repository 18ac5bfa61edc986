"""How are the edges of a graph drawn in the margin of a list, one line per node?

As ``git log --graph`` does it: a node that later nodes depend on keeps a lane open until the last
of them. A node with one dependency that nobody else needs takes over its lane; ``○`` starts a lane,
``●`` continues one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_START, _NODE = "○", "●"
_PASS, _FLAT = "│", "─"
# What a lane turns into where a horizontal line meets it: (ends here, line to the left, line to the
# right).
_JOINTS = {
    (False, False, True): "├",
    (False, True, False): "┤",
    (False, True, True): "┼",
    (True, False, True): "╰",
    (True, True, False): "╯",
    (True, True, True): "┴",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rail:
    """The margin of one node: `node` beside its first line, `below` beside the others."""

    node: str
    below: str


def draw_rails(upstream: Sequence[Sequence[int]]) -> list[Rail]:
    """Return one margin per node; ``upstream[i]`` holds positions smaller than ``i``.

    Each lane is two columns wide; trailing blanks are cut.

    >>> for rail in draw_rails([(), (0,), (0, 1)]):
    ...     print(rail.node)
    ○
    ├─●
    ╰─┴─●
    """
    last_reader = _last_readers(upstream)
    lanes: list[int | None] = []
    resting: int | None = None  # lane of a leaf on the line above: reusing it would draw an edge
    rows: list[tuple[str, str]] = []
    for node, sources in enumerate(upstream):
        source_lanes = [lanes.index(source) for source in sources]
        ending = {lanes.index(source) for source in sources if last_reader[source] == node}
        own = _choose_lane(lanes, source_lanes, ending, resting)
        row = _draw_row(lanes, own, source_lanes, ending)
        for lane in ending:
            lanes[lane] = None
        if own == len(lanes):
            lanes.append(None)
        lanes[own] = node if node in last_reader else None
        resting = None if node in last_reader else own
        rows.append((row, " ".join(" " if kept is None else _PASS for kept in lanes)))
    return [Rail(node=row.rstrip(), below=below.rstrip()) for row, below in rows]


def _last_readers(upstream: Sequence[Sequence[int]]) -> Mapping[int, int]:
    return {source: node for node, sources in enumerate(upstream) for source in sources}


def _choose_lane(
    lanes: Sequence[int | None], source_lanes: Sequence[int], ending: set[int], resting: int | None
) -> int:
    if len(source_lanes) == 1 and ending:
        return source_lanes[0]
    free = (lane for lane, kept in enumerate(lanes) if kept is None and lane != resting)
    return next(free, len(lanes))


def _draw_row(
    lanes: Sequence[int | None], own: int, source_lanes: Sequence[int], ending: set[int]
) -> str:
    touched = [*source_lanes, own]
    left, right = min(touched), max(touched)
    marks: list[str] = []
    for lane in range(max(len(lanes), own + 1)):
        flat_left, flat_right = left < lane <= right, left <= lane < right
        if lane == own:
            mark = _NODE if source_lanes else _START
        elif lane in source_lanes:
            mark = _JOINTS[lane in ending, flat_left, flat_right]
        elif lane < len(lanes) and lanes[lane] is not None:
            mark = _PASS  # also where a line goes behind it: ``─│─``
        else:
            mark = _FLAT if flat_left and flat_right else " "
        marks += [mark, _FLAT if flat_right else " "]
    return "".join(marks)
