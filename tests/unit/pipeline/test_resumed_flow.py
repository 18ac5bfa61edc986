"""Following the data flow again from where a notebook changed gives what following all gives."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_nb.notebook.transform import transform_source
from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.dataflow import analyse_notebook
from mlops_nb.pipeline.resumed_flow import ResumedFlow
from notebooks import STARS, cells_of

TEXTS = (
    "import numpy as np\nfrom math import *",
    "rows = [1, 2]\nalias = rows",
    "def add(x, to=rows):\n    to.append(x)\n    return len(to)",
    "n = add(3)",
    "if n > 2:\n    rows.append(n)\nelse:\n    del n",
    "class Box:\n    def put(self, x):\n        self.x = x\nbox = Box(); box.put(rows)",
    "box.x.append(pi)",
    "for i in rows:\n    total = i",
    "exec('z = 1')",
    "broken =",
    "print(z, total)",
)


@settings(deadline=None, max_examples=60)
@given(
    first=st.lists(st.sampled_from(TEXTS), max_size=8),
    edits=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(TEXTS)), max_size=4),
    patience=st.sampled_from([0.0, 5.0]),
)
def test_it_answers_as_if_all_were_walked(
    first: list[str], edits: list[tuple[int, str]], patience: float
) -> None:
    flow = ResumedFlow(patience=patience)
    sources = list(first)
    for place, text in [(99, ""), *edits]:
        if text:
            sources[place : place + 1] = [text]
        cells = cells_of(sources)
        answer = flow.analyse(cells, star_names=STARS.get)
        assert answer == analyse_notebook(cells, star_names=STARS.get)


@pytest.mark.parametrize(
    ("changed", "walked"), [(None, 0), (10, 1), (11, 1), (4, 7), (0, 11)], ids=str
)
def test_cells_before_the_change_are_not_walked_again(changed: int | None, walked: int) -> None:
    flow = ResumedFlow(patience=0)
    cells = cells_of(TEXTS)
    flow.analyse(cells, star_names=STARS.get)
    assert flow.n_analysed == len(TEXTS)
    if changed is not None:
        cells = [c for c in cells if c.index != changed] + [_plain(cells[0], changed)]
        cells.sort(key=lambda cell: cell.index)
    flow.analyse(cells, star_names=STARS.get)
    assert flow.n_analysed == walked


def _plain(cell: Cell, index: int) -> Cell:
    return replace(cell, index=index, source="new = 1", code=transform_source("new = 1"))
