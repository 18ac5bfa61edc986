"""Where does a notebook's project begin, and where do our own files live in it?"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from mlops_nb.errors import InfrastructureError

_MARKS = ("pyproject.toml", ".git")


def find_root(start: Path) -> Path:
    """Return the nearest folder upwards from `start` that holds ``pyproject.toml`` or ``.git``.

    Parameters
    ----------
    start : Path
        A notebook or a folder; it need not exist.

    Returns
    -------
    Path
        Absolute. The folder of `start` itself where nothing above it is marked.
    """
    absolute = start.absolute()
    try:
        folder = absolute if absolute.is_dir() else absolute.parent
    except OSError:  # a name that is too long: whoever opens it says so
        folder = absolute.parent
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in _MARKS):
            return candidate
    return folder


def find_kept(start: Path | None = None) -> Layout:
    """Return where the runs are that somebody in folder `start` means; nothing is made.

    That of the project, where it has any; else of the nearest folder upwards that has: a notebook
    of no project keeps its runs in its own folder.

    Parameters
    ----------
    start : Path, optional
        The working directory by default.
    """
    folder = (Path.cwd() if start is None else start).absolute()
    project = Layout(root=find_root(folder))
    above = (Layout(root=candidate) for candidate in (folder, *folder.parents))
    return next((layout for layout in (project, *above) if layout.state.is_dir()), project)


def kept_below(folder: Path) -> list[str]:
    """Return the folders that keep runs one or two levels below `folder`, relative to it, sorted.

    A notebook of no project keeps its runs beside itself, not where it was started.
    """
    found: list[str] = []
    for pattern in ("*/.mlops_nb", "*/*/.mlops_nb"):
        with contextlib.suppress(OSError):
            below = (state.parent for state in folder.glob(pattern) if state.is_dir())
            found += [path.relative_to(folder).as_posix() for path in below]
    return sorted(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Our files under a root: ``.mlops_nb/record`` is kept, ``.mlops_nb/cache`` is disposable."""

    root: Path

    @property
    def state(self) -> Path:
        return self.root / ".mlops_nb"

    @property
    def record(self) -> Path:
        return self.state / "record"

    @property
    def runs(self) -> Path:
        return self.record / "runs"

    @property
    def running(self) -> Path:
        """Folder of the sheets of runs that are going on."""
        return self.state / "running"

    @property
    def jobs(self) -> Path:
        """Folder of runs that were started to go on by themselves, one folder a job."""
        return self.state / "jobs"

    @property
    def cache(self) -> Path:
        """Folder of what can be made again: removing it costs time, never results."""
        return self.state / "cache"

    @property
    def handover(self) -> Path:
        """Folder where kernels leave models for the runner, one folder a run."""
        return self.cache / "handover"

    def create(self) -> None:
        """Make the folders; ``.mlops_nb`` ignores itself in git.

        Raises
        ------
        InfrastructureError
            ``MNB501`` if the project folder cannot be written.
        """
        try:
            self.runs.mkdir(parents=True, exist_ok=True)
            ignore = self.state / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise InfrastructureError(
                "MNB501",
                str(self.state),
                f"The folder for runs cannot be written: {error.strerror or error}.",
                "Make the project folder writable, or copy the notebook to one that is.",
            ) from error
