"""Which option of a form stands in the way of a run, before anything is started."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.project.jobs.folder import JobRequest
from mlops_nb.project.jobs.vetting import find_refusal

CELLS = [
    ("n: int = 3", {"tags": ["parameters"]}),
    ("rows = n", {"tags": ["stage:load"]}),
    ("score = rows\nclf = 1", {"mlops_nb": {"stage": "fit", "metrics": ["score"]}}),
]
CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a parameter that is none": ({"parameters": {"n": 4, "m": 1}}, "MNB301", "parameters.m"),
    "a parameter of another type": ({"parameters": {"n": "four"}}, "MNB3", "parameters.n"),
    "until": ({"until": "fti"}, "MNB807", "until"),
    "stage": ({"stages": ("load", "ft")}, "MNB807", "stage"),
    "force": ({"force": ("ft",)}, "MNB807", "force"),
    "a gate that cannot be read": ({"gates": ("score >>= 1",)}, "MNB7", "gates"),
    "a model that is none": ({"register": "churn"}, "MNB805", "register"),
    "what is not committed": ({"promote_if_passed": True}, "MNB7", "promote_if_passed"),
}


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    path = tmp_path / "nb.ipynb"
    _write(path, CELLS)
    return path


def _write(path: Path, cells: list[tuple[str, dict[str, Any]]]) -> None:
    nodes = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "source": source,
            "metadata": metadata,
            "outputs": [],
            "execution_count": None,
        }
        for n, (source, metadata) in enumerate(cells)
    ]
    node = {"cells": nodes, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(node), "utf-8")


@pytest.mark.parametrize(("options", "code", "field"), CASES.values(), ids=CASES)
def test_the_option_to_blame_is_named(
    notebook: Path, options: dict[str, Any], code: str, field: str
) -> None:
    refusal = find_refusal(JobRequest(notebook=str(notebook), **options))
    assert refusal is not None
    assert refusal.error.code.startswith(code)
    assert refusal.field == field


def test_a_notebook_that_is_broken_is_to_blame_itself(notebook: Path) -> None:
    _write(notebook, [*CELLS, ("%%mlops_stage x --metrcis a\n1", {})])
    refusal = find_refusal(JobRequest(notebook=str(notebook), until="fit", parameters={"n": 1}))
    assert refusal is not None
    assert (refusal.error.code[:4], refusal.field) == ("MNB2", "")


def test_what_would_begin_is_not_refused(notebook: Path) -> None:
    request = JobRequest(notebook=str(notebook), parameters={"n": "4"}, until="fit")
    assert find_refusal(request) is None
    gone = find_refusal(JobRequest(notebook=str(notebook.parent / "gone.ipynb")))
    assert gone is not None
    assert gone.error.code == "MNB101"
