"""What did earlier headless runs of this notebook leave on the disk? Their executed copies say it.

Read without MLflow, so that a panel can ask at any moment: a copy is read once, as it does not
change when its run has ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mlops_nb.project.roots import Layout

# A copy with more than this is not read for its few words.
_MOST_BYTES = 64 << 20
_KEPT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCopy:
    """An executed notebook, and the record of its run."""

    path: Path
    record: Mapping[str, Any]

    @property
    def started(self) -> str:
        return str(self.record.get("started") or "")


def past_copies(layout: Layout, notebook: Path | None = None) -> Iterator[PastCopy]:
    """Yield the executed notebooks that are kept in a project, newest first.

    Parameters
    ----------
    layout : Layout
    notebook : Path, optional
        Only runs of this one.
    """
    try:
        paths = sorted(layout.runs.glob("*.ipynb"), reverse=True)
    except OSError:
        return
    for path in paths:
        if notebook is not None and not path.stem.endswith(f"-{notebook.stem[:80]}"):
            continue
        copy = read_copy(path)
        if copy is not None and (notebook is None or is_run_of(copy, notebook)):
            yield copy


def read_copy(path: Path) -> PastCopy | None:
    """Return an executed notebook with its record; None if it is none, or cannot be read."""
    try:
        status = path.stat()
    except OSError:
        return None
    record = _record(str(path), status.st_mtime_ns, status.st_size)
    return None if record is None else PastCopy(path=path, record=record)


def is_run_of(copy: PastCopy, notebook: Path) -> bool:
    """Return whether a run was one of `notebook`: a relative path is told from somewhere above."""
    told = Path(str(copy.record.get("notebook") or ""))
    if told.is_absolute():
        return told in (notebook, notebook.resolve())
    parts = [part for part in told.parts if part != ".."]
    return bool(parts) and list(notebook.parts[-len(parts) :]) == parts


@lru_cache(maxsize=_KEPT)
def _record(path: str, mtime_ns: int, size: int) -> Mapping[str, Any] | None:
    if size > _MOST_BYTES:
        return None
    try:
        record = json.loads(Path(path).read_bytes())["metadata"]["mlops_nb"]["run"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
