"""How long does a re-run take, with what each tool keeps? One job, four ways, side by side.

Run: ``python tests/benchmarks/compare_caches.py [--peers PYTHON] [--rows N]``. PYTHON is an
interpreter with joblib, marimo and ploomber; tools that it lacks are left out.

The job reads a table, cleans it, makes features, trains a forest and reports. Asked of each tool:
from scratch without its cache; the first run with it; nothing changed; the report changed; the
cleaning changed so that its result is the same (cut-off). Every run is a new process, as in CI.

Each cell: seconds by the clock, of processors (with all processes that were started), and of these
the share of what the same tool takes from scratch. On a machine that does other things, too, only
the latter say something.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

# name: (reads, code, binds)
STEPS = {
    "load": ((), "raw = pd.read_csv('table.csv')", ("raw",)),
    "clean": (("raw",), "table = raw[raw.a > 0].reset_index(drop=True)", ("table",)),
    "features": (
        ("table",),
        "X = np.column_stack([table.a, table.b, table.a * table.b, np.sin(table.a)])\n"
        "y = (table.c > 0).to_numpy()",
        ("X", "y"),
    ),
    "train": (
        ("X", "y"),
        "model = RandomForestClassifier(60, random_state=0, n_jobs=1).fit(X, y)",
        ("model",),
    ),
    "report": (("model", "X", "y"), "print('score', model.score(X, y))", ()),
}
IMPORTS = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn.ensemble import RandomForestClassifier"
)
EDITS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "nothing changed": {},
    "report changed": {"report": ("'score'", "'accuracy'")},
    "cleaning changed, equal result": {"clean": ("> 0]", ">= 0.0001]")},
}
_COLUMNS = ("scratch", "first", *EDITS)


class Seconds(NamedTuple):
    """What a run took, by the clock and of processors."""

    clock: float
    processor: float


class Tool(Protocol):
    """One way to run the job."""

    name: str

    def write(self, folder: Path, steps: Mapping[str, str]) -> None:
        """Write the job with the code of its steps."""

    def command(self, folder: Path, *, cached: bool) -> list[str]:
        """Return how it is run, with or without what is kept."""


class MlopsNb:
    name = "mlops-nb run"

    def write(self, folder: Path, steps: Mapping[str, str]) -> None:
        cells = [("", IMPORTS), *steps.items()]
        sources = [f"# mlops: stage {name}\n{code}" if name else code for name, code in cells]
        node = {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"c{index}",
                    "metadata": {},
                    "source": source,
                    "outputs": [],
                    "execution_count": None,
                }
                for index, source in enumerate(sources)
            ],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (folder / "job.ipynb").write_text(json.dumps(node), encoding="utf-8")

    def command(self, folder: Path, *, cached: bool) -> list[str]:
        (folder / "out.ipynb").unlink(missing_ok=True)
        command = [sys.executable, "-m", "mlops_nb", "run", "job.ipynb", "out.ipynb", "-q"]
        return [*command, "--no-track", *([] if cached else ["--no-cache"])]


class Joblib:
    name = "joblib.Memory"

    def __init__(self, python: str) -> None:
        self._python = python

    def write(self, folder: Path, steps: Mapping[str, str]) -> None:
        lines = [IMPORTS, "import sys, joblib"]
        lines.append("memory = joblib.Memory('kept' if sys.argv[1:] else None, verbose=0)")
        calls = []
        for name, (reads, _, binds) in STEPS.items():
            body = steps[name].replace("\n", "\n    ")
            lines.append(f"def {name}({', '.join(reads)}):\n    {body}\n    return {_tuple(binds)}")
            kept = name if name == "report" else f"memory.cache({name})"
            calls.append(f"{_tuple(binds) or '_'} = {kept}({', '.join(reads)})")
        (folder / "job.py").write_text("\n".join([*lines, *calls]), encoding="utf-8")

    def command(self, folder: Path, *, cached: bool) -> list[str]:
        return [self._python, "job.py", *(["cached"] if cached else [])]


class Marimo:
    name = "marimo"

    def __init__(self, python: str) -> None:
        self._python = python

    def write(self, folder: Path, steps: Mapping[str, str]) -> None:
        for cached in (True, False):
            text = "import marimo\napp = marimo.App()\n\n"
            text += _marimo_cell(
                f"{IMPORTS}\nimport marimo as mo", "mo, np, pd, RandomForestClassifier"
            )
            for name, (_, _, binds) in STEPS.items():
                code = steps[name]
                if cached and name != "report":
                    inner = code.replace("\n", "\n    ")
                    code = f"with mo.persistent_cache('{name}'):\n    {inner}"
                text += _marimo_cell(code, ", ".join(binds))
            text += "if __name__ == '__main__':\n    app.run()\n"
            (folder / f"job_{cached}.py").write_text(text, encoding="utf-8")

    def command(self, folder: Path, *, cached: bool) -> list[str]:
        return [self._python, f"job_{cached}.py"]


class Ploomber:
    name = "ploomber build"

    def __init__(self, python: str) -> None:
        self._python = python

    def write(self, folder: Path, steps: Mapping[str, str]) -> None:
        tasks, made = [], {}
        for name, (reads, _, binds) in STEPS.items():
            upstream = sorted({made[read] for read in reads})
            made |= dict.fromkeys(binds, name)
            told = json.dumps(upstream) if upstream else "None"
            lines = [
                '# + tags=["parameters"]',
                f"upstream = {told}\nproduct = None",
                "# +",
                f"{IMPORTS}\nimport joblib",
            ]
            lines += [
                f"{read} = joblib.load(upstream['{made[read]}']['data'])['{read}']"
                for read in reads
            ]
            values = ", ".join(f"'{bind}': {bind}" for bind in binds)
            lines += [steps[name], f"joblib.dump({{{values}}}, product['data'])"]
            (folder / f"{name}.py").write_text("\n".join(lines), encoding="utf-8")
            tasks.append(
                f"  - source: {name}.py\n    product:\n      nb: products/{name}.ipynb\n"
                f"      data: products/{name}.pkl"
            )
        text = "tasks:\n" + "\n".join(tasks) + "\n"
        (folder / "pipeline.yaml").write_text(text, encoding="utf-8")
        (folder / "products").mkdir(exist_ok=True)

    def command(self, folder: Path, *, cached: bool) -> list[str]:
        build = [str(Path(self._python).with_name("ploomber")), "build"]
        return build if cached else [*build, "--force"]


def main() -> None:
    """Print a table of seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--rows", type=int, default=60_000)
    options = parser.parse_args()
    peers = Path(options.peers).absolute()
    tools: list[Tool] = [MlopsNb(), Joblib(str(peers)), Marimo(str(peers)), Ploomber(str(peers))]
    print(f"{'seconds':18}" + "".join(f"{column:>32}" for column in _COLUMNS))
    for tool in tools:
        try:
            found = measure(tool, options.rows)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{tool.name:18}could not be run: {error}")
            continue
        base = found["scratch"].processor
        cells = (
            f"{one.clock:14.2f}{one.processor:9.2f}{one.processor / base:9.0%}"
            for one in map(found.__getitem__, _COLUMNS)
        )
        print(f"{tool.name:18}" + "".join(cells), flush=True)


