"""What a cell may set that never ran is told by its text, and by the functions that it calls."""

from __future__ import annotations

import pytest

from mlops_nb.pipeline.cells import Cell, CellId, Code
from mlops_nb.pipeline.dataflow import analyse_notebook
from mlops_nb.pipeline.incremental.may_set import MaySet

HEAD = "import os\nimport numpy as np, pandas as pd, matplotlib.pyplot as plt, helper"


def may_set(*sources: str) -> tuple[str, ...]:
    """Return what the last of the cells may set."""
    cells = [
        Cell(index=i, id=CellId(str(i)), type="code", source=text, code=Code(python=text))
        for i, text in enumerate((HEAD, *sources))
    ]
    analyses = analyse_notebook(cells, star_names=lambda module: None)
    all_of = MaySet()
    found: tuple[str, ...] = ()
    for cell in cells:
        assert cell.code is not None
        found = all_of.of(cell.code, analyses[cell.index])
    return found


@pytest.mark.parametrize(
    ("source", "begin"),
    [
        ("pd.set_option('display.max_rows', 5)", "option:pandas"),
        ("pd.options.display.max_rows = 5", "option:pandas"),
        ("plt.rcParams['figure.dpi'] = 90", "option:matplotlib"),
        ("np.random.seed(1)", "random:"),
        ("t = s.sample(3)", "random:"),
        ("s.to_csv('out.csv')", "file:"),
        ("os.environ['A'] = 'b'", "environment:"),
        ("os.chdir('..')", "folder:"),
        ("helper.prepare()", "option:"),
    ],
)
def test_what_a_cell_says_it_sets_is_told(source: str, begin: str) -> None:
    assert begin in may_set(source)
    assert begin in may_set(f"def prepare_all(s):\n    {source}", "prepare_all(s)")


@pytest.mark.parametrize("source", ["k = 3", "print(len(s))", "for v in s:\n    k = v + 1"])
def test_a_cell_that_reads_and_binds_sets_nothing_else(source: str) -> None:
    assert may_set(source) == ()


def test_a_table_that_is_shown_may_draw_or_warn_and_writes_no_file() -> None:
    assert may_set("s.head()") == ("option:warnings.shown", "random:")
