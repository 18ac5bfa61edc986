"""A run that is stopped, or loses its kernel or runner, leaves a true notebook and no kernel."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

_SLEEPING = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(600)"
_STUBBORN = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + _SLEEPING


@dataclass(frozen=True, kw_only=True)
class Case:
    signals: tuple[int, ...]
    source: str
    exit_code: int
    status: str
    cell: str
    to_kernel: bool = False


CASES = {
    "ctrl-c": Case(
        signals=(signal.SIGINT,),
        source=_SLEEPING,
        exit_code=130,
        status="interrupted",
        cell="interrupted",
    ),
    "ctrl-c twice, as the cell does not listen": Case(
        signals=(signal.SIGINT, signal.SIGINT),
        source=_STUBBORN,
        exit_code=130,
        status="interrupted",
        cell="interrupted",
    ),
    "terminated": Case(
        signals=(signal.SIGTERM,),
        source=_SLEEPING,
        exit_code=143,
        status="terminated",
        cell="interrupted",
    ),
    "the terminal is closed": Case(
        signals=(signal.SIGHUP,),
        source=_SLEEPING,
        exit_code=143,
        status="terminated",
        cell="interrupted",
    ),
    "the kernel is killed": Case(
        signals=(signal.SIGKILL,),
        source=_SLEEPING,
        exit_code=5,
        status="died",
        cell="kernel died",
        to_kernel=True,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_run_that_is_stopped_says_so(case: Case, tmp_path: Path) -> None:
    runner, kernel = _start(tmp_path, case.source)
    for number, signum in enumerate(case.signals):
        if number:  # two that nobody has heard yet are one
            _wait_for(lambda: not _is_pending(runner.pid))
            time.sleep(0.2)
        os.kill(kernel if case.to_kernel else runner.pid, signum)
    assert runner.wait(timeout=120) == case.exit_code
    node = _saved(tmp_path)
    assert node["metadata"]["mlops_nb"]["run"]["status"] == case.status
    assert _marks(node) == ["completed", case.cell, "not run"]
    assert not psutil.pid_exists(kernel)


def test_a_runner_that_is_killed_leaves_how_far_it_got(tmp_path: Path) -> None:
    runner, kernel = _start(tmp_path, _SLEEPING)
    _wait_for(lambda: _marks(_saved(tmp_path)) == ["completed", "running", "not run"])
    runner.kill()
    runner.wait()
    node = _saved(tmp_path)
    assert node["metadata"]["mlops_nb"]["run"]["status"] == "running"
    assert _marks(node) == ["completed", "running", "not run"]
    _wait_for(lambda: not psutil.pid_exists(kernel))


@pytest.mark.parametrize(
    ("signum", "exit_code", "status"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGKILL, -9, "running"),
    ],
)
def test_a_run_that_is_stopped_while_mlflow_is_waited_for_is_not_called_completed(
    signum: int, exit_code: int, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        source = "import os\nopen('pid', 'w').write(str(os.getpid()))"
        runner, _ = _start(tmp_path, source, track=True)
        _wait_for(lambda: "seconds" in _saved(tmp_path)["metadata"]["mlops_nb"]["run"])
        assert _marks(_saved(tmp_path)) == ["completed"] * 3
        runner.send_signal(signum)
        assert runner.wait(timeout=120) == exit_code
    assert _saved(tmp_path)["metadata"]["mlops_nb"]["run"]["status"] == status


def _start(
    folder: Path, source: str, *, track: bool = False
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a run of three cells, the second of them `source`; return it and the kernel's pid."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{index}",
            "metadata": {},
            "source": text,
            "outputs": [],
            "execution_count": None,
        }
        for index, text in enumerate(["1", source, "2"])
    ]
    (folder / "nb.ipynb").write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    command = [sys.executable, "-m", "mlops_nb", "run", "nb.ipynb", "out.ipynb"]
    if not track:
        command.append("--no-track")
    runner = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _wait_for(lambda: (folder / "pid").exists() and (folder / "pid").read_text() != "")
    return runner, int((folder / "pid").read_text())


def _is_pending(pid: int) -> bool:
    """Return whether a signal was sent to a process and has not reached it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    pending = [line.split() for line in lines if line.startswith(("SigPnd:", "ShdPnd:"))]
    return any(int(mask, 16) for _, mask in pending)


def _wait_for(condition: Any, *, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def _saved(folder: Path) -> dict[str, Any]:
    node: dict[str, Any] = json.loads((folder / "out.ipynb").read_text())
    return node


def _marks(node: dict[str, Any]) -> list[str]:
    return [cell["metadata"]["mlops_nb"]["status"] for cell in node["cells"]]
