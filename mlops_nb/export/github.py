"""How does a notebook get a GitHub Actions workflow? Its facts are gathered, the text is written.

A workflow that somebody else wrote is never replaced.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.export.github_workflow import GithubJob, render_workflow, workflow_path
from mlops_nb.export.requirements import plan_install
from mlops_nb.notebook.atomic import write_atomically
from mlops_nb.pipeline.parameters import Text, declared_parameters, resolve_parameters
from mlops_nb.pipeline.stages import Pipeline

_SECRET_NAME = re.compile(r"(?!GITHUB_)[A-Za-z_][A-Za-z0-9_]*", re.IGNORECASE)

_WHOSE_CHAMPION = (
    "The job promotes on the server that the repository variable MLFLOW_TRACKING_URI names; "
    "without one its champion is that of the artifact 'record' alone."
)


def write_workflow(
    pipeline: Pipeline,
    *,
    root: Path,
    repository: Path | None = None,
    values: Mapping[str, str],
    register: str | None,
    gates: Sequence[str] = (),
    promote_if_passed: bool = False,
    secrets: Sequence[str] = (),
) -> tuple[Path, tuple[str, ...]]:
    """Write the workflow of a notebook and return its path, and notes on its install step.

    Parameters
    ----------
    pipeline : Pipeline
        Its `name` is the notebook's path.
    root : Path
        The project's root.
    repository : Path, optional
        Where ``.github`` goes; by default the nearest folder upwards from `root` with ``.git``.
    values : Mapping of str to str
        Parameters to pass, as text. A push brings no inputs, so a parameter without default must
        be among them.
    register : str or None
        Name of the registered model.
    gates : sequence of str
        What must hold, besides the gates of notebook and settings.
    promote_if_passed : bool
        Whether the registered version becomes the champion if all gates hold.
    secrets : sequence of str
        Environment variables whose values are the repository's secrets of the same name.

    Raises
    ------
    InputError
        ``MNB3xx`` if a parameter is not the notebook's or of another type, ``MNB902`` if the
        workflow's file was written by somebody else, or for another notebook, ``MNB904`` if the
        notebook is not in the repository.
    InfrastructureError
        ``MNB905`` if the workflow cannot be written.
    """
    place = pipeline.name
    resolve_parameters(
        pipeline.cells, {name: Text(value) for name, value in values.items()}, notebook=place
    )
    top = repository.absolute() if repository else find_repository(root)
    notebook = Path(place).absolute()
    if not notebook.is_relative_to(root) or not root.is_relative_to(top):
        raise InputError(
            "MNB904",
            place,
            f"The notebook is not inside {str(top)!r}, so a checkout will not have it.",
            "Name the root of the notebook's repository with -o.",
        )
    install = plan_install(root, pipeline)
    job = GithubJob(
        notebook=PurePosixPath(notebook.relative_to(root).as_posix()),
        project=PurePosixPath(root.relative_to(top).as_posix()),
        parameters=declared_parameters(pipeline.cells),
        values=values,
        install=install,
        register=register,
        gates=gates,
        promote_if_passed=promote_if_passed,
        secrets=_check_secrets(secrets),
        python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
    )
    path = top / workflow_path(job)
    text = render_workflow(job)
    _refuse_foreign(path, text)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, [text.encode("utf-8")])
    except OSError as error:
        raise InfrastructureError(
            "MNB905",
            str(path),
            f"The workflow cannot be written: {error.strerror or error}.",
            "Make the folder writable, or name another with -o.",
        ) from error
    return path, (*install.notes, *((_WHOSE_CHAMPION,) if promote_if_passed else ()))


def _check_secrets(names: Sequence[str]) -> Sequence[str]:
    """Return `names` if GitHub takes them all for names of secrets."""
    for name in names:
        if not _SECRET_NAME.fullmatch(name):
            raise InputError(
                "MNB908",
                f"secret {name!r}",
                "GitHub has no secrets of that name.",
                "Use letters, digits and '_', no digit first, and not GITHUB_ as its beginning.",
            )
    return names


def find_repository(folder: Path) -> Path:
    """Return the nearest folder upwards that holds ``.git``; `folder` itself if none does."""
    return next((top for top in (folder, *folder.parents) if (top / ".git").exists()), folder)


def _refuse_foreign(path: Path, text: str) -> None:
    """Raise unless `path` is free or has the first line of `text`, which names the notebook."""
    if not path.exists():
        return
    first, _, _ = text.partition("\n")
    if path.read_text(encoding="utf-8").partition("\n")[0] != first:
        raise InputError(
            "MNB902",
            str(path),
            "The file exists and was not written by this command for this notebook.",
            "Move it away, then write the job again.",
        )
