"""A run of which everything, or a part, was restored says so everywhere, and lacks nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from running import code, write_notebook

import mlops_nb
from mlops_nb.cli.run import run
from mlops_nb.cli.runs import runs
from mlops_nb.project import Project

GROUP = pytest.mark.xdist_group("restored_runs")
CELLS = [
    "from sklearn.linear_model import LogisticRegression",
    code("strength = 1.0", "parameters"),
    "# mlops: stage load\nX = [[0.0], [1.0], [2.0], [3.0]]\ny = [0, 0, 1, 1]\nprint('loaded')",
    "# mlops: stage train --model clf --example X --metrics score curve\n"
    "clf = LogisticRegression(C=strength).fit(X, y)\nscore = clf.score(X, y)\ncurve = [1, 2, 3]",
    "# mlops: stage tell\ntext = f'{score:.2f}'\ntext",
]


class Ran:
    """One run by the command line, with what it left."""

    def __init__(self, folder: Path, name: str, *options: str) -> None:
        self.folder = folder
        out, junit, page = (folder / "out" / f"{name}.{kind}" for kind in ("ipynb", "xml", "html"))
        reports = ["--junit", str(junit), "--html", str(page)]
        arguments = [str(folder / "nb.ipynb"), str(out), *reports, "--json", *options]
        result = CliRunner().invoke(run, arguments, standalone_mode=False)
        assert result.exception is None, result.exception
        self.record: dict[str, Any] = json.loads(result.stdout)
        assert self.record["status"] == "completed", self.record
        self.node = json.loads(out.read_bytes())
        self.page = page.read_text(encoding="utf-8")
        self.junit = ElementTree.parse(junit).getroot()
        self.err = result.stderr

    @property
    def statuses(self) -> list[str]:
        return [stage["status"] for stage in self.record["stages"]]

    def tracked(self) -> Any:
        store = Project.find(self.folder).store()
        return store.client(), store.client().get_run(self.record["run_id"])


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> list[Ran]:
    folder = tmp_path_factory.mktemp("restored")
    (folder / "pyproject.toml").touch()
    (folder / "out").mkdir()
    write_notebook(folder / "nb.ipynb", CELLS)
    first = Ran(folder, "first", "--register", "clf")
    second = Ran(folder, "second", "--register", "clf")
    third = Ran(folder, "third", "-p", "strength", "2.0", "--register", "clf")
    return [first, second, third]


@GROUP
def test_the_record_says_what_was_restored_from_which_run(ran: list[Ran]) -> None:
    first, second, third = ran
    assert first.statuses == ["completed"] * 3
    assert second.statuses == ["restored"] * 3
    assert third.statuses == ["restored", "completed", "restored"]
    origins = [stage["restored"]["run_id"] for stage in second.record["stages"]]
    assert origins == [first.record["run_id"]] * 3
    assert second.record["restored"]["cells"] == second.record["restored"]["of"]
    assert second.record["restored"]["seconds"] > 0
    assert second.record["metrics"] == first.record["metrics"] == {"score": 1.0, "curve": 3.0}


@GROUP
def test_the_executed_notebook_shows_what_a_run_would_have_shown(ran: list[Ran]) -> None:
    first, second, _ = ran
    for before, after in zip(first.node["cells"], second.node["cells"], strict=True):
        assert after["execution_count"] == before["execution_count"]
        assert after["metadata"]["mlops_nb"]["status"] == "restored"
        assert after["metadata"]["mlops_nb"]["reason"]
        shown = [o for o in after["outputs"] if o["output_type"] != "display_data"]
        assert shown == [o for o in before["outputs"] if o["output_type"] != "display_data"]


@GROUP
def test_reports_tell_restored_stages(ran: list[Ran]) -> None:
    first, second, _ = ran
    properties = {p.get("name"): p.get("value") for p in second.junit.iter("property")}
    assert str(properties["restored.train"]).startswith(f"run {first.record['run_id']}")
    assert not list(second.junit.iter("skipped"))
    assert "3 of 3 stages restored" in second.page
    assert '<span class="mnb-restored">restored</span>' in second.page


@GROUP
def test_mlflow_has_metrics_tags_and_the_model_of_restored_stages(ran: list[Ran]) -> None:
    first, second, _ = ran
    client, found = second.tracked()
    assert found.data.metrics == {"score": 1.0, "curve": 3.0}
    curves = [
        [(point.step, point.value) for point in client.get_metric_history(run_id, "curve")]
        for run_id in (first.record["run_id"], second.record["run_id"])
    ]
    assert curves[0] == curves[1]
    assert (2, 3.0) in curves[0]
    told = json.loads(found.data.tags["mlops_nb.restored"])
    assert told == dict.fromkeys(["load", "train", "tell"], first.record["run_id"])
    children = client.search_runs(
        [found.info.experiment_id],
        filter_string=f"tags.`mlflow.parentRunId` = '{second.record['run_id']}'",
    )
    assert len(children) == 0
    outputs = [model.model_id for model in found.outputs.model_outputs]
    assert [f"models:/{ident}" for ident in outputs] == [first.record["model"]["uri"]]


@GROUP
def test_a_restored_model_is_used_by_reference_and_registered_once(ran: list[Ran]) -> None:
    first, second, third = ran
    assert second.record["model"] == first.record["model"]
    assert "Version 1 of 'clf' is this model already; none was added." in second.record["notes"]
    assert third.record["model"]["version"] == 2
    assert third.record["model"]["uri"] != first.record["model"]["uri"]


@GROUP
def test_a_model_whose_files_are_gone_is_packaged_again(ran: list[Ran]) -> None:
    client, _ = ran[0].tracked()
    location = client.get_logged_model(
        ran[0].record["model"]["uri"].removeprefix("models:/")
    ).artifact_location
    (Path(location.removeprefix("file://")) / "MLmodel").unlink()
    again = Ran(ran[0].folder, "again", "--register", "clf")
    assert again.statuses == ["restored"] * 3
    assert again.record["model"]["uri"] != ran[0].record["model"]["uri"]
    assert again.record["model"]["version"] == 3


@GROUP
def test_runs_show_lists_restored_stages(ran: list[Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ran[0].folder)
    shown = CliRunner().invoke(runs, ["show", ran[1].record["run_id"]])
    assert f"train  restored from {ran[0].record['run_id'][:8]}" in shown.stdout


@GROUP
def test_a_run_with_a_model_does_not_rest_on_one_that_kept_none(ran: list[Ran]) -> None:
    untracked = Ran(ran[0].folder, "untracked", "--no-track", "-p", "strength", "3.0")
    assert untracked.record["model"] is None
    tracked = Ran(ran[0].folder, "tracked", "-p", "strength", "3.0")
    assert tracked.statuses == ["restored", "completed", "restored"]
    assert tracked.record["model"] is not None


@GROUP
def test_the_summary_says_how_much_was_restored_and_follow_shows_it(ran: list[Ran]) -> None:
    arguments = [str(ran[0].folder / "nb.ipynb"), str(ran[0].folder / "out" / "last.ipynb")]
    result = CliRunner().invoke(run, [*arguments, "--no-track", "--follow"])
    assert "cache    3 of 3 stages restored" in result.stdout
    assert "loaded\n" in result.stdout


@GROUP
def test_a_cell_that_runs_updates_what_a_restored_one_shows(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    shown = []
    for text in ("first", "second", "second"):
        cells = [
            "from IPython.display import display",
            "# mlops: stage show\nplace = display('empty', display_id=True)",
            f"# mlops: stage update\nplace.update('{text}')",
        ]
        write_notebook(tmp_path / "nb.ipynb", cells)
        mlops_nb.run(tmp_path / "nb.ipynb", tmp_path / "out.ipynb", track=False)
        node = json.loads((tmp_path / "out.ipynb").read_bytes())
        data = node["cells"][1]["outputs"][0]["data"]["text/plain"]
        shown.append(("".join(data), node["cells"][1]["metadata"]["mlops_nb"]["status"]))
    assert shown == [
        ("'first'", "completed"), ("'second'", "restored"), ("'second'", "restored")
    ]  # fmt: skip
