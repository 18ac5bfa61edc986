"""What a run will need is told from what is to become of its cells."""

from __future__ import annotations

import pytest

from mlops_nb.execution.planning import Foreseen, foresee
from mlops_nb.execution.request import PlannedCell
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import Action
from mlops_nb.pipeline.stages import Stage, StageOptions


def stage(name: str, *cells: int, model: str | None = None) -> Stage:
    options = StageOptions(model=model)
    none: tuple[str, ...] = ()
    return Stage(
        name=StageName(name), cells=cells, inputs=none, outputs=none, upstream=(), options=options
    )


STAGES = (stage("clean", 1), stage("train", 2, model="clf"))


@pytest.mark.parametrize(
    ("clean", "train", "inline", "kernel", "builder"),
    [
        ("restore", "restore", "restore", False, False),
        ("restore", "restore", "run", True, False),
        ("run", "restore", "run", True, False),
        ("run", "undecided", "restore", True, True),
        ("restore", "run", "restore", True, True),
    ],
)
def test_the_builder_of_models_is_needed_where_a_stage_may_make_one(
    clean: Action, train: Action, inline: Action, kernel: bool, builder: bool
) -> None:
    planned = [
        PlannedCell(index=1, stage=StageName("clean"), action=clean, reason=""),
        PlannedCell(index=2, stage=StageName("train"), action=train, reason=""),
        PlannedCell(index=3, stage=None, action=inline, reason=""),
    ]
    assert foresee(planned, STAGES) == Foreseen(kernel=kernel, builder=builder)
