"""Does a change of the working tree change what runs? Outputs of a notebook, saved again, do not.

Jupyter saves a notebook whenever a cell ran, and keeps checkpoints beside it. A commit tells which
code made a model as long as sources, tags and our metadata are those of the commit. An executed
copy that was opened beside its notebook holds what ran, not what will run, unless it is what runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

_LEFT_BEHIND = frozenset({".ipynb_checkpoints", "__pycache__"})
_MODIFIED = frozenset({" M", "M ", "MM"})
_LARGEST_BYTES = 50_000_000


def list_changes(
    status: str,
    *,
    top: Path,
    committed: Callable[[str], str],
    streams: Collection[tuple[int, int]] = (),
    running: Path | None = None,
) -> tuple[str, ...]:
    """Return the files that ``git status`` lists and that may change what runs, sorted.

    Parameters
    ----------
    status : str
        As ``git status --porcelain=v1 -z`` prints it.
    top : Path
        Of the working tree.
    committed : callable
        Returns the text of a file as it is in the commit.
    streams : collection of (int, int)
        Device and inode of what this process prints to: a file made by ``> run.json``, which git
        does not know, holds nothing that the run could use.
    running : Path, optional
        The notebook that runs, which matters whatever else it is.
    """
    entries = [entry for entry in status.split("\0") if len(entry) > 3]
    return tuple(
        sorted(
            {
                entry[3:]
                for entry in entries
                if not _is_harmless(entry, top, committed)
                and not _is_one_of(entry, top, streams)
                and not _is_executed_copy(entry, top, running)
            }
        )
    )


def _is_one_of(entry: str, top: Path, streams: Collection[tuple[int, int]]) -> bool:
    if not streams or entry[:2] != "??":
        return False
    try:
        found = (top / entry[3:]).stat()
    except OSError:
        return False
    return (found.st_dev, found.st_ino) in streams


def _is_executed_copy(entry: str, top: Path, running: Path | None) -> bool:
    """Return whether a new file is what a run of ours executed, and does not run itself."""
    path = top / entry[3:]
    if entry[:2] != "??" or path.suffix != ".ipynb":
        return False
    try:
        if running is not None and running.exists() and path.samefile(running):
            return False
        if path.stat().st_size > _LARGEST_BYTES:
            return False
        return bool(json.loads(path.read_text(encoding="utf-8"))["metadata"]["mlops_nb"]["run"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _is_harmless(entry: str, top: Path, committed: Callable[[str], str]) -> bool:
    state, name = entry[:2], entry[3:]
    if state == "??":
        return bool(_LEFT_BEHIND.intersection(Path(name).parts))
    if state not in _MODIFIED or not name.endswith(".ipynb"):
        return False
    try:
        if (top / name).stat().st_size > _LARGEST_BYTES:
            return False
        now = json.loads((top / name).read_text(encoding="utf-8"))
        return _meaning(now) == _meaning(json.loads(committed(name)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _meaning(notebook: dict[str, Any]) -> list[Any]:
    """Return what of a notebook can change a run."""
    about = notebook.get("metadata", {})
    cells = [
        (
            cell["cell_type"],
            "".join(cell["source"]),
            cell.get("metadata", {}).get("tags") or [],
            cell.get("metadata", {}).get("mlops_nb"),
        )
        for cell in notebook["cells"]
    ]
    return [about.get("kernelspec", {}).get("name"), about.get("mlops_nb"), cells]
