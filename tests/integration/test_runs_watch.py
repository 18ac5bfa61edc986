"""A run of another process is shown as it goes, in whichever folder of the project one asks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import code, write_notebook

from mlops_nb.project.roots import Layout
from mlops_nb.tracking.sheets import read_sheets

# Waits for the test, not for the clock.
WAIT = "import pathlib, time\nwhile not pathlib.Path('go').exists():\n    time.sleep(0.05)"
CELLS = [
    code("n = 1", "parameters"),
    f"# mlops: stage load\nprint('before', flush=True)\n{WAIT}\nprint('after')",
    "# mlops: stage train\nraise ValueError(f'{n} rows')",
]


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mlops_nb", *arguments]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def lines_until(process: subprocess.Popen[str], wanted: str) -> list[str]:
    """Return the lines a process prints up to the one that has `wanted`."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if wanted in line:
            return lines
    pytest.fail(f"{wanted!r} is not in {lines}")


def wait_for_sheet(project: Path) -> None:
    """Wait until something says that a run goes on."""
    until = time.monotonic() + 200
    while not read_sheets(Layout(root=project).running):
        assert time.monotonic() < until, "nothing says that the run goes on"
        time.sleep(0.02)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    write_notebook(tmp_path / "nb.ipynb", CELLS)
    return tmp_path


@pytest.fixture
def run(project: Path) -> Iterator[subprocess.Popen[str]]:
    process = start(project, "run", "nb.ipynb", "out.ipynb", "--no-track", "-q", "-p", "n", "2")
    wait_for_sheet(project)  # who watches waits for a moment only
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_outputs_come_as_they_are_made_and_the_end_has_the_runs_exit_code(
    project: Path, run: subprocess.Popen[str]
) -> None:
    watch = start(project / "deep" / "er", "runs", "watch")
    begun = lines_until(watch, "before")
    assert begun[0].startswith("nb.ipynb, started ")
    assert begun[-2:] == ["── stage load, cell 1 ──", "before"]

    (project / "go").touch()
    rest, _ = watch.communicate(timeout=60)
    lines = rest.splitlines()

    assert lines[0] == "after"
    assert lines[1].startswith("stage load · ")
    assert lines[2].startswith("[2/3] stage load: cell 1 … ")
    assert any("[3/3] stage train: cell 2 … failed after " in line for line in lines)
    assert lines[-1] == "MNB410 nb.ipynb, cell 2, stage 'train': ValueError: 2 rows"
    assert (watch.returncode, run.wait(60)) == (1, 1)


def test_as_json_there_is_an_event_a_line(project: Path, run: subprocess.Popen[str]) -> None:
    watch = start(project, "runs", "watch", "nb", "--json")
    told = lines_until(watch, "before")
    (project / "go").touch()
    told += watch.communicate(timeout=60)[0].splitlines()
    events = [json.loads(line) for line in told]

    assert events[0]["event"] == "run"
    assert events[-1]["event"] == "run_finished"
    assert events[-1]["run"]["error"]["message"] == "ValueError: 2 rows"
    texts = [event["text"] for event in events if event["event"] == "output"]
    assert "".join(texts).startswith("before\nafter\n")
    assert watch.returncode == 1


def test_who_stops_watching_leaves_the_run_alone(project: Path, run: subprocess.Popen[str]) -> None:
    watch = start(project, "runs", "watch")
    lines_until(watch, "before")
    watch.send_signal(signal.SIGINT)
    watch.communicate(timeout=60)

    assert watch.returncode == 130
    assert run.poll() is None


def test_a_run_whose_process_was_killed_is_said_to_be_so(
    project: Path, run: subprocess.Popen[str]
) -> None:
    watch = start(project, "runs", "watch")
    lines_until(watch, "before")
    os.kill(run.pid, signal.SIGKILL)
    run.wait(60)
    rest, _ = watch.communicate(timeout=60)

    assert f"The process of the run ({run.pid}) is gone" in rest
    assert watch.returncode == 5
    assert read_sheets(Layout(root=project).running) == ()


def test_without_a_run_that_goes_on_the_folder_searched_is_named(project: Path) -> None:
    watch = start(project / "deep", "runs", "watch")
    told, _ = watch.communicate(timeout=60)
    assert told.splitlines()[0] == f"MNB514 {project}: no run is going on."
    assert watch.returncode == 2
    assert not (project / ".mlops_nb").exists()


def test_a_run_by_papermill_with_our_engine_is_watched_too(project: Path) -> None:
    command = [sys.executable, "-m", "papermill", "nb.ipynb", "out.ipynb", "--engine", "mlops_nb"]
    runner = subprocess.Popen(command, cwd=project, stderr=subprocess.DEVNULL)
    wait_for_sheet(project)
    watcher = start(project, "runs", "watch", "--json")
    try:
        lines_until(watcher, "before")
        (project / "go").touch()
        told = watcher.communicate(timeout=60)[0].splitlines()
        assert json.loads(told[-1])["status"] == "failed"
        assert runner.wait(timeout=60) == 1
        assert list((project / ".mlops_nb" / "running").glob("*.json")) == []
    finally:
        for process in (runner, watcher):
            process.kill()
            process.communicate()
