"""Which names surely hold a number, and which a score."""

from __future__ import annotations

import ast

import pytest

from mlops_nb.pipeline.scores import Sureness, find_scores
from notebooks import cells_of

IMPORTS = (
    "import numpy as np\nfrom sklearn import metrics\n"
    "from sklearn.metrics import accuracy_score, f1_score, mean_squared_error, roc_curve\n"
    "from sklearn.model_selection import cross_val_score\n"
)
SCORE, NUMBER, NOTHING = Sureness.SCORE, Sureness.NUMBER, Sureness.NOTHING
CASES = (
    ("accuracy_score(y, p)", SCORE),
    ("metrics.accuracy_score(y, p)", SCORE),
    ("f1_score(y, p, average='macro')", SCORE),
    ("f1_score(y, p, average=None)", NOTHING),
    ("f1_score(y, p, average=how)", NOTHING),
    ("mean_squared_error(y, p, multioutput='raw_values')", NOTHING),
    ("mean_squared_error(y, p, **how)", NOTHING),
    ("np.sqrt(mean_squared_error(y, p))", SCORE),
    ("mean_squared_error(y, p) ** 0.5", SCORE),
    ("-round(accuracy_score(y, p), 3)", SCORE),
    ("model.score(X, y)", SCORE),
    ("model.score", NOTHING),
    ("cross_val_score(m, X, y).mean()", SCORE),
    ("cross_val_score(m, X, y)", NOTHING),
    ("frame.mean()", NOTHING),
    ("{'a': accuracy_score(y, p), 'n': 3}", SCORE),
    ("{'a': accuracy_score(y, p), **more}", NOTHING),
    ("roc_curve(y, p)", NOTHING),
    ("float(x)", NUMBER),
    ("len(x)", NUMBER),
    ("3", NUMBER),
    ("True", NOTHING),
    ("'3'", NOTHING),
    ("x + 1", NOTHING),
)


@pytest.mark.parametrize(("value", "expected"), CASES)
def test_only_what_the_code_shows_is_said(value, expected):
    cells = [(cell, ast.parse(cell.source)) for cell in cells_of([IMPORTS, f"s = {value}"])]
    held = find_scores(cells).get("s")
    assert (held.sureness if held else NOTHING) == expected


def test_the_last_binding_holds():
    sources = [
        IMPORTS,
        "s = cross_val_score(m, X, y)",
        "t = s.mean()\na = b = accuracy_score(y, p)\nc = accuracy_score(y, p)",
        "for c in s: pass\nd = t / 2\nt, e = 1, 2",
    ]
    held = find_scores([(cell, ast.parse(cell.source)) for cell in cells_of(sources)])
    assert {name: (h.cell, h.sureness) for name, h in held.items()} == {"d": (3, SCORE)}
