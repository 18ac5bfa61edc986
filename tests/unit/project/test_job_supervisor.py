"""What waits for a job: it passes on the wish to stop, keeps the log short, writes how it ended."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlops_nb.project.jobs import supervisor
from mlops_nb.project.jobs.supervisor import Supervisor, write_patiently

_PATIENT = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: None); time.sleep(60)"


@pytest.fixture(autouse=True)
def _signals_are_given_back() -> object:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_BEAT_S", 0.02)


def _run(folder: Path, code: str, **options: float) -> int:
    words = [sys.executable, "-c", code]
    return Supervisor(folder, **options).run(words, cwd=str(folder))


def test_what_a_run_says_is_kept_and_its_code_is_returned(tmp_path: Path) -> None:
    code = "import sys; print('{}'); print('a line', file=sys.stderr); sys.exit(3)"
    assert _run(tmp_path, code) == 3
    assert (tmp_path / "record.json").read_text("utf-8") == "{}\n"
    assert (tmp_path / "log").read_text("utf-8") == "a line\n"
    assert set(json.loads((tmp_path / "process.json").read_text("utf-8"))) == {"supervisor", "run"}


def test_a_job_that_is_cancelled_before_it_is_known_ends(tmp_path: Path) -> None:
    (tmp_path / "cancelled").touch()
    assert _run(tmp_path, "import time; time.sleep(60)") == -signal.SIGTERM


def test_a_run_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    (tmp_path / "cancelled").touch()
    assert _run(tmp_path, _PATIENT, grace_s=0.2) in (-signal.SIGKILL, -signal.SIGTERM)


def test_a_long_log_loses_its_beginning(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "for n in range(400): print(f'line {n:04}', file=sys.stderr, flush=True); time.sleep(.001)"
    )
    assert _run(tmp_path, code, log_bytes=1000) == 0
    kept = (tmp_path / "log").read_text("utf-8")
    base = json.loads((tmp_path / "log.json").read_text("utf-8"))["base"]
    assert kept.endswith("line 0399\n")
    assert base > 1000
    assert len(kept) < 3000


def test_an_ending_that_cannot_be_written_is_tried_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_DISK_PATIENCE_S", 0.1)
    (tmp_path / "exit.draft").mkdir()  # in the way
    begun = time.monotonic()
    write_patiently(tmp_path / "exit.json", {"code": 0})
    assert time.monotonic() - begun >= 0.1
    (tmp_path / "exit.draft").rmdir()
    write_patiently(tmp_path / "exit.json", {"code": 0})
    assert json.loads((tmp_path / "exit.json").read_text("utf-8")) == {"code": 0}


def test_the_process_writes_how_its_run_ended(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "raise SystemExit(5)"]
    command = {"words": words, "cwd": str(tmp_path)}
    (tmp_path / "command.json").write_text(json.dumps(command), "utf-8")
    done = subprocess.run(
        [sys.executable, "-P", "-c", supervisor.COMMAND, str(tmp_path)], check=True
    )
    assert done.returncode == 0
    assert json.loads((tmp_path / "exit.json").read_text("utf-8"))["code"] == 5


def test_a_run_that_cannot_be_started_has_ended(tmp_path: Path) -> None:
    command = {"words": [sys.executable, "-c", ""], "cwd": str(tmp_path / "gone")}
    (tmp_path / "command.json").write_text(json.dumps(command), "utf-8")
    subprocess.run([sys.executable, "-P", "-c", supervisor.COMMAND, str(tmp_path)], check=True)
    assert json.loads((tmp_path / "exit.json").read_text("utf-8"))["code"] == 125
    assert "gone" in (tmp_path / "log").read_text("utf-8")
