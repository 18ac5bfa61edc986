"""What would a run do, and why? Asked of what earlier runs left; nothing is executed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InputError
from mlops_nb.pipeline.gates.requirements import told_needs
from mlops_nb.pipeline.incremental.planning import TOGETHER
from mlops_nb.pipeline.records import Action, CellStatus, StageRecord
from mlops_nb.project.cache import request_cache
from mlops_nb.project.prepared import PreparedRun, RunOptions, prepare_run

if TYPE_CHECKING:
    from mlops_nb.execution.request import PlannedCell, RunRequest
    from mlops_nb.execution.runcells import CacheRequest
    from mlops_nb.notebook.files import NotebookFile
    from mlops_nb.pipeline.gates.declared import DeclaredGate
    from mlops_nb.project.project import Project

# What counts for a stage whose cells fare differently, first to last.
_WEIGHT: tuple[Action, ...] = ("run", "undecided", "restore")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """What a run would do.

    Attributes
    ----------
    notebook : str
    stages : tuple of StageRecord
        For every stage its action and reason.
    cells : tuple of PlannedCell
        Of all cells that would run or be restored, in order.
    gates : tuple of DeclaredGate
        What the run would decide at its end.
    notes : tuple of str
    """

    notebook: str
    stages: tuple[StageRecord, ...]
    cells: tuple[PlannedCell, ...]
    gates: tuple[DeclaredGate, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def needs_kernel(self) -> bool:
        cells = any(cell.action != "restore" for cell in self.cells)
        return cells or any(stage.action == "run" for stage in self.stages)

    def to_json(self) -> dict[str, Any]:
        """Return the contract's object (schema 1)."""
        return {
            "schema": 1,
            "notebook": self.notebook,
            "needs_kernel": self.needs_kernel,
            "stages": [stage.to_json() for stage in self.stages],
            "cells": [
                {"index": c.index, "stage": c.stage, "action": c.action, "reason": c.reason}
                for c in self.cells
            ],
            "gates": [
                {
                    "gate": str(one.gate),
                    "origins": list(one.origins),
                    "decided_by": told_needs(one.gate),
                }
                for one in self.gates
            ],
            "notes": list(self.notes),
        }


def plan_notebook(
    project: Project,
    notebook: Path | str | NotebookFile,
    *,
    options: RunOptions,
    change: Callable[[CacheRequest], CacheRequest] = lambda cache: cache,
    clauses: int = 2,
) -> PlanReport:
    """Return what `run` with the same options would do.

    Parameters
    ----------
    project : Project
    notebook : path-like or NotebookFile
        The latter as somebody edits it, saved or not.
    options : RunOptions
    change : callable, optional
        Makes of the request for what is kept another one.
    clauses : int, default=2
        How many changes a reason names.

    Raises
    ------
    InputError
        As `run`, before a kernel starts; MNB843 if it is told to keep nothing, since then every
        cell runs.
    """
    from mlops_nb.execution.planning import plan_request
    from mlops_nb.execution.run import launch_for

    job = prepare_run(project, notebook, None, options, will_run=False)
    if job.settings.cache == "off":
        raise InputError(
            "MNB843",
            job.file.path,
            "with the cache off every cell runs, and there is nothing to plan.",
            "Set cache to 'stages' or 'all', or leave out --no-cache.",
        )
    cache, notes = request_cache(project, job.settings, notebook=job.file.path, force=job.force)
    if cache is None:
        return plan_all(job, reason="nothing can be kept here", notes=notes)
    cache = change(cache)
    request = _request(job, cache)
    launch = launch_for(request)
    try:
        cells = plan_request(request, launch, clauses=clauses)
    finally:
        launch.discard()
        cache.kept.close()
    return PlanReport(
        notebook=job.file.path,
        stages=tuple(
            _stage_record(stage.name, stage.cells, cells) for stage in job.pipeline.stages
        ),
        cells=cells,
        gates=job.gates.gates if job.settings.track else (),
        notes=tuple(notes),
    )


def plan_all(job: PreparedRun, *, reason: str, notes: Sequence[str] = ()) -> PlanReport:
    """Return what a run does that can restore nothing: all that is asked for."""
    chosen = job.selection
    records = []
    for stage in job.pipeline.stages:
        runs = chosen is None or not chosen.run.isdisjoint(stage.cells)
        action: Action = "run" if runs else "skip"
        status: CellStatus = "not run" if runs else "skipped"
        told = reason if runs else "it is not asked for"
        records.append(StageRecord(name=stage.name, action=action, reason=told, status=status))
    gates = job.gates.gates if job.settings.track else ()
    return PlanReport(
        notebook=job.file.path, stages=tuple(records), cells=(), gates=gates, notes=tuple(notes)
    )


def _request(job: PreparedRun, cache: Any) -> RunRequest:
    from mlops_nb.execution.request import RunRequest

    return RunRequest(
        source=job.file,
        pipeline=job.pipeline,
        selection=job.selection,
        parameters=job.values,
        cwd=job.cwd,
        kernel_name=job.settings.kernel,
        kernel_environment=job.secrets,
        masker=job.masker,
        cache=cache,
    )


def _stage_record(
    name: Any, indices: tuple[int, ...], cells: tuple[PlannedCell, ...]
) -> StageRecord:
    own = [cell for cell in cells if cell.index in indices]
    for action in _WEIGHT:
        reasons = [cell.reason for cell in own if cell.action == action]
        if reasons:
            reason = next((r for r in reasons if r != TOGETHER), reasons[0])
            return StageRecord(name=name, action=action, reason=reason, status="not run")
    return StageRecord(
        name=name, action="skip", reason="it is not asked for, or has no code", status="skipped"
    )
