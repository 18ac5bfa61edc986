"""When must a store be looked through? Not at the end of each run: that reads every record.

What it held when it was looked through last, and what was written since, lies in a file of its own.
Near the cap, after a day, or where nothing is known it is looked through again. Two runs that end
at once may each write what they know; what is lost is found again after a day at most.

Standard library only.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path

_FILE = "upkeep.json"
_LASTS_S = 86_400.0
# Of the cap; what is not counted (documents of records, what another run lost) has room beside.
_FULL = 0.9


def is_upkeep_due(root: Path, written_bytes: int, *, cap_bytes: int) -> bool:
    """Return whether a store must be looked through, after so much was written; else note it.

    Parameters
    ----------
    root : Path
        Folder of the store.
    written_bytes : int
        Since this was asked last.
    cap_bytes : int
    """
    try:
        known = json.loads((root / _FILE).read_text("utf-8"))
        size_bytes, since = int(known["size_bytes"]) + written_bytes, float(known["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return True
    if not 0 <= time.time() - since < _LASTS_S or size_bytes >= _FULL * cap_bytes:
        return True
    _write(root, size_bytes, since)
    return False


def note_upkeep(root: Path, size_bytes: int) -> None:
    """Note that a store was looked through and holds so much."""
    _write(root, size_bytes, time.time())


def _write(root: Path, size_bytes: int, since: float) -> None:
    draft = root / f"{_FILE}.{os.getpid()}"
    with contextlib.suppress(OSError):  # then it is looked through again
        draft.write_text(json.dumps({"size_bytes": size_bytes, "since": since}), "utf-8")
        draft.replace(root / _FILE)
