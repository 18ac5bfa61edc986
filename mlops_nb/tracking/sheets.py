"""Which runs are going on in this project? Each headless run keeps a sheet while it lives.

A small file under ``.mlops_nb/running``, tracked or not, that other processes read: who runs what,
where it is saved, which cells are to run. It is taken away at the end; one whose process is gone
was left behind, and is removed on the next use.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mlops_nb.notebook.atomic import write_atomically
from mlops_nb.tracking.processes import ProcessStamp, has_vanished, read_stamp

_ATTEMPTS = 3
# Writing a sheet takes milliseconds.
_DRAFT_LIVES_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSheet:
    """One run that is going on, or whose process vanished.

    Attributes
    ----------
    id : str
        Names the run where it has no `run_id`, or not yet.
    notebook : str
        Its path from the project's root where it is inside, else absolute, or its URL.
    output : str
        Absolute path, or URL, of the executed notebook.
    started : datetime
        In UTC.
    process : ProcessStamp
    door : str
    run_id : str or None
        MLflow's, once it is known.
    source_cells : int
        How many cells the source notebook has; the executed one may have one more.
    cells : tuple of int
        The code cells that are to run, by their index in the source; empty until the plan is made.
    stage_of : Mapping of int to str
        For the stage cells among them.
    """

    id: str
    notebook: str
    output: str
    started: datetime
    process: ProcessStamp
    door: str = "headless"
    run_id: str | None = None
    source_cells: int = 0
    cells: tuple[int, ...] = ()
    stage_of: Mapping[int, str] = field(default_factory=dict)

    @property
    def has_vanished(self) -> bool:
        """Return whether the run's process is known to be gone."""
        return has_vanished(self.process)

    def to_json(self) -> dict[str, Any]:
        """Return what the file holds."""
        plain = {**asdict(self), "schema": 1, "pid": self.process.pid}
        return {**plain, "started": self.started.isoformat(), "process": str(self.process)}


def post_sheet(folder: Path, sheet: RunSheet) -> None:
    """Write `sheet` into `folder`, which is made and ignores itself in git.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    content = json.dumps(sheet.to_json()).encode()
    for attempt in range(_ATTEMPTS):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder.parent / ".gitignore").exists():
                (folder / ".gitignore").write_text("*\n", encoding="utf-8")
            write_atomically(_place(folder, sheet.id), [content])
            return
        except FileNotFoundError:  # another run ended and took the empty folder away
            if attempt == _ATTEMPTS - 1:
                raise


def remove_sheet(folder: Path, sheet_id: str) -> None:
    """Take a sheet away, and with the last one the folder; what cannot be removed stays."""
    with contextlib.suppress(OSError):
        _place(folder, sheet_id).unlink(missing_ok=True)
        if not any(folder.glob("*.json")):
            (folder / ".gitignore").unlink(missing_ok=True)
            folder.rmdir()
            folder.parent.rmdir()  # where nothing else was kept


def read_sheets(folder: Path) -> tuple[RunSheet, ...]:
    """Return the sheets in `folder`, newest first; those of vanished processes are among them."""
    found = []
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            found.append(_parse(json.loads(path.read_text(encoding="utf-8"))))
    return tuple(sorted(found, key=lambda sheet: sheet.started, reverse=True))


def running_sheets(folder: Path) -> tuple[RunSheet, ...]:
    """Return the sheets of runs that are going on, newest first; the others are removed, and what
    a process left that was killed while it wrote one."""
    for draft in folder.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - draft.stat().st_mtime > _DRAFT_LIVES_S:
                draft.unlink()
    running = []
    for sheet in read_sheets(folder):
        if sheet.has_vanished:
            remove_sheet(folder, sheet.id)
        else:
            running.append(sheet)
    return tuple(running)


def _place(folder: Path, sheet_id: str) -> Path:
    return folder / f"{sheet_id}.json"


def _parse(content: Mapping[str, Any]) -> RunSheet:
    process = read_stamp(content["process"])
    if process is None:
        raise ValueError("no stamp of a process")
    run_id = content["run_id"]
    return RunSheet(
        id=str(content["id"]),
        notebook=str(content["notebook"]),
        output=str(content["output"]),
        started=datetime.fromisoformat(content["started"]),
        process=process,
        door=str(content["door"]),
        run_id=None if run_id is None else str(run_id),
        source_cells=int(content["source_cells"]),
        cells=tuple(int(index) for index in content["cells"]),
        stage_of={int(index): str(name) for index, name in content["stage_of"].items()},
    )
