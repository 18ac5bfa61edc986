"""`mlops-nb tag`: by hand, by a suggestion, in a conversation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlops_nb.cli import tag as tag_module
from mlops_nb.cli.tag import tag
from mlops_nb.errors import InputError
from mlops_nb.project import read_pipeline

SOURCES = (
    "import pandas as pd\nfrom sklearn.svm import SVC",
    "rows = 20",
    "X = pd.read_csv('a.csv').head(rows)",
    "m = SVC().fit(X, X.y)\nacc = m.score(X, X.y)",
    "print(acc)",
)


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    cells = [
        {"cell_type": "code", "metadata": {}, "source": s, "outputs": [], "execution_count": None}
        for s in SOURCES
    ]
    node = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    path = tmp_path / "churn.ipynb"
    path.write_text(json.dumps(node, indent=1))
    return path


def ran(*arguments: object, typed: str | None = None) -> Any:
    result = CliRunner().invoke(tag, [str(a) for a in arguments], input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def stages(notebook: Path) -> dict[str, tuple[int, ...]]:
    return {stage.name: stage.cells for stage in read_pipeline(notebook).stages}


def test_a_suggestion_is_shown_and_not_written(notebook: Path):
    before = notebook.read_bytes()
    result = ran(notebook, "--suggest")
    assert "load                     cells 2  (features, load)" in result.stdout
    assert "train                    cells 3  --metrics acc --model m --example X" in result.stdout
    assert "tag parameters           cell 1" in result.stdout
    assert "+tags: stage:train" in result.stdout
    assert "--yes accepts" in result.stderr
    assert notebook.read_bytes() == before


@pytest.mark.parametrize("carrier", ["tag", "metadata", "comment", "magic"])
def test_yes_writes_what_a_run_takes(notebook: Path, carrier: str):
    result = ran(notebook, "--suggest", "--yes", "--carrier", carrier)
    assert ("%load_ext mlops_nb" in result.stderr) == (carrier == "magic")
    pipeline = read_pipeline(notebook)
    assert stages(notebook) == {"load": (2,), "train": (3,)}
    assert pipeline.stages[1].options.metrics == ("acc",)
    assert [d for d in pipeline.diagnostics if d.severity == "error"] == []
    once = notebook.read_bytes()
    assert "No stages to suggest" in ran(notebook, "--suggest", "--yes").stdout
    assert notebook.read_bytes() == once


def test_past_runs_say_what_takes_long(notebook: Path):
    runs = notebook.parent / ".mlops_nb" / "record" / "runs"
    runs.mkdir(parents=True)
    node = json.loads(notebook.read_text())
    node["cells"][2]["metadata"] = {"papermill": {"duration": 3.0}}
    (runs / "20261121-120000-abcdef-churn.ipynb").write_text(json.dumps(node))
    (runs / "20261121-120001-abcdef-churn.ipynb").write_text("{")
    (runs / "20261121-120002-abcdef-other-churn.ipynb").write_text("{}")
    said = json.loads(ran(notebook, "--suggest", "--json").stdout)
    assert [stage["seconds"] for stage in said["stages"]] == [3.0, None]
    assert said["tags"] == [
        {"cell": 1, "tag": "parameters", "reason": "plain values that stages read"}
    ]
    assert (said["schema"], said["output"], said["errors"]) == (1, None, [])


@pytest.mark.parametrize(
    ("typed", "found", "tagged"),
    [
        ("y\ny\ny\n", {"load": (2,), "train": (3,)}, True),
        ("a\n", {"load": (2,), "train": (3,)}, True),
        ("n\nr\n2x\nfit-it\nn\n", {"fit-it": (3,)}, False),
        ("r\ntrain\ny\nother\nq\n", {"train": (2,), "other": (3,)}, False),
        ("q\n", {}, False),
    ],
)
def test_each_stage_is_accepted_renamed_or_skipped(
    notebook: Path, monkeypatch: pytest.MonkeyPatch, typed: str, found: Any, tagged: bool
):
    monkeypatch.setattr(tag_module, "_is_conversation", lambda: True)
    ran(notebook, "--suggest", typed=typed)
    assert stages(notebook) == found
    assert (b'"parameters"' in notebook.read_bytes()) == tagged


def test_cells_are_tagged_by_hand(notebook: Path, tmp_path: Path):
    out = tmp_path / "o.ipynb"
    ran(notebook, "2-3", "--stage", "train --metrics acc --timeout 5m", "-o", out)
    assert stages(notebook) == {}
    assert stages(out) == {"train": (2, 3)}
    assert read_pipeline(out).stages[0].options.timeout_s == 300.0
    ran(out, "3", "--as", "skip")
    ran(out, "2", "--remove")
    assert json.loads(out.read_text())["cells"][2]["metadata"] == {}
    assert json.loads(out.read_text())["cells"][3]["metadata"] == {"tags": ["skip"]}


def test_an_error_that_a_tag_makes_is_told(notebook: Path):
    result = ran(notebook, "2", "3", "--stage", "a", "--dry-run")
    assert result.stderr == "Nothing written.\n"
    result = ran(notebook, "2", "4", "--stage", "a")
    assert "MNB205 cell 4" in result.stderr
    assert stages(notebook) == {"a": (2, 4)}


def test_tags_of_kales_are_for_migrate(notebook: Path):
    node = json.loads(notebook.read_text())
    node["cells"][2]["metadata"] = {"tags": ["step:load"]}
    notebook.write_text(json.dumps(node))
    assert "it is tagged for Kale; mlops-nb migrate" in ran(notebook, "--suggest").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--suggest", "--remove"),
        ("3", "--suggest"),
        ("--stage", "a"),
        ("3", "--as", "stage"),
    ],
)
def test_contradictions_are_usage_errors(notebook: Path, arguments: tuple[str, ...]):
    assert ran(notebook, *arguments).exit_code == 2


def test_a_directive_that_cannot_be_read_is_told(notebook: Path):
    with pytest.raises(InputError, match="MNB211 --stage: there is no option '--modle'"):
        ran(notebook, "3", "--stage", "train --modle m")
    with pytest.raises(InputError, match="MNB210"):
        ran(notebook, "3", "--stage", "3")
