"""What does ``papermill in out --engine mlops_nb`` run? The same loop as ``mlops-nb run``.

papermill has read the notebook, injected its parameters and will write the result; the engine is
handed the notebook only, so it finds its project by itself. papermill's exit codes and its error
marker stay. Nothing is tracked through this door: papermill has no place for what a run would have
to say of it, and no model is kept that gates could judge: that is told in its log.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops_nb.execution.assignment import START_TIMEOUT_S, Assignment
from mlops_nb.execution.cellplan import plan_cells, plan_stages
from mlops_nb.execution.destination import Destination
from mlops_nb.execution.engine import PipelineEngine
from mlops_nb.execution.events import Audience, RunPlan
from mlops_nb.kernels.launch import KernelLaunch
from mlops_nb.notebook.addresses import is_url
from mlops_nb.notebook.files import NotebookFile, parse_notebook
from mlops_nb.pipeline.records import RunRecord
from mlops_nb.pipeline.secrets import Masker
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.project import Project
from mlops_nb.project.announcement import Announcement
from mlops_nb.project.problems import refuse_broken
from mlops_nb.project.secrecy import read_secrets, told_without
from mlops_nb.stopping import StopRequests, taking_stops

# Options of papermill's own engine that have no meaning here: a run is saved by its own rule.
_DROPPED = ("input_path", "request_save_on_cell_execute", "timeout", "startup_timeout")


def execute(
    nb: Any,
    kernel_name: str,
    output_path: str | None,
    progress_bar: bool | dict[str, Any],
    log_output: bool,
    autosave_cell_every: int,
    **options: Any,
) -> Any:
    """Run `nb` and return it; raise as papermill's own engine would.

    Options are papermill's: ``input_path``, ``execution_timeout`` (of the run, in seconds),
    ``start_timeout``, and the traits of its client.

    Raises
    ------
    InputError
        If the notebook's stages or settings cannot be used; no kernel was started.
    """
    with taking_stops() as stops:
        assignment, announcement = _assign(nb, kernel_name, output_path, options, stops)
        options = {key: value for key, value in options.items() if key not in _DROPPED}
        try:
            if announcement is not None:
                announcement.post()
            assignment.launch.start()
            executed = PipelineEngine.execute_notebook(
                nb,
                kernel_name,
                output_path,
                progress_bar,
                log_output,
                autosave_cell_every,
                assignment=assignment,
                **options,
            )
        except BaseException:
            assignment.launch.discard()
            raise
        finally:
            if announcement is not None:
                announcement.remove()
    if assignment.record is not None:
        _raise_as_papermill(assignment.record)
    return executed


def _assign(
    nb: Any,
    kernel_name: str,
    output_path: str | None,
    options: dict[str, Any],
    stops: StopRequests,
) -> tuple[Assignment, Announcement | None]:
    """Return the assignment for a notebook that papermill prepared, its kernel not started; and
    what lets others watch it, where there is an output to look at."""
    name = _name_of(options.get("input_path"))
    source = parse_notebook(json.dumps(nb).encode(), name=name)
    local = None if is_url(name) else _started_in() / name
    project = Project.find(local)
    settings = project.settings_for(source)
    secrets = read_secrets(settings.secrets, os.environ)
    masker = Masker(secrets)
    timeout_s = options.pop("execution_timeout", None) or options.get("timeout")
    start_timeout_s = options.pop("start_timeout", None) or START_TIMEOUT_S
    pipeline = project.build(source)
    with told_without(masker):
        refuse_broken(pipeline)
    _tell_of_gates(pipeline)
    destination = _destination(output_path)
    # Before the plan: what is older than it is another run's.
    announcement = _announce(project, name if local is None else str(local), destination, nb)
    plans = plan_cells(pipeline, None)
    run_plan = RunPlan(
        notebook=name,
        output=output_path,
        cells=tuple(p.index for p in plans if p.action == "run" and p.index is not None),
        stage_of={p.index: p.stage for p in plans if p.index is not None and p.stage is not None},
        stages=plan_stages(pipeline, plans),
        parameters=nb.metadata.get("papermill", {}).get("parameters", {}),
        started=datetime.now(UTC),
    )
    assignment = Assignment(
        pipeline=pipeline,
        plans=plans,
        run_plan=run_plan,
        launch=_launch(source, kernel_name, secrets),
        audience=Audience(() if announcement is None else (announcement,)),
        destination=destination,
        timeout_s=timeout_s or settings.timeout,
        start_timeout_s=start_timeout_s,
        show_line="off" if settings.stage_line == "off" else "full",
        masker=masker,
        stops=stops,
        output_limit=settings.output_limit,
    )
    return assignment, announcement


def _tell_of_gates(pipeline: Pipeline) -> None:
    """Say in papermill's log that gates are not decided here: no model is kept to judge."""
    from papermill.log import logger

    if pipeline.gates:
        n = len(pipeline.gates)
        told = "1 gate is" if n == 1 else f"{n} gates are"
        logger.warning(f"The notebook's {told} not decided by papermill: use mlops-nb run.")


def _announce(
    project: Project, notebook: str, destination: Destination | None, nb: Any
) -> Announcement | None:
    if destination is None:  # there is nothing to look at
        return None
    return Announcement(
        project.layout.running,
        notebook=notebook,
        output=destination.output,
        source_cells=len(nb.cells),
    )


def _name_of(input_path: Any) -> str:
    """Return the notebook's path; papermill also takes a notebook itself, or its JSON as text."""
    is_path = isinstance(input_path, str) and not input_path.lstrip().startswith("{")
    return str(input_path) if is_path else "notebook"


def _launch(source: NotebookFile, kernel_name: str, secrets: Mapping[str, str]) -> KernelLaunch:
    # papermill has changed the working directory of the process to the notebook's.
    name = kernel_name or source.kernel_name
    return KernelLaunch(name, cwd=Path.cwd(), environment=secrets, masker=Masker(secrets))


def _destination(output_path: str | None) -> Destination | None:
    """Return where papermill will write in the end; a local path is relative to where it
    started."""
    if output_path is None or output_path == "-":
        return None
    if is_url(output_path):
        return Destination(output_path)
    return Destination(str(_started_in() / output_path))


def _started_in() -> Path:
    """Return the folder papermill was started in; with ``--cwd`` it has left it by now."""
    from papermill.iorw import papermill_io

    handler = papermill_io.get_handler("local")
    folder = handler.cwd(None)  # answers with the old one
    handler.cwd(folder)
    return Path(folder or Path.cwd())


def _raise_as_papermill(record: RunRecord) -> None:
    """Raise what papermill's own engine raises; an exception in a cell papermill finds by
    itself."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    message = record.error.message if record.error is not None else record.status
    if record.status == "timeout":
        raise CellTimeoutError(message)
    if record.status == "died":
        raise DeadKernelError(message)
    if record.status == "interrupted":
        raise KeyboardInterrupt
    if record.status == "terminated":
        raise SystemExit(128 + signal.SIGTERM)
