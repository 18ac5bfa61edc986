from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hand_made import QUICKSTART, Row, make_pipeline

from mlops_nb.export.stage_edges import order_stages, read_stage_edges


@dataclass(frozen=True)
class Case:
    told: str
    rows: tuple[Row, ...]
    edges: dict[tuple[str, str], tuple[str, ...]]


CASES = [
    Case(
        "the last writer carries the name",
        (
            Row(stage="a", binds="x"),
            Row(stage="b", binds="x"),
            Row(stage="c", reads="x"),
        ),
        {("b", "c"): ("x",)},
    ),
    Case(
        "a mutation is a write",
        (
            Row(stage="a", binds="df"),
            Row(stage="b", reads="df", mutates="df"),
            Row(stage="c", reads="df"),
        ),
        {("a", "b"): ("df",), ("b", "c"): ("df",)},
    ),
    Case(
        "a conditional write lets the write before it through",
        (
            Row(stage="a", binds="x"),
            Row(stage="b", binds="x", conditional="x"),
            Row(stage="c", reads="x", needs="a"),
        ),
        {("a", "c"): ("x",), ("b", "c"): ("x",)},
    ),
    Case(
        "a possible mutation lets the write before it through",
        (
            Row(stage="a", binds="x"),
            Row(stage="b", reads="x", may_mutate="x"),
            Row(stage="c", reads="x", needs="b"),
        ),
        {("a", "b"): ("x",), ("a", "c"): ("x",), ("b", "c"): ("x",)},
    ),
    Case(
        "an edge that is an order only has no name",
        (Row(stage="a", binds="x"), Row(stage="b", needs="a")),
        {("a", "b"): ()},
    ),
    Case(
        "a cell between the stages takes the name over",
        (
            Row(stage="a", binds="x"),
            Row(reads="x", binds="x"),
            Row(stage="b", reads="x", needs="a"),
        ),
        {("a", "b"): ()},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.told)
def test_an_edge_carries_the_names_its_target_reads_as_its_source_left_them(case: Case) -> None:
    edges = read_stage_edges(make_pipeline(case.rows))

    assert {(edge.source, edge.target): edge.names for edge in edges} == case.edges


def test_names_within_a_stage_are_no_edge() -> None:
    edges = read_stage_edges(QUICKSTART)

    assert [(edge.source, edge.target) for edge in edges] == [
        ("ingest", "features"),
        ("features", "train"),
        ("features", "evaluate"),
        ("train", "evaluate"),
    ]
    assert edges[1].names == ("X_train", "y_train")


def test_a_name_that_only_an_option_asks_for_flows_too() -> None:
    pipeline = make_pipeline([Row(stage="a", binds="x"), Row(stage="b", reads="x")])
    flows = {index: replace(flow, reads=()) for index, flow in pipeline.flows.items()}

    (edge,) = read_stage_edges(replace(pipeline, flows=flows))

    assert edge.names == ("x",)


def test_a_stage_stands_after_its_upstream_even_if_it_starts_above_it() -> None:
    pipeline = make_pipeline(
        [
            Row(stage="report"),
            Row(stage="load", binds="x"),
            Row(stage="other"),
            Row(stage="report", reads="x"),
        ]
    )

    assert [stage.name for stage in order_stages(pipeline)] == ["load", "report", "other"]


def test_stages_on_a_cycle_are_all_there() -> None:
    pipeline = make_pipeline(
        [Row(stage="a", binds="x", needs="b"), Row(stage="b", reads="x"), Row(stage="c")]
    )

    assert {stage.name for stage in order_stages(pipeline)} == {"a", "b", "c"}
