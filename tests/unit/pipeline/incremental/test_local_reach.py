"""Which names of local modules can share what the modules keep is read from the modules' text."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_nb.notebook.files import cells_of
from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.dataflow import analyse_notebook
from mlops_nb.pipeline.incremental.imported_names import siblings_of
from mlops_nb.pipeline.incremental.local_code import LocalSource
from mlops_nb.pipeline.incremental.local_reach import LocalReach
from mlops_nb.pipeline.incremental.tasks import RunCell

PACKAGES = frozenset({"src", "src.deep"})


def _sources(texts: dict[str, str]) -> list[LocalSource]:
    return [
        LocalSource(
            module=name,
            key=f"{name}.py",
            digest="",
            text=text,
            is_package=name in PACKAGES,
        )
        for name, text in texts.items()
    ]


@pytest.mark.parametrize(
    ("texts", "path", "reached"),
    [
        ({"a": "import b", "b": "def f(): import c", "c": "", "d": ""}, "a.f", {"a", "b", "c"}),
        ({"src.a": "from .b import x", "src.b": "", "src.c": ""}, "src.a.f", {"src.a", "src.b"}),
        ({"src.a": "from . import b", "src.b": "", "src.c": ""}, "src.a", {"src.a", "src.b"}),
        ({"src.a": "import src.b", "src.b": "", "src.c": ""}, "src.a", {"src.a", "src.b"}),
        ({"src.a": "from src.b import *", "src.b": "", "src": ""}, "src.a", {"src.a", "src.b"}),
        ({"src.a": "", "src.b": "", "other": ""}, "src", {"src.a", "src.b"}),
        ({"src": "", "src.a": "", "src.b": ""}, "src", {"src", "src.a", "src.b"}),
        ({"src": "from .a import f", "src.a": "", "src.b": ""}, "src.f", {"src", "src.a"}),
        ({"src": "from . import a, b\nN = 1", "src.a": "", "src.b": ""}, "src.a.f", {"src.a"}),
        (
            {"src": "from . import a, b\na.put(b)", "src.a": "", "src.b": ""},
            "src.a.f",
            {"src", "src.a", "src.b"},
        ),
        ({"a": "import sys\nsys.modules['c']", "b": "", "c": ""}, "a.f", {"a", "b", "c"}),
        ({"a": "(", "b": ""}, "a.f", {"a", "b"}),
        ({"a": "", "b": ""}, "numpy.array", set()),
    ],
)
def test_code_reaches_the_modules_that_its_own_imports(
    texts: dict[str, str], path: str, reached: set[str]
) -> None:
    assert LocalReach(_sources(texts)).of(path) == reached


def _cell(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}


@pytest.mark.parametrize(
    ("source", "texts", "name", "siblings"),
    [
        (
            "from src.data import clean\nfrom src.plots import draw",
            {"src": "", "src.data": "import pandas", "src.plots": "import matplotlib"},
            "clean",
            {"clean"},
        ),
        (
            "from src.data import clean, load\nfrom src.plots import draw",
            {"src": "", "src.data": "", "src.plots": "from .data import clean"},
            "load",
            {"clean", "load", "draw"},
        ),
        (
            "from one import put\nfrom two import get",
            {"one": "import shelf", "two": "import shelf", "shelf": "kept = []"},
            "get",
            {"put", "get"},
        ),
        (
            "from src.data import clean\nfrom src.fast import native",
            {"src.data": ""},
            "clean",
            {"clean", "native"},
        ),
        (
            "from src.data import clean\nfrom src.plots import draw",
            {"src.data": "", "src.plots": "", **{f"src.m{n}": "" for n in range(50)}},
            "clean",
            {"clean", "draw"},
        ),
        ("from shelves import load, dump\nimport numpy", {"data": ""}, "load", {"load", "dump"}),
        ("import numpy as np\nfrom numpy import pi", {"data": ""}, "pi", set()),
    ],
)
def test_names_whose_modules_reach_one_and_the_same_share_what_it_keeps(
    source: str, texts: dict[str, str], name: str, siblings: set[str]
) -> None:
    cells = cells_of({"cells": [_cell(source)], "metadata": {}})
    analysis = analyse_notebook(cells, star_names=lambda _: None)[0]
    run_cell = RunCell(
        position=0,
        label="cell 0",
        kind=CellKind.SETUP,
        stage=None,
        code=cells[0].code,
        flow=analysis.flow,
        analysis=analysis,
    )
    assert siblings_of([run_cell], _sources(texts))(name) == siblings
