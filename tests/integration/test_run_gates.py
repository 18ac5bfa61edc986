"""Gates of runs: where they are written, how they end a run, and where they are told."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from live_kernel import live_kernel
from live_widgets import LiveWidgets
from running import code, write_notebook

from mlops_nb.cli import main
from mlops_nb.notebook.files import read_cells
from mlops_nb.project import Project
from mlops_nb.project.promotions import Promotions

pytestmark = pytest.mark.xdist_group("run gates")

TRAIN = """\
%%mlops_stage train --model clf --eval X,y --metrics accuracy
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(0)
X = pd.DataFrame(rng.normal(size=(200, 2)), columns=["a", "b"])
y = pd.Series((X["a"] + 0.3 * rng.normal(size=200) > 0).astype(int), name="target")
seen = X + 10
clf = LogisticRegression().fit(X, y)
accuracy = clf.score(X, y)
"""
GATES = """\
%mlops_gate accuracy >= 0.8
# mlops: gate size <= 5 MB
# mlops: gate no_row_overlap seen, eval
"""
SETTINGS = """\
[tool.mlops_nb.gates]
"*" = ["clean_run", "accuracy >= 80%"]
churn = "auc >= champion - 0.05 (ci 95%)"
other = "accuracy >= 1"
"""
DECIDED = {
    "accuracy >= 0.8": ("passed", ["churn.ipynb, cell 1", "pyproject.toml [tool.mlops_nb]"]),
    "size <= 5 MB": ("passed", ["churn.ipynb, cell 1"]),
    "no_row_overlap seen, eval": ("passed", ["churn.ipynb, cell 1"]),
    "clean_run": ("passed", ["pyproject.toml [tool.mlops_nb]"]),
    "roc_auc >= champion - 0.05 (ci 95%)": ("skipped", ["pyproject.toml [tool.mlops_nb]"]),
}


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=ana", "-c", "user.email=ana@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Return exit code, record and stderr of ``mlops-nb run … --json``."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["run", *arguments, "--json"])
    told = capsys.readouterr()
    return int(str(ended.value.code)), json.loads(told.out), told.err


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gated")
    (folder / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    path = write_notebook(folder / "churn.ipynb", [code(TRAIN), code(GATES)])
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "churn")
    return path


def test_gates_that_hold_bless_the_version_and_promote_it(
    notebook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code, record, _ = run(capsys, str(notebook), "--register", "churn", "--promote-if-passed")

    assert (exit_code, record["status"]) == (0, "completed"), record
    assert {g["gate"]: (g["verdict"], g["origins"]) for g in record["gates"]} == DECIDED
    assert record["gate_report"]["summary"] == "4 of 5 gates passed, 1 skipped."
    assert record["promotion"]["promoted"]
    client = Project.find(notebook).store().client()
    version = client.get_model_version_by_alias("churn", "champion")
    assert version.tags["mlops_nb.gates"] == "blessed"
    assert client.get_run(record["run_id"]).data.tags["mlops_nb.gates"] == "passed"
    executed = read_cells(record["output"]).node
    assert executed["metadata"]["mlops_nb"]["run"]["promotion"]["version"] == 1
    shown = "".join(executed["cells"][1]["outputs"][0]["data"]["text/plain"])
    assert shown.startswith("Gates passed: churn@1, no champion yet. 3 of 3 gates passed.")


def test_a_plan_lists_the_gates_that_the_run_would_decide(notebook: Path) -> None:
    told = Project.find(notebook).plan(notebook).to_json()["gates"]

    assert told[0] == {
        "gate": "accuracy >= 0.8",
        "origins": ["churn.ipynb, cell 1"],
        "decided_by": "a metric that the run logs",
    }
    assert len(told) == 3


def test_what_only_the_run_could_decide_stands_at_a_later_promotion(notebook: Path) -> None:
    plan = Promotions.find(notebook.parent).plan("churn@1", to="challenger")

    assert plan.report is not None
    assert {one.gate: (one.verdict, one.recorded) for one in plan.report.outcomes} == {
        **dict.fromkeys(DECIDED, ("passed", False)),
        "no_row_overlap seen, eval": ("passed", True),
    }
    assert {one.gate: list(one.origins) for one in plan.report.outcomes} == {
        gate: origins for gate, (_, origins) in DECIDED.items()
    }
    assert (plan.ready, plan.obstacles) == (True, ())


def test_a_gate_that_fails_ends_a_sound_run_with_3_and_is_told_everywhere(
    notebook: Path,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    page = tmp_path / "run.html"
    asked = ("--gate", "accuracy >= 0.999 # hard", "--html", str(page), "--promote-if-passed")

    exit_code, record, told = run(capsys, str(notebook), "--register", "churn", *asked)

    assert record["stages"][0]["action"] == "restore", record["stages"]
    failed = [gate for gate in record["gates"] if gate["verdict"] == "failed"]
    assert (exit_code, record["status"], record["error"]) == (3, "completed", None)
    assert [(g["gate"], g["origins"]) for g in failed] == [("accuracy >= 0.999", ["--gate"])]
    assert record["promotion"]["promoted"] is False
    assert "✗ failed   accuracy >= 0.999" in told
    assert "❌ failed | <code>accuracy &#62;= 0.999</code>" in summary.read_text("utf-8")
    assert "accuracy &gt;= 0.999" in page.read_text("utf-8")
    client = Project.find(notebook).store().client()
    version = client.get_model_version("churn", str(record["model"]["version"]))
    assert version.tags["mlops_nb.gates"] == "not_blessed"


def test_without_registering_gates_are_decided_on_what_the_run_made(notebook: Path) -> None:
    asked = ["auc >= champion", "auc >= 0.9 (scored)", "no_row_overlap X, eval"]
    record = Project.find(notebook).run(notebook, gates=[*asked, "no_row_overlap Z, eval"])

    told = {gate["gate"]: gate["verdict"] for gate in record.gates}
    assert told == {
        "accuracy >= 0.8": "passed",
        "size <= 5 MB": "passed",
        "no_row_overlap seen, eval": "passed",
        "roc_auc >= champion": "skipped",
        "roc_auc >= 0.9 (scored)": "passed",
        "no_row_overlap X, eval": "failed",
        "no_row_overlap Z, eval": "failed",
    }
    assert record.gates[-2]["reason"].startswith("200 of 200 rows of eval are in X")
    assert record.gates[-1]["reason"] == "The run left no 'Z'."
    assert any("without --register nobody knows whose" in note for note in record.notes)


def test_a_run_that_cannot_decide_gates_of_the_notebook_says_so(notebook: Path) -> None:
    record = Project.find(notebook).run(notebook, track=False)

    assert record.gates == ()
    assert "Its 3 gates were not decided: it is not tracked." in record.notes


REFUSED = {
    "no name": (["--promote-if-passed"], "MNB743"),
    "not tracked": (["--no-track", "--gate", "clean_run"], "MNB745"),
    "no gate": (["--gate", "accuracy => 1"], "MNB701"),
    "unknown scorer": (["--gate", "acuracy >= champion"], "MNB702"),
}


@pytest.mark.parametrize(("options", "error"), REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_decided_is_refused_before_anything_runs(
    notebook: Path, capsys: pytest.CaptureFixture[str], options: list[str], error: str
) -> None:
    exit_code, record, told = run(capsys, str(notebook), *options)

    assert (exit_code, record["error"]["code"]) == (2, error)
    assert options[-1] in told or error.startswith("MNB74")


def test_a_promotion_needs_gates_and_a_commit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_notebook(tmp_path / "loose.ipynb", [code(TRAIN)])
    asked = [str(path), "--register", "churn", "--promote-if-passed"]

    codes = [run(capsys, *asked, *more)[:2] for more in ([], ["--gate", "accuracy >= 0.5"])]

    assert [(code, record["error"]["code"]) for code, record in codes] == [
        (2, "MNB744"),
        (2, "MNB747"),
    ]


def test_one_click_in_a_live_notebook_runs_it_gates_it_and_promotes_what_came(
    notebook: Path,
) -> None:
    write_notebook(notebook, [code(TRAIN.replace("Regression()", "Regression(C=2)")), code(GATES)])
    git(notebook.parent, "commit", "-a", "-q", "-m", "less regular")
    environment = {**os.environ, "JPY_SESSION_NAME": str(notebook)}
    with live_kernel(cwd=str(notebook.parent), env=environment) as kernel:
        widgets = LiveWidgets(kernel, "import mlops_nb\nmlops_nb.PromoteWidget('churn')")
        widgets.find_button("Promote churn")  # it was judged
        widgets.press("Run headless, gate, promote")
        widgets.press("Yes, do it")
        told = widgets.read(" is champion now")

    promotions = Promotions.find(notebook.parent)
    (newest, *_) = promotions.registry.versions("churn")
    assert f"{newest.label} is champion now" in told
    assert promotions.registry.alias("churn", "champion") == newest.version
    made_by = promotions.registry.run(newest.run_id or "")
    assert made_by is not None
    assert made_by.tags["mlops_nb.door"] == "headless"
    (*_, last) = promotions.history("churn").events
    assert (last.entry.kind, last.entry.after, last.entry.forced) == (
        "promote",
        newest.version,
        (),
    )
