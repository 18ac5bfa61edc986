"""How is what must not be lost copied while runs go on? The database by SQLite's own means, then
the files, then all of it gets its name at once.

The database comes first: whatever it speaks of was there by then, or is by the time the files are
copied. What lives only as long as a process does (sheets of running runs, locks, SQLite's log) is
left out; ``.mlops_nb/cache`` can be made again and is no part of it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.project.roots import Layout
from mlops_nb.tracking.store import DATABASE

_LEFT_OUT = frozenset({"running"})
_LIVING = ("-wal", "-shm", "-journal", ".lock", ".part")
_WAIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What was copied: `files` with `size_bytes` in `folder`, and the `runs` in the database."""

    folder: str
    files: int
    size_bytes: int
    runs: int

    def to_json(self) -> dict[str, Any]:
        return {"schema": 1, **asdict(self)}


def back_up(layout: Layout, destination: Path) -> Backup:
    """Copy what a project keeps of its runs to a folder that is not there yet.

    Parameters
    ----------
    layout : Layout
    destination : Path

    Returns
    -------
    Backup

    Raises
    ------
    InputError
        MNB860 there is nothing to copy; MNB861 the destination is there already, or is inside of
        what is copied.
    InfrastructureError
        MNB862 something cannot be read or written; the destination is not made then.
    """
    record, target = layout.record, destination.absolute()
    if not record.is_dir():
        raise InputError(
            "MNB860", str(layout.root), "nothing is kept of any run here.", "Go to a project."
        )
    is_taken = target.is_symlink() or (target.exists() and not _is_empty(target))
    if is_taken or target.resolve().is_relative_to(record.resolve()):
        raise InputError(
            "MNB861",
            str(destination),
            "a backup goes to a folder that is not there yet, outside of what is copied.",
            "Choose another name, such as one with the date.",
        )
    draft = target.with_name(f".{target.name}.{uuid4().hex[:12]}")
    try:
        draft.mkdir(parents=True)
        runs = _copy_database(record / DATABASE, draft / DATABASE)
        files, size = _copy_files(record, draft)
        draft.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise InfrastructureError(
            "MNB862",
            str(getattr(error, "filename", None) or destination),
            f"the backup was broken off: {getattr(error, 'strerror', None) or error}.",
            "Free the disk or make it readable and writable, and start it again.",
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Backup(folder=str(target), files=files, size_bytes=size, runs=runs)


def _copy_database(source: Path, target: Path) -> int:
    """Copy a database as it is at one moment, check the copy, and return how many runs it has."""
    if not source.is_file():
        return 0
    with (
        contextlib.closing(_connect(source, "mode=ro")) as before,
        contextlib.closing(sqlite3.connect(target)) as after,
    ):
        before.backup(after)
        after.execute("PRAGMA journal_mode=DELETE")
        (state,) = after.execute("PRAGMA quick_check").fetchone()
        if state != "ok":
            raise sqlite3.DatabaseError(f"the database is damaged: {state}")
        (runs,) = after.execute(
            "SELECT count(*) FROM tags WHERE key = 'mlops_nb.notebook'"
        ).fetchone()
    _sync(target)
    return int(runs)


def _connect(path: Path, how: str) -> sqlite3.Connection:
    try:
        found = sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, timeout=_WAIT_S)
        found.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:  # a folder that cannot be written, where its log would be
        found = sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)
    return found


def _copy_files(source: Path, target: Path) -> tuple[int, int]:
    """Copy all other files; return how many there are now, the database included, and their
    size."""
    for path, name in _files(source):
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # it was temporary
            shutil.copy2(path, place)
            _sync(place)
    sizes = [path.stat().st_size for path in target.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


def _files(folder: Path) -> Iterator[tuple[Path, Path]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        is_living = name.name.endswith(_LIVING) or name.parts[0] in _LEFT_OUT
        if path.is_file() and not is_living and name != Path(DATABASE):
            yield path, name


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
