"""How does a person get at what a job executed? As a copy beside the notebook, made when asked for.

The executed notebook itself is kept in a hidden folder, which file browsers do not show.
"""

from __future__ import annotations

from pathlib import Path

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.notebook.atomic import write_atomically
from mlops_nb.project.jobs.folder import JobFolder
from mlops_nb.project.jobs.state import seen_output


def copy_executed(folder: JobFolder) -> Path:
    """Copy the executed notebook beside its source, and return where it is.

    Its name says the notebook and the job: a copy of the same job is written over, while the job
    goes on with what there is more by now.

    Raises
    ------
    InputError
        MNB885 if there is no executed notebook, or not yet.
    InfrastructureError
        MNB113 if the copy cannot be written.
    """
    request, output = folder.request(), seen_output(folder)
    if request is None or output is None or not Path(output).is_file():
        raise InputError(
            "MNB885",
            f"job {folder.id}",
            "there is no executed notebook.",
            "Wait until cells run; the log says why a job ended before.",
        )
    notebook = Path(request.notebook)
    target = notebook.with_name(f"{notebook.stem[:80]}-{folder.id}.ipynb")
    try:
        write_atomically(target, [Path(output).read_bytes()])
    except OSError as error:
        raise InfrastructureError(
            "MNB113",
            str(target),
            f"the notebook cannot be written: {error.strerror or error}.",
            "Make room, or make the folder writable.",
        ) from error
    return target
