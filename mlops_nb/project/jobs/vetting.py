"""Would a run begin with these options, and if not, which of them stands in the way?

Asked before a job is started, so that a form can say it beside its field. No rule is here: the run
is prepared as it will be, and an option is to blame if the refusal goes away without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.notebook.files import NotebookFile, read_cells
from mlops_nb.project.document_plan import read_sent
from mlops_nb.project.jobs.folder import JobRequest
from mlops_nb.project.prepared import RunOptions, prepare_run
from mlops_nb.project.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a run would not begin.

    Attributes
    ----------
    error : MlopsNbError
    field : str
        The option to blame: ``"until"``, ``"parameters.n"``; empty for the notebook itself.
    """

    error: MlopsNbError
    field: str = ""


def find_refusal(request: JobRequest) -> Refusal | None:
    """Return why a run with these options would not begin; None if it would."""
    path = Path(request.notebook)
    if not path.is_file():
        fault = "there is no such file."
        error = InputError("MNB101", str(path), fault, "Save the notebook first.")
        return Refusal(error=error)
    try:
        project, file = Project.find(path), read_cells(path)
    except MlopsNbError as error:
        return Refusal(error=error)
    refused = _refused(project, file, request)
    if refused is None:
        return None
    for field, without in _without_one(request):
        other = _refused(project, file, without)
        if other is None or other.args != refused.args:
            return Refusal(error=refused, field=field)
    return Refusal(error=refused)


def _refused(project: Project, file: NotebookFile, request: JobRequest) -> MlopsNbError | None:
    options = RunOptions(
        parameters=read_sent(request.parameters),
        stages=request.stages,
        until=request.until,
        force=request.force,
        cache="off" if request.no_cache else None,
        gates=request.gates,
        register=request.register,
        promote_if_passed=request.promote_if_passed,
    )
    try:
        prepare_run(project, file, request.output, options, will_run=False)
    except MlopsNbError as error:
        return error
    return None


def _without_one(request: JobRequest) -> Iterator[tuple[str, JobRequest]]:
    """Yield each option that was given, and the request without it.

    Where two do not go together the one that is named first here is told.
    """
    for name in request.parameters:
        others = {key: value for key, value in request.parameters.items() if key != name}
        yield f"parameters.{name}", replace(request, parameters=others)
    if request.until is not None:
        yield "until", replace(request, until=None)
    if request.stages:
        yield "stage", replace(request, stages=())
    if request.force:
        yield "force", replace(request, force=())
    if request.gates:
        yield "gates", replace(request, gates=())
    if request.promote_if_passed:
        yield "promote_if_passed", replace(request, promote_if_passed=False)
    if request.register is not None:
        yield "register", replace(request, register=None)
    if request.no_cache:
        yield "no_cache", replace(request, no_cache=False)
    if request.output is not None:
        yield "output", replace(request, output=None)
