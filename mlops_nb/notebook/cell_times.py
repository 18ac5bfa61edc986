"""How long did the cells of this notebook take when they ran? As papermill, we or JupyterLab noted.

papermill and our own runs write a duration into each cell; JupyterLab writes times of messages,
where the setting "record timing" is on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

_STARTS = ("iopub.execute_input", "shell.execute_reply.started", "iopub.status.busy")
_ENDS = ("shell.execute_reply", "iopub.status.idle")


def cell_seconds(node: Mapping[str, Any]) -> dict[int, float]:
    """Return the seconds of the cells of a version 4 notebook that say so, by index."""
    found = {}
    for index, cell in enumerate(node["cells"]):
        seconds = _seconds(cell["metadata"])
        if seconds is not None and seconds >= 0:
            found[index] = seconds
    return found


def seconds_elsewhere(node: Mapping[str, Any], executed: Mapping[str, Any]) -> dict[int, float]:
    """Return the seconds that `executed`, a copy of `node` that ran, noted for cells of `node`.

    A cell is the same where its source is; of several alike the first are taken for each other.
    """
    times = cell_seconds(executed)
    by_source: dict[str, list[float]] = {}
    for index, cell in enumerate(executed["cells"]):
        if index in times:
            by_source.setdefault(cell["source"], []).append(times[index])
    found = {}
    for index, cell in enumerate(node["cells"]):
        noted = by_source.get(cell["source"])
        if cell["cell_type"] == "code" and noted:
            found[index] = noted.pop(0)
    return found


def _seconds(metadata: Mapping[str, Any]) -> float | None:
    """Return what one cell's metadata say."""
    theirs = metadata.get("papermill")
    duration = theirs.get("duration") if isinstance(theirs, Mapping) else None
    if isinstance(duration, int | float) and not isinstance(duration, bool):
        return float(duration)
    times = metadata.get("execution")
    if not isinstance(times, Mapping):
        return None
    start, end = _first(times, _STARTS), _first(times, _ENDS)
    if start is None or end is None or (start.tzinfo is None) != (end.tzinfo is None):
        return None
    return (end - start).total_seconds()


def _first(times: Mapping[str, Any], names: tuple[str, ...]) -> datetime | None:
    for name in names:
        try:
            return datetime.fromisoformat(times[name])
        except (KeyError, TypeError, ValueError):
            continue
    return None
