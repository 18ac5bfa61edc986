"""How does a job begin and end? As ``mlops-nb run`` in a session of its own, under a supervisor."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.project.jobs.folder import (
    JobFolder,
    JobRequest,
    all_folders,
    make_jobs,
    new_folder,
)
from mlops_nb.project.jobs.state import is_alive
from mlops_nb.project.jobs.supervisor import COMMAND
from mlops_nb.project.roots import Layout
from mlops_nb.tracking.locks import exclusive
from mlops_nb.tracking.processes import has_vanished, read_stamp

# With -P below: a module of the user's beside the notebook is none of Python's own.
_RUN = "from mlops_nb.cli import main; main()"
_KEPT = 100


def start_job(layout: Layout, request: JobRequest) -> JobFolder:
    """Start a run that outlives whoever started it.

    Parameters
    ----------
    layout : Layout
        Of the notebook's project.
    request : JobRequest

    Raises
    ------
    InputError
        MNB101 if there is no such notebook, MNB884 if the same run goes on already, or another job
        writes to the same output, MNB881 for what no command line can say.
    InfrastructureError
        MNB886 if the job cannot be written or started.
    """
    notebook = Path(request.notebook)
    if not notebook.is_file():
        raise InputError(
            "MNB101", str(notebook), "there is no such file.", "Save the notebook first."
        )
    try:
        make_jobs(layout)
        with exclusive(layout.jobs / ".lock"):  # two who ask at once
            _refuse_twice(layout, request)
            folder = new_folder(layout, request)
        _remove_old(layout)
        try:
            _launch(folder, request, cwd=notebook.parent)
        except BaseException:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
    except ValueError as error:  # what the system takes for no text: NUL, half a character
        fault = f"the options cannot be said to a program: {error}."
        raise InputError("MNB881", "options", fault, "Leave such characters out.") from error
    except OSError as error:
        raise InfrastructureError(
            "MNB886",
            str(layout.jobs),
            f"the job cannot be started: {error.strerror or error}.",
            "Make room, or make the project folder writable.",
        ) from error
    return folder


def cancel_job(folder: JobFolder) -> None:
    """Ask a job to end; it saves its notebook and is ended by force if it does not.

    A job that has ended stays as it is.

    Raises
    ------
    InfrastructureError
        MNB886 if that cannot be written.
    """
    if not is_alive(folder):
        return
    try:
        folder.cancel()
    except OSError as error:
        raise InfrastructureError(
            "MNB886",
            str(folder.path),
            f"that the job is to end cannot be written: {error.strerror or error}.",
            "Make room, or make the project folder writable.",
        ) from error
    stamps = folder.read("process.json")
    for name in ("supervisor", "run"):  # the supervisor passes it on, if it is there
        stamp = read_stamp(str(stamps.get(name, "")))
        if stamp is not None and not has_vanished(stamp):
            with contextlib.suppress(OSError):
                os.kill(stamp.pid, signal.SIGTERM)
            return


def _launch(folder: JobFolder, request: JobRequest, *, cwd: Path) -> None:
    words = [sys.executable, "-P", "-c", _RUN, "run", *request.words(), "--json", "--follow"]
    words += [f"--events={folder.events}"]
    parameters = request.plain_parameters()
    if parameters:
        (folder.path / "parameters.json").write_text(json.dumps(parameters), encoding="utf-8")
        words += [f"--parameters-file={folder.path / 'parameters.json'}"]
    if any(b"\0" in os.fsencode(word) for word in words):
        raise ValueError("there is a NUL in it")
    folder.write("command.json", {"words": words, "cwd": str(cwd)})
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", COMMAND, str(folder.path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=cwd,
        start_new_session=True,
    )
    # So that no zombie is left while this process lives; afterwards the system waits for it.
    threading.Thread(target=process.wait, name="mlops-nb job", daemon=True).start()


def _refuse_twice(layout: Layout, request: JobRequest) -> None:
    for folder in all_folders(layout):
        other = folder.request()
        if other is None or not is_alive(folder):
            continue
        is_same = other == request
        if is_same or (request.output is not None and other.output == request.output):
            fault = "this very run goes on" if is_same else "a job writes to that output"
            raise InputError(
                "MNB884",
                request.notebook,
                f"{fault} already: {folder.id}.",
                "Wait for it, or cancel it.",
            )


def _remove_old(layout: Layout) -> None:
    """Remove the oldest jobs that have ended; their executed notebooks are kept elsewhere."""
    for folder in list(all_folders(layout))[_KEPT:]:
        if not is_alive(folder):
            shutil.rmtree(folder.path, ignore_errors=True)
