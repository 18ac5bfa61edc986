"""What is different from a past run? The plan, made as if that run's results were the only ones.

So a stage that would be restored then is as it was in that run, and one that would run has the
reason that any plan tells, down to the line of a helper. Later stages are judged by what it leaves
now if that stands in the store, else by what it left then. What the run kept of itself is needed: a
stage of which nothing is there any more can be compared by its code alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InputError
from mlops_nb.execution.cell_memory import CellMemory
from mlops_nb.execution.kept import KeptResults
from mlops_nb.notebook.files import read_cells
from mlops_nb.pipeline.incremental.remembered import Outcome, Remembered
from mlops_nb.pipeline.incremental.traces import Trace
from mlops_nb.pipeline.parameters import INJECTED_TAG
from mlops_nb.project.planning import PlanReport, plan_notebook

if TYPE_CHECKING:
    from mlops_nb.execution.past_values import PastCell
    from mlops_nb.project.past_runs import PastRun
    from mlops_nb.project.prepared import RunOptions
    from mlops_nb.project.project import Project

SAME = "as in that run"
_NEW = "it is new"
_GONE = "it was a stage of that run, and is none now"
# A person who asks for a comparison wants all of it.
_CLAUSES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDifference:
    """One stage, then and now.

    Attributes
    ----------
    name : str
    then : str
        What became of it in that run: ``"run"``, ``"restore"`` or ``"skip"``; empty if there was
        none.
    now : str
        What a run would do with it now; empty if there is none.
    is_same : bool or None
        Whether nothing it depends on differs; None where that is known only on the way.
    difference : str
        What differs.
    """

    name: str
    then: str
    now: str
    is_same: bool | None
    difference: str

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``plan --diff --json`` prints."""
        return {
            "name": self.name,
            "then": self.then or None,
            "now": self.now or None,
            "same": self.is_same,
            "difference": self.difference,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDiff:
    """How a notebook differs from a past run of it.

    Attributes
    ----------
    notebook, run : str
    stages : tuple of StageDifference
        In the notebook's order, then those that are gone.
    cells : tuple of StageDifference or None
        Of cells of no stage: those that differ, in order; None where only stages are restored.
    """

    notebook: str
    run: str
    stages: tuple[StageDifference, ...]
    cells: tuple[StageDifference, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``plan --diff --json`` prints (schema 1)."""
        return {
            "schema": 1,
            "notebook": self.notebook,
            "run": self.run,
            "stages": [stage.to_json() for stage in self.stages],
            "cells": None if self.cells is None else [cell.to_json() for cell in self.cells],
        }


class PastResults(KeptResults):
    """The results of one run alone.

    Parameters
    ----------
    kept : KeptResults
        Where they are.
    traces : iterable of Trace
    """

    def __init__(self, kept: KeptResults, traces: Iterable[Trace]) -> None:
        super().__init__(kept.store, stamp=kept.stamp)
        self._traces = tuple(traces)

    def find(self, key: str) -> tuple[Trace, ...]:
        """Return the run's traces of a key."""
        return tuple(trace for trace in self._traces if trace.key == key)


def diff_plan(project: Project, notebook: Path | str, *, run: str, options: RunOptions) -> PlanDiff:
    """Return how a run with these options would differ from a past one.

    Parameters
    ----------
    project : Project
    notebook : path-like
    run : str
        As `find_past_run` takes it.
    options : RunOptions

    Raises
    ------
    InputError
        As `plan_notebook`; MNB850 there is no such run, MNB844 it is of another notebook.
    """
    from mlops_nb.project.past_runs import find_past_run

    past = find_past_run(run, start=project.root)
    _check_notebook(past, notebook)
    own = plan_notebook(project, notebook, options=options)
    traces = [t for cell in past.values.cells if (t := past.values.trace_of(cell)) is not None]

    def only_past(cache: Any) -> Any:
        memory = CellMemory.of(_remember(past))
        standing = {c.position: c.standing for c in own.cells if c.standing is not None}
        kept = PastResults(cache.kept, traces)
        return replace(cache, kept=kept, memory=memory, standing=standing)

    then = plan_notebook(project, notebook, options=options, change=only_past, clauses=_CLAUSES)
    known = {str(stage["name"]): str(stage["action"]) for stage in past.record.get("stages", ())}
    stages = [_compare(known, now, seen) for now, seen in zip(own.stages, then.stages, strict=True)]
    names = {stage.name for stage in stages}
    stages += [
        StageDifference(name=name, then=action, now="", is_same=False, difference=_GONE)
        for name, action in known.items()
        if name not in names
    ]
    cells = _compare_cells(past, own, then, notebook) if options.cache == "all" else None
    return PlanDiff(notebook=own.notebook, run=past.told, stages=tuple(stages), cells=cells)


def _compare_cells(
    past: PastRun, own: PlanReport, then: PlanReport, notebook: Path | str
) -> tuple[StageDifference, ...]:
    """Return what is different of the cells of no stage, found again by their ids."""
    nodes = read_cells(notebook).node["cells"]
    known: dict[str, str] = {}
    for cell in past.values.cells:
        action = "restore" if cell.status == "restored" else "run"
        known |= dict.fromkeys(_ids(past, cell.position), action)
    found = []
    for now, seen in zip(own.cells, then.cells, strict=True):
        if now.stage is not None or now.index is None or seen.action == "restore":
            continue
        found.append(
            StageDifference(
                name=f"cell {now.index}",
                then=known.get(str(nodes[now.index].get("id") or f"cell-{now.index}"), ""),
                now=str(now.action),
                is_same=None if seen.action == "undecided" else False,
                difference=seen.reason,
            )
        )
    return tuple(found)


def _compare(known: dict[str, str], now: Any, seen: Any) -> StageDifference:
    name = str(now.name)
    is_same: bool | None = False
    if name not in known:
        difference = _NEW
    elif seen.action == "restore":
        difference, is_same = SAME, True
    else:
        difference, is_same = seen.reason, None if seen.action == "undecided" else False
    return StageDifference(
        name=name,
        then=known.get(name, ""),
        now=str(now.action),
        is_same=is_same,
        difference=difference,
    )


def _check_notebook(past: PastRun, notebook: Path | str) -> None:
    """Refuse a comparison of two notebooks that only chance makes alike."""
    was = Path(str(past.record.get("notebook") or "")).name
    if was and was != Path(notebook).name:
        raise InputError(
            "MNB844",
            str(notebook),
            f"run {past.told!r} is one of {was!r}.",
            "Name a run of this notebook: `mlops-nb runs list` shows them.",
        )


def _remember(past: PastRun) -> dict[str, Remembered]:
    """Return what each cell of a run was, by the names that it is found by now."""
    found: dict[str, Remembered] = {}
    counts: dict[str, int] = {}
    for cell in past.values.cells:
        node = past.file.node["cells"][cell.position]
        code = past.pipeline.cells[cell.position].code
        names = [f"id {ident}" for ident in _ids(past, cell.position)]
        if INJECTED_TAG in node.get("metadata", {}).get("tags", ()):
            names = ["parameters"]
        if cell.stage:
            names.append(f"stage {cell.stage} {counts.get(cell.stage, 0)}")
            counts[cell.stage] = counts.get(cell.stage, 0) + 1
        told = Remembered(
            key=cell.trace.rpartition("/")[0],
            code="" if code is None else code.python,
            outcome=_outcome(cell),
        )
        found |= dict.fromkeys(names, told)
    return found


def _ids(past: PastRun, position: int) -> tuple[str, str]:
    """Return what a cell of a run is found by: its id, and its place for a notebook without ids."""
    nodes = past.file.node["cells"]
    before = [node.get("metadata", {}).get("tags", ()) for node in nodes[:position]]
    place = position - sum(INJECTED_TAG in tags for tags in before)
    return str(nodes[position].get("id")), f"cell-{place}"


def _outcome(cell: PastCell) -> Outcome:
    if cell.has_ended_badly:
        return "failed"
    return "kept" if cell.trace else "not kept"
