"""What does the analysis of a notebook cost? Typical notebooks, and shapes that are hard for it.

Run it by hand: ``python tests/benchmarks/bench_analysis.py [CELLS…]`` (500 1000 2000 by default).
Printed are seconds of processor time: of the data flow and its edges, and of the whole pipeline.
Twice the cells should take about twice the time; where every cell changes what all names stand for,
the answer itself grows with the square.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from mlops_nb.notebook.transform import transform_source
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.cells import Cell, CellId
from mlops_nb.pipeline.dataflow import analyse_notebook
from mlops_nb.pipeline.edges import find_edges

SETUP = """
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.linear_model import LogisticRegression
df = pd.read_csv('a.csv')
def clean(frame, limit=3):
    frame = frame.dropna()
    frame['a'] = frame['b'] * limit
    return frame
"""
TYPICAL = (
    "df{i} = clean(df)",
    "df['c{i}'] = df['b'] + {i}\ndf.head()",
    "x{i} = df['a'].mean() + {i}",
    "for c in df.columns:\n    if df[c].dtype == object:\n        df[c] = df[c].astype('category')",
    "m{i} = LogisticRegression(C={i})\nm{i}.fit(df[['a']], df['b'])",
    "print(m.score(df[['a']], df['b']))",
    "fig, ax = plt.subplots()\nax.plot(df['a'], df['b'])\nax.set_title('{i}')",
    "X{i}, y{i} = df.drop(columns='y'), df['y']",
    "scores{i} = [m.score(X, y) for m in models]",
    "results_{i} = {{'a': X, 'b': y}}",
)


def typical(n_cells: int) -> list[str]:
    return [SETUP, *(TYPICAL[i % len(TYPICAL)].format(i=i) for i in range(1, n_cells))]


def each(first: str, cell: str) -> Callable[[int], list[str]]:
    """Return a notebook of one first cell, and of the same cell again and again."""
    return lambda n: [first, *(cell.format(i=i, before=i - 1) for i in range(1, n))]


def _long_chain(n: int) -> list[str]:
    branches = "".join(f"elif x == {i}:\n    y{i % 7} = {i}\n" for i in range(n))
    return [f"x = 1\nif x == -1:\n    y = 1\n{branches}"]


def _nested(n: int) -> list[str]:
    depth = min(n, 90)  # Python's own limit is 100
    lines = ["    " * d + ("if x:" if d % 2 else "for x in xs:") for d in range(depth)]
    return ["xs, ys = [1], []", "\n".join([*lines, "    " * depth + "ys.append(x)"])]


_CLASS = """class C{i}:
    def __init__(self, a):
        self.a = a
    def get(self):
        return self.a + z
c{i} = C{i}({i})
c{i}.get()
"""
_TRY = """try:
    with open('f{i}') as fh:
        t{i} = fh.read()
except OSError as e:
    t{i} = ''
finally:
    print(t{i})
"""
SHAPES: dict[str, Callable[[int], list[str]]] = {
    "typical": typical,
    "all change one list": each("p = []", "p.append({i})\nx{i} = len(p)"),
    "all put into one list": each("p = []", "y{i} = [{i}]\np.append(y{i})"),
    "columns of one frame": each("df = load()", "df['c{i}'] = df['c{before}'] * 2"),
    "one frame bound again": each("df = load()", "df = clean(df)"),
    "results in a dict": each("found = {}", "m{i} = fit({i})\nfound['m{i}'] = m{i}"),
    "one helper that keeps": each("p = []\ndef f(x):\n    p.append(x)", "x{i} = f({i})"),
    "aliases of one list": each("a0 = []", "a{i} = a{before}"),
    "bound on some paths": each("p = []", "if c:\n    p = [{i}]"),
    "loops that bind": each("p = []", "for i in xs:\n    p = [i]\n    q = p"),
    "unknown magics": each("x0 = 1", "%unknown\nx{i} = y{i}"),
    "one cell of as many lines": lambda n: [
        "\n".join(f"x{i} = {i}\nprint(x{i})" for i in range(n))
    ],
    "one if of as many branches": _long_chain,
    "deeply nested": _nested,
    "chain of unknown functions": each("a0 = load()", "a{i} = f(a{before})"),
    "functions": each("z = 1", "def f{i}(x):\n    return x + z\ny{i} = f{i}({i})"),
    "classes": each("z = 1", _CLASS),
    "long cells": lambda n: [
        "import pandas as pd\ndf = pd.read_csv('a')",
        *("\n".join(f"v{i}_{j} = df['a'].mean() + {j}" for j in range(10)) for i in range(1, n)),
    ],
    "imports": each("z = 1", "import os, json\nimport numpy as np\nfrom math import sqrt"),
    "loops": each("xs = [1, 2]", "out{i} = []\nfor x in xs:\n    out{i}.append(x * {i})"),
    "try and with": each("z = 1", _TRY),
    "star imports": each("z = 1", "from os.path import *\ny{i} = join('a', '{i}')"),
    "models": each(
        SETUP, "m{i} = LogisticRegression()\nm{i}.fit(df, df)\ns{i} = m{i}.score(df, df)"
    ),
    "plots": each(SETUP, "fig, ax = plt.subplots()\nax.plot(df['a'])\nplt.show()"),
    "square: aliases that change": each("a0 = []", "a{i} = a{before}\na0.append({i})"),
    "square: namespaces": each("x0 = 1", "x{i} = globals()[k]"),
}


def cells_of(sources: list[str]) -> list[Cell]:
    return [
        Cell(index=i, id=CellId(f"c{i}"), type="code", source=s, code=transform_source(s))
        for i, s in enumerate(sources)
    ]


def main(sizes: list[int]) -> None:
    heads = " ".join(f"{f'{n} cells':>16}" for n in sizes)
    print(f"{'seconds: flow / pipeline':30} {heads}")
    for name, make in SHAPES.items():
        columns = []
        for n_cells in sizes:
            cells = cells_of(make(n_cells))
            begun = time.process_time()
            find_edges(analyse_notebook(cells, star_names=lambda module: None))
            middle = time.process_time()
            build_pipeline(cells, name="nb.ipynb", star_names=lambda module: None)
            columns.append(f"{middle - begun:7.2f} /{time.process_time() - middle:7.2f}")
        print(f"{name:30} {' '.join(columns)}", flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [500, 1000, 2000])
