"""`mlops-nb check`: what is printed, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mlops_nb.cli.check import check

KEY = "gh" + "p_" + "aZ3kQ9mX7pL2vR8tY5wN1cJ6hD4sG0bF7eK2"


def write(path: Path, *sources: str, output: Any = None) -> str:
    """Write a notebook of code cells, the first with `output` as what it displayed."""
    cells = [
        {"cell_type": "code", "metadata": {}, "source": s, "outputs": [], "execution_count": None}
        for s in sources
    ]
    if output is not None:
        data = {"output_type": "display_data", "metadata": {}, "data": output}
        cells[0]["outputs"] = [data]
    node = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(node))
    return str(path)


@pytest.fixture
def notebooks(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "broken.ipynb").write_text('{"cells": [')
    return {
        "clean": write(tmp_path / "clean.ipynb", "x = 1"),
        "likely": write(tmp_path / "likely.ipynb", "x = 1", "password = 'hunter2'"),
        "leak": write(tmp_path / "leak.ipynb", "1", output={"application/json": {"k": KEY}}),
        "unbound": write(tmp_path / "unbound.ipynb", "# mlops: stage a\nprint(nothing)"),
        "broken": str(tmp_path / "broken.ipynb"),
    }


@pytest.mark.parametrize(
    ("names", "code", "told"),
    [
        (["clean"], 0, []),
        (["likely"], 0, ["warning MNB220"]),
        (["leak"], 1, ["error MNB220"]),
        (["unbound", "clean"], 1, ["error MNB203"]),
        (["broken", "leak"], 2, ["error MNB104", "error MNB220"]),
    ],
)
def test_findings_are_printed_and_errors_make_the_exit_code(
    names: list[str], code: int, told: list[str], notebooks: dict[str, str]
) -> None:
    done = CliRunner().invoke(check, [notebooks[name] for name in names], standalone_mode=False)
    assert done.exception is None
    assert done.return_value == code
    heads = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert [" ".join(line.split()[:2]) for line in heads] == told
    assert KEY not in done.output
    assert f"{len(names)} notebook" in done.stderr
    assert ("1 unreadable" in done.stderr) == ("broken" in names)


def test_json_has_a_row_for_each_finding_and_each_file_that_cannot_be_read(
    notebooks: dict[str, str],
) -> None:
    words = ["--json", notebooks["likely"], notebooks["broken"]]
    done = CliRunner().invoke(check, words, standalone_mode=False)
    rows = json.loads(done.stdout)
    fields = {"code", "severity", "cell", "line", "column", "message", "remedy", "notebook"}
    fields |= {"related", "id", "stage", "fix", "file_line"}
    assert all(set(row) == fields for row in rows)
    assert [(row["code"], row["severity"], row["cell"], row["line"]) for row in rows] == [
        ("MNB220", "warning", 1, 1),
        ("MNB104", "error", -1, 0),
    ]
    assert [row["notebook"] for row in rows] == [notebooks["likely"], notebooks["broken"]]


def test_nothing_found_is_an_empty_list(notebooks: dict[str, str]) -> None:
    done = CliRunner().invoke(check, ["-q", "--format", "json", notebooks["clean"]])
    assert json.loads(done.stdout) == []
    assert done.stderr == ""
