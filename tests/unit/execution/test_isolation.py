"""Which cells share a kernel, and what is said where they cannot be kept apart."""

from __future__ import annotations

import re

import pytest

from mlops_nb.execution.isolation import Isolation, IsolationRule, find_segments
from mlops_nb.pipeline.cells import CellFlow, CellKind, Code, StageName
from mlops_nb.pipeline.incremental.planning import FOR_THE_PROCESS
from mlops_nb.pipeline.incremental.tasks import RunCell


def _cells(layout: str, *, reads: str = "") -> list[RunCell]:
    """Return cells: ``s`` is set-up, ``p`` parameters, ``.`` of no stage, a capital its stage."""
    kinds = {"s": CellKind.SETUP, "p": CellKind.PARAMETERS, ".": CellKind.INLINE}
    return [
        RunCell(
            position=position,
            label=f"stage '{sign}'" if sign.isupper() else f"cell {position}",
            kind=kinds.get(sign, CellKind.STAGE),
            stage=StageName(sign) if sign.isupper() else None,
            code=Code(python="pass"),
            flow=CellFlow(reads=(reads,) if reads and position == len(layout) - 1 else ()),
            analysis=None,
        )
        for position, sign in enumerate(layout)
    ]


@pytest.mark.parametrize(
    ("layout", "segments"),
    [
        ("AB", "01"),
        ("AABB", "0011"),
        ("sAsB", "0011"),
        ("spAs.B", "000112"),
        ("A..B", "0112"),
        ("ABA", "012"),
        ("AsA", "000"),
        ("...", "000"),
        ("As", "00"),
        ("ss", "00"),
        ("", ""),
    ],
)
def test_a_segment_is_what_stands_together(layout: str, segments: str) -> None:
    found = find_segments(_cells(layout), each_cell=False)
    assert "".join(map(str, found.values())) == segments


@pytest.mark.parametrize(
    ("layout", "segments"), [("...", "012"), ("s..", "001"), (".AA.", "0112"), ("s.s.p.", "001122")]
)
def test_each_cell_can_be_a_segment(layout: str, segments: str) -> None:
    found = find_segments(_cells(layout), each_cell=True)
    assert "".join(map(str, found.values())) == segments


def test_the_kernel_of_a_segment_is_home_to_its_cells_only() -> None:
    apart = Isolation(_cells("AAB"), IsolationRule())
    assert not apart.is_at_home(0)
    apart.enter(0)
    assert [apart.is_at_home(position) for position in range(3)] == [True, True, False]


def test_what_cannot_be_handed_over_fails_the_cell_that_needs_it() -> None:
    apart = Isolation(_cells("AB"), IsolationRule())
    ending = apart.settle(1, {0: "con (sqlite3.Connection): It belongs to this process."})
    assert ending is not None
    assert (ending.run_status, ending.code) == ("failed", "MNB431")
    told = "stage 'B' .* needs what stage 'A' left: con .sqlite3.Connection.: .*one stage"
    assert re.match(told, ending.message)


def test_segments_are_joined_where_that_is_wanted() -> None:
    apart = Isolation(_cells("A.BC"), IsolationRule(joins=True))
    assert apart.settle(2, {0: "it cannot be stored."}) is None
    apart.enter(0)
    assert [apart.is_at_home(position) for position in range(4)] == [True, True, True, False]
    joint = apart.joints[0]
    assert (joint.first, joint.last) == (0, 2)
    assert joint.reason == "stage 'B' needs what stage 'A' left: it cannot be stored."


def test_what_every_cell_needs_joins_all_that_follow_at_once() -> None:
    apart = Isolation(_cells("A.BC"), IsolationRule(joins=True))
    assert apart.settle(1, {0: f"{FOR_THE_PROCESS}it set something."}) is None
    assert [(joint.first, joint.last) for joint in apart.joints] == [(0, 3)]
    apart.enter(0)
    assert all(apart.is_at_home(position) for position in range(4))


def test_a_cell_that_asks_for_history_cannot_stand_apart_from_it() -> None:
    apart = Isolation(_cells("A.", reads="_"), IsolationRule())
    assert apart.find_history(0) == ""
    assert apart.find_history(1) == "it asks for what cells before it showed, by _"
    together = Isolation(_cells("..", reads="_"), IsolationRule())
    assert together.find_history(1) == ""


def test_a_run_begins_again_for_a_lack_once_only() -> None:
    apart = Isolation(_cells("AA"), IsolationRule(joins=True))
    assert apart.refuse_again(1, {0: "it is gone."}) is None
    assert apart.refuse_again(1, {0: "it is gone.", 1: "so is this."}) is None
    ending = apart.refuse_again(1, {0: "it is gone."})
    assert ending is not None
    assert ending.code == "MNB431"
