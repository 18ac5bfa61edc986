"""Directives: four carriers with one meaning; what only looks like one is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.pipeline.cells import Cell, CellId
from mlops_nb.pipeline.directives import (
    DirectiveError,
    parse_magic_line,
    read_directive,
    render_magic_line,
    split_directive,
)


def cell(
    source: str,
    *,
    tags: tuple[str, ...] = (),
    metadata: Mapping[str, Any] | None = None,
    kind: Literal["code", "markdown", "raw"] = "code",
) -> Cell:
    return Cell(
        index=4, id=CellId("a"), type=kind, source=source, tags=tags, metadata=metadata or {}
    )


SAME = [
    cell("%%mlops_stage train --metrics auc --timeout 10m\nx = 1"),
    cell("# mlops: stage train --metrics auc --timeout 10m\nx = 1"),
    cell("#mlops:stage train --metrics auc --timeout 10m # noqa: E501\r\nx = 1"),
    cell("x = 1", tags=("a", "stage:train"), metadata={"metrics": ["auc"], "timeout": "10m"}),
    cell("x = 1", metadata={"stage": "train", "metrics": ["auc"], "timeout": "600s"}),
    cell("%%mlops_stage train --metrics auc\nx = 1", metadata={"timeout": "10m"}),
    cell("# mlops: stage train --metrics auc\n%%mlops_stage train --timeout 10m\nx = 1"),
]


@pytest.mark.parametrize("example", SAME, ids=lambda c: c.source + str(dict(c.metadata)))
def test_all_carriers_have_one_meaning(example: Cell) -> None:
    directive, findings = read_directive(example)
    assert directive is not None
    assert (directive.stage, directive.options) == (
        "train",
        {"metrics": ("auc",), "timeout": 600.0},
    )
    assert findings == []


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    source: str
    stage: str | None
    carriers: tuple[str, ...] = ()
    line: int = 0
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


CARRIED = [
    Case(source="", stage=None),
    Case(source="x = 1", stage=None),
    Case(source="# a comment\n\n%%mlops_stage t\nx", stage="t", carriers=("magic",), line=3),
    Case(source="\n# one\n# mlops: stage t\nx", stage="t", carriers=("comment",), line=3),
    Case(source="  %%mlops_stage t\n  x = 1", stage="t", carriers=("magic",), line=1),
    Case(source="%%mlops_stage a-b_2", stage="a-b_2", carriers=("magic",), line=1),
    Case(source="%%mlops_stage t\n%%time\nx", stage="t", carriers=("magic",), line=1),
    Case(source="x", stage="t", carriers=("tag",), tags=("stage:t",)),
    Case(
        source="%%mlops_stage t\nx",
        stage="t",
        carriers=("magic", "tag", "metadata"),
        line=1,
        tags=("stage:t",),
        metadata={"stage": "t"},
    ),
    Case(source="%%mlops_stage?", stage=None),
    Case(source="%%time\nx = 1", stage=None),
    Case(source="%mlops_graph", stage=None),
    Case(source="text = '''\n%%mlops_stage t\n# mlops: stage t\n'''", stage=None),
    Case(source="# the stage:train tag\nx", stage=None),
    Case(source="# MLOps: an overview of what follows\nx", stage=None),
    Case(source="# our mlops: stage one of three\nx", stage=None),
    Case(source="x", stage=None, tags=("stage-left", "parameters", "nbval-skip", "remove_input")),
    Case(source="x", stage=None, metadata={"status": "completed", "seconds": 1.5, "run": {}}),
]


@pytest.mark.parametrize("case", CARRIED, ids=lambda case: repr(case.source) + str(case.tags))
def test_a_directive_is_found_where_it_may_stand_and_nowhere_else(case: Case) -> None:
    directive, findings = read_directive(cell(case.source, tags=case.tags, metadata=case.metadata))
    assert findings == []
    if case.stage is None:
        assert directive is None
    else:
        assert directive is not None
        assert (directive.stage, directive.carriers, directive.line) == (
            case.stage,
            case.carriers,
            case.line,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    source: str
    code: str
    line: int = 0
    severity: str = "error"
    stage: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    says: str = ""


WRONG = [
    Wrong(source="%%mlops_stage\nx", code="MNB210", line=1),
    Wrong(source="# mlops: stage\nx", code="MNB210", line=1),
    Wrong(source="%%mlops_stage 1st", code="MNB210", line=1, says="'1st'"),
    Wrong(source="%%mlops_stage --model clf", code="MNB210", line=1, says="'--model'"),
    Wrong(source="%%mlops_stage 'a b'", code="MNB210", line=1),
    Wrong(source="x", code="MNB210", tags=("stage:",)),
    Wrong(source="x", code="MNB210", tags=("stage:a b",)),
    Wrong(source="x", code="MNB210", metadata={"stage": 3}),
    Wrong(source="%%mlops_stage t --metircs a", code="MNB211", line=1, stage="t", says="--metrics"),
    Wrong(
        source="x", code="MNB211", metadata={"stage": "t", "metrcs": []}, stage="t", says="metrics"
    ),
    Wrong(source="%%mlops_stage t --eval X", code="MNB212", line=1, stage="t"),
    Wrong(
        source="%%mlops_stage t --resources gpu=1",
        code="MNB213",
        line=1,
        stage="t",
        says="not supported yet",
    ),
    Wrong(source="x", code="MNB213", metadata={"stage": "t", "resources": {"cpu": 2}}, stage="t"),
    Wrong(source="%%mlops_stage t\nx", code="MNB214", metadata={"stage": "u"}, stage="t"),
    Wrong(source="%%mlops_stage t\n# mlops: stage u\nx", code="MNB214", stage="t"),
    Wrong(source="x", code="MNB214", tags=("stage:t", "stage:u"), stage="t"),
    Wrong(
        source="%%mlops_stage t --model a\nx",
        code="MNB214",
        metadata={"model": "b"},
        stage="t",
        says="--model b",
    ),
    Wrong(source="%%mlops_stge t\nx", code="MNB216", line=1, says="%%mlops_stage"),
    Wrong(source="%%MLOps_Stage t\nx", code="MNB216", line=1),
    Wrong(source="%%mlops-stage t\nx", code="MNB216", line=1),
    Wrong(source="# mlops: stagee t\nx", code="MNB216", line=1),
    Wrong(source="# MLOps: Stage t\nx", code="MNB216", line=1),
    Wrong(source="# mlops stage t\nx", code="MNB216", line=1, severity="warning"),
    Wrong(source="# mlops: train --model clf\nx", code="MNB216", line=1, severity="warning"),
    Wrong(source="x = 1\n# mlops: stage t", code="MNB216", line=2, says="below code"),
    Wrong(source="%%time\n%%mlops_stage t\nx", code="MNB216", line=2, says="another magic"),
    Wrong(source="x", code="MNB216", tags=("Stage: t",)),
    Wrong(source="x", code="MNB217", metadata={"metrics": ["a"]}, says="'metrics'"),
]


@pytest.mark.parametrize(
    "case", WRONG, ids=lambda case: repr(case.source) + str(case.tags) + str(dict(case.metadata))
)
def test_what_is_wrong_is_told_with_its_line_and_the_stage_keeps_its_cell(case: Wrong) -> None:
    directive, findings = read_directive(cell(case.source, tags=case.tags, metadata=case.metadata))
    assert [(f.code, f.severity, f.cell, f.line) for f in findings] == [
        (case.code, case.severity, 4, case.line)
    ]
    assert (directive.stage if directive else None) == case.stage
    assert case.says in findings[0].message + findings[0].remedy


def test_only_code_cells_can_be_stages() -> None:
    directive, findings = read_directive(cell("# Title", tags=("stage:t",), kind="markdown"))
    assert directive is None
    assert [f.code for f in findings] == ["MNB217"]
    assert read_directive(cell("# mlops: stage t", kind="markdown")) == (None, [])


def test_the_first_directive_line_is_split_for_those_who_only_transform() -> None:
    assert split_directive("# load\n%%mlops_stage load --timeout 5m\nx") == (
        2,
        "magic",
        "load --timeout 5m",
    )
    assert split_directive("x = 1\n# mlops: stage t") is None


def test_a_magic_line_is_read_and_rendered_without_loss() -> None:
    directive = parse_magic_line("train --model clf --eval X,y --timeout 90s")
    assert parse_magic_line(render_magic_line(directive)) == directive


@given(st.text(max_size=80))
def test_no_source_breaks_the_reader(text: str) -> None:
    read_directive(cell(text))
    read_directive(cell("%%mlops_stage " + text))
    read_directive(cell("x", tags=("stage:" + text,), metadata={"stage": text, text: text}))


@given(st.text(max_size=40))
def test_a_magic_line_is_read_or_refused(text: str) -> None:
    try:
        directive = parse_magic_line(text)
    except DirectiveError as error:
        assert error.code.startswith("MNB21")  # noqa: PT017 - either outcome is fine
    else:
        assert parse_magic_line(render_magic_line(directive)) == directive
