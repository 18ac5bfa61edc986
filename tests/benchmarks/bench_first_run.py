"""What does a first run cost that keeps what it makes, beside one that keeps nothing?

Run: ``python tests/benchmarks/bench_first_run.py [WORD…] [--rounds N] [--modes MODES]`` (cases
whose name holds a word; of MODES, such as ``off,stages``). Printed is CPU time, of the kernel and
of our own process: without keeping, and by how much more a first run with an empty store takes, for
stages (the default) and with ``--cache all``; the least of the rounds counts. Nothing is tracked:
MLflow would take seconds in either.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

_QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
# The run in a process of its own, which tells at its end what it and its kernel have used.
_RUN = """
import atexit, json, os, resource, sys
def tell():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    with open("usage.json", "w") as file:
        json.dump([one.ru_utime + one.ru_stime for one in used], file)
atexit.register(tell)
from mlops_nb.cli import main
main(sys.argv[1:])
"""
_MODES = {"off": ("--no-cache",), "stages": (), "all": ("--cache", "all")}

Stages = Mapping[str, str]


def _dicts() -> Stages:
    return {
        "make": "rows = [{'id': n, 'name': f'user {n}', 'score': n % 97 / 7, 'ok': n % 3 == 0}"
        " for n in range(300_000)]",
        "filter": "good = [row for row in rows if row['ok']]",
        "mutate": "for row in rows:\n    row['score'] = round(row['score'] * 2, 3)",
        "group": "by_score = {}\nfor row in rows:\n"
        "    by_score.setdefault(row['score'], []).append(row['id'])",
        "report": "print(len(good), len(by_score), sum(row['score'] for row in rows))",
    }


def _words() -> Stages:
    return {
        "make": "import random\nfrom collections import Counter, defaultdict\n"
        "draw = random.Random(0)\n"
        "words = [f'word{int(draw.paretovariate(1.1)) % 50000}' for _ in range(400_000)]",
        "count": "counts = Counter(words)",
        "pairs": "pairs = Counter(zip(words, words[1:]))",
        "index": "index = defaultdict(list)\n"
        "for at, word in enumerate(words):\n    index[word].append(at)",
        "tree": "tree = {}\nfor word in counts:\n    node = tree\n"
        "    for letter in word:\n        node = node.setdefault(letter, {})\n"
        "    node['$'] = counts[word]",
        "prune": "small = {w: [at for at in places if at % 2] for w, places in index.items()"
        " if len(places) > 3}",
        "report": "print(counts.most_common(3), pairs.most_common(2), len(tree), len(small))",
    }


def _frame() -> Stages:
    return {
        "make": "import numpy as np\nimport pandas as pd\ndraw = np.random.default_rng(0)\n"
        "n = 1_000_000\ntable = pd.DataFrame({'n': np.arange(n), 'x': draw.random(n),"
        " 'g': draw.integers(0, 50, n), 't': pd.Series([f'text {i % 999}' for i in range(n)]),"
        " 'when': pd.date_range('2020', periods=n, freq='s')})",
        "clean": "clean = table[table.x > 0.1].assign(y=lambda d: d.x * d.g)",
        "group": "means = clean.groupby('g')[['x', 'y']].mean()",
        "sort": "best = clean.sort_values('y').head(1000)",
        "report": "print(means.shape, best.shape, clean.t.nunique())",
    }


def _trivial() -> Stages:
    return {f"s{n}": f"x{n} = {n}\nprint(x{n})" for n in range(100)}


def _functions() -> Stages:
    found = {}
    for n in range(30):
        found[f"define{n}"] = (
            f"def f{n}(rows, limit={n}):\n"
            + (f"    return f{n - 1}(rows, limit) + limit\n" if n else "    return len(rows)\n")
            + f"class C{n}{f'(C{n - 1})' if n else ''}:\n"
            f"    def __init__(self, x):\n        self.x = x\n        self.items = [x, {n}]\n"
            f"    def run(self):\n        return f{n}(self.items)\n"
            f"objects{n} = [C{n}(i) for i in range(200)]"
        )
    found["report"] = "print(" + ", ".join(f"objects{n}[3].run()" for n in range(30)) + ")"
    return found


def _arrays() -> Stages:
    return {
        "make": "import numpy as np\ndraw = np.random.default_rng(0)\nX = draw.random(31_250_000)",
        "scale": "Z = (X - X.mean()) / X.std()",
        "report": "print(float(Z[:1000].sum()), float(np.median(Z)))",
    }


def _records() -> Stages:
    return {
        "make": "import json\nraw = json.dumps([{'id': n, 'tags': ['a', 'b', str(n % 9)],"
        " 'geo': {'lat': n / 7, 'lon': -n / 9}, 'items': [{'sku': n % 50, 'n': 1},"
        " {'sku': n % 7, 'n': 2}]} for n in range(60_000)])",
        "parse": "records = json.loads(raw)",
        "flatten": "flat = [(r['id'], i['sku'], i['n']) for r in records for i in r['items']]",
        "total": "totals = {}\nfor _, sku, n in flat:\n    totals[sku] = totals.get(sku, 0) + n",
        "enrich": "for r in records:\n    r['total'] = sum(i['n'] for i in r['items'])",
        "report": "print(len(flat), len(totals), sum(r['total'] for r in records))",
    }


CASES: dict[str, Callable[[], Stages]] = {
    "quickstart": dict,
    "300,000 dicts": _dicts,
    "records of JSON": _records,
    "words and counters": _words,
    "frame of 1 M rows": _frame,
    "100 trivial stages": _trivial,
    "functions and classes": _functions,
    "arrays of 500 MB": _arrays,
}


def write_notebook(path: Path, stages: Stages) -> None:
    """Write a notebook with a cell for each stage."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{index}",
            "metadata": {},
            "source": f"# mlops: stage {name}\n{code}",
            "outputs": [],
            "execution_count": None,
        }
        for index, (name, code) in enumerate(stages.items())
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    node = {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(node))


