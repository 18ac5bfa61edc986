"""How does a request become an outcome? Kernel first, then papermill, then the cells.

The kernel boots while papermill is imported. What can be refused is refused before the first cell:
an output that is the source, a folder that cannot be written, a kernel that does not exist.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.execution.assignment import Assignment
from mlops_nb.execution.cellplan import CellPlan, plan_cells, plan_stages
from mlops_nb.execution.destination import Destination
from mlops_nb.execution.events import Audience, RunObserver, RunPlan
from mlops_nb.execution.injection import inject_parameters
from mlops_nb.execution.planning import incremental_run, is_python, run_cells
from mlops_nb.execution.request import RunOutcome, RunRequest
from mlops_nb.execution.runcells import CacheRequest
from mlops_nb.kernels.launch import KernelLaunch
from mlops_nb.notebook.addresses import is_url, tell_address
from mlops_nb.notebook.encoding import NotebookEncoder
from mlops_nb.notebook.files import NotebookFile
from mlops_nb.pipeline.literals import to_plain
from mlops_nb.pipeline.records import RunRecord
from mlops_nb.pipeline.secrets import Masker

ENGINE = "mlops_nb"


def run_pipeline(request: RunRequest, *, observers: Sequence[RunObserver] = ()) -> RunOutcome:
    """Run a notebook headless and return what came of it.

    Parameters
    ----------
    request : RunRequest
    observers : sequence of RunObserver
        Told what happens; one that fails does not break the run.

    Returns
    -------
    RunOutcome
        Also of a run that failed; its record says so.

    Raises
    ------
    InputError
        MNB110 the output is the source, MNB111 the output is a folder, MNB309 parameters for a
        notebook that is not Python, MNB401 no such kernel, MNB402 no such working directory,
        MNB404 the kernel has another version of mlops_nb.
    InfrastructureError
        MNB403 the kernel would not start, MNB405 the session cannot be put into it, MNB421 the
        notebook cannot be written.
    """
    launch = request.kernel
    try:
        destination = request.destination
        if destination is None and request.output is not None:
            destination = Destination(request.output)
            destination.check(request.source.path)
        if launch is None:
            launch = launch_for(request)
            if request.cache is None:
                launch.start()
        assignment, node = _prepare(request, launch, destination, Audience(observers))
        executed = _execute(node, assignment)
    except BaseException:
        if launch is not None:
            launch.discard()
        raise
    assert assignment.record is not None
    return RunOutcome(record=assignment.record, node=executed, reports=assignment.reports)


def launch_for(request: RunRequest) -> KernelLaunch:
    """Return the kernel that `request` asks for, not started yet: who holds it can end it, also
    where a signal breaks its start off. Raises as `make_launch`."""
    return make_launch(
        request.source,
        cwd=request.cwd,
        kernel_name=request.kernel_name,
        environment=dict(request.kernel_environment),
        masker=request.masker,
    )


def make_launch(
    source: NotebookFile,
    *,
    cwd: Path | None = None,
    kernel_name: str | None = None,
    environment: dict[str, str] | None = None,
    masker: Masker | None = None,
) -> KernelLaunch:
    """Return the kernel that a notebook asks for, not started yet.

    Raises
    ------
    InputError
        MNB401 the notebook names none, and is not Python.
    InfrastructureError
        MNB406 there is no folder for its files.
    """
    if cwd is None:
        cwd = Path.cwd() if is_url(source.path) else Path(source.path).absolute().parent
    name = kernel_name or source.kernel_name
    if name is None and source.language != "python":
        raise InputError(
            "MNB401",
            source.path,
            f"the notebook names no kernel, and its language is {source.language!r}.",
            "Choose its kernel in JupyterLab and save it, or set kernel in [tool.mlops_nb].",
        )
    return KernelLaunch(
        name, cwd=cwd, environment=environment or {}, masker=masker, language=source.language
    )


def encode_executed(node: dict[str, Any], record: RunRecord) -> list[bytes]:
    """Return the executed notebook with `record` in it, as it is written to a file."""
    node["metadata"].setdefault("mlops_nb", {})["run"] = record.to_json()
    return NotebookEncoder(node).encode()


def save_record(node: dict[str, Any], record: RunRecord, destination: Destination) -> None:
    """Save the executed notebook once more, with its last record (run id, model) in it.

    Raises
    ------
    InfrastructureError
        MNB421 the notebook cannot be written.
    """
    chunks = encode_executed(node, record)
    try:
        destination.write(chunks, is_last=True)
    except Exception as error:
        if not destination.rescue(chunks):
            raise destination.fault(error) from error


def _prepare(
    request: RunRequest,
    launch: KernelLaunch,
    destination: Destination | None,
    audience: Audience,
) -> tuple[Assignment, dict[str, Any]]:
    """Return what the engine is to do, and the notebook with the parameters injected."""
    plans = plan_cells(request.pipeline, request.selection)
    run_plan = make_run_plan(request, plans)
    node = copy.deepcopy(dict(request.source.node))
    if request.parameters:
        plans = inject_parameters(node, plans, request)
    cache = request.cache if is_python(launch) else None
    if cache is None and request.cache is not None and request.cache.isolation is not None:
        raise InputError(
            "MNB430",
            request.source.path,
            f"stages have kernels of their own only where these are Python's, and kernel "
            f"{launch.kernel_name!r} is not.",
            "Leave out --isolate.",
        )
    watch = None if cache is None else _watching(cache)
    is_retrying = any(plan.retries for plan in plans if plan.action == "run")
    if watch is None and is_retrying and is_python(launch):
        watch = _watching_for_retries(launch)
    assignment = Assignment(
        pipeline=request.pipeline,
        plans=plans,
        run_plan=run_plan,
        launch=launch,
        audience=audience,
        destination=destination,
        timeout_s=request.timeout_s,
        handover_dir=request.handover_dir,
        show_line=request.show_line,
        link=request.link,
        goes_on=request.goes_on,
        masker=request.masker,
        stops=request.stops,
        output_limit=request.output_limit,
        incremental=None if cache is None else incremental_run(request, plans, launch=launch),
        launch_again=lambda: launch_for(request),
        isolation=None if cache is None else cache.isolation,
        watch=watch,
        cells={} if watch is None else {c.position: c for c in run_cells(request, plans)},
    )
    return assignment, node


def _watching(cache: CacheRequest) -> dict[str, Any]:
    return {
        "root": str(cache.root),
        "store": str(cache.kept.root),
        "stamp": cache.kept.stamp,
        "key": cache.key.hex(),
        "secrets": list(cache.secrets),
    }


def _watching_for_retries(launch: KernelLaunch) -> dict[str, Any]:
    """Return how the kernel watches where nothing is kept, and stages may be tried again."""
    folder = str(launch.cwd)
    return {"root": folder, "store": folder, "stamp": "retries", "key": token_hex(16)}


def make_run_plan(request: RunRequest, plans: Sequence[CellPlan]) -> RunPlan:
    """Return what observers are told at the start."""
    running = [plan for plan in plans if plan.action == "run" and plan.index is not None]
    return RunPlan(
        notebook=request.source.path,
        output=None if request.output is None else tell_address(request.output),
        cells=tuple(plan.index for plan in running if plan.index is not None),
        stage_of={
            plan.index: plan.stage
            for plan in running
            if plan.index is not None and plan.stage is not None
        },
        stages=plan_stages(request.pipeline, plans),
        parameters=request.masker.parameters(request.parameters),
        defaults=request.masker.parameters(request.defaults),
        started=datetime.now(UTC),
    )


def _execute(node: dict[str, Any], assignment: Assignment) -> dict[str, Any]:
    """Run `node` through papermill's registry of engines."""
    from mlops_nb.execution.imports import import_papermill

    papermill = import_papermill()
    plan = assignment.run_plan
    nb = papermill.nbformat.from_dict(node)
    nb.metadata["papermill"] = {
        "default_parameters": to_plain(assignment.masker.parameters(plan.defaults)),
        "environment_variables": {},
        "parameters": to_plain(assignment.masker.parameters(plan.parameters)),
        "input_path": plan.notebook,
        "output_path": plan.output,
        "version": papermill.version,
    }
    for cell in nb.cells:
        cell.metadata.setdefault("tags", [])
    executed: dict[str, Any] = papermill.engines.execute_notebook_with_engine(
        ENGINE,
        nb,
        assignment.launch.kernel_name,
        output_path=plan.output,
        progress_bar=False,
        assignment=assignment,
    )
    return executed
