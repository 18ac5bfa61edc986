"""What does the saved file say of its notebook as a whole? Read again only when it changed."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

_MOST_BYTES = 64 << 20


def read_saved_metadata(path: Path) -> dict[str, Any]:
    """Return the metadata of a notebook file; empty if it is none, or not there."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return {}
    if status.st_size > _MOST_BYTES:
        return {}
    return dict(_read(str(path), status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=16)
def _read(path: str, mtime_ns: int, size: int) -> dict[str, Any]:
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    metadata = content.get("metadata") if isinstance(content, dict) else None
    return metadata if isinstance(metadata, dict) else {}
