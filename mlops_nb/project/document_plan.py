"""What would a headless run of an open document do? The plan of the command, for cells sent.

Beside each decision stands what the stage took when it was last executed headless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.notebook.files import NotebookFile, parse_node
from mlops_nb.pipeline.parameters import Text
from mlops_nb.project.last_stages import last_stages, metrics_of
from mlops_nb.project.planning import PlanReport, plan_all, plan_notebook
from mlops_nb.project.prepared import RunOptions, prepare_run
from mlops_nb.project.project import Project

_CACHE_IS_OFF = "MNB843"
_NEVER: Mapping[str, Any] = {"seconds": None, "metrics": {}, "run_id": None}


def plan_document(
    path: Path,
    node: Mapping[str, Any],
    *,
    parameters: Mapping[str, Any],
    stages: Sequence[str] = (),
    until: str | None = None,
    force: Sequence[str] = (),
    no_cache: bool = False,
) -> dict[str, Any]:
    """Return what ``mlops-nb plan`` says of a document; with the cache off, that all of it runs.

    Parameters
    ----------
    path : Path
        Where it is saved, or will be.
    node : Mapping
        nbformat 4 JSON.
    parameters, stages, until, force
        As `mlops_nb.run` takes them.
    no_cache : bool
        Nothing is restored, nothing is stored.

    Raises
    ------
    InputError
        As `plan_notebook`.
    """
    project = Project.find(path)
    file = parse_node(node, name=str(path))
    options = RunOptions(
        parameters=parameters,
        stages=stages,
        until=until,
        force=force,
        cache="off" if no_cache else None,
    )
    report = _plan(project, file, options)
    last = last_stages(project.layout, path)
    said = {stage.name: stage.options.metrics for stage in project.build(file).stages}
    return {
        "needs_kernel": report.needs_kernel,
        "stages": [
            {
                "name": stage.name,
                "action": stage.action,
                "reason": stage.reason,
                "reasons": _reasons(report, stage.name) or [stage.reason],
                **_last(last.get(stage.name, _NEVER), said[stage.name]),
            }
            for stage in report.stages
        ],
        "notes": list(report.notes),
    }


def _plan(project: Project, file: NotebookFile, options: RunOptions) -> PlanReport:
    if Path(file.path).parent.is_dir():
        try:
            return plan_notebook(project, file, options=options)
        except InputError as error:
            if error.code != _CACHE_IS_OFF:
                raise
        reason = "the cache is off"
    else:  # moved while it is open: nothing is made where it was
        reason = "its folder is not there"
    job = prepare_run(project, file, None, options, will_run=False)
    return plan_all(job, reason=reason)


def undecided_plan(path: Path, node: Mapping[str, Any], *, reason: str) -> dict[str, Any]:
    """Return a plan of a document with which no run would begin; nobody knows what one would do.

    Stages are named as far as the document can be read.
    """
    try:
        names = [s.name for s in Project.find(path).build(parse_node(node, name=str(path))).stages]
    except MlopsNbError:
        names = []
    return {
        "needs_kernel": None,
        "stages": [
            {
                "name": name,
                "action": "undecided",
                "reason": reason,
                "reasons": [reason],
                **_last(_NEVER, ()),
            }
            for name in names
        ],
        "notes": [],
    }


def read_sent(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters that a form sent: a text is read by its declared type, as by ``-p``."""
    return {name: Text(v) if isinstance(v, str) else v for name, v in parameters.items()}


def _reasons(report: PlanReport, stage: str) -> list[str]:
    """Return the reasons of a stage's cells, each once."""
    return list(dict.fromkeys(cell.reason for cell in report.cells if cell.stage == stage))


def _last(known: Mapping[str, Any], metrics: tuple[str, ...]) -> dict[str, Any]:
    return {
        "seconds_last": known["seconds"],
        "metrics_last": metrics_of(metrics, known["metrics"]),
        "run_id_last": known["run_id"],
    }
