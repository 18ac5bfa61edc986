"""`mlops-nb migrate`: what is shown, what is written, and when nothing is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlops_nb.cli.migrate import migrate
from mlops_nb.errors import InputError
from mlops_nb.project import read_pipeline


def code(source: str, *tags: str, output: str = "") -> dict[str, Any]:
    outputs = [{"name": "stdout", "output_type": "stream", "text": output}] if output else []
    return {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {"tags": list(tags)} if tags else {},
        "outputs": outputs,
        "source": source,
    }


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    cells = [
        code("rows = 3", "pipeline-parameters"),
        code("X = [1] * rows", "block:load", "limit:cpu:1"),
        code("n = len(X)\nprint(n)", "step:count", "prev:load", output="3\n"),
        code("print(n)", "pipeline-metrics"),
    ]
    metadata = {"kubeflow_notebook": {"experiment_name": "churn"}}
    node = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    path = tmp_path / "kale.ipynb"
    path.write_text(json.dumps(node, indent=1))
    return path


def ran(*arguments: object) -> Any:
    result = CliRunner().invoke(migrate, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_without_a_target_it_is_shown_and_nothing_is_written(notebook: Path):
    before = notebook.read_bytes()
    result = ran(notebook)
    assert "block:load  →  stage load" in result.stdout
    assert "limit:cpu:1: a run uses the machine it is started on." in result.stdout
    assert "+tags: stage:count" in result.stdout
    assert "Nothing written." in result.stderr
    assert notebook.read_bytes() == before
    assert [path.name for path in notebook.parent.iterdir()] == ["kale.ipynb"]


def test_a_target_is_written_and_all_else_stays(notebook: Path, tmp_path: Path):
    before = json.loads(notebook.read_text())
    ran(notebook, tmp_path / "ours.ipynb", "-q")
    assert json.loads(notebook.read_text()) == before
    after = json.loads((tmp_path / "ours.ipynb").read_text())
    assert after["metadata"]["kubeflow_notebook"] == before["metadata"]["kubeflow_notebook"]
    assert after["metadata"]["mlops_nb"] == {"settings": {"experiment": "churn"}}
    kept = [{k: v for k, v in c.items() if k != "metadata"} for c in after["cells"]]
    assert kept == [{k: v for k, v in c.items() if k != "metadata"} for c in before["cells"]]
    stages = read_pipeline(tmp_path / "ours.ipynb").stages
    assert [(s.name, s.upstream, s.options.metrics) for s in stages] == [
        ("load", (), ()),
        ("count", ("load",), ("n",)),
    ]


def test_in_place_a_second_time_changes_no_byte(notebook: Path):
    assert ran(notebook, "--in-place", "--dry-run").exit_code == 0
    assert "pipeline-metrics" in notebook.read_text()
    ran(notebook, "--in-place", "--carrier", "comment")
    once = notebook.read_bytes()
    assert b"# mlops: stage count --metrics n\\nn = len(X)" in once
    result = ran(notebook, "--in-place")
    assert "Nothing to migrate." in result.stderr
    assert notebook.read_bytes() == once


def test_json_says_it_all(notebook: Path, tmp_path: Path):
    out = tmp_path / "o.ipynb"
    said = json.loads(ran(notebook, out, "--json").stdout)
    assert (said["schema"], said["conventions"], said["output"]) == (1, ["kale"], str(out))
    assert said["left"][0]["cell"] == 1
    assert said["stages"][1] == {"name": "count", "cells": [2], "upstream": ["load"]}
    assert said["changed_cells"] == [0, 1, 2, 3]


def test_tasks_of_a_pipeline_file_are_told(notebook: Path):
    tasks = "tasks:\n- source: kale.ipynb\n  name: churn\n- source: other.ipynb\n- 3\n"
    (notebook.parent / "pipeline.yaml").write_text(tasks)
    assert "pipeline.yaml: task 'churn'" in ran(notebook).stdout
    (notebook.parent / "pipeline.yaml").write_text("a: [")
    assert "pipeline.yaml" not in ran(notebook).stdout


@pytest.mark.parametrize(
    ("name", "code"), [("a.pipeline", "MNB830"), ("a.py", "MNB830"), ("no.ipynb", "MNB101")]
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, name: str, code: str):
    with pytest.raises(InputError, match=code):
        ran(tmp_path / name)


def test_contradictions_are_refused(notebook: Path):
    assert ran(notebook, "x.ipynb", "--in-place").exit_code == 2
    with pytest.raises(InputError, match="MNB832"):
        ran(notebook, notebook)
    node = json.loads(notebook.read_text())
    node["metadata"]["language_info"] = {"name": "R"}
    notebook.write_text(json.dumps(node))
    with pytest.raises(InputError, match="MNB831"):
        ran(notebook)
