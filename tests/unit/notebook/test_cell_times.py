"""How long cells took, as those note it who ran them."""

from __future__ import annotations

from typing import Any

from mlops_nb.notebook.cell_times import cell_seconds, seconds_elsewhere


def node(*cells: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"cells": [{"cell_type": "code", "source": s, "metadata": m} for s, m in cells]}


def lab(start: str, end: str) -> dict[str, Any]:
    return {"execution": {"iopub.execute_input": start, "shell.execute_reply": end}}


def test_times_of_papermill_and_jupyterlab_are_read():
    times = node(
        ("a", {"papermill": {"duration": 2.5}}),
        ("b", lab("2026-01-01T10:00:00.5Z", "2026-01-01T10:00:02Z")),
        ("c", {"papermill": {"duration": None}, "execution": {"iopub.execute_input": 3}}),
        ("d", lab("2026-01-01T10:00:00", "2026-01-01T10:00:02Z")),
        ("e", lab("2026-01-01T10:00:02Z", "2026-01-01T10:00:00Z")),
        ("f", {"papermill": "x", "execution": []}),
    )
    assert cell_seconds(times) == {0: 2.5, 1: 1.5}


def test_cells_are_found_again_in_an_executed_copy_by_their_source():
    source = node(("x", {}), ("a", {}), ("a", {}), ("b", {}))
    executed = node(
        ("injected", {"papermill": {"duration": 9}}),
        ("x", {}),
        ("a", {"papermill": {"duration": 1}}),
        ("a", {"papermill": {"duration": 2}}),
        ("b changed", {"papermill": {"duration": 3}}),
    )
    assert seconds_elsewhere(source, executed) == {1: 1.0, 2: 2.0}
