"""Displays of scikit-learn's estimators have the ids that a run of all cells gives them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from mlops_nb.execution.estimator_ids import number_estimators

Cells = Sequence[tuple[str, Sequence[int]]]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([("restored", [1]), ("completed", [1])], [[1], [2]]),
        ([("completed", [1]), ("restored", [1]), ("restored", [3])], [[1], [2], [3]]),
        ([("restored", [2, 3]), ("completed", [1])], [[1, 2], [3]]),
        ([("restored", [2]), ("restored", [1])], [[1], [2]]),
        ([("restored", [1]), ("restored", [3])], [[1], [2]]),  # a cell between them was deleted
        ([("completed", [1]), ("completed", [3])], [[1], [3]]),
    ],
)
def test_ids_go_by_the_order_of_the_cells(cells: Cells, expected: list[list[int]]) -> None:
    nodes = [_cell(status, numbers) for status, numbers in cells]
    before = copy.deepcopy(nodes)
    changed = number_estimators([new_markdown_cell("text"), *nodes])
    assert changed == [n for n, (a, b) in enumerate(zip(before, nodes, strict=True), 1) if a != b]
    made = [[output["data"]["text/html"] for output in node.outputs] for node in nodes]
    assert made == [[_html(number) for number in row] for row in expected]


def test_ids_stay_where_one_may_have_been_made_and_not_shown() -> None:
    nodes = [_cell("restored", [1]), _cell("restored", []), _cell("restored", [3])]
    nodes[1].source = "%%capture\nmodel.fit(X, y)"
    assert number_estimators(nodes) == []
    nodes[2].outputs[0]["data"]["text/html"] = _html(1)
    assert number_estimators(nodes) == [2]


def _cell(status: str, numbers: Sequence[int]) -> Any:
    outputs = [new_output("execute_result", {"text/html": _html(n)}) for n in numbers]
    cell = new_code_cell("model.fit(X, y)", outputs=outputs)
    cell.metadata["mlops_nb"] = {"status": status}
    return cell


def _html(number: int) -> str:
    """Return the display of a pipeline, which has one estimator in it."""
    inner = 2 * number
    return (
        f"<style>#sk-container-id-{number} {{color: red}}</style>"
        f'<div id="sk-container-id-{number}">'
        f'<input id="sk-estimator-id-{inner - 1}"><label for="sk-estimator-id-{inner - 1}">Pipeline'
        f'<input id="sk-estimator-id-{inner}"></div>'
    )
