"""Law: whatever was done to a notebook's JSON, it is read as one of the format, or refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import nbformat
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_nb.errors import InputError
from mlops_nb.notebook.encoding import NotebookEncoder
from mlops_nb.notebook.files import parse_notebook
from mlops_nb.notebook.output_texts import metadata_texts, output_texts
from mlops_nb.pipeline.parameters import declared_parameters

WHOLE: dict[str, Any] = {
    "cells": [
        {
            "cell_type": "code",
            "id": "a",
            "metadata": {
                "tags": ["parameters"],
                "collapsed": True,
                "scrolled": "auto",
                "name": "n",
            },
            "source": ["a = 1\n", "b: int = 2"],
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["x\n"]}],
            "execution_count": 3,
        },
        {
            "cell_type": "markdown",
            "id": "b",
            "metadata": {"jupyter": {"source_hidden": True}},
            "source": "# T",
            "attachments": {"x.png": {"image/png": "eA=="}},
        },
        {"cell_type": "raw", "id": "c", "metadata": {"format": "text/html"}, "source": "x"},
    ],
    "metadata": {
        "kernelspec": {"name": "python3", "display_name": "P", "language": "python"},
        "language_info": {"name": "python", "mimetype": "text/x-python", "codemirror_mode": {}},
        "title": "T",
        "authors": [{"name": "me"}],
        "papermill": {},
        "mlops_nb": {},
    },
    "nbformat": 4,
    "nbformat_minor": 5,
}


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if not isinstance(value, dict | list):
        return
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*place, key)
        yield from _places(part, (*place, key))


PLACES = list(_places(WHOLE))
_TEXTS = ["", "\ud800", "\0", "a,b", "<script>"]
_OTHERS = [None, True, -1, 1.5, float("inf"), 10**30, [], {}, [None], {"": None}, ["x", 1]]
JUNK = st.sampled_from([*_TEXTS, *_OTHERS, {"name": 5}]).map(lambda junk: [junk])
CHANGES = st.lists(st.tuples(st.sampled_from(PLACES), st.none() | JUNK), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None)
@given(CHANGES)
def test_any_notebook_is_one_of_the_format_or_refused(changes: list[Any]) -> None:
    node = copy.deepcopy(WHOLE)
    for place, put in changes:
        _change(node, place, put)
    try:
        read = parse_notebook(json.dumps(node).encode(), name="nb.ipynb")
    except InputError:
        return
    assert json.loads(b"".join(NotebookEncoder(read.node).encode()))
    declared_parameters(read.cells)
    output_texts(read.node)
    metadata_texts(read.node)
    cleared = copy.deepcopy(dict(read.node))
    for cell in cleared["cells"]:
        if cell["cell_type"] == "code":  # as a run does before its first cell
            cell.update(outputs=[], execution_count=None)
    nbformat.validate(nbformat.from_dict(cleared))


def _change(node: Any, place: tuple[Any, ...], put: list[Any] | None) -> None:
    """Put something at `place`, or take away what is there; nothing if the place is gone."""
    try:
        for key in place[:-1]:
            node = node[key]
        if put is None:
            del node[place[-1]]
        else:
            node[place[-1]] = copy.deepcopy(put[0])  # it may be put into itself next
    except (KeyError, IndexError, TypeError):
        return
