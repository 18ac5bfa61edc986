"""What does an empty MLflow store look like, for the MLflow that is installed?

MLflow migrates a fresh SQLite file through some 70 revisions: 5-7 s on a disk. The result
depends on the last revision alone, so the package ships it as SQL for the MLflow it was
developed with. For another MLflow the SQL is made once per user by that MLflow itself, and
cached.
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
from functools import cache
from importlib import resources
from pathlib import Path

from mlops_nb.errors import InfrastructureError, InputError

MIGRATION_TIMEOUT_S = 600.0
_REVISION = re.compile(r"^revision\s*=\s*[\"'](\w+)[\"']", re.MULTILINE)
_DOWN_REVISION = re.compile(r"^down_revision\s*=\s*[\"'](\w+)[\"']", re.MULTILINE)


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
        _make_store(file)
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("DELETE FROM experiments")  # "Default", in a folder of its own
            return dump_sql(connection)


def dump_sql(connection: sqlite3.Connection) -> str:
    """Return a database as SQL without transaction words and trailing blanks."""
    lines = "\n".join(connection.iterdump()).splitlines()
    kept = (line.rstrip() for line in lines if line not in {"BEGIN TRANSACTION;", "COMMIT;"})
    return "\n".join(kept) + "\n"


def migrate(path: Path) -> None:
    """Bring the store at `path` to the installed MLflow's schema with MLflow's own command.

    Raises
    ------
    InfrastructureError
        If the command fails.
    """
    _call_mlflow(["-m", "mlflow", "db", "upgrade", database_uri(path)], path)


def _make_store(path: Path) -> None:
    """Let the installed MLflow make a store at `path`, as it does for whoever first asks it.

    The command of MLflow 3.13 cannot: it upgrades tables that must be there.
    """
    ask = f"import mlflow; mlflow.MlflowClient({database_uri(path)!r}).search_experiments()"
    _call_mlflow(["-c", ask], path)


def _call_mlflow(arguments: list[str], path: Path) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=MIGRATION_TIMEOUT_S,
        check=False,
        cwd=path.parent,
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise InfrastructureError(
            "MNB505",
            str(path),
            f"MLflow could not make or upgrade the store: {last[0]}.",
            "Run `mlflow db upgrade` by hand on a copy of the file to see the whole message.",
        )


def database_uri(path: Path) -> str:
    """Return the URI SQLAlchemy takes for the SQLite file `path`, made absolute."""
    return f"sqlite:///{path.absolute().as_posix()}"
