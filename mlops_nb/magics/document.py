"""What does the saved file of this kernel's notebook say of a cell?

Nothing here fails for want of it. It is read as plain JSON, again only when it changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_NOTHING: Mapping[str, Any] = {}


class SavedCells:
    """The code cells of a notebook file as it was last saved.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int] = (-1, -1)
        self._cells: Sequence[Mapping[str, Any]] = ()

    def metadata_of(self, source: str, cell_id: str | None) -> Mapping[str, Any]:
        """Return the metadata of the cell with that id, else of the one with that source.

        Empty if there is none, or if several cells of that source differ in theirs.
        """
        cells = self.read()
        if cell_id is not None:
            for cell in cells:
                if cell.get("id") == cell_id:
                    return _metadata(cell)
        found = [_metadata(c) for c in cells if source_of(c).strip() == source.strip()]
        return found[0] if found and all(m == found[0] for m in found) else _NOTHING

    def read(self) -> Sequence[Mapping[str, Any]]:
        """Return the code cells; those last read if the file is gone or being written."""
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                node = json.loads(self.path.read_text("utf-8-sig"))
                self._cells = [c for c in node["cells"] if c.get("cell_type") == "code"]
                self._stamp = stamp
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass
        return self._cells


def source_of(cell: Mapping[str, Any]) -> str:
    """Return the source of a cell as one text; nbformat allows a list of lines."""
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)


def _metadata(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = cell.get("metadata")
    return metadata if isinstance(metadata, dict) else _NOTHING
