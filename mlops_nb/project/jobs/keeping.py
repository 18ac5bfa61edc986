"""Where is what a job executed, for a person to look at?"""

from __future__ import annotations

from pathlib import Path

from mlops_nb.errors import InputError
from mlops_nb.project.copying import copy_beside
from mlops_nb.project.jobs.folder import JobFolder
from mlops_nb.project.jobs.state import seen_output


def copy_executed(folder: JobFolder) -> Path:
    """Copy the executed notebook beside its source, and return where it is.

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
    return copy_beside(Path(output), Path(request.notebook))
