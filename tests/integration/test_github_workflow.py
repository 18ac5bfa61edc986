"""The workflow that ``convert --to github`` writes does its job in a clean checkout.

GitHub's part is played here: a fresh clone, the environment of each step with its expressions put
in, ``bash`` as GitHub calls it, steps in order, ``if: always()`` honoured. The install step runs as
it is written, with pip cut off from every index: it passes only where each requirement it names is
already met, so what a clean machine would fetch is checked without fetching it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

PARAMETERS = "depth: int = 2\nbroken: bool = False"
CELLS = [
    ("parameters", PARAMETERS),
    (
        "",
        "%%mlops_stage ingest\n"
        "from sklearn.datasets import load_iris\n"
        "X, y = load_iris(return_X_y=True, as_frame=True)",
    ),
    (
        "",
        "%%mlops_stage train --model tree --example X\n"
        "from sklearn.tree import DecisionTreeClassifier\n"
        "if broken:\n"
        "    raise ValueError('broken on purpose')\n"
        "tree = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X, y)",
    ),
    ("", "%%mlops_stage score --metrics accuracy\naccuracy = tree.score(X, y)"),
]
NOTEBOOK = "my models/it's ünusual.ipynb"


@dataclass
class Played:
    """What came of playing the steps."""

    failed: str = ""
    log: str = ""
    uploads: dict[str, Path] = field(default_factory=dict)


def _write_notebook(path: Path) -> None:
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {"tags": [tag]} if tag else {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for number, (tag, source) in enumerate([("", "%load_ext mlops_nb"), *CELLS])
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    node = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(node), encoding="utf-8")


def _git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project of somebody's, converted and committed."""
    folder = tmp_path_factory.mktemp("origin")
    _write_notebook(folder / NOTEBOOK)
    (folder / "requirements.txt").write_text("mlops-nb\nscikit-learn\n", encoding="utf-8")
    _git(folder, "init", "-b", "main")
    convert = [sys.executable, "-m", "mlops_nb", "convert", NOTEBOOK, "--to", "github"]
    subprocess.run(
        [*convert, "-p", "depth", "3", "--register", "iris tree"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    _git(folder, "add", "-A")
    _git(folder, "commit", "-m", "a project")
    return folder


def _evaluate(text: str, context: Mapping[str, str]) -> str:
    """Return `text` with its ``${{ }}`` replaced, as far as our workflow uses GitHub's language."""

    def value(match: re.Match[str]) -> str:
        for term in re.split(r"\|\|", match[1]):
            term = term.strip()
            known = term[1:-1].replace("''", "'") if term[0] == "'" else context.get(term, "")
            if known:
                return known
        return ""

    return re.sub(r"\$\{\{((?:'[^']*'|[^'}])*)\}\}", value, text)


def _play(clone: Path, temp: Path, inputs: Mapping[str, str], *, installs: bool = True) -> Played:
    (workflow_file,) = (clone / ".github" / "workflows").iterdir()
    job = yaml.safe_load(workflow_file.read_text(encoding="utf-8"))["jobs"]["run"]
    context = {"runner.temp": str(temp)}
    context |= {f"inputs.{name}": value for name, value in inputs.items()}
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(temp),
        "LANG": "C.UTF-8",
        "RUNNER_TEMP": str(temp),
        "GITHUB_STEP_SUMMARY": str(temp / "summary.md"),
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "CI": "true",
    }
    environment |= {key: _evaluate(str(text), context) for key, text in job["env"].items()}
    played = Played()
    for step in job["steps"]:
        if played.failed and "always()" not in step.get("if", ""):
            continue
        if "pip install" in step.get("run", "") and not installs:
            continue
        if "run" in step:
            own = {key: _evaluate(str(text), context) for key, text in step.get("env", {}).items()}
            _run_step(
                clone / job["defaults"]["run"]["working-directory"], step, played, own | environment
            )
        elif "upload-artifact" in step["uses"]:
            path = Path(_evaluate(step["with"]["path"], context))
            played.uploads[step["with"]["name"]] = clone / path
    return played


def _run_step(
    folder: Path, step: Mapping[str, Any], played: Played, environment: Mapping[str, str]
) -> None:
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=dict(environment),
        text=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    played.log += f"--- {step['name']}: {done.returncode}\n{done.stdout}{done.stderr}\n"
    if done.returncode and not played.failed:
        played.failed = step["name"]


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Path:
    _git(tmp_path, "clone", str(origin), "clone")
    return tmp_path / "clone"


def test_the_steps_leave_report_model_and_summary(clone: Path, tmp_path: Path) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()

    played = _play(clone, temp, inputs={})

    assert not played.failed, played.log
    run = json.loads((played.uploads["report"] / "run.json").read_text(encoding="utf-8"))
    assert run["status"] == "completed"
    assert run["parameters"] == {"depth": 3, "broken": False}
    assert run["model"]["name"] == "iris tree"
    assert (played.uploads["report"] / "executed.ipynb").is_file()
    page = (played.uploads["report"] / "executed.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy" in page
    assert (played.uploads["report"] / "junit.xml").is_file()
    assert played.uploads["record"].is_dir()
    summary = (temp / "summary.md").read_text(encoding="utf-8")
    assert "| accuracy |" in summary
    assert "```mermaid\nflowchart LR" in summary
    _assert_model_predicts(played.uploads["model"])


def test_inputs_of_the_person_who_starts_it_win(clone: Path, tmp_path: Path) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()

    # What is installed is the same, and takes pip half a minute to find.
    played = _play(clone, temp, inputs={"depth": "1", "broken": "true"}, installs=False)

    assert played.failed == "Run the notebook"
    run = json.loads((played.uploads["report"] / "run.json").read_text(encoding="utf-8"))
    assert run["status"] == "failed"
    assert run["parameters"] == {"depth": 1, "broken": True}
    assert (played.uploads["report"] / "executed.html").is_file()
    assert "broken on purpose" in (temp / "summary.md").read_text(encoding="utf-8")
    assert "model" not in played.uploads


def _assert_model_predicts(folder: Path) -> None:
    """Load the kept files by MLflow's own means in a process that knows nothing of the project."""
    script = (
        "import sys, mlflow, pandas as pd\n"
        "from sklearn.datasets import load_iris\n"
        "X = load_iris(as_frame=True).data\n"
        "print(len(mlflow.pyfunc.load_model(sys.argv[1]).predict(X)))\n"
    )
    (model_file,) = folder.rglob("MLmodel")
    done = subprocess.run(
        [sys.executable, "-c", script, str(model_file.parent)],
        cwd=folder,
        env={**os.environ, "MLFLOW_TRACKING_URI": (folder / "nowhere").as_uri()},
        text=True,
        capture_output=True,
    )
    assert done.stdout.strip().endswith("150"), done.stderr
