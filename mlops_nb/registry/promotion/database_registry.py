"""How is the embedded registry read and written in milliseconds? As the SQLite file that it is.

Importing MLflow takes seconds, and a rollback is not the moment for them. The tables are those of
the schema that `tracking/schemas` ships, and only where a store has that schema is it opened so;
files of packages and runs are read where they are, and through MLflow if that is not this machine.
`tests/contract` holds this against MLflow's own client, both ways.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mlops_nb.packaging.local_files import (
    copied_folder,
    local_folder,
    read_local_files,
    write_local_files,
)
from mlops_nb.registry.promotion.client_registry import ClientRegistry
from mlops_nb.registry.promotion.versions import DIGEST_TAG, RunInfo, VersionInfo
from mlops_nb.tracking.database import BUSY_TIMEOUT_S
from mlops_nb.tracking.schema import installed_revisions
from mlops_nb.tracking.store import DATABASE, TrackingStore

_DELETED = "Deleted_Internal"  # MLflow's stage of a version that was deleted
_VERSION = (
    "SELECT name, version, run_id, source, creation_time FROM model_versions"
    " WHERE name = ? AND workspace = 'default' AND current_stage <> ?"
)


def is_known(store: TrackingStore) -> bool:
    """Return whether the store is an embedded one whose tables are known."""
    if not store.is_embedded:
        return False
    head, _ = installed_revisions()
    return (resources.files("mlops_nb.tracking") / "schemas" / f"{head}.sql").is_file()


class DatabaseRegistry(ClientRegistry):
    """The registry of an embedded store, through SQLite."""

    def names(self) -> tuple[str, ...]:
        with self._reading() as database:
            found = database.execute(
                "SELECT name FROM registered_models WHERE workspace = 'default' ORDER BY name"
            )
            return tuple(sorted(name for (name,) in found))

    def versions(self, name: str, *, with_metrics: bool = False) -> tuple[VersionInfo, ...]:
        model = self.model(name)
        with self._reading(name) as database:
            rows = database.execute(_VERSION, (name, _DELETED)).fetchall()
            found = [_version_of(database, row) for row in rows]
        described = (self._describe(one, model, with_metrics=with_metrics) for one in found)
        return tuple(sorted(described, key=lambda info: info.version, reverse=True))

    def set_tags(self, name: str, version: int, tags: Mapping[str, str]) -> None:
        with self._writing(name) as database:
            is_there = _exists(database, name, version)
            if is_there:
                database.executemany(
                    "INSERT OR REPLACE INTO model_version_tags (workspace, name, version, key,"
                    " value) VALUES ('default', ?, ?, ?, ?)",
                    [(name, version, key, value) for key, value in tags.items()],
                )
        if not is_there:
            raise self._no_version(name, version)

    def set_model_tags(self, name: str, tags: Mapping[str, str]) -> None:
        self._model(name)
        with self._writing(name) as database:
            database.executemany(
                "INSERT OR REPLACE INTO registered_model_tags (workspace, name, key, value)"
                " VALUES ('default', ?, ?, ?)",
                [(name, key, value) for key, value in tags.items()],
            )

    def move_alias(self, name: str, alias: str, version: int | None) -> None:
        with self._writing(name) as database:
            is_there = version is None or _exists(database, name, version)
            if version is None:
                database.execute(
                    "DELETE FROM registered_model_aliases WHERE workspace = 'default'"
                    " AND name = ? AND alias = ?",
                    (name, alias),
                )
            elif is_there:
                database.execute(
                    "INSERT OR REPLACE INTO registered_model_aliases (workspace, name, alias,"
                    " version) VALUES ('default', ?, ?, ?)",
                    (name, alias, version),
                )
        if version is not None and not is_there:
            raise self._no_version(name, version)

    def fetch(self, name: str, version: int) -> AbstractContextManager[Path]:
        folder = self._package_folder(name, version)
        if folder is None:
            return super().fetch(name, version)
        return copied_folder(folder, told=f"{name}@{version}")

    def read_files(self, name: str, version: int, files: Sequence[str]) -> Mapping[str, bytes]:
        folder = self._package_folder(name, version)
        if folder is None:
            return super().read_files(name, version, files)
        return read_local_files(folder, files, told=f"{name}@{version}")

    def read_run_file(self, run_id: str, file: str) -> bytes | None:
        folder = self._run_folder(run_id)
        if folder is None:
            return super().read_run_file(run_id, file)
        return read_local_files(folder, [file], told=f"run {run_id}").get(file)

    def add_files(self, run_id: str, files: Mapping[str, str]) -> None:
        folder = self._run_folder(run_id)
        if folder is None:
            super().add_files(run_id, files)
            return
        try:
            write_local_files(folder, files)
        except OSError as error:
            raise self._refused(str(error), f"run {run_id}") from error

    def _package_folder(self, name: str, version: int) -> Path | None:
        """Return where the files of a version are, if that is a folder of this machine."""
        with self._reading(name) as database:
            found = database.execute(
                "SELECT coalesce(storage_location, source) FROM model_versions"
                " WHERE workspace = 'default' AND name = ? AND version = ?",
                (name, version),
            ).fetchone()
        return None if found is None else local_folder(found[0] or "")

    def _run_folder(self, run_id: str) -> Path | None:
        with self._reading(f"run {run_id}") as database:
            found = database.execute(
                "SELECT artifact_uri FROM runs WHERE run_uuid = ?", (run_id,)
            ).fetchone()
        return None if found is None else local_folder(found[0] or "")

    def _model(self, name: str) -> Any:
        where = "WHERE workspace = 'default' AND name = ?"
        with self._reading(name) as database:
            found = database.execute(f"SELECT name FROM registered_models {where}", (name,))
            if found.fetchone() is None:
                raise self._no_model(name)
            aliases = database.execute(
                f"SELECT alias, version FROM registered_model_aliases {where}", (name,)
            )
            tags = database.execute(
                f"SELECT key, value FROM registered_model_tags {where}", (name,)
            )
            return SimpleNamespace(name=name, aliases=dict(aliases), tags=dict(tags))

    def _version(self, name: str, number: int) -> Any:
        with self._reading(name) as database:
            row = database.execute(f"{_VERSION} AND version = ?", (name, _DELETED, number))
            found = row.fetchone()
            return None if found is None else _version_of(database, found)

    def _read_run(self, run_id: str) -> RunInfo | None:
        with self._reading(f"run {run_id}") as database:
            row = database.execute(
                "SELECT status, start_time FROM runs WHERE run_uuid = ?", (run_id,)
            ).fetchone()
            if row is None:
                return None
            metrics = database.execute(
                "SELECT key, value, is_nan FROM latest_metrics WHERE run_uuid = ?", (run_id,)
            )
            return RunInfo(
                run_id=run_id,
                status=row[0],
                tags=_pairs(database, "tags", run_id),
                metrics={key: float("nan") if nan else value for key, value, nan in metrics},
                params=_pairs(database, "params", run_id),
                started=datetime.fromtimestamp((row[1] or 0) / 1000, UTC),
            )

    def _logged_digest(self, source: str) -> str:
        if not source.startswith("models:/m-"):
            return ""
        with self._reading(source) as database:
            found = database.execute(
                "SELECT tag_value FROM logged_model_tags WHERE model_id = ? AND tag_key = ?",
                (source.removeprefix("models:/"), DIGEST_TAG),
            ).fetchone()
        return "" if found is None else str(found[0])

    @contextmanager
    def _reading(self, place: str = "") -> Iterator[sqlite3.Connection]:
        """Yield the database, as it is at one moment."""
        with self._opened(place) as database:
            database.execute("BEGIN")
            yield database

    @contextmanager
    def _writing(self, place: str) -> Iterator[sqlite3.Connection]:
        """Yield the database for changes that are made together, or not at all."""
        with self._opened(place) as database:
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")

    @contextmanager
    def _opened(self, place: str) -> Iterator[sqlite3.Connection]:
        path = self.store.record_dir / DATABASE
        try:
            with contextlib.closing(
                sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            ) as database:
                yield database
        except sqlite3.Error as error:
            raise self._refused(str(error), place) from error


def _exists(database: sqlite3.Connection, name: str, version: int) -> bool:
    found = database.execute(f"{_VERSION} AND version = ?", (name, _DELETED, version))
    return found.fetchone() is not None


def _version_of(database: sqlite3.Connection, row: tuple[Any, ...]) -> Any:
    name, version, run_id, source, created = row
    tags = database.execute(
        "SELECT key, value FROM model_version_tags WHERE workspace = 'default' AND name = ?"
        " AND version = ?",
        (name, version),
    )
    return SimpleNamespace(
        name=name,
        version=version,
        run_id=run_id,
        source=source,
        creation_timestamp=created or 0,
        tags=dict(tags.fetchall()),
    )


def _pairs(database: sqlite3.Connection, table: str, run_id: str) -> dict[str, str]:
    found = database.execute(f"SELECT key, value FROM {table} WHERE run_uuid = ?", (run_id,))
    return dict(found.fetchall())
