"""How does a person get at what a run executed? As a copy beside the notebook, made when asked for.

The executed notebook itself is kept in a hidden folder, which file browsers do not show.
"""

from __future__ import annotations

from pathlib import Path

from mlops_nb.errors import InfrastructureError
from mlops_nb.notebook.atomic import write_atomically


def copy_beside(executed: Path, notebook: Path) -> Path:
    """Copy an executed notebook into the folder of its source, and return where it is.

    Its name tells the notebook and the run; a copy of the same run is written over, as a run that
    goes on has more by now.

    Raises
    ------
    InfrastructureError
        MNB113 if the copy cannot be written.
    """
    label = executed.stem.removesuffix(f"-{notebook.stem[:80]}")
    target = notebook.with_name(f"{notebook.stem[:80]}-{label}.ipynb")
    try:
        write_atomically(target, [executed.read_bytes()])
    except OSError as error:
        raise InfrastructureError(
            "MNB113",
            str(target),
            f"the notebook cannot be written: {error.strerror or error}.",
            "Make room, or make the folder writable.",
        ) from error
    return target
