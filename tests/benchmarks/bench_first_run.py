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


def _figures() -> Stages:
    lines = "import matplotlib.pyplot as plt\nimport numpy as np\ndraw = np.random.default_rng(0)"
    plot = (
        "fig{n}, axes{n} = plt.subplots(3, 3, figsize=(9, 9))\nfor ax in axes{n}.flat:\n"
        "    ax.plot(draw.random(200), label='a')\n"
        "    ax.scatter(draw.random(50), draw.random(50))\n"
        "    ax.set_title('drawn')\n    ax.legend()\nplt.show()"
    )
    return {"make": lines, **{f"plot{n}": plot.format(n=n) for n in range(6)}}


def _table_and_model() -> Stages:
    return {
        "make": "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.compose import ColumnTransformer\n"
        "from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import cross_val_score, train_test_split\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import OneHotEncoder, StandardScaler\n"
        "draw = np.random.default_rng(0)\nn = 50_000\n"
        "raw = pd.DataFrame({'age': draw.integers(18, 90, n), 'income': draw.lognormal(10, 1, n),"
        " 'city': draw.choice(['Oslo', 'Lima', 'Pune', 'Rome'], n), 'when': pd.date_range('2020',"
        " periods=n, freq='min'), 'note': [f'note {i % 977}' for i in range(n)]})\n"
        "raw['target'] = (raw.age + draw.normal(0, 20, n) > 50).astype(int)",
        "clean": "table = raw.dropna().query('income > 1000').assign("
        "log_income=lambda d: np.log(d.income), hour=lambda d: d.when.dt.hour)",
        "explore": "print(table.describe())\nprint(table.groupby('city').target.mean())\n"
        "table.age.hist(by=table.city)\nplt.show()",
        "split": "columns = ['age', 'log_income', 'hour', 'city']\n"
        "X_train, X_test, y_train, y_test = train_test_split("
        "table[columns], table.target, random_state=0)",
        "linear": "shape = ColumnTransformer([('scale', StandardScaler(), columns[:3]),"
        " ('city', OneHotEncoder(), ['city'])])\nlinear = make_pipeline(shape,"
        " LogisticRegression()).fit(X_train, y_train)\nprint(linear.score(X_test, y_test))",
        "forest": "forest = RandomForestClassifier(40, random_state=0, max_depth=12)"
        ".fit(X_train[columns[:3]], y_train)\nprint(forest.score(X_test[columns[:3]], y_test))",
        "boost": "boost = HistGradientBoostingClassifier(max_iter=40)\n"
        "scores = cross_val_score(boost, X_train[columns[:3]], y_train, cv=3)\nprint(scores)",
        "report": "fig, ax = plt.subplots()\nax.barh(columns[:3], forest.feature_importances_)\n"
        "plt.show()",
    }


def _texts() -> Stages:
    return {
        "make": "import random\nimport re\nfrom collections import Counter\n"
        "draw = random.Random(0)\n"
        "texts = [' '.join(f'Word{int(draw.paretovariate(1)) % 9999}' for _ in range(40))"
        " for _ in range(20_000)]",
        "clean": "cleaned = [re.sub(r'[^a-z0-9 ]', '', text.lower()) for text in texts]",
        "split": "tokens = [text.split() for text in cleaned]",
        "count": "counts = Counter(token for line in tokens for token in line)",
        "number": "numbers = {word: n for n, (word, _) in enumerate(counts.most_common())}\n"
        "coded = [[numbers[token] for token in line] for line in tokens]",
        "report": "print(len(numbers), sum(map(len, coded)))",
    }


def _small_functions() -> Stages:
    found = {"make": "import numpy as np\nimport pandas as pd"}
    for n in range(40):
        called = ", ".join(f"step{m}" for m in range(max(0, n - 3), n))
        found[f"define{n}"] = (
            f"def step{n}(x, scale={n}):\n    for call in ({called}{',' if called else ''}):\n"
            "        if x > 1e6:\n            return x\n        x = call(x) + scale\n"
            "    return x + 1\n"
            f"print(step{n}(1))"
        )
    return found


def _small_frames() -> Stages:
    found = {
        "make": "import numpy as np\nimport pandas as pd\ndraw = np.random.default_rng(0)\n"
        "t0 = pd.DataFrame(draw.random((2000, 12)), columns=list('abcdefghijkl'))"
    }
    for n in range(1, 40):
        found[f"step{n}"] = (
            f"t{n} = t{n - 1}.assign(c{n}=t{n - 1}.a * {n}).sort_values('b')\n"
            f"print(t{n}.c{n}.mean())"
        )
    return found


CASES: dict[str, Callable[[], Stages]] = {
    "quickstart": dict,
    "300,000 dicts": _dicts,
    "records of JSON": _records,
    "words and counters": _words,
    "frame of 1 M rows": _frame,
    "100 trivial stages": _trivial,
    "functions and classes": _functions,
    "arrays of 500 MB": _arrays,
    "table, models, plots": _table_and_model,
    "texts and tokens": _texts,
    "40 functions that call": _small_functions,
    "40 small frames": _small_frames,
    "6 figures of 9 axes": _figures,
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
