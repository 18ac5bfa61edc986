"""What do the routes on jobs do? They start headless runs, and tell what is in their folders.

A job is found by its id alone: the id that a browser gets names the folder of the notebook too, as
this server sees it, so that nothing has to be remembered from one start of the server to the next.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.lab.answers import Answer
from mlops_nb.lab.requests import Request, confine, is_hidden, to_server_path
from mlops_nb.project.former_runs import is_former
from mlops_nb.project.jobs.folder import JobFolder, JobRequest, all_folders, find_folder
from mlops_nb.project.jobs.keeping import copy_executed
from mlops_nb.project.jobs.starting import cancel_job, start_job
from mlops_nb.project.jobs.state import is_alive, read_log, read_state, seen_output
from mlops_nb.project.roots import Layout, find_root

_MARK = "~"
_MOST_LISTED = 100


def read_request(request: Request) -> JobRequest:
    """Return what is to be run.

    Raises
    ------
    InputError
        MNB879 where the server keeps its notebooks elsewhere than in files.
    """
    if not request.has_files:
        raise InputError(
            "MNB879",
            request.text("path"),
            "this server keeps its notebooks elsewhere than in files, and a run reads a file.",
            "Download the notebook, and run it with mlops-nb run where it lies.",
        )
    return JobRequest(
        notebook=str(request.path()),
        parameters=request.values("parameters"),
        stages=request.texts("stage"),
        until=_optional(request, "until"),
        force=request.texts("force"),
        no_cache=request.flag("no_cache"),
        gates=request.texts("gates"),
        register=_optional(request, "register"),
        promote_if_passed=request.flag("promote_if_passed"),
        output=None if request.body.get("output") is None else str(request.path("output")),
    )


def start(request: Request) -> Answer:
    """Start a job and return its id; what it asks for was vetted."""
    asked = read_request(request)
    home = Path(asked.notebook).parent
    folder = start_job(_layout(home), asked)
    return Answer.of(_state(request, home, folder), 201)


def list_jobs(request: Request) -> list[dict[str, Any]]:
    """Return the jobs of a notebook, or of all notebooks of the project at the root."""
    limit = request.number("limit", 20, most=_MOST_LISTED)
    notebook = request.path() if request.text("path", "") else None
    home = request.root if notebook is None else notebook.parent
    layout = _layout(home)
    found: list[dict[str, Any]] = []
    for folder in all_folders(layout):
        if len(found) == limit:
            break
        if notebook is None or _is_of(folder, notebook):
            found.append(_state(request, home, folder))
    return found


def show(request: Request) -> dict[str, Any]:
    """Return what is known of a job."""
    return _state(request, *_find(request))


def log(request: Request) -> dict[str, Any]:
    """Return what a job said from an offset on."""
    _, folder = _find(request)
    return read_log(folder, request.number("offset", 0, most=1 << 50))


def cancel(request: Request) -> dict[str, Any]:
    """Ask a job to end, and return what is known of it."""
    home, folder = _find(request)
    cancel_job(folder)
    return _state(request, home, folder)


def copy(request: Request) -> Answer:
    """Copy the executed notebook of a job beside its source, where the file browser shows it."""
    _, folder = _find(request)
    place = copy_executed(folder)
    path = to_server_path(request.root, place)
    if path is None:
        raise InputError(
            "MNB882", str(place), "this lies outside of the server's root.", "Move it."
        )
    return Answer.of({"path": path}, 201)


def running_jobs(root: Path) -> list[str]:
    """Return the ids of jobs of the project at a server's root that go on."""
    return [folder.id for folder in all_folders(_layout(root)) if is_alive(folder)]


def _is_of(folder: JobFolder, notebook: Path) -> bool:
    """Return whether a job runs `notebook`, perhaps under the path that it had when it began."""
    asked = folder.request()
    if asked is None or asked.notebook == str(notebook):
        return asked is not None
    if Path(asked.notebook).exists():
        return False
    executed = seen_output(folder)
    return executed is not None and is_former(Path(executed), notebook)


def _state(request: Request, home: Path, folder: JobFolder) -> dict[str, Any]:
    """Return a job as a browser has it: with the server's paths, and an id that says where."""
    state = read_state(_layout(home), folder)
    notebook, executed = Path(state.pop("notebook")), state["output"]
    output = None if executed is None else to_server_path(request.root, Path(executed))
    is_shown = output is not None and (request.shows_hidden or not is_hidden(output))
    return {
        **state,
        "id": _make_id(request.root, home, folder.id),
        "path": to_server_path(request.root, notebook),
        "output": output if is_shown else None,
        "can_copy": executed is not None and Path(executed).is_file(),
    }


def _make_id(root: Path, home: Path, job_id: str) -> str:
    where = to_server_path(root, home)
    if not where:
        return job_id
    return job_id + _MARK + base64.urlsafe_b64encode(where.encode()).decode().rstrip("=")


def _find(request: Request) -> tuple[Path, JobFolder]:
    """Return the folder that a job's notebook is in, and the job's own."""
    job_id, _, code = request.parts[0].partition(_MARK)
    try:
        where = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)).decode()
    except (ValueError, binascii.Error):
        where, job_id = "", request.parts[0]
    home = confine(request.root, where)
    return home, find_folder(_layout(home), job_id)


def _layout(folder: Path) -> Layout:
    return Layout(root=find_root(folder))


def _optional(request: Request, name: str) -> str | None:
    return None if request.body.get(name) is None else request.text(name)
