"""The graph of a notebook is what a person has reviewed, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from mlops_nb.export.graph import GraphFormat, render_graph
from mlops_nb.project import read_pipeline

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/input.ipynb"))
FILES = {"graph.json": "json", "graph.txt": "text", "graph.mmd": "mermaid"}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_graph_is_as_reviewed(case: Path, file: str, request: pytest.FixtureRequest) -> None:
    pipeline = replace(read_pipeline(case / "input.ipynb"), name="input.ipynb")
    expected = case / file

    graph = render_graph(pipeline, cast("GraphFormat", FILES[file]))

    if request.config.getoption("--rewrite-golden", default=False):
        expected.write_text(graph, encoding="utf-8")
    assert graph == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_findings_are_as_reviewed(case: Path, request: pytest.FixtureRequest) -> None:
    expected = case / "findings.txt"
    found = [
        f"{finding.severity} {finding.code} cell {finding.cell}: {finding.message}\n"
        for finding in read_pipeline(case / "input.ipynb").diagnostics
    ]

    if request.config.getoption("--rewrite-golden", default=False):
        expected.write_text("".join(found), encoding="utf-8")
    assert "".join(found) == expected.read_text(encoding="utf-8")


def test_there_are_cases() -> None:
    assert len(CASES) >= 12
