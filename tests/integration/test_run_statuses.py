"""Every cell ends in a status that is true, told alike in the notebook and the record."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from running import code, run_cells, statuses

_C, _N = "completed", "not run"
_ERRORS = ("failed", "expected error", "kernel died", "timeout", "interrupted")


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
    "an exception in a captured cell": Case(
        cells=("%%capture\n1 / 0", "1"),
        run="failed",
        cell_statuses=("failed", _N),
        error="MNB410",
        says="ZeroDivisionError: division by zero",
        cell=0,
    ),
    "an exception in a cell that a cell runs": Case(
        cells=("get_ipython().run_cell('1 / 0')\nprint('on')", "1"),
        run="failed",
        cell_statuses=("failed", _N),
        error="MNB410",
        says="ZeroDivisionError: division by zero",
        cell=0,
    ),
    "an exception in a captured cell that may fail": Case(
        cells=(code("%%capture\n1 / 0", "raises-exception"), "1"),
        run=_C,
        cell_statuses=("expected error", _C),
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
    "exit with a status": Case(
        cells=("1", "exit(3)", "1"),
        run="failed",
        cell_statuses=(_C, "failed", _N),
        error="MNB410",
        says="SystemExit: 3",
        cell=1,
    ),
    "exit that keeps the kernel": Case(cells=("exit(True)", "1"), run=_C, cell_statuses=(_C, _N)),
    "a group of exceptions": Case(
        cells=("raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",),
        run="failed",
        cell_statuses=("failed",),
        error="MNB410",
        says="ExceptionGroup: several (2 sub-exceptions)",
        cell=0,
    ),
    "an exception whose text cannot be had": Case(
        cells=("class E(Exception):\n    def __str__(self): raise TypeError('none')\nraise E",),
        run="failed",
        cell_statuses=("failed",),
        error="MNB410",
        says="none",
        cell=0,
    ),
    "an exception with half a surrogate pair": Case(
        cells=(r"raise ValueError('a\ud800b')",),
        run="failed",
        cell_statuses=("failed",),
        error="MNB410",
        says=r"ValueError: a\ud800b",
        cell=0,
    ),
    "an exception with an escape sequence": Case(
        cells=(r"raise ValueError('\x1b]0;title\x07')",),
        run="failed",
        cell_statuses=("failed",),
        error="MNB410",
        says=r"ValueError: \x1b]0;title\x07",
        cell=0,
    ),
    "an exception that IPython was told not to show": Case(
        cells=("get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)", "1 / 0"),
        run="failed",
        cell_statuses=(_C, "failed"),
        error="MNB410",
        says="ZeroDivisionError: division by zero",
        cell=1,
    ),
    "a value that cannot be shown": Case(
        cells=("class V:\n    def __repr__(self): raise ValueError('no')\nV()",),
        run="failed",
        cell_statuses=("failed",),
        error="MNB410",
        says="ValueError: no",
        cell=0,
    ),
    "a source with a NUL": Case(
        cells=("'a\0b'",),
        run="failed",
        cell_statuses=("failed",),
        error="MNB410",
        says="null bytes",
        cell=0,
    ),
    "memory that a limit refuses": Case(
        cells=(
            "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))",
            "x = bytearray(2**33)",
        ),
        run="failed",
        cell_statuses=(_C, "failed"),
        error="MNB410",
        says="MemoryError",
        cell=1,
    ),
    "a kernel left without its streams": Case(
        cells=("import sys; sys.stdout = sys.stderr = None", "print(1)", "1"),
        run="failed",
        cell_statuses=(_C, "failed", _N),
        error="MNB416",
        says="AttributeError: 'NoneType' object has no attribute 'write'",
        cell=1,
    ),
    "a crash in native code": Case(
        cells=("def f():\n    import ctypes; ctypes.string_at(0)", "f()"),
        run="died",
        cell_statuses=(_C, "kernel died"),
        error="MNB412",
        says="SIGSEGV",
        cell=1,
    ),
    "a kernel that is killed": Case(
        cells=("import os, signal; os.kill(os.getpid(), signal.SIGKILL)",),
        run="died",
        cell_statuses=("kernel died",),
        error="MNB412",
        says="SIGKILL, not for want of memory",
        cell=0,
    ),
    "json, time and open replaced": Case(
        cells=(
            "import json; json.dumps = json.loads = None",
            "import builtins; builtins.print = None",
            "2",
        ),
        run=_C,
        cell_statuses=(_C, _C, _C),
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
    "a stage whose hooks are gone": Case(
        cells=(
            "calls = get_ipython().events.callbacks\n"
            "calls['pre_run_cell'].clear(); calls['post_run_cell'].clear()",
            "# mlops: stage a --metrics acc\nacc = 1",
            "1",
        ),
        run="failed",
        cell_statuses=(_C, "failed", _N),
        error="MNB417",
        says="stage 'a' are not known",
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
    ended = [c for c in outcome.node["cells"] if c["metadata"]["mlops_nb"]["status"] in _ERRORS]
    assert all("error" in [output["output_type"] for output in c["outputs"]] for c in ended)
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


def test_a_crash_in_native_code_tells_the_line_it_happened_in(tmp_path: Path) -> None:
    outcome = run_cells(tmp_path, "import ctypes\n\nctypes.string_at(0)")
    assert outcome.record.error is not None
    assert "string_at" in outcome.record.error.traceback
    assert "a cell, line 3, in <module>" in outcome.record.error.traceback
    assert "ipykernel" not in outcome.record.error.traceback
    assert "line 3" in outcome.node["cells"][0]["outputs"][-1]["traceback"][0]


def test_a_message_of_ten_megabytes_is_whole_in_the_notebook_and_short_elsewhere(
    tmp_path: Path,
) -> None:
    outcome = run_cells(tmp_path, "raise ValueError('x' * 10_000_000)")
    assert outcome.record.error is not None
    assert len(outcome.record.error.message) < 3000
    assert len(outcome.record.error.traceback) < 30_000
    assert len(outcome.node["cells"][0]["outputs"][0]["evalue"]) >= 1_000_000


def test_a_cell_that_awaits_is_interrupted_with_its_traceback(tmp_path: Path) -> None:
    slow = "# mlops: stage a --timeout 2s\nimport asyncio; await asyncio.sleep(600)"
    outcome = run_cells(tmp_path, slow)  # a time of its own: a run's begins with its kernel's start
    shown = [output["ename"] for output in outcome.node["cells"][0]["outputs"]]
    assert shown == ["CancelledError", "TimeoutError"]


def test_a_forked_child_that_says_it_is_done_does_not_end_its_parents_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops_nb.kernels.conversation.SILENCE_S", 0.5)
    fork = "import os, sys, time\nif os.fork() == 0:\n    sys.exit(0)\ntime.sleep(3)\nx = 1"
    outcome = run_cells(tmp_path, fork, "print(x)", timeout_s=60)
    assert statuses(outcome) == [_C, _C]


def test_a_child_that_lives_does_not_hold_up_the_end(tmp_path: Path) -> None:
    outcome = run_cells(tmp_path, "import subprocess; p = subprocess.Popen(['sleep', '600'])")
    assert outcome.record.seconds is not None
    assert outcome.record.status == "completed"


def test_a_run_over_its_time_ends_with_the_users_traceback(tmp_path: Path) -> None:
    cells = ("import time", "while True:\n    time.sleep(0.01)", "1")
    outcome = run_cells(tmp_path, *cells, timeout_s=10.0)  # its kernel starts within it
    assert outcome.record.status == "timeout"
    assert statuses(outcome) == [_C, "timeout", _N]
    outputs = outcome.node["cells"][1]["outputs"]
    assert [output["ename"] for output in outputs] == ["KeyboardInterrupt", "TimeoutError"]
    assert "the run took longer than its timeout of 10 s" in outputs[1]["evalue"]


def test_a_cell_that_ignores_interrupts_is_ended_with_its_kernel(tmp_path: Path) -> None:
    block = "# mlops: stage a --timeout 1s\nimport signal, time\n"
    block += "signal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
    outcome = run_cells(tmp_path, block, "1")
    assert statuses(outcome) == ["timeout", _N]
    assert outcome.record.seconds is not None
    assert outcome.record.seconds < 200  # it was not waited for


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


def test_a_group_of_exceptions_is_told_with_its_traceback(tmp_path: Path) -> None:
    outcome = run_cells(tmp_path, "raise ExceptionGroup('several', [ValueError(1), KeyError(2)])")
    error = outcome.record.error
    assert error is not None
    assert "several" in error.message
    assert "ValueError: 1" in error.traceback
    assert "KeyError: 2" in error.traceback
