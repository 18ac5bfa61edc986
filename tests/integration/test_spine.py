"""From a tagged notebook to a tracked run and a registered, loadable model, through `Project`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mlops_nb
from mlops_nb.errors import InputError
from mlops_nb.pipeline.records import RunRecord
from mlops_nb.project import Project

pytestmark = pytest.mark.xdist_group("spine")

CELLS = [
    ("parameters", "C = 1.0\nn_rows: int = 100"),
    ("", "from sklearn.datasets import load_iris"),
    ("", "from sklearn.linear_model import LogisticRegression"),
    ("", "%%mlops_stage ingest\nX, y = load_iris(return_X_y=True, as_frame=True)"),
    (
        "",
        "%%mlops_stage train --metrics accuracy --model clf --eval X,y\n"
        "clf = LogisticRegression(C=C, max_iter=500).fit(X, y)\n"
        "accuracy = clf.score(X, y)",
    ),
    ("", "# mlops: stage report\nprint(f'{accuracy:.2f}')"),
]


def write_notebook(path: Path, cells: list[tuple[str, str]]) -> Path:
    """Write a notebook of code cells, each a tag (or none) and a source."""
    node = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{index}",
                "metadata": {"tags": [tag]} if tag else {},
                "source": source,
                "execution_count": None,
                "outputs": [],
            }
            for index, (tag, source) in enumerate(cells)
        ],
    }
    path.write_text(json.dumps(node))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spine")
    (folder / "pyproject.toml").write_text("[tool.mlops_nb]\nexperiment = 'spine'\n")
    write_notebook(folder / "iris.ipynb", CELLS)
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> Iterator[tuple[RunRecord, Path, bytes]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        notebook = folder / "iris.ipynb"
        before = notebook.read_bytes()
        record = mlops_nb.run(notebook, parameters={"C": 0.5}, register="iris")
        yield record, notebook, before


def _client(folder: Path) -> Any:
    """Return a client of the project's own store, whatever the environment says."""
    from mlflow import MlflowClient

    store = Project.find(folder).store()
    assert store.is_embedded, f"MLFLOW_TRACKING_URI is left set: {store.tracking_uri}"
    return MlflowClient(tracking_uri=store.tracking_uri, registry_uri=store.tracking_uri)


def test_the_record_tells_stages_metrics_and_the_registered_version(
    run: tuple[RunRecord, Path, bytes],
) -> None:
    record, _, _ = run
    assert record.error is None
    assert record.status == "completed"
    assert [stage.name for stage in record.stages] == ["ingest", "train", "report"]
    assert record.metrics["accuracy"] > 0.9
    assert record.model is not None
    assert (record.model.name, record.model.version) == ("iris", 1)
    assert record.notes == ()


def test_the_source_is_never_written(run: tuple[RunRecord, Path, bytes]) -> None:
    _, notebook, before = run
    assert notebook.read_bytes() == before


def test_the_executed_notebook_holds_the_record(run: tuple[RunRecord, Path, bytes]) -> None:
    record, _, _ = run
    assert record.output is not None
    node = json.loads(Path(record.output).read_text())
    assert node["metadata"]["mlops_nb"]["run"] == json.loads(json.dumps(record.to_json()))


def test_the_line_of_a_stage_links_to_the_run(run: tuple[RunRecord, Path, bytes]) -> None:
    record, _, _ = run
    assert record.output is not None
    text = Path(record.output).read_text()
    assert text.count(f"http://127.0.0.1:5000/#/runs/{record.run_id}") == len(record.stages)
    assert "#mlops-nb-run" not in text


def test_mlflow_holds_parameters_metrics_stages_and_files(
    run: tuple[RunRecord, Path, bytes], folder: Path
) -> None:
    record, _, _ = run
    client = _client(folder)
    tracked = client.get_run(record.run_id)
    assert tracked.info.status == "FINISHED"
    assert tracked.data.params == {"C": "0.5", "n_rows": "100"}
    assert tracked.data.metrics["accuracy"] == pytest.approx(record.metrics["accuracy"])
    children = client.search_runs(
        [tracked.info.experiment_id], f"tags.mlflow.parentRunId = '{record.run_id}'"
    )
    assert {child.info.run_name for child in children} == {"ingest", "train", "report"}
    files = {file.path for file in client.list_artifacts(record.run_id)}
    assert {"source.ipynb", "executed.ipynb", "executed.html", "requirements.txt"} <= files
    datasets = {entry.dataset.name for entry in tracked.inputs.dataset_inputs}
    assert {"X", "y"} <= datasets


