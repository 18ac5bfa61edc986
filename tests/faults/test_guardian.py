"""Nothing of a kernel outlives its run, however run, kernel or runner ended."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))
from running import run_cells, statuses, write_notebook

from mlops_nb.kernels.guardian import MARK, marked_processes

# A runner that guards a folder, starts processes marked with it in several ways, and waits.
_RUNNER = f"""
import os, subprocess, sys, time
from pathlib import Path
from mlops_nb.kernels import guardian
from mlops_nb.kernels.guardian import set_guardian
guardian._PROC = Path(sys.argv[2])
folder = Path(sys.argv[1])
set_guardian(folder)
marked = {{**os.environ, {MARK!r}: str(folder)}}
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True)"
for command in (["sleep", "600"], [sys.executable, "-c", stubborn + "; time.sleep(600)"]):
    subprocess.Popen(command, env=marked, start_new_session=True, stdout=subprocess.PIPE)
free = subprocess.Popen(["sleep", "601"], env={{**os.environ, {MARK!r}: ""}})
print(free.pid, flush=True)
time.sleep(600)
"""


def _wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("signum", "proc"),
    [(signal.SIGKILL, "/proc"), (signal.SIGHUP, "/proc"), (signal.SIGKILL, "/no/such/folder")],
    ids=["killed", "the terminal is closed", "a system without /proc"],
)
def test_a_guardian_ends_what_carries_the_mark_and_nothing_else(
    signum: int, proc: str, tmp_path: Path
) -> None:
    folder = tmp_path / "kernel"
    folder.mkdir()
    command = [sys.executable, "-c", _RUNNER, str(folder), proc]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as runner:
        assert runner.stdout is not None
        survivor = psutil.Process(int(runner.stdout.readline()))
        _wait_for(lambda: len(marked_processes(str(folder), proc=Path(proc))) == 2)
        os.kill(runner.pid, signum)
    _wait_for(lambda: not folder.exists())
    assert marked_processes(str(folder)) == []
    assert survivor.is_running()
    survivor.kill()


def test_what_is_written_while_a_guardian_removes_its_folder_is_removed_too(tmp_path: Path) -> None:
    folder = tmp_path / "temporaries"
    (folder / "copies").mkdir(parents=True)
    guard = "import sys; from pathlib import Path; from mlops_nb.kernels import guardian as g; "
    guarded = "print(g.set_guardian(Path(sys.argv[1])).pid, flush=True); sys.stdin.read()"
    write = (
        "import contextlib, os, sys, time\n"
        "copies = sys.argv[1] + '/copies'\n"
        "print(flush=True)\n"
        "until = time.monotonic() + 2\n"
        "while time.monotonic() < until:\n"
        "    with contextlib.suppress(OSError):\n"
        "        os.mkdir(copies)\n"
    )
    runner = subprocess.Popen(
        [sys.executable, "-c", guard + guarded, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert runner.stdout is not None
    assert runner.stdout.readline()
    with subprocess.Popen(
        [sys.executable, "-c", write, str(folder)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline()  # it is there before the guardian begins
        runner.kill()
    runner.communicate()
    _wait_for(lambda: not folder.exists(), seconds=20)


_DETACHED = (
    "import os, subprocess\n"
    "p = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
    "open('pids', 'w').write(f'{os.getpid()} {p.pid}')\n"
)


def _pids(folder: Path) -> list[int]:
    return [int(pid) for pid in (folder / "pids").read_text().split()]


def test_what_a_cell_started_ends_with_the_run(tmp_path: Path) -> None:
    outcome = run_cells(tmp_path, _DETACHED)
    assert statuses(outcome) == ["completed"]
    _wait_for(lambda: not any(map(psutil.pid_exists, _pids(tmp_path))))


def test_a_server_that_drops_the_mark_outlives_the_run(tmp_path: Path) -> None:
    source = _DETACHED.replace("Popen(", f"Popen(env={{**os.environ, {MARK!r}: ''}}, args=")
    run_cells(tmp_path, source)
    _, server = _pids(tmp_path)
    assert psutil.pid_exists(server)
    os.kill(server, signal.SIGKILL)


def test_a_kernel_in_native_code_ends_with_its_killed_runner(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    # PyDLL keeps Python's lock: no thread of the kernel can look after its parent.
    write_notebook(
        tmp_path / "nb.ipynb", [_DETACHED + "import ctypes\nctypes.PyDLL(None).sleep(600)"]
    )
    command = [sys.executable, "-m", "mlops_nb", "run", "nb.ipynb", "out.ipynb", "--no-track", "-q"]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    with subprocess.Popen(command, cwd=tmp_path, env=environment) as runner:
        _wait_for(lambda: (tmp_path / "pids").exists() and len(_pids(tmp_path)) == 2)
        runner.kill()
    _wait_for(lambda: not any(map(psutil.pid_exists, _pids(tmp_path))))
    _wait_for(lambda: not any((tmp_path / "tmp").iterdir()))
    assert json.loads((tmp_path / "out.ipynb").read_text())["cells"]
