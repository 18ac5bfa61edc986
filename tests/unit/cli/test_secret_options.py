"""`--secret` on the command line: also where no run begins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlops_nb.cli import Answered
from mlops_nb.cli.run import run
from mlops_nb.errors import InputError

TOKEN = "tok_48Zq7Lm2Xw8Rt6Y1kP0s"


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TOKEN", TOKEN)
    cell = {
        "cell_type": "code",
        "metadata": {"tags": ["parameters"]},
        "source": f"token = {TOKEN!r}\nrate = 1.0",
        "outputs": [],
        "execution_count": None,
    }
    node = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(node))
    return str(path)


def test_defaults_of_parameters_are_shown_without_secrets(notebook: str) -> None:
    done = CliRunner().invoke(run, [notebook, "--help-parameters", "--secret", "TOKEN"])
    assert done.exit_code == 0
    assert "'***'" in done.stdout
    assert "1.0" in done.stdout


def test_a_long_default_is_cut_in_the_table_and_never_within_a_secret(notebook: str) -> None:
    node = json.loads(Path(notebook).read_text())
    node["cells"][0]["source"] = f"token = {'x' * 45 + TOKEN + 'y' * 500!r}"
    Path(notebook).write_text(json.dumps(node))
    done = CliRunner().invoke(run, [notebook, "--help-parameters", "--secret", "TOKEN"])
    row = done.stdout.splitlines()[1]
    assert row.endswith("***yyyyyyyyyy…")
    assert len(row) < 100


def test_an_error_in_a_file_of_parameters_shows_no_secret(notebook: str, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(f"token: '{TOKEN}\nrate: [1")
    done = CliRunner().invoke(run, [notebook, "-f", str(values), "--secret", "TOKEN"])
    assert isinstance(done.exception, Answered)
    assert isinstance(done.exception.cause, InputError)
    assert done.exception.cause.code == "MNB307"
    assert TOKEN not in str(done.exception)
