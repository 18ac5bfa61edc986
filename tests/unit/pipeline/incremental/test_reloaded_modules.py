"""What was taken from a module before it was loaded again does not come back from the store."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_nb.notebook.files import cells_of
from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.dataflow import analyse_notebook
from mlops_nb.pipeline.incremental.facts import name_fact
from mlops_nb.pipeline.incremental.reloaded_modules import (
    Reloaded,
    reloaded_modules,
    without_reloaded,
)
from mlops_nb.pipeline.incremental.tasks import RunCell, make_course
from mlops_nb.pipeline.incremental.traces import Group, Trace

AGAIN = "import importlib\n_ = importlib.reload(shapes)"


def _cells(*sources: str) -> list[RunCell]:
    node = {"cells": [_code(source) for source in sources], "metadata": {}}
    cells = cells_of(node)
    analyses = analyse_notebook(cells, star_names=lambda _: None)
    return [
        RunCell(
            position=cell.index,
            label=f"cell {cell.index}",
            kind=CellKind.INLINE,
            stage=None,
            code=cell.code,
            flow=analyses[cell.index].flow,
            analysis=analyses[cell.index],
        )
        for cell in cells
        if cell.code is not None
    ]


def _code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        (("import shapes", "a = shapes.A()", "b = [a]", AGAIN), {"shapes", "a", "b"}),
        (("import shapes as s\na = s.A()\nn = 1", "del sys.modules['shapes']"), {"s", "a", "n"}),
        (("from shapes import A", "a = A()", "import sys\nsys.modules.pop('shapes')"), {"A", "a"}),
        (("%%writefile shapes.py\nA = 1", "import shapes", AGAIN), {"shapes"}),
        (("import shapes, numpy as np\na = shapes.A()", AGAIN), {"shapes", "a"}),
        (("import shapes", AGAIN, "a = shapes.A()"), set()),
        (("import shapes, other", "a = other.A()", AGAIN), set()),
        (("import shapes", "a = shapes.A()", "reloads = 1"), set()),
    ],
)
def test_names_that_hold_parts_of_a_module_as_it_was_are_told(
    sources: tuple[str, ...], names: set[str]
) -> None:
    found = reloaded_modules(_cells(*sources))
    assert found.names == names
    assert bool(found.cells) == bool(names)


def test_the_cell_that_loads_it_again_comes_about_by_running() -> None:
    cells = _cells("import shapes", "a = shapes.A()", AGAIN)
    assert 2 in make_course(cells, find=lambda key: (), mode="all").ambient


@pytest.mark.parametrize(
    ("kind", "is_taken"),
    [
        ("int", True),
        ("pandas.DataFrame", True),
        ("sklearn.linear_model.Ridge", True),
        ("list", False),
        ("function", False),
        ("shapes.A", False),
        ("__main__.Own", False),
    ],
)
def test_data_and_objects_of_libraries_are_taken_from_the_store(kind: str, is_taken: bool) -> None:
    content = json.dumps({"groups": [{"names": ["a"], "types": {"a": kind}}]})
    trace = Trace(
        id="i",
        key="k",
        reads={},
        writes={name_fact("a"): "1"},
        groups=(Group(names=("a",), content=content),),
    )
    reloaded = Reloaded(names=frozenset({"a"}), modules=frozenset({"shapes"}))
    (seen,) = without_reloaded([trace], reloaded)
    assert (seen.groups[0].content is not None) == is_taken
    assert list(without_reloaded([trace], Reloaded())) == [trace]
