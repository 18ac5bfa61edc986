"""``mlops-nb run --follow``: a person reads along; the run is not in the way, nor the other way."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from running import code, write_notebook

CELLS = [
    code("n = 2", "parameters"),
    "%%mlops_stage train\nimport sys\nfor i in range(n + 1): print(f'{i}', end='\\r')\nn",
    "from IPython.display import HTML\nprint('x' * 2_000_000)\nHTML('<b>bold</b>')",
    "print('before')\n1 / 0",
]
_COMMAND = [sys.executable, "-c", "from mlops_nb.cli import main; main()", "run"]
_OPTIONS = ["nb.ipynb", "out.ipynb", "--no-track", "--follow"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_notebook(tmp_path / "nb.ipynb", CELLS)
    return tmp_path


class Done(NamedTuple):
    """How a run ended; carriage returns are as they came."""

    returncode: int
    stdout: str
    stderr: str


def _run(folder: Path, *options: str) -> Done:
    command = [*_COMMAND, *_OPTIONS, *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_output_is_on_stdout_under_its_cell_and_progress_on_stderr(folder: Path) -> None:
    done = _run(folder, "-p", "n", "3")
    assert done.returncode == 1
    shown = done.stdout
    assert shown.startswith("── stage train, cell 1 ──\n0\r1\r2\r3\r\n3\nstage train · ")
    assert f"── cell 2 ──\n{'x' * 2_000_000}\n[text/html, 11 B]\n── cell 3 ──\nbefore\n" in shown
    assert shown.count("division by zero") == 1
    assert "Traceback" not in done.stderr
    assert "[4/4] cell 3 … failed" in done.stderr
    assert "MNB410 nb.ipynb, cell 3: ZeroDivisionError: division by zero" in done.stderr
    assert "──" not in done.stderr


def test_with_json_stdout_is_the_record_alone(folder: Path) -> None:
    done = _run(folder, "--json")
    assert json.loads(done.stdout)["status"] == "failed"
    assert "── cell 3 ──\nbefore\n" in done.stderr


def test_quiet_shows_the_output_alone(folder: Path) -> None:
    done = _run(folder, "-q")
    assert done.stdout.startswith("── stage train")
    assert "[1/4]" not in done.stderr


def test_a_reader_that_goes_away_changes_nothing_of_the_run(folder: Path) -> None:
    command = subprocess.list2cmdline([*_COMMAND, *_OPTIONS])
    done = subprocess.run(
        f"set -o pipefail; {command} | head -n 1",
        cwd=folder,
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "── stage train, cell 1 ──\n")
    assert "BrokenPipe" not in done.stderr
    cells = json.loads((folder / "out.ipynb").read_text())["cells"]
    assert cells[3]["metadata"]["mlops_nb"]["status"] == "failed"


def test_a_full_disk_behind_stdout_is_told_by_the_exit_code(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    write_notebook(tmp_path / "nb.ipynb", ["print('x')"])
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*_COMMAND, *_OPTIONS],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 5
    assert "Traceback" not in done.stderr


def test_on_a_terminal_lines_do_not_fall_into_each_other(folder: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen([*_COMMAND, *_OPTIONS], cwd=folder, stdout=theirs, stderr=theirs) as run:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 1 << 16)
            except OSError:  # nobody writes any more
                break
            if not part:
                break
            shown += part
    os.close(ours)
    text = shown.decode().replace("\r\n", "\n")
    assert run.returncode == 1
    assert re.search(r"\n0\r1\r2\r\n2\nstage train · .*\n\[2/4\] stage train: cell 1 … ", text)
    assert re.search(r"\[3/4\] cell 2 … [\d.]+ s\n── cell 3 ──\nbefore\n", text)
