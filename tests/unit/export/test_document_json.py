"""Findings with their range of text, and parameters with their defaults, as a browser has them."""

from __future__ import annotations

import json

import pytest

from mlops_nb.export.document_json import diagnostic_objects, document_object
from mlops_nb.notebook.files import parse_node
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.cells import Cell, CellId
from mlops_nb.pipeline.diagnostics import Diagnostic

RANGES = {
    "a word": ("x = scoer + 1", 1, 4, (1, 4, 1, 9)),
    "a line": ("x = 1  ", 1, 0, (1, 0, 1, 5)),
    "no word": ("x = (", 1, 4, (1, 4, 1, 5)),
    "behind the end": ("x", 1, 40, (1, 1, 1, 1)),
    "a second line": ("a\nbc = d", 2, 5, (2, 5, 2, 6)),
    "behind what takes two units": ("s = '😀'; ä = b", 1, 13, (1, 14, 1, 15)),
    "the cell as a whole": ("x = 1", 0, 0, (0, 0, 0, 0)),
    "a line that is gone": ("x = 1", 9, 0, (0, 0, 0, 0)),
}


@pytest.mark.parametrize(("source", "line", "column", "told"), RANGES.values(), ids=RANGES)
def test_a_finding_has_a_range_in_units_of_editors(
    source: str, line: int, column: int, told: tuple[int, int, int, int]
) -> None:
    cell = Cell(index=0, id=CellId("a"), type="code", source=source)
    finding = Diagnostic(
        code="MNB203",
        severity="error",
        cell=0,
        line=line,
        column=column,
        message="m",
        remedy="r",
    )
    [found] = diagnostic_objects([finding], [cell], fixable={0})
    assert (found["line"], found["column"], found["end_line"], found["end_column"]) == told
    assert (found["cell_id"], found["fixable"]) == ("a", True)


def test_a_finding_about_the_notebook_is_of_no_cell() -> None:
    finding = Diagnostic(code="MNB105", severity="error", cell=-1, message="m", remedy="r")
    [found] = diagnostic_objects([finding], (), fixable=())
    assert (found["cell"], found["cell_id"], found["line"]) == (-1, None, 0)


DEFAULTS = {
    "n = 3": ("int", 3),
    "x: float = 1": ("float", 1),
    "on = True": ("bool", True),
    "name: str | None = None": ("str | None", None),
    "mode: Literal['a', 'b'] = 'a'": ("'a' | 'b'", "a"),
    "names = ['a', 'b']": ("list", ["a", "b"]),
    "limits = {'a': 1}": ("dict", {"a": 1}),
    "by = {1: 2}": ("dict", None),
    "pair = (1, 2)": ("tuple", None),
    "limit = float('inf')": ("float", None),
    "huge = 1e999": ("float", None),
    "made = make()": ("any", None),
}


@pytest.mark.parametrize(("line", "told"), DEFAULTS.items(), ids=DEFAULTS)
def test_a_parameter_has_the_default_that_json_has(line: str, told: tuple[str, object]) -> None:
    source = f"from typing import Literal\n{line}"
    cell = {"cell_type": "code", "source": source, "metadata": {"tags": ["parameters"]}}
    node = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    file = parse_node(node, name="nb.ipynb")
    pipeline = build_pipeline(file.cells, name="nb.ipynb", star_names=lambda module: None)
    answer = json.loads(json.dumps(document_object(pipeline, (), fixable=()), allow_nan=False))
    [parameter] = answer["parameters"]
    assert (parameter["type"], parameter["default"]) == told
    assert parameter["source"]
