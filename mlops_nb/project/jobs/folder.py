"""Where does a job live? In a folder of its own under ``.mlops_nb/jobs``, and in nothing else.

Whoever reads the folder knows the job: no server has to remember it, and several may look on. Every
file has one writer:

    job.json        what was asked            whoever started it
    process.json    who works                 the supervisor
    events.jsonl    what happens              the run
    log             what it says              the run, cut by the supervisor
    record.json     the run's record          the run
    exit.json       how it ended              the supervisor
    cancelled       somebody asked to stop    whoever asked
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.notebook.atomic import write_atomically
from mlops_nb.project.roots import Layout

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What is to be run; the options are those of ``mlops-nb run``.

    Attributes
    ----------
    notebook : str
        Its absolute path.
    parameters : Mapping
        Values as JSON has them; a text is read as ``-p`` reads it.
    """

    notebook: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    stages: tuple[str, ...] = ()
    until: str | None = None
    force: tuple[str, ...] = ()
    no_cache: bool = False
    gates: tuple[str, ...] = ()
    register: str | None = None
    promote_if_passed: bool = False
    output: str | None = None

    def words(self) -> list[str]:
        """Return the words of ``mlops-nb run`` but parameters that are no texts."""
        words = [self.notebook, *([] if self.output is None else [self.output])]
        for name, value in self.parameters.items():
            words += ["-p", name, value] if isinstance(value, str) else []
        for flag, values in (
            ("--stage", self.stages),
            ("--force", self.force),
            ("--gate", self.gates),
        ):
            words += [f"{flag}={value}" for value in values]
        words += [f"--until={self.until}"] if self.until is not None else []
        words += [f"--register={self.register}"] if self.register is not None else []
        words += ["--no-cache"] if self.no_cache else []
        return [*words, *(["--promote-if-passed"] if self.promote_if_passed else [])]

    def plain_parameters(self) -> dict[str, Any]:
        """Return the parameters that are no texts."""
        return {k: v for k, v in self.parameters.items() if not isinstance(v, str)}


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The folder of one job."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def created(self) -> datetime:
        return datetime.strptime(self.id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def record(self) -> Path:
        return self.path / "record.json"

    @property
    def is_cancelled(self) -> bool:
        return (self.path / "cancelled").exists()

    def request(self) -> JobRequest | None:
        """Return what was asked; None if it cannot be read."""
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in self.read("job.json").items()
        }
        try:
            return JobRequest(**fields)
        except TypeError:
            return None

    def read(self, name: str) -> dict[str, Any]:
        """Return the object that a file holds; empty if it holds none, or not yet."""
        try:
            content = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Write an object to a file in one step. Raises OSError."""
        write_atomically(self.path / name, [json.dumps(content).encode()])

    def cancel(self) -> None:
        """Write that somebody asked for the end of the job. Raises OSError."""
        (self.path / "cancelled").touch()


def make_jobs(layout: Layout) -> None:
    """Make the folder of all jobs, which git ignores. Raises OSError."""
    layout.jobs.mkdir(parents=True, exist_ok=True)
    ignore = layout.state / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def new_folder(layout: Layout, request: JobRequest) -> JobFolder:
    """Make the folder of a job, readable by its owner alone: parameters may be private.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    make_jobs(layout)
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    folder = JobFolder(layout.jobs / f"{moment}-{secrets.token_hex(3)}")
    folder.path.mkdir(mode=0o700)
    try:
        folder.write("job.json", asdict(request))
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return folder


def all_folders(layout: Layout) -> Iterator[JobFolder]:
    """Yield the folders of all jobs of a project, newest first."""
    with contextlib.suppress(OSError):
        for path in sorted(layout.jobs.iterdir(), reverse=True):
            if _ID.fullmatch(path.name):
                yield JobFolder(path)


def find_folder(layout: Layout, job_id: str) -> JobFolder:
    """Return the folder of a job.

    Raises
    ------
    InputError
        MNB883 if there is no such job.
    """
    if _ID.fullmatch(job_id) and (layout.jobs / job_id).is_dir():
        return JobFolder(layout.jobs / job_id)
    shown = job_id if len(job_id) <= 80 else f"{job_id[:79]}…"
    raise InputError(
        "MNB883",
        str(layout.root),
        f"there is no job {shown!r}.",
        "Look at the list of jobs: the oldest are removed.",
    )
