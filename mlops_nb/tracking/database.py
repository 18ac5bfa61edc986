"""How does the embedded store come to be in milliseconds, for any number of processes at once?

The empty store is SQL (see `schema`), run in one SQLite transaction: some 50 ms, and whoever comes
second finds it done. A store of an older MLflow is copied and then upgraded in place; one of a
newer MLflow is refused.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.tracking.locks import exclusive
from mlops_nb.tracking.schema import installed_revisions, migrate, schema_sql

BUSY_TIMEOUT_S = 60.0
# Without it MLflow's web interface opens an experiment as if it held conversations with
# language models.
EXPERIMENT_TAGS: Mapping[str, str] = {"mlflow.experimentKind": "custom_model_development"}


def prepare_database(path: Path, *, artifact_root: str, wal: bool) -> None:
    """Make `path` an MLflow store that the installed MLflow opens without migrating.

    Parameters
    ----------
    path : Path
        The SQLite file; made if it does not exist, upgraded after a copy if it is of an older
        MLflow.
    artifact_root : str
        Where MLflow's "Default" experiment keeps its artifacts; else MLflow would take the
        working folder.
    wal : bool
        Whether to use write-ahead logging (several times faster, local disks only).

    Raises
    ------
    InputError
        If MLflow is missing, or older than the store.
    InfrastructureError
        If the file cannot be opened or upgraded.
    """
    head, known = installed_revisions()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        current = _read_revision(path)
        if current == head:
            return
        if current is None:
            _create(path, schema_sql(head), artifact_root=artifact_root, wal=wal)
            return
    except (OSError, sqlite3.Error) as error:
        raise InfrastructureError(
            "MNB501",
            str(path),
            f"the tracking store cannot be opened: {error}.",
            "Check that the folder can be written, or set MLFLOW_TRACKING_URI to another store.",
        ) from error
    if current not in known:
        raise InputError(
            "MNB502",
            str(path),
            f"the tracking store was written by a newer MLflow (schema {current!r}, "
            f"the installed one knows {head!r}).",
            "Upgrade mlflow in this environment.",
        )
    _upgrade(path, head=head)


def insert_experiment(path: Path, name: str, *, artifact_location: str) -> None:
    """Add an experiment to the store at `path` unless it is there, without importing MLflow.

    User code may name the experiment before the recorder's MLflow is loaded; MLflow would then
    make it with its artifacts in the kernel's working folder.

    Raises
    ------
    sqlite3.Error
        If the file cannot be written, or this MLflow's table has other columns.
    """
    now = time.time_ns() // 1_000_000
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    with contextlib.closing(connection):
        found = connection.execute("SELECT 1 FROM experiments WHERE name = ?", (name,))
        if found.fetchone() is not None:
            return
        connection.execute("BEGIN IMMEDIATE")
        added = connection.execute(
            "INSERT OR IGNORE INTO experiments (name, artifact_location, lifecycle_stage,"
            " creation_time, last_update_time) VALUES (?, ?, 'active', ?, ?)",
            (name, artifact_location, now, now),
        )
        if added.rowcount == 1:
            connection.executemany(
                "INSERT INTO experiment_tags (experiment_id, key, value) VALUES (?, ?, ?)",
                [(added.lastrowid, key, value) for key, value in EXPERIMENT_TAGS.items()],
            )
        connection.execute("COMMIT")


def _read_revision(path: Path) -> str | None:
    if not path.exists():
        return None
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as connection:
        return _revision(connection)


def _revision(connection: sqlite3.Connection) -> str | None:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
    if known.fetchone() is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _create(path: Path, sql: str, *, artifact_root: str, wal: bool) -> None:
    """Write the empty store in one transaction; whoever comes second finds it done."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    with contextlib.closing(connection):
        if wal:
            _set_wal(connection)
        connection.execute("BEGIN EXCLUSIVE")
        if _revision(connection) is not None:
            connection.execute("ROLLBACK")
            return
        for statement in _statements(sql):
            connection.execute(statement)
        now = time.time_ns() // 1_000_000
        connection.execute(
            "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage,"
            " creation_time, last_update_time) VALUES (0, 'Default', ?, 'active', ?, ?)",
            (f"{artifact_root}/0", now, now),
        )
        connection.execute("COMMIT")


def _set_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; this pragma ignores SQLite's busy timeout, so wait here."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _statements(sql: str) -> Iterator[str]:
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _upgrade(path: Path, *, head: str) -> None:
    with exclusive(path.with_suffix(".upgrade")):
        current = _read_revision(path)
        if current == head:
            return
        copy = path.with_name(f"{path.stem}-{current}{path.suffix}")
        with (
            contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        migrate(path)
