"""How are past runs read without making or changing anything?

A reader needs no store where no run was ever kept. One in a folder that cannot be written is read
from a copy: SQLite itself would write beside it, and MLflow into it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mlops_nb.errors import InfrastructureError
from mlops_nb.project.project import Project
from mlops_nb.project.roots import Layout
from mlops_nb.tracking.schema import database_uri
from mlops_nb.tracking.store import DATABASE, TrackingStore, locate_store, open_store, prepare_store


@contextlib.contextmanager
def reading_store(layout: Layout) -> Iterator[TrackingStore | None]:
    """Yield the store that holds the runs of a project; None if none was ever kept there.

    Raises
    ------
    InputError
        If the project's settings cannot be used.
    InfrastructureError
        ``MNB516`` if the store cannot be read.
    """
    uri = Project(layout).settings.tracking_uri
    store = locate_store(layout.record, tracking_uri=uri)
    database = layout.record / DATABASE
    if not store.is_embedded:
        yield store
    elif not database.is_file():
        yield None
    elif _can_write(database):
        yield open_store(layout.record, tracking_uri=uri)
    else:
        with tempfile.TemporaryDirectory(prefix="mlops_nb-") as folder:
            yield _copy(store, database, Path(folder))


def _can_write(database: Path) -> bool:
    # SQLite keeps its log beside the database.
    return os.access(database, os.W_OK) and os.access(database.parent, os.W_OK)


def _copy(store: TrackingStore, database: Path, folder: Path) -> TrackingStore:
    """Return the store as it is now, copied; its artifacts stay where they are."""
    try:
        for suffix in ("", "-wal"):  # what was written last may still be in the log
            source = database.with_name(database.name + suffix)
            if source.exists():
                shutil.copyfile(source, folder / source.name)
    except OSError as error:
        raise InfrastructureError(
            "MNB516",
            str(database),
            f"the runs cannot be read: {error.strerror or error}.",
            "Make the file readable, or ask who owns it.",
        ) from error
    copied = replace(store, tracking_uri=database_uri(folder / DATABASE), record_dir=folder)
    return prepare_store(copied)  # one of an older MLflow is upgraded