def test_the_registered_model_loads_through_mlflow(
    run: tuple[RunRecord, Path, bytes], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow
    from sklearn.datasets import load_iris

    monkeypatch.setenv("MLFLOW_TRACKING_URI", Project.find(folder).store().tracking_uri)
    X, _ = load_iris(return_X_y=True, as_frame=True)
    model = mlflow.pyfunc.load_model("models:/iris/1")
    assert len(model.predict(X)) == len(X)


def test_nothing_is_left_in_the_handover_folder(
    run: tuple[RunRecord, Path, bytes], folder: Path
) -> None:
    layout = Project.find(folder).layout
    assert list(layout.handover.iterdir()) == []
    packages = layout.record / "packages"
    assert not packages.exists() or not any(packages.rglob("MLmodel"))


def test_a_failing_stage_fails_the_run_and_its_mlflow_run(folder: Path) -> None:
    notebook = write_notebook(
        folder / "broken.ipynb",
        [("", "%%mlops_stage a\nx = 1"), ("", "%%mlops_stage b\nx / 0"), ("", "print('never')")],
    )
    record = mlops_nb.run(notebook)
    assert record.status == "failed"
    assert record.error is not None
    assert (record.error.cell, record.error.stage) == (1, "b")
    assert _client(folder).get_run(record.run_id).info.status == "FAILED"


def test_a_model_that_cannot_be_packaged_fails_the_run_and_says_why(folder: Path) -> None:
    notebook = write_notebook(
        folder / "no_model.ipynb", [("", "%%mlops_stage a --model thing\nthing = object()")]
    )
    record = mlops_nb.run(notebook)
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.code.startswith("MNB6")
    assert record.error.stage == "a"


def test_a_store_that_is_away_costs_no_run_and_no_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    record = mlops_nb.run(folder / "iris.ipynb")
    assert record.status == "completed"
    assert record.run_id is None
    assert any("kept" in note for note in record.notes)
    kept = Project.find(folder).layout.record / "packages"
    assert any(kept.rglob("MLmodel"))


def test_without_tracking_there_is_no_run(run: tuple[RunRecord, Path, bytes], folder: Path) -> None:
    client = _client(folder)
    tracked = client.get_run(run[0].run_id)
    experiment = client.get_experiment_by_name("spine")
    assert experiment is not None, [e.name for e in client.search_experiments()]
    assert tracked.info.experiment_id == experiment.experiment_id
    before = len(client.search_runs([experiment.experiment_id]))
    record = mlops_nb.run(folder / "iris.ipynb", track=False, cache="off", stages=["ingest"])
    assert (record.status, record.run_id, record.model) == ("completed", None, None)
    assert len(client.search_runs([experiment.experiment_id])) == before
    assert [s.action for s in record.stages] == ["run", "skip", "skip"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"register": "a/b"}, "MNB611"),
        ({"register": "iris", "track": False}, "MNB806"),
        ({"stages": ["trian"]}, None),
        ({"parameters": {"c": 1}}, "MNB301"),
    ],
)
def test_what_cannot_come_to_a_good_end_is_refused_before_a_kernel_starts(
    folder: Path, options: dict[str, Any], code: str | None
) -> None:
    with pytest.raises(InputError) as caught:
        mlops_nb.run(write_notebook(folder / "refused.ipynb", CELLS), **options)
    assert code is None or caught.value.code == code


@pytest.mark.parametrize("options", [{"until": "ingest"}, {"stages": ["ingest"]}])
def test_a_model_is_not_registered_by_a_run_that_does_not_make_it(
    folder: Path, options: dict[str, Any]
) -> None:
    notebook = write_notebook(folder / "partial.ipynb", CELLS)
    with pytest.raises(InputError, match="MNB805"):
        mlops_nb.run(notebook, register="iris", **options)


def test_with_neither_tracking_nor_cache_the_project_folder_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    notebook = write_notebook(tmp_path / "project" / "nb.ipynb", [("", "x = 1")])
    record = mlops_nb.run(notebook, tmp_path / "out.ipynb", track=False, cache="off")
    assert record.status == "completed"
    assert [path.name for path in notebook.parent.iterdir()] == ["nb.ipynb"]


def test_a_run_that_ends_without_the_model_that_was_asked_for_fails(folder: Path) -> None:
    cells = [*CELLS[:4], ("", "import sys\nsys.exit(0)"), *CELLS[4:]]
    record = mlops_nb.run(write_notebook(folder / "early.ipynb", cells), register="early")
    assert record.status == "failed"
    assert record.error is not None
    assert record.error.code == "MNB615"


def test_a_failed_run_registers_no_version(folder: Path) -> None:
    notebook = write_notebook(folder / "late.ipynb", [*CELLS, ("", "1 / 0")])
    record = mlops_nb.run(notebook, register="late")
    assert record.status == "failed"
    assert record.model is not None
    assert record.model.version is None
    assert _client(folder).search_model_versions("name = 'late'") == []
