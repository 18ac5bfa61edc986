"""Where on the page do the boxes, lines and labels of a layered drawing go?

Left to right, in pixels. Columns and order come from `layering`; heights are chosen so that lines
run as level as the room allows: each column in turn is fitted to the mean height of its neighbours
by isotonic regression (pool adjacent violators), which keeps the order and the distances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mlops_nb.export.layering import Item, Layering, assign_layers

_MARGIN = 20.0
ROW_GAP = 18.0
_LABEL_PAD = 34.0
_LEAST_GAP = 60.0
_WAYPOINT_HEIGHT = 12.0
_PORT_STEP = 14.0
_ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Width and height of a box or a label."""

    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An edge on the page.

    Attributes
    ----------
    points : tuple of (float, float)
        In pairs: the line is curved from each even point to the next, and straight from each odd
        point to the next (level, through a column it only passes).
    label : (float, float)
        Centre of the label.
    """

    points: tuple[tuple[float, float], ...]
    label: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Centres of the boxes and lines of the edges, in the order given; the size of the page."""

    centres: tuple[tuple[float, float], ...]
    lines: tuple[Line, ...]
    page: Size


def lay_out(
    boxes: Sequence[Size], edges: Sequence[tuple[int, int]], labels: Sequence[Size]
) -> Layout:
    """Return a drawing of `boxes`; `labels` holds the size of each edge label, 0 by 0 for none."""
    layering = assign_layers(len(boxes), edges)
    sizes = _item_sizes(boxes, layering, labels)
    height_of = _choose_heights(layering, sizes)
    spans = _choose_spans(layering, sizes, labels)
    span_of = {item: spans[column] for item, column in layering.column_of().items()}
    ports = _choose_ports(layering, sizes, height_of)
    points = [
        _points(path, number, boxes, span_of, ports, height_of)
        for number, path in enumerate(layering.paths)
    ]
    label_centres = _place_labels(layering, points, labels)
    bottom = max((height_of[item] + size.height / 2 for item, size in sizes.items()), default=0.0)
    return Layout(
        centres=tuple((sum(span_of[Item(n)]) / 2, height_of[Item(n)]) for n in range(len(boxes))),
        lines=tuple(
            Line(points=tuple(line), label=label)
            for line, label in zip(points, label_centres, strict=True)
        ),
        page=Size(
            width=(spans[-1][1] if spans else 0.0) + _MARGIN,
            height=max([bottom, *_label_bottoms(label_centres, labels)]) + _MARGIN,
        ),
    )


def spread(wanted: Sequence[float], heights: Sequence[float], *, gap: float) -> list[float]:
    """Return the centres nearest to `wanted` (least squares) that keep order and distance.

    >>> spread([0.0, 0.0], [10.0, 10.0], gap=2.0)
    [-6.0, 6.0]
    """
    offsets: list[float] = []
    for number, height in enumerate(heights):
        step = (heights[number - 1] + height) / 2 + gap if number else 0.0
        offsets.append((offsets[-1] if offsets else 0.0) + step)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        value, count = want - offset, 1
        while pools and pools[-1][0] > value:
            before, size = pools.pop()
            value, count = (before * size + value * count) / (size + count), size + count
        pools.append((value, count))
    levels = [value for value, count in pools for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]


def _item_sizes(
    boxes: Sequence[Size], layering: Layering, labels: Sequence[Size]
) -> dict[Item, Size]:
    sizes = {Item(number): box for number, box in enumerate(boxes)}
    for number, path in enumerate(layering.paths):
        for position, item in enumerate(path[1:-1], start=1):
            carries = labels[number] if position == len(path) // 2 else Size(width=0, height=0)
            sizes[item] = Size(width=carries.width, height=max(carries.height, _WAYPOINT_HEIGHT))
    return sizes


def _choose_heights(layering: Layering, sizes: Mapping[Item, Size]) -> dict[Item, float]:
    before: dict[Item, list[Item]] = {}
    after: dict[Item, list[Item]] = {}
    for path in layering.paths:
        for left, right in pairwise(path):
            after.setdefault(left, []).append(right)
            before.setdefault(right, []).append(left)
    centre: dict[Item, float] = {}
    for column in layering.columns:
        heights = [sizes[item].height for item in column]
        centre |= dict(zip(column, spread([0.0] * len(column), heights, gap=ROW_GAP), strict=True))
    for turn in range(_ROUNDS):
        forth = turn % 2 == 0
        for column in layering.columns if forth else reversed(layering.columns):
            beside = before if forth else after
            wanted = [_mean_height(beside.get(item, ()), centre, centre[item]) for item in column]
            heights = [sizes[item].height for item in column]
            centre |= dict(zip(column, spread(wanted, heights, gap=ROW_GAP), strict=True))
    top = min((centre[item] - size.height / 2 for item, size in sizes.items()), default=0.0)
    return {item: height - top + _MARGIN for item, height in centre.items()}


