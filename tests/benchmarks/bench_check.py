"""How long does ``mlops-nb check`` take: to start, on a folder of notebooks, while somebody types?

    python tests/benchmarks/bench_check.py [FOLDER] [--notebooks 100]

FOLDER holds notebooks; without one, notebooks are made up. Prints a table: time on the clock, and
of processors, which other work on the machine changes less. Best of three where that says more.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from mlops_nb.project import Project
from mlops_nb.project.check_files import find_notebooks
from mlops_nb.project.check_folder import check_all
from mlops_nb.project.checking import CheckOptions
from mlops_nb.project.live_check import LiveCheck

_CELLS = (
    "import numpy as np\nimport pandas as pd",
    "def clean(frame, column):\n    frame = frame.dropna()\n    frame[column] = 1\n"
    "    return frame",
    "%%mlops_stage load_{n}\nframe_{n} = pd.DataFrame({{'a': [1, 2], 'b': [3, 4]}})",
    "%%mlops_stage clean_{n}\ntable_{n} = clean(frame_{n}, 'c')\n"
    "for row in table_{n}.a:\n    last = row",
    "%%mlops_stage sum_{n} --metrics total_{n}\ntotal_{n} = float(table_{n}.a.sum())",
    "table_{n}.head()",
)


def made_up(n_cells: int) -> dict[str, Any]:
    """Return a notebook of `n_cells` code cells in stages."""
    sources = list(_CELLS[:2])
    sources += [_CELLS[2 + i % 4].format(n=i // 4) for i in range(n_cells - 2)]
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{index}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for index, source in enumerate(sources)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


class Took(NamedTuple):
    """Seconds of one piece of work."""

    clock: float
    processors: float


def seconds(work: Callable[[], object], *, times: int = 3) -> Took:
    """Return the best time of `work`, processes it starts included."""
    return min(_once(work) for _ in range(times))


def _once(work: Callable[[], object]) -> Took:
    clock, before = time.perf_counter(), os.times()
    work()
    after = os.times()
    return Took(time.perf_counter() - clock, sum(after[:4]) - sum(before[:4]))


def start_up(notebook: Path) -> list[tuple[str, Took]]:
    """Return what a process costs that checks one small notebook."""
    command = [sys.executable, "-c", "from mlops_nb.cli import main; main()"]

    def run(*words: str) -> None:
        subprocess.run([*command, *words], capture_output=True, check=False)

    return [
        (
            "python, nothing else",
            seconds(lambda: subprocess.run([sys.executable, "-c", ""], check=True)),
        ),
        ("mlops-nb --help", seconds(lambda: run("--help"))),
        ("check, 1 small notebook", seconds(lambda: run("check", str(notebook)))),
    ]


def folder(names: list[str]) -> list[tuple[str, Took]]:
    """Return what a folder costs, by number of processes."""
    options = CheckOptions()

    def run(processes: int | None) -> None:
        for _ in check_all(names, options, processes=processes):
            pass

    label = f"folder of {len(names)} notebooks"
    return [
        (f"{label}, 1 process", seconds(lambda: run(1), times=1)),
        (f"{label}, as chosen", seconds(lambda: run(None), times=1)),
    ]


def typing(n_cells: int) -> list[tuple[str, Took]]:
    """Return what the next check in a kernel costs after a cell changed."""
    node = made_up(n_cells)
    live = LiveCheck(Project.find(Path("/nowhere/at/all")))
    rows = [(f"{n_cells} cells, first check", seconds(lambda: live.check(node, name="n"), times=1))]
    for place, label in ((n_cells - 1, "last"), (n_cells // 2, "middle"), (1, "second")):
        cell = node["cells"][place]
        cell["source"] += "\nzz = 1"
        took = seconds(lambda: live.check(node, name="n"), times=1)
        rows.append((f"{n_cells} cells, {label} changed ({live.n_analysed} walked)", took))
    rows.append((f"{n_cells} cells, nothing changed", seconds(lambda: live.check(node, name="n"))))
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--notebooks", type=int, default=100)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        small = Path(temporary) / "small.ipynb"
        small.write_text(json.dumps(made_up(8)))
        if said.folder:
            found = find_notebooks([said.folder])
            names = found[:: max(1, len(found) // said.notebooks)][: said.notebooks]
        else:
            for number in range(said.notebooks):
                path = Path(temporary) / f"{number}.ipynb"
                path.write_text(json.dumps(made_up(20 + number % 40)))
            names = find_notebooks([temporary])
        rows = [*start_up(small), *folder(names), *typing(100), *typing(1000)]
    width = max(len(label) for label, _ in rows)
    print(f"{'':{width}}       clock  processors")
    for label, took in rows:
        print(f"{label:{width}}  {took.clock * 1000:7.0f} ms  {took.processors * 1000:7.0f} ms")


if __name__ == "__main__":
    main()
