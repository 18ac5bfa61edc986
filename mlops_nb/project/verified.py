"""What do the ways in which a notebook was run tell, side by side?

The first way is the measure: each stage, or each cell of a notebook without stages, of every other
way is compared with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from mlops_nb.errors import MlopsNbError
from mlops_nb.execution.cellplan import plan_cells
from mlops_nb.execution.verify_causes import Known, find_hints, make_explain
from mlops_nb.execution.verify_comparison import Unit, compare_passes
from mlops_nb.execution.verify_pass import RESTORED, PassSeen
from mlops_nb.execution.verify_report import UnitReport
from mlops_nb.pipeline.records import ErrorRecord, RunStatus
from mlops_nb.pipeline.stages import Pipeline

if TYPE_CHECKING:
    from mlops_nb.project.prepared import PreparedRun
    from mlops_nb.project.project import Project

_HINTS = ("MNB236", "MNB237")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """Whether all ways of running a notebook agree.

    Attributes
    ----------
    notebook : str
    status : {"equal", "different"} or RunStatus
        How the first run ended where it did not complete, so that nothing was compared.
    passes : tuple of PassSeen
    units : tuple of UnitReport
    notes : tuple of str
    error : ErrorRecord or None
        Of the first run.
    """

    notebook: str
    status: Literal["equal", "different"] | RunStatus
    passes: tuple[PassSeen, ...]
    units: tuple[UnitReport, ...] = ()
    notes: tuple[str, ...] = ()
    error: ErrorRecord | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return what ``verify --json`` prints (schema 1)."""
        return {
            "schema": 1,
            "notebook": self.notebook,
            "status": self.status,
            "parameters": dict(self.parameters),
            "passes": [
                {
                    "name": seen.name,
                    "status": seen.status,
                    "seconds": round(seen.seconds, 3),
                    "restored": sum(c.status == "restored" for c in seen.cells.values()),
                    "error": None if seen.error is None else seen.error.to_json(),
                }
                for seen in self.passes
            ],
            "units": [unit.to_json() for unit in self.units],
            "notes": list(self.notes),
            "error": None if self.error is None else self.error.to_json(),
        }


def report_unfinished(job: PreparedRun, first: PassSeen) -> VerifyReport:
    """Return what is said where the first way did not complete."""
    notes = []
    unbound = None if first.error is None else _unbound_below(job.pipeline, first.error)
    if unbound:
        notes.append(unbound)
    return VerifyReport(
        notebook=job.file.path,
        status=first.status,
        passes=(first,),
        notes=tuple(notes),
        error=first.error,
        parameters=job.used_parameters(),
    )


def report_compared(
    project: Project, job: PreparedRun, first: PassSeen, others: Sequence[PassSeen]
) -> VerifyReport:
    """Return where `others` differ from the `first`."""
    notes = []
    if not job.pipeline.stages:
        notes.append("The notebook has no stages: each cell was compared by itself.")
        notes += [
            f"cells {joint.first} to {joint.last} ran in one kernel: {joint.reason}"
            for other in others
            for joint in other.joints
        ]
        others = [replace(other, joints=()) for other in others]
    units = _units(job.pipeline)
    known = Known(
        first=first,
        others={other.name: other for other in others},
        hints=_hints(project, job),
        magics={
            cell.index: frozenset(cell.code.magics)
            for cell in job.pipeline.cells
            if cell.code is not None
        },
    )
    others = _with_end(first, others)
    reports = compare_passes(units, first, others, explain=make_explain(known))
    reports = job.masker.value(reports)
    broken = [other for other in others if other.status != "completed"]
    notes += [f"{other.name}: {other.error.message}" for other in broken if other.error is not None]
    is_equal = not broken and all(report.is_equal for report in reports)
    return VerifyReport(
        notebook=job.file.path,
        status="equal" if is_equal else "different",
        passes=(first, *others),
        units=reports,
        notes=tuple(dict.fromkeys(notes)),
        parameters=job.used_parameters(),
    )


def _hints(project: Project, job: PreparedRun) -> dict[int, list[tuple[str, str]]]:
    """Return what `check` and the names in the code say of chance and clocks, by cell."""
    from mlops_nb.project.checking import CheckOptions

    cells = job.pipeline.cells
    found = {c.index: hints for c in cells if c.code and (hints := find_hints(c.source))}
    try:
        options = CheckOptions(with_fixes=False)
        checked = project.check(job.file.path, options=options)
    except MlopsNbError:
        return found
    for finding in checked.findings:
        if finding.code in _HINTS and finding.cell is not None:
            found.setdefault(finding.cell, []).append((finding.code, finding.message))
    return found


def _units(pipeline: Pipeline) -> list[Unit]:
    """Return what is compared as one, in the order of last cells."""
    plans = [plan for plan in plan_cells(pipeline, None) if plan.action == "run"]
    found = []
    for stage in pipeline.stages:
        cells = tuple(p.index for p in plans if p.stage == stage.name and p.index is not None)
        if cells:
            accepts = "its --cache says that it may" if stage.options.cache else ""
            label = f"stage '{stage.name}'"
            found.append(Unit(label=label, stage=stage.name, cells=cells, accepts=accepts))
    for plan in plans:
        if plan.stage is None and plan.index is not None:
            found.append(Unit(label=f"cell {plan.index}", stage=None, cells=(plan.index,)))
    return sorted(found, key=lambda unit: unit.cells[-1])


def _with_end(first: PassSeen, others: Sequence[PassSeen]) -> list[PassSeen]:
    """Return the passes; in the restored one, cells that did not run have the values that were
    brought back at the end, if these are theirs."""
    found = []
    for other in others:
        probe = other.cells.get(max(other.cells, default=0))
        is_probed = other.name == RESTORED and max(other.cells) > max(first.cells)
        if not is_probed or probe is None or probe.survey is None:
            found.append(other)
            continue
        last = {
            fact.key: index
            for index, cell in first.cells.items()
            for fact in cell.writes
            if fact.kind == "name"
        }
        cells = {}
        for index, cell in other.cells.items():
            own = {name: probe.survey.get(name) for name, at in last.items() if at == index}
            cells[index] = replace(cell, survey=own) if cell.survey is None and own else cell
        found.append(replace(other, cells=cells))
    return found


def _unbound_below(pipeline: Pipeline, error: ErrorRecord) -> str:
    """Return that a name a cell lacks is bound below it: the cells were run in another order."""
    name = error.message.partition("name '")[2].partition("'")[0]
    if not name or error.cell is None:
        return ""
    flows = sorted(pipeline.flows.items())
    below = [i for i, flow in flows if i > error.cell and name in flow.binds]
    if not below:
        return (
            f"No cell binds {name!r}: it was left in the kernel by a cell that was changed "
            "or deleted (hidden state)."
        )
    return f"{name!r} is bound in cell {below[0]}, below the cell that reads it (hidden state)."
