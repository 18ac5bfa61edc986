"""How does each ending look, ours beside papermill's? One table: exit code, cells, run, seconds.

Run it by hand: ``python tests/benchmarks/endings_table.py [WORD…]``; words choose cases by their
names. Each run has a process of its own. "noticed" is the time from the deed to the end of the
runner, saving included; a run that goes on is ended after 60 seconds, and ``hangs``.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

_MARK = "ENDINGS_TABLE"
_GIVE_UP_S = 60.0
# Where a cell writes down when it did the deed.
_NOW = "import os, signal, sys, time; open(os.environ['WHEN'], 'w').write(str(time.time()))\n"
_KILL_RUNNER = _NOW + "os.kill(os.getppid(), signal.{name}); time.sleep(60)"


@dataclass(frozen=True, kw_only=True)
class Case:
    """Cells, of which one does the deed.

    Attributes
    ----------
    cells : tuple
        A text, or (text, tag).
    timeout_s : int or None
        Ours of the run, papermill's of a cell.
    """

    cells: tuple[str | tuple[str, str], ...]
    timeout_s: int | None = None


CASES = {
    "an exception": Case(cells=("1", _NOW + "1 / 0", "2")),
    "a syntax error": Case(cells=("1", "def (", "2")),
    "raises-exception": Case(cells=("1", ("1 / 0", "raises-exception"), "2")),
    "skip-execution": Case(cells=("1", ("1 / 0", "skip-execution"), "2")),
    "sys.exit(0)": Case(cells=("1", _NOW + "sys.exit(0)", "2")),
    "sys.exit(3)": Case(cells=("1", _NOW + "sys.exit(3)", "2")),
    "exit(3)": Case(cells=("1", _NOW + "exit(3)", "2")),
    "os._exit(0)": Case(cells=("1", _NOW + "os._exit(0)", "2")),
    "os._exit(1)": Case(cells=("1", _NOW + "os._exit(1)", "2")),
    "a crash in native code": Case(cells=("1", _NOW + "import ctypes; ctypes.string_at(0)", "2")),
    "the kernel is killed": Case(cells=("1", _NOW + "os.kill(os.getpid(), 9)", "2")),
    "a MemoryError": Case(
        cells=(
            "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))",
            _NOW + "bytearray(2**33)",
            "2",
        )
    ),
    "an endless loop": Case(cells=("1", "while True: pass", "2"), timeout_s=5),
    "one that ignores interrupts": Case(
        cells=("1", "import signal; signal.signal(2, signal.SIG_IGN)\nwhile True: pass", "2"),
        timeout_s=5,
    ),
    "native code with Python's lock": Case(
        cells=("1", "import ctypes; ctypes.PyDLL(None).sleep(600)", "2"), timeout_s=5
    ),
    "input()": Case(cells=("1", _NOW + "input()", "2")),
    "a child that lives on": Case(
        cells=("1", _NOW + "import subprocess; subprocess.Popen(['sleep', '600'])", "2")
    ),
    "a detached child": Case(
        cells=(
            "1",
            _NOW + "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)",
            "2",
        )
    ),
    "stdout set to None": Case(cells=("1", _NOW + "sys.stdout = None", "print(1)", "2")),
    "json replaced": Case(cells=("1", _NOW + "import json; json.dumps = None", "2")),
    "no modules left": Case(cells=("1", _NOW + "sys.modules.clear()", "2")),
    "no import left": Case(cells=("1", _NOW + "import builtins; builtins.__import__ = None", "2")),
    "a closed publisher": Case(
        cells=("1", _NOW + "get_ipython().kernel.iopub_socket.close()", "2")
    ),
    "error display replaced": Case(
        cells=(
            "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)",
            _NOW + "1 / 0",
            "2",
        )
    ),
    "Ctrl-C": Case(cells=("1", _KILL_RUNNER.format(name="SIGINT"), "2")),
    "SIGTERM": Case(cells=("1", _KILL_RUNNER.format(name="SIGTERM"), "2")),
    "the terminal is closed": Case(cells=("1", _KILL_RUNNER.format(name="SIGHUP"), "2")),
    "SIGKILL of the runner": Case(
        cells=("1", "import time; time.sleep(1.5)\n" + _KILL_RUNNER.format(name="SIGKILL"), "2")
    ),
}


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What a runner made of a case."""

    exit_code: int | str
    cells: str
    run: str
    noticed: str
    left: str


