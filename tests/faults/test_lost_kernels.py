"""A kernel that lives and will never answer is found; one that works in silence is left alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))
from running import run_cells, statuses

from mlops_nb.kernels import doubt, launch
from mlops_nb.kernels.standstill import Standstill

_BROKEN = {
    "no modules": "import sys; sys.modules.clear()",
    "no import": "import builtins; builtins.__import__ = None",
    "no ZeroMQ": "import zmq; zmq.Socket.send_multipart = zmq.Socket.recv_multipart = None",
    "no session": "get_ipython().kernel.session = None",
    "no publisher": "get_ipython().kernel.iopub_socket.close()",
}
_SILENT = {
    "native code with Python's lock": "import ctypes; ctypes.PyDLL(None).usleep(1_500_000)",
    "native code without it": "import time; time.sleep(1.5)",
    "a cell that awaits": "import asyncio; await asyncio.sleep(1.5)",
    "a child that is waited for": "import subprocess; subprocess.run(['sleep', '1.5'])",
    "a task that blocks the next cell": (
        "import asyncio, time\n"
        "asyncio.get_running_loop().call_later(0.1, lambda: time.sleep(1.5))\n"
        "await asyncio.sleep(0.05)"
    ),
    "a thread that computes": (
        "import threading, time\n"
        "until = time.monotonic() + 1.5\n"
        "def work():\n    while time.monotonic() < until: pass\n"
        "thread = threading.Thread(target=work); thread.start(); thread.join()"
    ),
    "the modules of others": "import sys; del sys.modules['asyncio'], sys.modules['json']",
}


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubt, "SILENCE_S", 0.3)
    monkeypatch.setattr(doubt, "CERTAIN_S", {b"idle": 0.3, b"gone": 0.3, b"waits": 2.0})
    monkeypatch.setattr(doubt, "_LOOK_S", 0.1)


@pytest.mark.parametrize("source", _BROKEN.values(), ids=_BROKEN)
def test_a_kernel_that_will_never_answer_is_found(source: str, tmp_path: Path) -> None:
    outcome = run_cells(tmp_path, "1", source, "print(2)")
    assert (outcome.record.status, statuses(outcome)) == (
        "failed",
        ["completed", "failed", "not run"],
    )
    error = outcome.record.error
    assert error is not None
    assert (error.code, error.cell) == ("MNB416", 1)
    assert "gave no reply" in error.message


@pytest.mark.parametrize("source", _SILENT.values(), ids=_SILENT)
def test_a_kernel_that_works_in_silence_is_left_alone(source: str, tmp_path: Path) -> None:
    outcome = run_cells(tmp_path, source, "1")
    assert outcome.record.error is None
    assert statuses(outcome) == ["completed", "completed"]


def test_a_file_that_took_the_place_of_the_line_is_not_touched(tmp_path: Path) -> None:
    take = (
        "import os\n"
        "pipes = [fd for fd in map(int, os.listdir('/proc/self/fd'))\n"
        "         if 'witness' in os.path.realpath(f'/proc/self/fd/{fd}')]\n"
        "for fd in pipes:\n"
        "    mine = os.open('mine', os.O_RDWR | os.O_CREAT); os.dup2(mine, fd)\n"
        "os.pwrite(pipes[0], b'data', 0)\n"
        "import time; time.sleep(1.5)\n"
        "print(len(pipes), open('mine').read())"
    )
    outcome = run_cells(tmp_path, take)
    assert outcome.node["cells"][0]["outputs"][0]["text"] == "2 data\n"


def test_a_kernel_that_was_stopped_and_not_continued_is_ended_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "Standstill", lambda: Standstill(limit_s=0.5))
    stop = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"
    outcome = run_cells(tmp_path, "1", stop, "2")
    assert statuses(outcome) == ["completed", "kernel died", "not run"]
    error = outcome.record.error
    assert error is not None
    assert (outcome.record.status, error.code) == ("died", "MNB412")
    assert "was stopped (SIGSTOP), not continued for 0 min, and ended" in error.message


def test_a_kernel_that_is_continued_in_time_goes_on(tmp_path: Path) -> None:
    pause = (
        "import os, signal, subprocess\n"
        "state = f'/proc/{os.getpid()}/stat'\n"
        "wait = f'until grep -q \") T \" {state}; do sleep 0.05; done; sleep 0.7'\n"
        "subprocess.Popen(['sh', '-c', f'{wait}; kill -CONT {os.getpid()}'])\n"
        "os.kill(os.getpid(), signal.SIGSTOP)"
    )
    assert statuses(run_cells(tmp_path, pause, "2")) == ["completed", "completed"]
