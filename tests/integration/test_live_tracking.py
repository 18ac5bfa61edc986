"""A live kernel is tracked: one run per session, its models under it, nothing lost at its end."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from mlops_nb.project import Project
from mlops_nb.project.live import clear_leftovers, to_record

TRAIN = """%%mlops_stage train --metrics score --model clf --eval X,y
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
X, y = load_iris(return_X_y=True, as_frame=True)
clf = LogisticRegression(max_iter=500).fit(X, y)
score = clf.score(X, y)"""
WAIT = """import mlflow, time
run = mlflow.active_run()
mlflow.log_metric("by_hand", 1.0)
client = mlflow.MlflowClient()
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    experiment = client.get_experiment_by_name("live")
    if client.search_logged_models([experiment.experiment_id]):
        break
    time.sleep(0.2)"""


def execute(folder: Path, sources: list[str]) -> Any:
    """Run cells in a live kernel, as a front end does, and return the notebook."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return notebook


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        folder = tmp_path_factory.mktemp("live")
        (folder / "pyproject.toml").write_text("[tool.mlops_nb]\nexperiment = 'live'\n")
        yield folder, execute(folder, ["%load_ext mlops_nb", TRAIN, WAIT])


def _runs(folder: Path) -> tuple[Any, list[Any]]:
    client = Project.find(folder).store().client()
    experiment = client.get_experiment_by_name("live")
    return client, client.search_runs([experiment.experiment_id])


def test_one_run_per_kernel_session_carries_metrics_and_calls_by_hand(
    session: tuple[Path, Any],
) -> None:
    folder, _ = session
    _, runs = _runs(folder)
    top = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert len(top) == 1
    assert top[0].data.tags["mlops_nb.door"] == "interactive"
    assert top[0].data.metrics["score"] > 0.9
    by_hand = [run for run in runs if "by_hand" in run.data.metrics]
    assert by_hand[0].data.tags["mlflow.parentRunId"] == top[0].info.run_id


def test_the_model_of_a_live_stage_is_logged_under_the_run(session: tuple[Path, Any]) -> None:
    folder, _ = session
    client, runs = _runs(folder)
    (model,) = client.search_logged_models([runs[0].info.experiment_id])
    assert model.name == "clf"
    assert model.tags["mlops_nb.serialization"] == "skops"


def test_the_stage_shows_one_line_and_nothing_on_stderr(session: tuple[Path, Any]) -> None:
    _, notebook = session
    kinds = [output["output_type"] for output in notebook.cells[1].outputs]
    assert kinds == ["display_data"]
    assert "stage train" in notebook.cells[1].outputs[0]["data"]["text/plain"]


def test_a_session_that_ends_at_once_is_written_when_the_kernel_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "pyproject.toml").write_text("[tool.mlops_nb]\nexperiment = 'live'\n")
    execute(tmp_path, ["%load_ext mlops_nb", "%%mlops_stage a --metrics m\nm = 1"])
    store, deadline = Project.find(tmp_path).store(), time.monotonic() + 60
    store.prepare_experiment("live")
    while time.monotonic() < deadline:
        runs = [run for run in _runs(tmp_path)[1] if run.info.status == "FINISHED"]
        is_kept = bool(list(store.record_dir.glob("pending/*")))
        if any("mlops_nb.door" in run.data.tags for run in runs) and not is_kept:
            break
        time.sleep(0.1)
    assert [run.data.metrics["m"] for run in runs] == [1, 1]
    assert not list(store.record_dir.glob("pending/*"))


def test_a_project_that_does_not_track_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.mlops_nb]\ntrack = false\ncache = 'off'\n")
    execute(tmp_path, ["%load_ext mlops_nb", TRAIN])
    assert not (tmp_path / ".mlops_nb").exists()


def test_what_a_killed_kernel_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "live-999999999-x").mkdir()
    (tmp_path / "live-notes").mkdir()
    (tmp_path / f"live-999999999-{os.getpid()}-x").mkdir()  # its tracker is at it
    clear_leftovers(tmp_path)
    assert not (tmp_path / "live-999999999-x").exists()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_report_becomes_a_stage_record() -> None:
    report = {
        "stage": "train",
        "ok": False,
        "seconds": 2.0,
        "bound": ["a"],
        "metrics": {"m": 1.0},
        "series": {"s": [1.0, 2.0]},
    }
    record = to_record(report)
    assert (record.name, record.status, record.series) == ("train", "failed", {"s": (1.0, 2.0)})
    assert json.dumps(record.to_json())
