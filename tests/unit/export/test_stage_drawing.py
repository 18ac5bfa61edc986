"""Where stages and edges are drawn: rows and columns, the same for the same pipeline."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.export.stage_drawing import StageDrawer
from mlops_nb.notebook.files import parse_node
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.stages import Pipeline


def pipeline_of(*stages: str) -> Pipeline:
    """Return a pipeline; each text is what a stage does, named s0, s1, …"""
    cells = [
        {"cell_type": "code", "source": f"# mlops: stage s{n}\n{does}", "metadata": {}}
        for n, does in enumerate(stages)
    ]
    node = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    file = parse_node(node, name="nb.ipynb")
    return build_pipeline(file.cells, name="nb.ipynb", star_names=lambda module: None)


def test_a_pipeline_flows_down_and_names_what_flows() -> None:
    drawn = StageDrawer().draw(pipeline_of("a = 1", "b = a", "c = a", "d = b + c + a"))
    assert [(node["name"], node["y"]) for node in drawn["nodes"]] == [
        ("s0", 0),
        ("s1", 1),
        ("s2", 1),
        ("s3", 2),
    ]
    assert drawn["rows"] == 3
    assert [(edge["from"], edge["to"], edge["names"]) for edge in drawn["edges"]] == [
        ("s0", "s1", ["a"]),
        ("s0", "s2", ["a"]),
        ("s0", "s3", ["a"]),
        ("s1", "s3", ["b"]),
        ("s2", "s3", ["c"]),
    ]


def test_a_long_edge_passes_beside_what_is_between() -> None:
    drawn = StageDrawer().draw(pipeline_of("a = 1", "b = a", "c = b + a"))
    [edge] = [edge for edge in drawn["edges"] if edge["from"] == "s0" and edge["to"] == "s2"]
    between = next(node for node in drawn["nodes"] if node["name"] == "s1")
    assert [y for _, y in edge["points"]] == [0, 1, 2]
    assert abs(edge["points"][1][0] - between["x"]) >= 0.5


def test_no_stage_is_no_drawing() -> None:
    assert StageDrawer().draw(pipeline_of()) == {"columns": 0, "rows": 0, "nodes": [], "edges": []}


def test_what_is_drawn_the_same_is_kept() -> None:
    drawer = StageDrawer()
    first = drawer.draw(pipeline_of("a = 1", "b = a"))
    assert drawer.draw(pipeline_of("a = 2", "b = a + a")) is first
    assert drawer.draw(pipeline_of("a = 2", "b = 1")) is not first


@given(st.lists(st.lists(st.integers(0, 11), max_size=3), min_size=1, max_size=12))
def test_every_drawing_is_whole(reads: list[list[int]]) -> None:
    does = [
        f"v{n} = [{', '.join(f'v{m}' for m in those if m < n)}]" for n, those in enumerate(reads)
    ]
    drawn = StageDrawer().draw(pipeline_of(*does))
    at = {node["name"]: (node["x"], node["y"]) for node in drawn["nodes"]}
    assert len(set(at.values())) == len(reads)
    assert all(
        0 <= x <= drawn["columns"] - 0.999 and 0 <= y < drawn["rows"] for x, y in at.values()
    )
    rows: dict[int, list[float]] = {}
    for x, y in at.values():
        rows.setdefault(y, []).append(x)
    assert all(b - a > 0.99 for row in rows.values() for a, b in pairwise(sorted(row)))
    for edge in drawn["edges"]:
        points = edge["points"]
        assert (points[0], points[-1]) == (at[edge["from"]], at[edge["to"]])
        assert [y for _, y in points] == list(range(points[0][1], points[-1][1] + 1))
        assert all(0 <= x <= drawn["columns"] - 0.999 for x, _ in points)
