"""Stages headless: what the session says, what observers are told, what a selection runs."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from running import code, run_cells, run_notebook, statuses, text_of, write_notebook

from mlops_nb.errors import InputError
from mlops_nb.execution import RunPlan, SilentObserver
from mlops_nb.pipeline.records import CellStatus, RunRecord, StageRecord

_PIPELINE = (
    code("n = 3  # how many", "parameters"),
    "# mlops: stage features\nX = list(range(n))",
    "%%mlops_stage train --metrics accuracy --model model\naccuracy = len(X) / 10",
    "# mlops: stage train\nmodel = {'accuracy': accuracy}",
    "# mlops: stage plot\nprint(X)",
)


class Listener(SilentObserver):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.records: dict[str, StageRecord] = {}
        self.reports: dict[str, Mapping[str, Any]] = {}

    def run_started(self, plan: RunPlan) -> None:
        self.told.append(("run", plan.cells))

    def cell_started(self, index: int) -> None:
        self.told.append(("cell", index))

    def cell_finished(self, index: int, status: CellStatus, seconds: float) -> None:
        self.told.append((status, index))

    def stage_started(self, name: str) -> None:
        self.told.append(("stage", name))

    def stage_finished(self, record: StageRecord, report: Mapping[str, Any]) -> None:
        self.told.append((record.status, record.name))
        self.records[record.name] = record
        self.reports[record.name] = report

    def run_finished(self, record: RunRecord) -> None:
        self.told.append((record.status,))


def test_observers_are_told_what_happens_in_order(tmp_path: Path) -> None:
    listener = Listener()
    run_cells(tmp_path, *_PIPELINE, observers=[listener], handover_dir=tmp_path / "handover")
    assert listener.told == [
        ("run", (0, 1, 2, 3, 4)),
        ("cell", 0),
        ("completed", 0),
        ("stage", "features"),
        ("cell", 1),
        ("completed", 1),
        ("completed", "features"),
        ("stage", "train"),
        ("cell", 2),
        ("completed", 2),
        ("cell", 3),
        ("completed", 3),
        ("completed", "train"),
        ("stage", "plot"),
        ("cell", 4),
        ("completed", 4),
        ("completed", "plot"),
        ("completed",),
    ]


def test_a_stage_has_its_metrics_names_and_model(tmp_path: Path) -> None:
    listener = Listener()
    outcome = run_cells(
        tmp_path, *_PIPELINE, observers=[listener], handover_dir=tmp_path / "handover"
    )
    train = listener.records["train"]
    assert (train.metrics, train.bound) == ({"accuracy": 0.3}, ("accuracy", "model"))
    assert train.seconds is not None
    assert train.seconds > 0
    assert outcome.record.metrics == {"accuracy": 0.3}
    assert Path(outcome.reports["train"]["model"]["folder"]).is_dir()
    assert listener.reports["train"] == outcome.reports["train"]


def test_parameters_are_injected_and_indices_stay_those_of_the_source(tmp_path: Path) -> None:
    listener = Listener()
    outcome = run_cells(tmp_path, *_PIPELINE, parameters={"n": 2}, observers=[listener])
    assert text_of(outcome.node["cells"][5]) == "[0, 1]\n"
    assert outcome.node["cells"][1]["metadata"]["tags"] == ["injected-parameters"]
    assert listener.told[0] == ("run", (0, 1, 2, 3, 4))
    assert outcome.record.parameters == {"n": 2}


def test_injected_parameters_of_an_earlier_run_are_replaced(tmp_path: Path) -> None:
    first = run_cells(tmp_path, *_PIPELINE, parameters={"n": 2})
    path = write_notebook(tmp_path / "again.ipynb", first.node["cells"])
    second = run_notebook(path, tmp_path / "out.ipynb", parameters={"n": 1})
    assert len(second.node["cells"]) == len(_PIPELINE) + 1
    assert text_of(second.node["cells"][5]) == "[0]\n"


def test_a_chosen_stage_runs_with_what_it_needs_only(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "nb.ipynb", _PIPELINE)
    outcome = run_notebook(path, stages=["plot"])
    ran = {stage.name: stage.action for stage in outcome.record.stages}
    assert ran == {"features": "run", "train": "skip", "plot": "run"}
    assert statuses(outcome) == ["completed", "completed", "skipped", "skipped", "completed"]
    assert outcome.node["cells"][2]["metadata"]["mlops_nb"]["reason"]


def test_a_failed_stage_leaves_those_after_it_not_run(tmp_path: Path) -> None:
    outcome = run_cells(tmp_path, "# mlops: stage a\n1 / 0", "# mlops: stage b\n1")
    assert [(stage.name, stage.status) for stage in outcome.record.stages] == [
        ("a", "failed"),
        ("b", "not run"),
    ]
    assert outcome.record.error is not None
    assert (outcome.record.error.cell, outcome.record.error.stage) == (0, "a")


def test_an_observer_that_fails_becomes_a_note(tmp_path: Path) -> None:
    class Broken(SilentObserver):
        def cell_started(self, index: int) -> None:
            raise OSError("no space")

    outcome = run_cells(tmp_path, "1", "2", observers=[Broken()])
    assert outcome.record.status == "completed"
    assert outcome.record.notes == ("Broken failed and was left out: OSError: no space",)


def test_the_source_is_never_written(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "nb.ipynb", ["print(1)"])
    before = hashlib.sha256(path.read_bytes()).digest()
    run_notebook(path, tmp_path / "out.ipynb")
    assert hashlib.sha256(path.read_bytes()).digest() == before


@pytest.mark.parametrize("name", ["nb.ipynb", "link.ipynb", "../{folder}/nb.ipynb"])
def test_an_output_that_is_the_source_is_refused(name: str, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "nb.ipynb", ["print(1)"])
    (tmp_path / "link.ipynb").symlink_to(path)
    with pytest.raises(InputError, match="MNB110"):
        run_notebook(path, tmp_path / name.format(folder=tmp_path.name))


def test_paths_are_taken_literally(tmp_path: Path) -> None:
    folder = tmp_path / "a {b} ü"
    folder.mkdir()
    path = write_notebook(folder / "n {b}.ipynb", ["import os; print(os.getcwd())"])
    outcome = run_notebook(path, folder / "new" / "out {c}.ipynb")
    saved = json.loads((folder / "new" / "out {c}.ipynb").read_text())
    assert text_of(outcome.node["cells"][0]) == f"{folder}\n"
    assert saved["metadata"]["mlops_nb"]["run"]["status"] == "completed"


def test_a_kernel_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "nb.ipynb", ["1"], kernel="julia-9")
    with pytest.raises(InputError) as caught:
        run_notebook(path)
    assert caught.value.code == "MNB401"
    assert "python3" in str(caught.value)


def test_a_kernel_of_another_language_is_not_installed_by_ipykernel(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "nb.ipynb", ["1"], kernel="ir")
    node = json.loads(path.read_text())
    node["metadata"]["language_info"] = {"name": "R"}
    path.write_text(json.dumps(node))
    with pytest.raises(InputError, match=r"MNB401 .* language is 'r'") as caught:
        run_notebook(path)
    assert "Install a kernel for r " in caught.value.remedy
    assert "ipykernel" not in caught.value.remedy


def test_a_working_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MNB402"):
        run_cells(tmp_path, "1", cwd=tmp_path / "none")
