"""A process that was stopped is told from one that is busy, and from one that is looked into."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlops_nb.kernels.standstill import Standstill, is_stopped


@pytest.mark.parametrize(
    ("state", "expected"), [("T", True), ("t", False), ("R", False), ("S", False), ("Z", False)]
)
def test_the_state_is_read_behind_the_command(state: str, expected: bool, tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_text(f"7 (a) T (b) {state} 1 7 7 0 -1")
    assert is_stopped(7, proc=tmp_path) is expected


def test_a_real_process_is_stopped_and_goes_on() -> None:
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert not is_stopped(process.pid)
        for signum, expected in ((signal.SIGSTOP, True), (signal.SIGCONT, False)):
            process.send_signal(signum)
            until = time.monotonic() + 30
            while is_stopped(process.pid) is not expected:
                assert time.monotonic() < until
        process.kill()
    assert not is_stopped(process.pid)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The processes that stand still."""
    stopped: set[int] = set()
    monkeypatch.setattr("mlops_nb.kernels.standstill.is_stopped", stopped.__contains__)
    return stopped


def test_only_what_stands_still_for_long_enough_is_given_up(looked_at: set[int]) -> None:
    standstill = Standstill(limit_s=3.0)
    looked_at.add(1)
    assert [standstill.look(1, now=float(second)) for second in range(4)] == [False] * 3 + [True]
    looked_at.clear()
    assert not standstill.look(1, now=4.0)
    looked_at.add(1)
    assert not standstill.look(1, now=5.0)


def test_time_in_which_nobody_looked_does_not_count(looked_at: set[int]) -> None:
    standstill = Standstill(limit_s=3.0)
    looked_at.add(1)
    assert not standstill.look(1, now=0.0)
    assert not standstill.look(1, now=9000.0)