def _environment() -> dict[str, str]:
    """Return the environment of a run, whose modules are compiled once, as on anybody's machine."""
    left_out = "PYTHONDONTWRITEBYTECODE"
    kept = {name: value for name, value in os.environ.items() if name != left_out}
    return {**kept, "OMP_NUM_THREADS": "1"}


def measure(stages: Stages, mode: str) -> tuple[float, float]:
    """Return the CPU seconds of our process and of its kernel in a first run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pyproject.toml").touch()
        if stages:
            write_notebook(folder / "nb.ipynb", stages)
        else:
            shutil.copy(_QUICKSTART, folder / "nb.ipynb")
        options = ["run", "nb.ipynb", "out.ipynb", "--no-track", "-q", *_MODES[mode]]
        subprocess.run(
            [sys.executable, "-c", _RUN, *options],
            cwd=folder,
            check=True,
            env=_environment(),
        )
        ours, kernel = json.loads((folder / "usage.json").read_text())
        return ours, kernel


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs="*")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--modes", default="off,stages,all")
    asked = parser.parse_args()
    modes = asked.modes.split(",")
    heads = [f"{mode}: kernel   ours    all" for mode in modes]
    print(f"{'CPU seconds':24}{'   '.join(f'{head:>28}' for head in heads)}")
    for name, make in CASES.items():
        if asked.words and not any(word in name for word in asked.words):
            continue
        least: dict[str, tuple[float, float]] = {}
        for _ in range(asked.rounds):
            for mode in modes:
                found = measure(make(), mode)
                least[mode] = min(least.get(mode, found), found, key=sum)
        print(f"{name:24}{'   '.join(_show(least, mode) for mode in modes)}", flush=True)


def _show(least: Mapping[str, tuple[float, float]], mode: str) -> str:
    """Return the cells of a mode: its seconds, or what it adds to those without keeping."""
    ours, kernel = least[mode]
    if mode == "off" or "off" not in least:
        return f"{kernel:14.2f} {ours:6.2f} {kernel + ours:6.2f}"
    base_ours, base_kernel = least["off"]
    more = (kernel + ours) / (base_ours + base_kernel) - 1
    return f"{kernel - base_kernel:+14.2f} {ours - base_ours:+6.2f} {more:+6.0%}"


if __name__ == "__main__":
    main()
