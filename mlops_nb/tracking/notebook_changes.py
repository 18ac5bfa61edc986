"""Does a change of the working tree change what runs? Outputs of a notebook, saved again, do not.

Jupyter saves a notebook whenever a cell ran, and keeps checkpoints beside it. A commit tells which
code made a model as long as sources, tags and our metadata are those of the commit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LEFT_BEHIND = frozenset({".ipynb_checkpoints", "__pycache__"})
_MODIFIED = frozenset({" M", "M ", "MM"})
_LARGEST_BYTES = 50_000_000


def changes_code(status: str, *, top: Path, committed: Callable[[str], str]) -> bool:
    """Return whether anything that ``git status`` lists may change what runs.

    Parameters
    ----------
    status : str
        As ``git status --porcelain=v1 -z`` prints it.
    top : Path
        Of the working tree.
    committed : callable
        Returns the text of a file as it is in the commit.
    """
    entries = [entry for entry in status.split("\0") if entry]
    return any(not _is_harmless(entry, top, committed) for entry in entries)


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
