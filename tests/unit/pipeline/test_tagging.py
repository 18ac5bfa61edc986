"""Tagging cells by hand: which cells are meant, and what becomes of what they said."""

from __future__ import annotations

import pytest
from migrating import Pairs, cells_from

from mlops_nb.errors import InputError
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.tagging import find_places, tag_kind, tag_stage

CELLS: Pairs = (
    ("hide-input", "a = 1"),
    ("markdown", "# Title"),
    ("stage:old setup", "b = 1"),
    ("parameters", "# mlops: stage train --metrics f --timeout 5m\nf = 1"),
)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["0"], [0]),
        (["0-3"], [0, 2, 3]),
        (["3", "c0", "2-3"], [0, 2, 3]),
    ],
)
def test_cells_are_named_by_position_range_and_id(words, found):
    assert [c.index for c in find_places(cells_from(CELLS), words, name="a")] == found


@pytest.mark.parametrize(
    ("word", "code"),
    [("4", "MNB833"), ("2-1", "MNB833"), ("0-9", "MNB833"), ("c9", "MNB833"), ("1", "MNB834")],
)
def test_cells_that_are_not_there_are_told(word, code):
    with pytest.raises(InputError, match=code):
        find_places(cells_from(CELLS), [word], name="a")


def test_a_stage_replaces_what_a_cell_said():
    cells = cells_from(CELLS)
    said = tag_stage([cells[0], cells[2]], StageName("train"), {"metrics": ("a",)}, carrier="tag")
    assert [(c.cell, c.tags, c.metadata) for c in said] == [
        (0, ("stage:train", "hide-input"), {"metrics": ["a"]}),
        (2, ("stage:train",), None),
    ]


def test_a_cell_of_the_stage_keeps_what_is_not_said_anew():
    cell = cells_from(CELLS)[3]
    (said,) = tag_stage([cell], StageName("train"), {"metrics": ("g",)}, carrier="magic")
    assert said.source == "%%mlops_stage train --metrics g --timeout 10m\nf = 1".replace("10", "5")
    assert said.tags == ()
    (other,) = tag_stage([cell], StageName("other"), {}, carrier="comment")
    assert other.source == "# mlops: stage other\nf = 1"


def test_cells_become_of_a_kind_or_of_none():
    cells = cells_from(CELLS)
    assert [(c.cell, c.tags, c.source) for c in tag_kind(cells[2:], "skip")] == [
        (2, ("skip",), None),
        (3, ("skip",), "f = 1"),
    ]
    assert [(c.cell, c.tags) for c in tag_kind([cells[0], cells[2]], None)] == [(2, ())]
