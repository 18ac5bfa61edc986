"""What would a headless run of an open document do? The plan of the command, for cells sent.

Beside each decision stands what the stage took when it was last executed headless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops_nb.notebook.files import parse_node
from mlops_nb.pipeline.parameters import Text
from mlops_nb.project.past_copies import last_stages, metrics_of
from mlops_nb.project.planning import PlanReport, plan_notebook
from mlops_nb.project.prepared import RunOptions
from mlops_nb.project.project import Project

_NEVER: Mapping[str, Any] = {"seconds": None, "metrics": {}, "run_id": None}


def plan_document(
    path: Path,
    node: Mapping[str, Any],
    *,
    parameters: Mapping[str, Any],
    stages: Sequence[str] = (),
    until: str | None = None,
    force: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what ``mlops-nb plan`` says of a document.

    Parameters
    ----------
    path : Path
        Where it is saved, or will be.
    node : Mapping
        nbformat 4 JSON.
    parameters, stages, until, force
        As `mlops_nb.run` takes them.

    Raises
    ------
    InputError
        As `plan_notebook`.
    """
    project = Project.find(path)
    file = parse_node(node, name=str(path))
    options = RunOptions(parameters=parameters, stages=stages, until=until, force=force)
    report = plan_notebook(project, file, options=options)
    last = last_stages(project.layout, path)
    said = {stage.name: stage.options.metrics for stage in project.build(file).stages}
    return {
        "needs_kernel": report.needs_kernel,
        "stages": [
            {
                "name": stage.name,
                "action": stage.action,
                "reason": stage.reason,
                "reasons": _reasons(report, stage.name),
                **_last(last.get(stage.name, _NEVER), said[stage.name]),
            }
            for stage in report.stages
        ],
        "notes": list(report.notes),
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
