"""What stands where the executed notebook is to go, and may it be replaced?

What an earlier run wrote is replaced, as papermill does; what it cannot have written is somebody's
work: ``mlops-nb run a.ipynb b.ipynb`` is also what one types to run two notebooks.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

# One of these is in whatever papermill, nbclient or a run of ours wrote.
_MARKS = (b'"papermill"', b'"mlops_nb"', b'"iopub.')


def find_obstacle(output: str, path: Path) -> str:
    """Return what stands in the way of a file at `path`; empty if nothing does.

    A device or a pipe would be replaced by a file: that is what an atomic write does.
    """
    if "\0" in output:
        return f"{output!r}, which is no path"
    if output == "-":
        return "'-': the record goes to stdout, the notebook to a file"
    if output.endswith(("/", os.sep)):
        return "a folder"
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return "a link that leads to itself" if error.errno == errno.ELOOP else ""
    if stat.S_ISDIR(mode):
        return "a folder"
    return "" if stat.S_ISREG(mode) else "a device, a pipe or a socket"


def find_work(path: Path) -> str:
    """Return what is at `path` that no run wrote: ``"a file"``, ``"a notebook"`` or nothing.

    A notebook that was executed, or is broken off in the middle, an empty file and one that cannot
    be read are nobody's work.
    """
    try:
        raw = path.read_bytes()
    except OSError:
        return ""
    if not raw.strip() or any(mark in raw for mark in _MARKS):
        return ""
    node = _read(raw)
    if node is None:
        return "" if path.suffix.lower() == ".ipynb" else "a file"
    return "a notebook" if node["cells"] else ""


def _read(raw: bytes) -> dict[str, Any] | None:
    """Return the notebook in `raw`, None if there is none."""
    try:
        node = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    has_cells = isinstance(node, dict) and isinstance(node.get("cells"), list)
    return node if has_cells and "nbformat" in node else None
