"""Every cell ends in a status that is true, told alike in the notebook and the record."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from running import code, run_cells, statuses

_C, _N = "completed", "not run"


@dataclass(frozen=True, kw_only=True)
class Case:
    cells: tuple[str | dict[str, Any], ...]
    run: str
    cell_statuses: tuple[str, ...]
    error: str | None = None
    says: str = ""
    cell: int | None = None


CASES = {
    "nothing is wrong": Case(cells=("x = 1", "", "x"), run=_C, cell_statuses=(_C, _C, _C)),
    "an exception": Case(
        cells=("x = 1", "1 / 0", "x"),
        run="failed",
        cell_statuses=(_C, "failed", _N),
        error="MNB410",
        says="ZeroDivisionError: division by zero",
        cell=1,
    ),
    "a magic that does not exist": Case(
        cells=("%nosuchmagic", "1"),
        run="failed",
        cell_statuses=("failed", _N),
        error="MNB410",
        says="nosuchmagic",
        cell=0,
    ),
    "an exception that is expected": Case(
        cells=(code("1 / 0", "raises-exception"), "1"),
        run=_C,
        cell_statuses=("expected error", _C),
    ),
    "no exception where one may be": Case(
        cells=(code("1", "raises-exception"),), run=_C, cell_statuses=(_C,)
    ),
    "tags that skip": Case(
        cells=(code("1 / 0", "skip"), code("1 / 0", "skip-execution"), "1"),
        run=_C,
        cell_statuses=("skipped", "skipped", _C),
    ),
    "exit status 0": Case(
        cells=("1", "import sys; sys.exit(0)", "1"), run=_C, cell_statuses=(_C, _C, _N)
    ),
    "quit": Case(cells=("1", "quit()", "1"), run=_C, cell_statuses=(_C, _C, _N)),
    "exit status 3": Case(
        cells=("import sys; sys.exit(3)", "1"),
        run="failed",
        cell_statuses=("failed", _N),
        error="MNB410",
        says="SystemExit: 3",
        cell=0,
    ),
    "input": Case(
        cells=("input('?')",),
        run="failed",
        cell_statuses=("failed",),
        error="MNB410",
        says="pass the value as a parameter",
        cell=0,
    ),
    "the kernel exits": Case(
        cells=("1", "import os; os._exit(7)", "1"),
        run="died",
        cell_statuses=(_C, "kernel died", _N),
        error="MNB412",
        says="status 7",
        cell=1,
    ),
    "a stage without its metric": Case(
        cells=("# mlops: stage a --metrics acc\nx = 1", "1"),
        run="failed",
        cell_statuses=("failed", _N),
        error="MNB451",
        says="'--metrics acc'",
        cell=0,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_cell_ends_as_it_did_and_everything_says_so(case: Case, tmp_path: Path) -> None:
    outcome = run_cells(tmp_path, *case.cells)
    assert (outcome.record.status, tuple(statuses(outcome))) == (case.run, case.cell_statuses)
    error = outcome.record.error
    assert (None if error is None else (error.code, error.cell)) == (
        None if case.error is None else (case.error, case.cell)
    )
    assert error is None or case.says in error.message
    saved = json.loads((tmp_path / "out.ipynb").read_text())
    assert saved["metadata"]["mlops_nb"]["run"] == outcome.record.to_json()
    assert saved["metadata"]["mlops_nb"]["run"]["status"] == case.run
    assert outcome.record.notes == ()


def test_papermills_field_says_completed_of_nothing_that_did_not_complete(tmp_path: Path) -> None:
    outcome = run_cells(tmp_path, "1", code("1", "skip"), "import os; os._exit(1)", "1")
    words = [cell["metadata"]["papermill"]["status"] for cell in outcome.node["cells"]]
    assert words == ["completed", "pending", "failed", "pending"]


def test_what_ended_a_cell_stands_among_its_outputs(tmp_path: Path) -> None:
    dying = "print('before', flush=True)\nimport os, time; time.sleep(0.5); os.kill(os.getpid(), 9)"
    outcome = run_cells(tmp_path, dying)
    outputs = outcome.node["cells"][0]["outputs"]
    assert [output["output_type"] for output in outputs] == ["stream", "error"]
    assert "SIGKILL" in outputs[1]["evalue"]


def test_a_run_over_its_time_ends_with_the_users_traceback(tmp_path: Path) -> None:
    cells = ("import time", "while True:\n    time.sleep(0.01)", "1")
    outcome = run_cells(tmp_path, *cells, timeout_s=3.0)
    assert outcome.record.status == "timeout"
    assert statuses(outcome) == [_C, "timeout", _N]
    outputs = outcome.node["cells"][1]["outputs"]
    assert [output["ename"] for output in outputs] == ["KeyboardInterrupt", "TimeoutError"]
    assert "the run took longer than its timeout of 3 s" in outputs[1]["evalue"]


def test_a_cell_that_ignores_interrupts_is_ended_with_its_kernel(tmp_path: Path) -> None:
    block = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)"
    outcome = run_cells(tmp_path, block, "1", timeout_s=3.0)
    assert statuses(outcome) == ["timeout", _N]
    assert outcome.record.seconds is not None
    assert outcome.record.seconds < 20


def test_a_stage_over_its_time_says_whose_time_it_was(tmp_path: Path) -> None:
    slow = "# mlops: stage a --timeout 1s\nimport time\ntime.sleep(60)"
    outcome = run_cells(tmp_path, slow, "1")
    assert outcome.record.error is not None
    assert (outcome.record.error.code, outcome.record.error.stage) == ("MNB411", "a")
    assert "stage 'a' took longer than its timeout of 1 s" in outcome.record.error.message
    assert [(stage.name, stage.status) for stage in outcome.record.stages] == [("a", "timeout")]


def test_marks_and_outputs_of_an_earlier_run_are_gone(tmp_path: Path) -> None:
    first = run_cells(tmp_path, "1 / 0", "print(1)")
    old = [{**cell} for cell in first.node["cells"]]
    old[0]["source"] = "1"
    second = run_cells(tmp_path, *old)
    assert statuses(second) == [_C, _C]
    assert "error" not in second.node["cells"][0]["metadata"]["mlops_nb"]
