"""Does a notebook come to the same however it is run? It is run in four ways and compared.

In one kernel; with a kernel for each stage; restored from what the first run kept; and in another
process with another hash seed. Nothing of it is kept: results lie in stores that go with it, and
what the notebook logs to MLflow goes there too. Files that the notebook writes are written, as any
run writes them.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlops_nb.errors import MlopsNbError
from mlops_nb.execution.cellplan import injected_position, plan_cells
from mlops_nb.execution.isolation import IsolationRule
from mlops_nb.execution.verify_causes import Known, find_hints, make_explain
from mlops_nb.execution.verify_comparison import Unit, compare_passes
from mlops_nb.execution.verify_pass import (
    FIRST,
    INJECTED,
    ISOLATED,
    OTHER,
    RESTORED,
    CellWitness,
    PassSeen,
)
from mlops_nb.execution.verify_report import UnitReport
from mlops_nb.kernels.scratch import guarded_temporaries
from mlops_nb.notebook.files import NotebookFile, parse_node
from mlops_nb.pipeline.records import ErrorRecord, RunStatus
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.project.prepared import PreparedRun, RunOptions, prepare_run
from mlops_nb.project.secrecy import told_without
from mlops_nb.project.temporary_cache import open_temporary
from mlops_nb.stopping import StopRequests, raise_stop, taking_stops

if TYPE_CHECKING:
    from mlops_nb.execution.request import RunOutcome
    from mlops_nb.execution.runcells import CacheRequest
    from mlops_nb.project.project import Project

_HINTS = ("MNB236", "MNB237")
# It reads every name, so that all of them are brought back; what it shows is nothing.
_PROBE = "globals()\nNone"
_SEED, _OTHER_SEED = "0", "4096"


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


def verify_notebook(
    project: Project,
    notebook: Path | str,
    *,
    options: RunOptions,
    skip: Collection[str] = (),
    on_pass: Callable[[str], None] = lambda name: None,
) -> VerifyReport:
    """Run `notebook` in four ways and return where they differ.

    Parameters
    ----------
    project : Project
    notebook : Path or str
    options : RunOptions
    skip : collection of str, optional
        Ways that are left out, of ``"isolated"``, ``"restored"`` and ``"another process"``.
    on_pass : callable, optional
        Is told the name of each way before it begins.

    Raises
    ------
    InputError
        As `run`, before a kernel starts.
    InfrastructureError
        If a kernel would not start, or there is no room for what passes between them.
    """
    with taking_stops() as stops, guarded_temporaries(is_own_process=options.is_own_process):
        stops.check()
        folder = Path(tempfile.mkdtemp(prefix="mnb-"))
        try:
            whole = replace(options, track=False, cache="all", isolate=False)
            job = prepare_run(project, notebook, folder / "executed.ipynb", whole)
            with told_without(job.masker):
                return _Verification(project, job, folder, stops).run(on_pass, skip)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class _Verification:
    """The passes over one notebook."""

    def __init__(
        self, project: Project, job: PreparedRun, folder: Path, stops: StopRequests
    ) -> None:
        self._project = project
        self._job = job
        self._folder = folder
        self._stops = stops
        self._is_staged = bool(job.pipeline.stages)

    def run(self, on_pass: Callable[[str], None], skip: Collection[str]) -> VerifyReport:
        """Run in all ways but those to `skip`, and compare."""
        kept = self._open(restores=False)
        try:
            on_pass(FIRST)
            first = self._pass(FIRST, kept)
            if first.status != "completed":
                return self._unfinished(first)
            others = []
            for name in (n for n in (ISOLATED, RESTORED, OTHER) if n not in skip):
                on_pass(name)
                others.append(self._other_pass(name, kept))
        finally:
            kept.kept.close()
        return self._compare(first, others)

    def _other_pass(self, name: str, kept: CacheRequest) -> PassSeen:
        """Run in another way than the first, which left `kept`."""
        if name == ISOLATED:
            rule = IsolationRule(each_cell=not self._is_staged, joins=True)
            return self._pass(name, self._open(isolation=rule), closes=True)
        if name == RESTORED:
            kept.kept.flush()
            return self._pass(name, replace(kept, restores=True), probes=True)
        return self._pass(name, self._open(restores=False), closes=True, seed=_OTHER_SEED)

    def _open(self, **how: Any) -> CacheRequest:
        return open_temporary(
            root=self._project.root, mode="all", notebook=self._job.file.path, **how
        )

    def _pass(
        self,
        name: str,
        cache: CacheRequest,
        *,
        closes: bool = False,
        probes: bool = False,
        seed: str = _SEED,
    ) -> PassSeen:
        """Run the notebook once.

        Parameters
        ----------
        name : str
        cache : CacheRequest
        closes : bool, default=False
            Whether its store is of no use afterwards.
        probes : bool, default=False
            Whether all values are brought into a kernel at the end.
        seed : str
            Of Python's hashes.
        """
        witness = CellWitness()
        file, pipeline = self._job.file, self._job.pipeline
        if probes:
            file = _with_probe(file)
            pipeline = self._project.build(file)
        try:
            outcome = self._execute(
                file,
                pipeline,
                replace(cache, witness=witness),
                environment={"PYTHONHASHSEED": seed},
            )
        finally:
            if closes:
                cache.kept.close()
        return witness.to_pass(
            name, outcome.record, outcome.node, indices=self._indices(len(outcome.node["cells"]))
        )

    def _execute(
        self,
        file: NotebookFile,
        pipeline: Pipeline,
        cache: CacheRequest,
        *,
        environment: Mapping[str, str],
    ) -> RunOutcome:
        from mlops_nb.execution.request import RunRequest
        from mlops_nb.execution.run import run_pipeline

        job = self._job
        stops = StopRequests()  # each run settles its own
        with self._stops.listening(stops.note):
            outcome = run_pipeline(
                RunRequest(
                    source=file,
                    pipeline=pipeline,
                    parameters=job.values,
                    timeout_s=job.settings.timeout,
                    cwd=job.cwd,
                    kernel_name=job.settings.kernel,
                    kernel_environment={**self._environment(), **environment, **job.secrets},
                    masker=job.masker,
                    stops=stops,
                    show_line="off",
                    goes_on=True,
                    cache=cache,
                )
            )
        asked = stops.asked or self._stops.asked
        if asked is not None:
            raise_stop(asked)
        return outcome

    def _environment(self) -> dict[str, str]:
        """Return the variables that keep what the notebook logs out of anybody's record."""
        return {"MLFLOW_TRACKING_URI": f"sqlite:///{self._folder / 'mlflow.db'}"}

    def _indices(self, n_cells: int) -> list[int]:
        """Return the index in the source of each cell of the executed notebook."""
        found = list(range(n_cells))
        if not self._job.values:
            return found
        at, replaces = injected_position(self._job.file.cells)
        if replaces:
            return found
        return [*found[:at], INJECTED, *(index - 1 for index in found[at + 1 :])]

    def _unfinished(self, first: PassSeen) -> VerifyReport:
        notes = []
        unbound = None if first.error is None else _unbound_below(self._job.pipeline, first.error)
        if unbound:
            notes.append(unbound)
        return VerifyReport(
            notebook=self._job.file.path,
            status=first.status,
            passes=(first,),
            notes=tuple(notes),
            error=first.error,
            parameters=self._job.used_parameters(),
        )

    def _compare(self, first: PassSeen, others: Sequence[PassSeen]) -> VerifyReport:
        notes = []
        if not self._is_staged:
            notes.append("The notebook has no stages: each cell was compared by itself.")
            notes += [
                f"cells {joint.first} to {joint.last} ran in one kernel: {joint.reason}"
                for other in others
                for joint in other.joints
            ]
            others = [replace(other, joints=()) for other in others]
        units = _units(self._job.pipeline)
        known = Known(
            first=first,
            others={other.name: other for other in others},
            hints=self._hints(),
            magics={
                cell.index: frozenset(cell.code.magics)
                for cell in self._job.pipeline.cells
                if cell.code is not None
            },
        )
        others = _with_end(first, others)
        reports = compare_passes(units, first, others, explain=make_explain(known))
        reports = self._job.masker.value(reports)
        broken = [other for other in others if other.status != "completed"]
        notes += [
            f"{other.name}: {other.error.message}" for other in broken if other.error is not None
        ]
        is_equal = not broken and all(report.is_equal for report in reports)
        return VerifyReport(
            notebook=self._job.file.path,
            status="equal" if is_equal else "different",
            passes=(first, *others),
            units=reports,
            notes=tuple(dict.fromkeys(notes)),
            parameters=self._job.used_parameters(),
        )

    def _hints(self) -> dict[int, list[tuple[str, str]]]:
        """Return what `check` and the names in the code say of chance and clocks, by cell."""
        from mlops_nb.project.checking import CheckOptions

        cells = self._job.pipeline.cells
        found = {c.index: hints for c in cells if c.code and (hints := find_hints(c.source))}
        try:
            options = CheckOptions(with_fixes=False)
            checked = self._project.check(self._job.file.path, options=options)
        except MlopsNbError:
            return found
        for finding in checked.findings:
            if finding.code in _HINTS and finding.cell is not None:
                found.setdefault(finding.cell, []).append((finding.code, finding.message))
        return found


def _with_probe(file: NotebookFile) -> NotebookFile:
    """Return the notebook with a cell at its end that reads every name."""
    taken = {cell["id"] for cell in file.node["cells"]}
    ident = "all-values"
    while ident in taken:
        ident += "-"
    probe: dict[str, Any] = {
        "cell_type": "code",
        "id": ident,
        "metadata": {},
        "source": _PROBE,
        "outputs": [],
        "execution_count": None,
    }
    node = {**file.node, "cells": [*file.node["cells"], probe]}
    return replace(parse_node(node, name=file.path), digest=file.digest)


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