def _mean_height(items: Sequence[Item], centre: Mapping[Item, float], default: float) -> float:
    return sum(centre[item] for item in items) / len(items) if items else default


def _choose_spans(
    layering: Layering, sizes: Mapping[Item, Size], labels: Sequence[Size]
) -> list[tuple[float, float]]:
    """Return the left and right border of every column; gaps are as wide as their labels ask."""
    place = layering.column_of()
    gaps = [_LEAST_GAP] * len(layering.columns)
    for number, path in enumerate(layering.paths):
        if len(path) == 2:
            column_left = place[path[0]]
            gaps[column_left] = max(gaps[column_left], labels[number].width + _LABEL_PAD)
    spans: list[tuple[float, float]] = []
    left = _MARGIN
    for column, gap in zip(layering.columns, gaps, strict=True):
        right = left + max(sizes[item].width for item in column)
        spans.append((left, right))
        left = right + gap
    return spans


def _choose_ports(
    layering: Layering, sizes: Mapping[Item, Size], height_of: Mapping[Item, float]
) -> dict[tuple[int, Item], float]:
    """Return the height at which each edge leaves or reaches a box, spread along its side."""
    ports: dict[tuple[int, Item], float] = {}
    for end in (0, -1):
        at: dict[Item, list[tuple[float, int]]] = {}
        for number, path in enumerate(layering.paths):
            beside = path[1] if end == 0 else path[-2]
            at.setdefault(path[end], []).append((height_of[beside], number))
        for item, met in at.items():
            room = sizes[item].height - 2 * _PORT_STEP
            step = min(_PORT_STEP, room / max(len(met) - 1, 1))
            for position, (_, number) in enumerate(sorted(met)):
                offset = (position - (len(met) - 1) / 2) * step
                ports[number, item] = height_of[item] + offset
    return ports


def _points(
    path: Sequence[Item],
    number: int,
    boxes: Sequence[Size],
    span_of: Mapping[Item, tuple[float, float]],
    ports: Mapping[tuple[int, Item], float],
    height_of: Mapping[Item, float],
) -> list[tuple[float, float]]:
    source, target = path[0], path[-1]
    start = sum(span_of[source]) / 2 + boxes[source.number].width / 2
    end = sum(span_of[target]) / 2 - boxes[target.number].width / 2
    points = [(start, ports[number, source])]
    for item in path[1:-1]:
        points += [(border, height_of[item]) for border in span_of[item]]
    return [*points, (end, ports[number, target])]


def _place_labels(
    layering: Layering, points: Sequence[Sequence[tuple[float, float]]], labels: Sequence[Size]
) -> list[tuple[float, float]]:
    """Return label centres: on the middle waypoint or in the gap, moved apart where they meet."""
    place = layering.column_of()
    centres: list[tuple[float, float]] = []
    in_gap: dict[int, list[tuple[float, int]]] = {}
    for number, (path, line) in enumerate(zip(layering.paths, points, strict=True)):
        start = 2 * (len(path) // 2) - 1 if len(path) > 2 else 0
        (x0, y0), (x1, y1) = line[start], line[start + 1]
        centres.append(((x0 + x1) / 2, (y0 + y1) / 2))
        if len(path) == 2 and labels[number].height:
            in_gap.setdefault(place[path[0]], []).append((centres[number][1], number))
    for met in in_gap.values():
        met.sort()
        heights = [labels[number].height for _, number in met]
        moved = spread([wanted for wanted, _ in met], heights, gap=4.0)
        for (_, number), height in zip(met, moved, strict=True):
            centres[number] = (centres[number][0], max(height, heights[0] / 2 + 4.0))
    return centres


def _label_bottoms(centres: Sequence[tuple[float, float]], labels: Sequence[Size]) -> list[float]:
    return [y + label.height / 2 for (_, y), label in zip(centres, labels, strict=True)]