def measure(tool: Tool, rows: int) -> dict[str, Seconds]:
    """Return the seconds of each run."""
    steps = {name: code for name, (_, code, _) in STEPS.items()}
    with tempfile.TemporaryDirectory() as name:
        warm, folder = Path(name, "warm"), Path(name, "job")
        for place in (warm, folder):
            place.mkdir()
            _make_table(place / "table.csv", rows)
            tool.write(place, steps)
        _run(tool.command(warm, cached=True), warm)  # imports are compiled, files in memory
        found = {
            "scratch": _run(tool.command(warm, cached=False), warm),
            "first": _run(tool.command(folder, cached=True), folder),
        }
        left = Path(name, "left")
        folder.rename(left)
        for column, changes in EDITS.items():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(left, folder)  # under its own name, which some tools go by
            edited = dict(steps)
            for step, (old, new) in changes.items():
                edited[step] = edited[step].replace(old, new)
            tool.write(folder, edited)
            found[column] = _run(tool.command(folder, cached=True), folder)
    return found


def _run(command: list[str], folder: Path) -> Seconds:
    begun, used = time.perf_counter(), _used()
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path}  # kernels are found by it
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)
    return Seconds(time.perf_counter() - begun, _used() - used)


def _used() -> float:
    """Return the processor time of all processes that were started and are over."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _tuple(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _marimo_cell(code: str, binds: str) -> str:
    body = code.replace("\n", "\n    ")
    return (
        f"with app.setup:\n    {body}\n\n"
        if "import marimo as mo" in code
        else (f"@app.cell\ndef _():\n    {body}\n    return {binds}\n\n")
    )


def _make_table(path: Path, rows: int) -> None:
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    columns = {name: random.normal(size=rows) for name in "bc"}
    pd.DataFrame({"a": random.random(rows) + 0.001, **columns}).to_csv(path, index=False)


if __name__ == "__main__":
    main()
