"""A notebook is run in four ways: planted faults are found with their causes, others are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from running import code, write_notebook

from mlops_nb.cli.verify import verify
from mlops_nb.project import Project
from mlops_nb.project.prepared import RunOptions
from mlops_nb.project.verified import VerifyReport
from mlops_nb.project.verifying import verify_notebook

pytestmark = pytest.mark.xdist_group("verify")


def _verify(folder: Path, *cells: Any, **options: Any) -> VerifyReport:
    (folder / ".git").mkdir()
    path = write_notebook(folder / "nb.ipynb", cells)
    return verify_notebook(Project.find(path), path, options=RunOptions(**options))


def test_planted_faults_are_found_with_their_causes(tmp_path: Path) -> None:
    report = _verify(
        tmp_path,
        "import numpy as np",
        "# mlops: stage draw --cache\nx = np.random.rand(3)",
        "# mlops: stage order\nwords = list({'apple', 'pear', 'fig', 'plum', 'kiwi', 'lime'})\n"
        "import os\nmode = os.environ.get('HOME'), os.environ.get('NOT_SET')\n"
        "noise = np.random.rand(2)",
        "# mlops: stage log --metrics m\nwith open('log.txt', 'a') as f:\n    f.write(words[0])\n"
        "m = 1\nrows = [m]\nview = rows\nview.append(2)",
        "# mlops: stage count\nwith open('log.txt') as f:\n    n = len(f.read())\n"
        "rows.append(3)\nprint(view, object())\nimport builtins\nbuiltins.planted_level = n",
        "# mlops: stage level\nlevel = builtins.planted_level",
    )
    assert report.status == "different"
    found = {
        unit.stage: None if unit.cause is None else unit.cause.word
        for unit in report.units
        if unit.stage
    }
    assert found == {
        "draw": "unseeded randomness",
        "order": "unseeded randomness",
        "log": "files",
        "count": "upstream",
        "level": "hidden state",
    }
    assert [unit.stage for unit in report.units if unit.is_equal] == [None, "draw"]
    subjects = {
        unit.stage: {(d.kind, d.subject, d.passes) for d in unit.differences}
        for unit in report.units
    }
    every = ("isolated", "restored", "another process")
    assert ("value", "noise", every) in subjects["order"]
    assert ("value", "words", every[2:]) in subjects["order"]
    assert ("file", "log.txt", every) in subjects["log"]
    assert not any(subject in ("rows", "view", "m") for _, subject, _ in subjects["count"])
    assert ("ending", "", ("isolated",)) in subjects["level"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", "log.txt", "nb.ipynb"]


def test_a_notebook_without_stages_is_verified_cell_by_cell(tmp_path: Path) -> None:
    report = _verify(
        tmp_path,
        "import sqlite3",
        code("n = 3", "parameters"),
        "con = sqlite3.connect(':memory:')\nrows = list(range(n))",
        "view = rows\nview.append(9)",
        "con.execute('select 1').fetchone(), rows",
        parameters={"n": 4},
    )
    assert report.status == "equal"
    assert [unit.label for unit in report.units] == [f"cell {index}" for index in range(5)]
    assert report.units[2].unverified.keys() == {"con"}
    told = " ".join(report.notes)
    assert "has no stages" in told
    assert "cells 2 to 4 ran in one kernel" in told
    restored = next(seen for seen in report.passes if seen.name == "restored")
    assert restored.cells[3].status == "restored"


def test_a_notebook_that_only_ran_out_of_order_is_told_so(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "nb.ipynb", ["print(total)", "total = 3"])
    result = CliRunner().invoke(verify, [str(path), "--json", "-q"], standalone_mode=False)
    assert result.return_value == 1
    told = json.loads(result.stdout)
    assert (told["status"], told["error"]["cell"]) == ("failed", 0)
    assert "'total' is bound in cell 1" in told["notes"][0]


def test_ways_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    path = write_notebook(tmp_path / "nb.ipynb", ["# mlops: stage a\nx = 1"])
    asked = [str(path), "-q", "--json", "--skip", "isolated", "--skip", "seed"]
    result = CliRunner().invoke(verify, asked, standalone_mode=False)
    assert result.return_value == 0
    told = json.loads(result.stdout)
    assert [seen["name"] for seen in told["passes"]] == ["one kernel", "restored"]
    assert told["passes"][1]["restored"] == 1
