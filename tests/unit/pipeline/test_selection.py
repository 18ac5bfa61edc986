"""Which cells run when only some stages are asked for."""

from __future__ import annotations

import pytest

from mlops_nb.errors import InputError
from mlops_nb.pipeline.selection import select_cells
from notebooks import pipeline_of

SOURCES = (
    "import math",
    "%%mlops_stage load\nraw = open('a')",
    "print(raw)",
    "%%mlops_stage left\na = list(raw.name)",
    "b = a + a",
    "%%mlops_stage right\nc = list(raw.name)",
    "%%mlops_stage join\nd = b + c",
    "draft = max(1, 2)",
)


def test_everything_but_skipped_cells_runs_unless_asked_otherwise():
    chosen = select_cells(pipeline_of(*SOURCES, tags={7: ["skip"]}))
    assert chosen.run == frozenset(range(7))
    assert chosen.reasons == {7: "tagged 'skip'"}


def test_a_stage_runs_with_what_it_needs_and_the_setup():
    chosen = select_cells(pipeline_of(*SOURCES), stages=["left"])
    assert chosen.run == {0, 1, 3}
    assert chosen.reasons[5] == "not needed for stage 'left'"


def test_what_lies_between_stages_runs_where_it_is_needed():
    assert select_cells(pipeline_of(*SOURCES), stages=["join"]).run == {0, 1, 3, 4, 5, 6}


def test_until_runs_everything_up_to_a_stage():
    chosen = select_cells(pipeline_of(*SOURCES), until="left")
    assert chosen.run == {0, 1, 2, 3}
    assert chosen.reasons[6] == "after stage 'left'"


@pytest.mark.parametrize(
    ("stages", "until", "code"),
    [(["lift"], None, "MNB807"), ([], "jion", "MNB807"), (["join"], "left", "MNB808")],
)
def test_unknown_and_contradicting_stages_are_errors(stages, until, code):
    with pytest.raises(InputError) as caught:
        select_cells(pipeline_of(*SOURCES), stages=stages, until=until)
    assert caught.value.code == code


def test_an_unknown_stage_is_told_the_nearest():
    with pytest.raises(InputError, match="'left'"):
        select_cells(pipeline_of(*SOURCES), stages=["lift"])
