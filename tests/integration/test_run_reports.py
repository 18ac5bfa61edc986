"""``mlops-nb run --junit --html``: both are there and tell the truth however the run ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from running import code, write_notebook

WAIT = "open('running', 'w').close()\nimport time\nwhile True:\n    time.sleep(0.05)"


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mlops_nb", "run", "nb.ipynb", "out.ipynb", "--no-track"]
    reports = ["--junit", "r.xml", "--html", "r.html"]
    return subprocess.Popen(
        [*command, *reports, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def verdicts(folder: Path) -> dict[str, str]:
    """Return for each test case its verdict and the code its message begins with."""
    suite = ElementTree.parse(folder / "r.xml").find("testsuite")
    assert suite is not None
    return {
        case.attrib["name"]: " ".join(
            f"{child.tag} {child.attrib['message'].split()[0]}" for child in case
        )
        for case in suite.iter("testcase")
    }


def page(folder: Path) -> str:
    return (folder / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("ending", "exit_code", "train", "headline"),
    [
        ("raise ValueError('\\x1b[31m<b>\\x00')", 1, "failure MNB410", "Failed in stage train"),
        ("import os; os._exit(3)", 5, "error MNB412", "Kernel died in stage train"),
    ],
    ids=["user's failure", "kernel died"],
)
def test_a_run_that_fails_is_reported(
    ending: str, exit_code: int, train: str, headline: str, tmp_path: Path
) -> None:
    cells = ["# mlops: stage load\nprint('hi')", f"# mlops: stage train\n{ending}", "1"]
    write_notebook(tmp_path / "nb.ipynb", cells)
    run = start(tmp_path, CI="true")
    told, _ = run.communicate(timeout=120)

    assert run.returncode == exit_code, told
    assert verdicts(tmp_path) == {"load": "", "train": train, "notebook": ""}
    assert headline in page(tmp_path)
    assert 'href="#cell-id=c1"' in page(tmp_path)
    assert "Content-Security-Policy" in page(tmp_path)  # in CI


def test_a_run_that_was_refused_is_reported(tmp_path: Path) -> None:
    write_notebook(tmp_path / "nb.ipynb", [code("n = 1", "parameters")])
    run = start(tmp_path, "-p", "m", "1")
    run.communicate(timeout=120)

    assert run.returncode == 2
    assert verdicts(tmp_path) == {"notebook": "error MNB301"}
    assert "<h2>Not started</h2>" in page(tmp_path)


@pytest.mark.parametrize(
    ("signum", "exit_code", "expected", "headline"),
    [
        (signal.SIGINT, 130, {"wait": "error MNB413", "notebook": ""}, "Interrupted in stage wait"),
        (signal.SIGKILL, -signal.SIGKILL, {"notebook": "error MNB415"}, "Broke off"),
    ],
    ids=["interrupted", "killed"],
)
def test_a_run_that_was_stopped_is_reported(
    signum: int, exit_code: int, expected: dict[str, str], headline: str, tmp_path: Path
) -> None:
    write_notebook(tmp_path / "nb.ipynb", [f"# mlops: stage wait\n{WAIT}"])
    run = start(tmp_path, CI="")
    while not (tmp_path / "running").exists():
        assert run.poll() is None
        time.sleep(0.05)
    run.send_signal(signum)
    run.communicate(timeout=120)

    assert run.returncode == exit_code
    assert verdicts(tmp_path) == expected
    assert f"<h2>{headline}" in page(tmp_path)
