"""Which cells run when only some stages are asked for?

Those of the stages, what these need, directly or through other cells, and the set-up. Everything
runs in document order; nothing that is left out can have bound or changed a name that a chosen
cell reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlops_nb.errors import InputError, nearest
from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.stages import Pipeline, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What runs and, for every other code cell, why it does not.

    Attributes
    ----------
    run : frozenset of int
        Indices of code cells.
    reasons : Mapping of int to str
        For the code cells not in `run`.
    """

    run: frozenset[int]
    reasons: Mapping[int, str]


def select_cells(
    pipeline: Pipeline, *, stages: Sequence[str] = (), until: str | None = None
) -> Selection:
    """Return the cells that run.

    Parameters
    ----------
    pipeline : Pipeline
    stages : sequence of str
        Only these stages and what they need; all if empty.
    until : str or None
        Nothing after the last cell of this stage.

    Raises
    ------
    InputError
        MNB807 if there is no such stage.
    """
    wanted = [find_stage(pipeline, name, "--stage") for name in stages]
    last = None if until is None else find_stage(pipeline, until, "--until")
    if last is not None and wanted and (late := [s for s in wanted if s.cells[0] > last.cells[-1]]):
        raise InputError(
            "MNB808",
            pipeline.name,
            f"stage {late[0].name!r} comes after {last.name!r}, the last to run.",
            "Leave out '--until', or ask for an earlier stage.",
        )
    code = [c.index for c in pipeline.cells if c.type == "code"]
    reasons = {i: "tagged 'skip'" for i in code if pipeline.kinds[i] is CellKind.SKIP}
    if last is not None:
        reasons |= {i: f"after stage {last.name!r}" for i in code if i > last.cells[-1]} | reasons
    if wanted:
        needed = _closure(pipeline, (c for stage in wanted for c in stage.cells))
        names = ", ".join(repr(stage.name) for stage in wanted)
        for index in code:
            if index not in needed and index not in reasons:
                reasons[index] = f"not needed for stage {names}"
    return Selection(run=frozenset(i for i in code if i not in reasons), reasons=reasons)


def find_stage(pipeline: Pipeline, name: str, option: str) -> Stage:
    """Return the stage that an `option` names. Raises InputError MNB807."""
    stage = pipeline.stage(name)
    if stage is not None:
        return stage
    known = [s.name for s in pipeline.stages]
    raise InputError(
        "MNB807",
        pipeline.name,
        f"there is no stage {name!r} ({option}).",
        nearest(name, known)
        or "The notebook has no stages: make one by %%mlops_stage NAME or # mlops: stage NAME on a "
        "cell's first line, by the cell tag stage:NAME, or by cell metadata.",
    )


def _closure(pipeline: Pipeline, cells: Iterable[int]) -> set[int]:
    """Return `cells` and all they need, set-up and parameters included.

    A stage runs whole: where one of its cells is needed, all are.
    """
    always = (CellKind.SETUP, CellKind.PARAMETERS)
    todo = [*cells, *(i for i, kind in pipeline.kinds.items() if kind in always)]
    found: set[int] = set()
    stage_cells = {i: s.cells for s in pipeline.stages for i in s.cells}
    while todo:
        index = todo.pop()
        if index in found:
            continue
        found.add(index)
        todo += pipeline.needs.get(index, ())
        todo += stage_cells.get(index, ())
    return found