def observe(case: Case, *, ours: bool) -> Ending:
    """Run a case by one of the runners and return what it said and left."""
    mark = uuid.uuid4().hex
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tmp").mkdir()
        (folder / "nb.ipynb").write_text(json.dumps(_notebook(case)), encoding="utf-8")
        begun = time.time()
        environment = {"TMPDIR": str(folder / "tmp"), "WHEN": str(folder / "when"), _MARK: mark}
        runner = subprocess.Popen(
            _command(case, ours=ours),
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code: int | str = runner.wait(_GIVE_UP_S)
        except subprocess.TimeoutExpired:
            code = "hangs"
        ended = time.time()
        left = _left(mark) if code != "hangs" else "-"
        _end(mark)
        runner.wait()
        when = folder / "when"
        since = float(when.read_text()) if when.exists() and when.read_text() else begun
        cells, run = _told(folder / "out.ipynb", ours=ours)
        return Ending(
            exit_code=code,
            cells=cells,
            run=run,
            noticed="-" if code == "hangs" else f"{ended - since:.1f}",
            left=left,
        )


def _notebook(case: Case) -> dict[str, Any]:
    cells = []
    for number, cell in enumerate(case.cells):
        source, tags = (cell, []) if isinstance(cell, str) else (cell[0], [cell[1]])
        cells.append(
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {"tags": tags},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
        )
    spec = {"name": "python3", "display_name": "Python", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}


def _command(case: Case, *, ours: bool) -> list[str]:
    if ours:
        limit = [] if case.timeout_s is None else ["--timeout", f"{case.timeout_s}s"]
        return [
            *(sys.executable, "-m", "mlops_nb", "run", "nb.ipynb", "out.ipynb", "--no-track"),
            *limit,
        ]
    limit = [] if case.timeout_s is None else ["--execution-timeout", str(case.timeout_s)]
    return [sys.executable, "-m", "papermill", "nb.ipynb", "out.ipynb", *limit]


def _told(path: Path, *, ours: bool) -> tuple[str, str]:
    try:
        node = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "no notebook", "-"
    codes = [cell["metadata"] for cell in node["cells"] if cell["cell_type"] == "code"]
    if ours:
        words = [metadata["mlops_nb"]["status"] for metadata in codes]
        return ", ".join(words), node["metadata"]["mlops_nb"]["run"]["status"]
    words = [metadata.get("papermill", {}).get("status", "?") for metadata in codes]
    return ", ".join(words), f"exception {node['metadata']['papermill'].get('exception')}"


def _left(mark: str) -> str:
    """Return what lives five seconds later."""
    until = time.monotonic() + 5
    while (found := _marked(mark)) and time.monotonic() < until:
        time.sleep(0.1)
    return f"{len(found)} process" if found else ""


def _end(mark: str) -> None:
    for process in _marked(mark):
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGKILL)


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            is_zombie = process.status() == psutil.STATUS_ZOMBIE
            if not is_zombie and process.environ().get(_MARK) == mark:
                found.append(process)
    return found


def main(words: list[str]) -> None:
    """Print the table in Markdown."""
    print("| outcome | runner | exit | cells | run | noticed, s | left |")
    print("|---|---|---|---|---|---|---|")
    for name, case in CASES.items():
        if words and not any(word in name for word in words):
            continue
        for ours in (False, True):
            e = observe(case, ours=ours)
            runner = "mlops_nb" if ours else "papermill"
            row = (name, runner, e.exit_code, e.cells, e.run, e.noticed, e.left)
            print("|", " | ".join(map(str, row)), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
