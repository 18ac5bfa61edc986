"""Each stage in a kernel of its own: what it is given, what it cannot be given, how it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import code, write_notebook

from mlops_nb.notebook.files import read_cells
from mlops_nb.pipeline.records import RunRecord
from mlops_nb.project import run as run_project

pytestmark = pytest.mark.xdist_group("isolated")


def _run(folder: Path, *cells: Any, **options: Any) -> tuple[RunRecord, list[dict[str, Any]]]:
    """Run a notebook isolated and untracked; return its record and its executed cells."""
    path = write_notebook(folder / "nb.ipynb", cells)
    record = run_project(path, folder / "out.ipynb", isolate=True, track=False, **options)
    return record, list(read_cells(folder / "out.ipynb").node["cells"])


def _texts(cells: list[dict[str, Any]]) -> list[str]:
    return [
        "".join("".join(o["text"]) for o in cell["outputs"] if o["output_type"] == "stream")
        for cell in cells
    ]


def test_stages_get_what_earlier_ones_stored_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    record, cells = _run(
        tmp_path,
        "import os, random\nimport numpy as np",
        code("n = 3", "parameters"),
        "# mlops: stage a\nrows = [n, 2]\nview = rows\nrandom.seed(7)\n"
        "np.set_printoptions(precision=2)",
        "print(os.getpid())",
        "# mlops: stage b --metrics m\nview.append(random.random())\nm = float(len(rows))\n"
        "print(os.getpid())\nprint('rows' in globals(), 'left_over' in globals())\nleft_over = 1",
        "# mlops: stage b\nprint(os.getpid(), left_over)",
        "def unused():\n    return n",
        "# mlops: stage c\nprint(rows[0], len(view), np.array([1 / 3]))",
        parameters={"n": 5},
        cache="off",
    )
    assert record.status == "completed"
    assert record.metrics == {"m": 3.0}
    texts = _texts(cells)
    inline, first, second = texts[4], texts[5].splitlines(), texts[6].split()
    assert inline.strip() != first[0]
    assert first[1] == "True False"
    assert second == [first[0], "1"]
    assert texts[8] == "5 3 [0.33]\n"
    assert not (tmp_path / ".mlops_nb").exists()


def test_what_cannot_be_stored_fails_the_stage_that_needs_it(tmp_path: Path) -> None:
    record, _ = _run(
        tmp_path,
        "import sqlite3",
        "# mlops: stage load\ncon = sqlite3.connect(':memory:')",
        "# mlops: stage other\nx = 1",
        "# mlops: stage count\nn = con.execute('select 1').fetchone()",
    )
    assert record.status == "failed"
    assert record.error is not None
    assert (record.error.code, record.error.cell, record.error.stage) == ("MNB431", 3, "count")
    assert "stage 'load' left: con (sqlite3.Connection)" in record.error.message
    assert [stage.status for stage in record.stages] == ["completed", "completed", "not run"]
    again = run_project(tmp_path / "nb.ipynb", tmp_path / "out.ipynb", track=False)
    assert again.status == "completed"


def test_what_only_running_brings_about_fails_the_stage_after_it(tmp_path: Path) -> None:
    (tmp_path / "counting.py").write_text("n = 0\ndef up():\n    global n\n    n += 1\n")
    record, _ = _run(
        tmp_path,
        "import counting",
        "# mlops: stage a\ncounting.up()",
        "# mlops: stage b\nm = counting.n",
    )
    assert record.error is not None
    assert (record.error.code, record.error.stage) == ("MNB431", "b")
    assert "tag the cell that makes it 'setup'" in record.error.message


def test_stages_are_restored_as_ever_and_a_changed_one_runs_in_its_own_kernel(
    tmp_path: Path,
) -> None:
    cells = [
        "# mlops: stage a\nx = [1]",
        "# mlops: stage b\ny = x + [2]",
        "# mlops: stage c\nz = y",
    ]
    assert [s.action for s in _run(tmp_path, *cells)[0].stages] == ["run", "run", "run"]
    assert [s.action for s in _run(tmp_path, *cells)[0].stages] == ["restore"] * 3
    cells[1] = "# mlops: stage b\ny = x + [3]\nprint(y)"
    record, executed = _run(tmp_path, *cells)
    assert [s.action for s in record.stages] == ["restore", "run", "run"]
    assert _texts(executed)[1] == "[1, 3]\n"


def test_a_kernel_that_dies_and_time_that_is_up_are_told_as_ever(tmp_path: Path) -> None:
    record, _ = _run(
        tmp_path,
        "# mlops: stage a\nx = 1",
        "# mlops: stage b\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    )
    assert (record.status, record.error and record.error.stage) == ("died", "b")
    record, _ = _run(
        tmp_path,
        "# mlops: stage a\nx = 1",
        "# mlops: stage b --timeout 1s\nimport time\ntime.sleep(60)",
    )
    assert (record.status, record.error and record.error.stage) == ("timeout", "b")


def test_history_of_other_kernels_is_not_there(tmp_path: Path) -> None:
    record, _ = _run(tmp_path, "# mlops: stage a\n41", "# mlops: stage b\nx = _ + 1")
    assert record.error is not None
    assert "asks for what cells before it showed, by _" in record.error.message
