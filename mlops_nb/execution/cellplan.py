"""What is to happen with each cell of the notebook that is executed? Decided before the first one
runs.

The executed notebook may have a cell more than its source (the injected parameters); everything
told to people and programs counts cells of the source, so each plan knows both positions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mlops_nb.execution.events import PlannedStage
from mlops_nb.pipeline.cells import Cell, CellKind, StageName
from mlops_nb.pipeline.parameters import INJECTED_TAG, PARAMETERS_TAG
from mlops_nb.pipeline.stages import Pipeline, Stage

if TYPE_CHECKING:
    from mlops_nb.pipeline.selection import Selection

# nbclient's tag beside ours.
_SKIP_TAGS = ("skip", "skip-execution")
_SKIPPED = "its tag says so"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlan:
    """What is to happen with one cell.

    Attributes
    ----------
    index : int or None
        In the source notebook, among all cells from 0; None for the cell of injected parameters.
    action : {"run", "skip", "empty", "text"}
        ``"empty"`` has nothing to run, ``"text"`` is no code cell.
    reason : str
        Why it is skipped; empty otherwise.
    stage : StageName or None
    spec : Mapping
        What the session in the kernel is told of the stage; empty outside stages.
    timeout_s : float or None
        Of its stage, all cells together.
    may_fail : bool
        Whether an exception lets the run go on (tag ``raises-exception``).
    retries : int
        How often its stage is tried again.
    is_injected : bool
        Whether it is the cell of this run's parameters.
    """

    index: int | None
    action: Literal["run", "skip", "empty", "text"]
    reason: str = ""
    stage: StageName | None = None
    spec: Mapping[str, Any]
    timeout_s: float | None = None
    may_fail: bool = False
    retries: int = 0
    is_injected: bool = False


def plan_cells(pipeline: Pipeline, selection: Selection | None) -> list[CellPlan]:
    """Return a plan for every cell of the source notebook, in order."""
    plans = [_plan_cell(pipeline, cell, selection) for cell in pipeline.cells]
    last = {plan.stage: plan.index for plan in plans if plan.action == "run"}
    return [_add_spec(plan, pipeline, is_last=last.get(plan.stage) == plan.index) for plan in plans]


def plan_stages(pipeline: Pipeline, plans: Sequence[CellPlan]) -> tuple[PlannedStage, ...]:
    """Return what is to happen with each stage, by the plans of its cells."""
    by_index = {plan.index: plan for plan in plans}
    planned = []
    for stage in pipeline.stages:
        own = [by_index[index] for index in stage.cells]
        runs = tuple(plan.index for plan in own if plan.action == "run" and plan.index is not None)
        reason = "it is run headless" if runs else next((p.reason for p in own if p.reason), "")
        planned.append(
            PlannedStage(
                name=stage.name,
                action="run" if runs else "skip",
                reason=reason or "it has no code",
                cells=runs,
            )
        )
    return tuple(planned)


def injected_position(cells: Sequence[Cell]) -> tuple[int, bool]:
    """Return where the injected parameters go, and whether they replace the cell that is there.

    As papermill has it: over an earlier injected cell, else behind the parameters cell, else first.
    """
    for cell in cells:
        if cell.type == "code" and INJECTED_TAG in cell.tags:
            return cell.index, True
    for cell in cells:
        if cell.type == "code" and PARAMETERS_TAG in cell.tags:
            return cell.index + 1, False
    return 0, False


def _plan_cell(pipeline: Pipeline, cell: Cell, selection: Selection | None) -> CellPlan:
    if cell.type != "code":
        return CellPlan(index=cell.index, action="text", spec={})
    stage = pipeline.stage_of(cell.index)
    name = None if stage is None else stage.name
    reason = _reason_to_skip(pipeline, cell, selection)
    if reason:
        return CellPlan(index=cell.index, action="skip", reason=reason, stage=name, spec={})
    return CellPlan(
        index=cell.index,
        action="run" if cell.source.strip() else "empty",
        stage=name,
        spec={},
        timeout_s=None if stage is None else stage.options.timeout_s,
        may_fail="raises-exception" in cell.tags,
        retries=0 if stage is None else stage.options.retries,
    )


def _reason_to_skip(pipeline: Pipeline, cell: Cell, selection: Selection | None) -> str:
    if pipeline.kinds.get(cell.index) == CellKind.SKIP or any(t in cell.tags for t in _SKIP_TAGS):
        return _SKIPPED
    if selection is not None and cell.index not in selection.run:
        return selection.reasons.get(cell.index) or "it was not asked for"
    return ""


def _add_spec(plan: CellPlan, pipeline: Pipeline, *, is_last: bool) -> CellPlan:
    stage = None if plan.stage is None else pipeline.stage(plan.stage)
    if stage is None or plan.action != "run":
        return plan
    return CellPlan(
        index=plan.index,
        action=plan.action,
        stage=plan.stage,
        spec=_spec_of(stage, is_last=is_last),
        timeout_s=plan.timeout_s,
        may_fail=plan.may_fail,
        retries=plan.retries,
    )


def _spec_of(stage: Stage, *, is_last: bool) -> dict[str, Any]:
    """Return what the session is told with each cell of `stage` (the contract of `session`)."""
    options = stage.options
    return {
        "name": stage.name,
        "inputs": list(options.inputs),
        "outputs": list(options.outputs),
        "metrics": list(options.metrics),
        "model": options.model,
        "example": options.example,
        "eval": list(options.eval),
        "timeout_s": options.timeout_s,
        "produces": list(options.produces),
        "last": is_last,
    }
