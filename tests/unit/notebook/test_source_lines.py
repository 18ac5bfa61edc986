"""Lines of the file where the lines of a source stand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_nb.notebook.source_lines import source_lines

SOURCE = 'a = "é\\n"\nb = 2\n\nc = "\\\\"'


def file_of(*sources: Any, indent: int | None, mark: str = "") -> str:
    cells = [
        {"cell_type": "code", "metadata": {"source": "no"}, "outputs": [], "source": source}
        for source in sources
    ]
    node = {"metadata": {"cells": []}, "cells": cells, "nbformat": 4, "nbformat_minor": 5}
    return mark + json.dumps(node, indent=indent)


@pytest.mark.parametrize("indent", [1, 4])
def test_each_line_of_a_list_has_its_line(indent: int) -> None:
    text = file_of(["x"], SOURCE.splitlines(keepends=True), indent=indent)
    (lines,) = source_lines(text.encode(), [1], name="nb").values()
    told = [text.split("\n")[line - 1].strip().rstrip(",") for line in lines]
    assert [json.loads(line) for line in told] == SOURCE.splitlines(keepends=True)


def test_of_one_text_all_lines_stand_on_its_line() -> None:
    text = file_of(SOURCE, indent=1)
    (lines,) = source_lines(text.encode(), [0], name="nb").values()
    assert len(lines) == 4
    assert '"source": "a =' in text.split("\n")[lines[0] - 1]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (["a\nb\n", "c"], 3),
        (["a", "b\n", "c"], 2),
        (["a\n", "", "b"], 2),
        ([], 1),
        ("", 1),
        (["a\r\n", "b"], 2),
    ],
)
def test_lines_are_those_of_the_source_however_it_is_cut(source: Any, expected: int) -> None:
    (lines,) = source_lines(file_of(source, indent=1).encode(), [0], name="nb").values()
    assert len(lines) == expected
    assert list(lines) == sorted(lines)


def test_on_one_line_there_is_one_line() -> None:
    found = source_lines(file_of(SOURCE, "x", indent=None).encode(), [0, 1], name="nb")
    assert found == {0: (1, 1, 1, 1)[: len(found[0])], 1: (1,)}


def test_a_byte_order_mark_and_other_encodings_are_read() -> None:
    text = file_of(["x = 1\n", "y"], indent=1)
    for codec in ("utf-8-sig", "utf-16"):
        assert source_lines(text.encode(codec), [0], name="nb") == source_lines(
            text.encode(), [0], name="nb"
        )


def test_a_notebook_of_an_old_format_has_none() -> None:
    assert source_lines(b'{"worksheets": [{"cells": []}], "nbformat": 3}', [0], name="nb") == {}
