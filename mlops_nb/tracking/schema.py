"""How does an empty MLflow store come to be in milliseconds instead of seconds?

MLflow migrates a fresh SQLite file through some 70 revisions: 5-7 s on a disk. The result
depends on the last revision alone, so the package ships it as SQL for the MLflow it was
developed with, and runs it in one SQLite transaction: 13 ms, and atomic for any number of
processes that start at once. For another MLflow the SQL is made once per user with ``mlflow db
upgrade`` and cached. A store of an older MLflow is copied and then upgraded in place; one of a
newer MLflow is refused.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.tracking.locks import exclusive

BUSY_TIMEOUT_S = 60.0
MIGRATION_TIMEOUT_S = 600.0
# Without it MLflow's web interface opens an experiment as if it held conversations with
# language models.
EXPERIMENT_TAGS: Mapping[str, str] = {"mlflow.experimentKind": "custom_model_development"}
_REVISION = re.compile(r"^revision\s*=\s*[\"'](\w+)[\"']", re.MULTILINE)
_DOWN_REVISION = re.compile(r"^down_revision\s*=\s*[\"'](\w+)[\"']", re.MULTILINE)


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


@cache
def installed_revisions() -> tuple[str, frozenset[str]]:
    """Return the last schema revision of the installed MLflow and all of them, not importing it.

    Raises
    ------
    InputError
        If MLflow is not installed, or its revisions are not where they have always been.
    """
    folder = mlflow_folder() / "store" / "db_migrations" / "versions"
    texts = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py"))]
    revisions = {name for text in texts for name in _REVISION.findall(text)}
    heads = revisions - {name for text in texts for name in _DOWN_REVISION.findall(text)}
    if len(heads) != 1:
        raise InputError(
            "MNB503",
            str(folder),
            f"the schema revisions of this MLflow have {len(heads)} ends where one is expected.",
            "Install a released mlflow.",
        )
    return heads.pop(), frozenset(revisions)


def mlflow_folder() -> Path:
    """Return the folder of the installed MLflow package, without importing it.

    Raises
    ------
    InputError
        If MLflow is not installed.
    """
    spec = importlib.util.find_spec("mlflow")
    if spec is None or spec.origin is None:
        raise InputError(
            "MNB504",
            "mlflow",
            f"MLflow is not installed for {sys.executable!r}.",
            "Run `pip install mlflow`, or run with --no-track.",
        )
    return Path(spec.origin).parent


def schema_sql(head: str) -> str:
    """Return the SQL of an empty store at `head`: shipped, cached, or made now and cached."""
    shipped = resources.files("mlops_nb.tracking") / "schemas" / f"{head}.sql"
    if shipped.is_file():
        return shipped.read_text(encoding="utf-8")
    cached = cache_folder() / f"mlflow-{head}.sql"
    if cached.is_file():
        return cached.read_text(encoding="utf-8")
    text = make_schema_sql()
    with contextlib.suppress(OSError):  # a read-only home costs the seconds again, nothing else
        cached.parent.mkdir(parents=True, exist_ok=True)
        draft = cached.with_name(f"{cached.name}.{os.getpid()}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(cached)
    return text


def cache_folder() -> Path:
    """Return the user's cache folder for mlops_nb."""
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(home) if home else Path.home() / ".cache") / "mlops_nb"


def make_schema_sql() -> str:
    """Return the SQL of an empty store as the installed MLflow makes it; takes seconds.

    Raises
    ------
    InfrastructureError
        If MLflow's own command fails.
    """
    memory = Path("/dev/shm")  # the migrations spend their time waiting for the disk
    place = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        file = Path(folder) / "empty.db"
        _migrate(file)
        with contextlib.closing(sqlite3.connect(file)) as connection:
            return dump_sql(connection)


def dump_sql(connection: sqlite3.Connection) -> str:
    """Return a database as SQL without transaction words and trailing blanks."""
    lines = "\n".join(connection.iterdump()).splitlines()
    kept = (line.rstrip() for line in lines if line not in {"BEGIN TRANSACTION;", "COMMIT;"})
    return "\n".join(kept) + "\n"


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
        _migrate(path)


def _migrate(path: Path) -> None:
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", database_uri(path)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=MIGRATION_TIMEOUT_S,
        check=False,
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise InfrastructureError(
            "MNB505",
            str(path),
            f"`mlflow db upgrade` failed: {last[0]}.",
            "Run it by hand on a copy of the file to see the whole message.",
        )


def database_uri(path: Path) -> str:
    """Return the URI SQLAlchemy takes for the SQLite file `path`, made absolute."""
    return f"sqlite:///{path.absolute().as_posix()}"
