from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hand_made import QUICKSTART, Row, make_pipeline
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.export.graph import GraphFormat, render_graph
from mlops_nb.export.layering import assign_layers
from mlops_nb.export.layout import Size, lay_out, spread

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "\"><script>alert('x')</script>&\x00\x1b"

EDGES = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=30).map(
    lambda pairs: sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
)


def _texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [text for node in root.iter() if (text := (node.text or "").strip())]


def test_the_picture_shows_every_stage_and_the_names_on_the_edges() -> None:
    texts = _texts(render_graph(QUICKSTART, "svg"))

    for shown in ("ingest", "features", "train", "evaluate", "frame", "X_train", "clf"):
        assert shown in texts
    assert "metrics accuracy" in texts


def test_the_picture_is_told_to_those_who_cannot_see_it() -> None:
    root = ElementTree.fromstring(render_graph(QUICKSTART, "svg"))

    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Stages of quickstart.ipynb"
    assert "evaluate after features, train" in (root.findtext(f"{SVG}desc") or "")


def test_the_picture_needs_nothing_from_outside() -> None:
    svg = render_graph(QUICKSTART, "svg")

    assert not re.search(r"href|url\(|@import|<script|<image|<foreignObject", svg)
    assert svg.count("http") == 1  # the name space
    assert "prefers-color-scheme:dark" in svg


@pytest.mark.parametrize("format", ["svg", "html"])
def test_hostile_names_stay_text(format: GraphFormat) -> None:
    pipeline = make_pipeline(
        [
            Row(stage=HOSTILE, binds="x", options={"model": HOSTILE, "metrics": (HOSTILE,)}),
            Row(stage="b", reads="x"),
        ],
        name=HOSTILE,
    )

    text = render_graph(pipeline, format)

    assert "<script" not in text
    assert "\x00" not in text
    if format == "svg":
        ElementTree.fromstring(text)


@pytest.mark.parametrize("format", ["text", "mermaid", "json", "svg", "html"])
def test_the_same_pipeline_gives_the_same_text(format: GraphFormat) -> None:
    once, twice = render_graph(QUICKSTART, format), render_graph(QUICKSTART, format)

    assert once == twice
    assert once.endswith("\n")


def test_more_names_than_fit_are_counted_and_listed_in_the_title() -> None:
    names = " ".join("abcdefg")
    svg = render_graph(
        make_pipeline([Row(stage="one", binds=names), Row(stage="two", reads=names)]), "svg"
    )

    assert "+4 more" in _texts(svg)
    assert "one → two: a, b, c, d, e, f, g" in _texts(svg)


@pytest.mark.parametrize("format", ["text", "mermaid", "json", "svg", "html"])
def test_a_cycle_is_shown_as_well_as_it_can_be(format: GraphFormat) -> None:
    pipeline = make_pipeline(
        [Row(stage="a", binds="x", needs="b"), Row(stage="b", reads="x", needs="a")]
    )

    assert "b" in render_graph(pipeline, format)


def test_a_notebook_without_stages_has_a_picture_that_says_so() -> None:
    assert "no stage is tagged" in _texts(render_graph(make_pipeline([]), "svg"))


def test_a_hundred_stages_are_drawn_without_overlap() -> None:
    rows = [Row(stage=f"s{n}", reads=f"v{n // 3}" if n else "", binds=f"v{n}") for n in range(100)]
    root = ElementTree.fromstring(render_graph(make_pipeline(rows), "svg"))

    boxes = [
        tuple(float(node.get(key, "")) for key in ("x", "y", "width", "height"))
        for node in root.iter(f"{SVG}rect")
        if node.get("class") == "mnb-box"
    ]
    assert len(boxes) == 100
    assert not any(_overlap(a, b) for n, a in enumerate(boxes) for b in boxes[n + 1 :])


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return (
        abs((a[0] + a[2] / 2) - (b[0] + b[2] / 2)) < (a[2] + b[2]) / 2
        and abs((a[1] + a[3] / 2) - (b[1] + b[3] / 2)) < (a[3] + b[3]) / 2
    )


@given(EDGES)
def test_an_edge_goes_from_left_to_right_through_every_column_between(
    edges: list[tuple[int, int]],
) -> None:
    layering = assign_layers(15, edges)

    column = layering.column_of()
    assert sum(map(len, layering.columns)) == len(column)
    for path in layering.paths:
        assert all(column[b] == column[a] + 1 for a, b in pairwise(path))


@given(EDGES)
def test_boxes_never_overlap_and_everything_is_on_the_page(edges: list[tuple[int, int]]) -> None:
    boxes = [Size(width=100.0, height=50.0 + n % 3 * 15) for n in range(15)]
    labels = [Size(width=40.0, height=14.0 * (n % 4)) for n in range(len(edges))]

    layout = lay_out(boxes, edges, labels)

    placed = [
        (x - box.width / 2, y - box.height / 2, box.width, box.height)
        for (x, y), box in zip(layout.centres, boxes, strict=True)
    ]
    assert not any(_overlap(a, b) for n, a in enumerate(placed) for b in placed[n + 1 :])
    for x, y in [*layout.centres, *(point for line in layout.lines for point in line.points)]:
        assert 0 <= x <= layout.page.width
        assert 0 <= y <= layout.page.height


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=12))
def test_spread_keeps_order_and_distance(wanted: list[float]) -> None:
    placed = spread(wanted, [10.0] * len(wanted), gap=2.0)

    assert all(b - a >= 12.0 - 1e-6 for a, b in pairwise(placed))
    assert sum(placed) == pytest.approx(sum(wanted), abs=1e-6)
