"""Which cells does the notebook of this kernel have, as far as the kernel can know?

The saved file, with the cells that ran here as they ran: what was edited and run counts as edited,
what was edited and not run counts as saved. A kernel is told the text of the cell it runs, in most
front ends its id, and nothing of the others. Without a file there are the cells that ran, each
text once, where it ran last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_nb.magics.document import source_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveNotebook:
    """A notebook as the kernel knows it.

    Attributes
    ----------
    name : str
    node : Mapping
        As nbformat 4 JSON, without outputs.
    has_file : bool
        Whether it comes from a saved file.
    is_complete : bool
        Whether every cell that ran here is in it, in its place.
    here : int
        Index of the cell that ran last; -1 if it is not in it.
    ran : str
        Its source.
    """

    name: str
    node: Mapping[str, Any]
    has_file: bool
    is_complete: bool
    here: int
    ran: str = ""


@dataclass(frozen=True, slots=True)
class _Ran:
    """A cell as it ran: its id where the front end tells it, and its text."""

    ident: str | None
    source: str


class LiveCells:
    """Keeps what ran, and puts it into the saved file.

    Parameters
    ----------
    path : Path or None
        The notebook file, if it is known.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        # By id, or by text where there is none; what ran last comes last.
        self._ran: dict[tuple[bool, str], _Ran] = {}
        self._last = ""
        self._deleted: set[str] = set()
        self._stamp: tuple[int, int] = (-1, -1)
        self._saved: Mapping[str, Any] = {}
        self._places: Mapping[str, int] = {}
        # As it was read last, until something runs or the file is another.
        self._known: LiveNotebook | None = None

    def note(self, source: str, metadata: Mapping[str, Any]) -> None:
        """Take down a cell that is about to run."""
        self._known = None
        ident = metadata.get("cellId")
        ran = _Ran(str(ident) if ident else None, source)
        if ran.ident is None:  # then it stands for all of its text
            for key in [key for key, other in self._ran.items() if other.source == source]:
                del self._ran[key]
        key = (ran.ident is not None, ran.ident or source)
        self._ran.pop(key, None)
        self._ran[key] = ran
        self._last = source
        self._deleted.update(str(one) for one in metadata.get("deletedCells") or ())

    def read(self) -> LiveNotebook:
        """Return the notebook as it is now, as far as it is known."""
        self._read_saved()
        if self._known is None:
            self._known = self._combine() if self._saved else self._of_what_ran()
        return self._known

    def _combine(self) -> LiveNotebook:
        node, places = self._saved, self._places
        if self._deleted & places.keys():
            left = [cell for cell in node["cells"] if str(cell.get("id")) not in self._deleted]
            node, places = {**node, "cells": left}, _places_of(left)
        cells = node["cells"]
        edited: dict[int, str] = {}
        texts: Mapping[str, Sequence[int]] = {}
        is_complete, here = True, -1
        for ran in self._ran.values():
            here = places.get(ran.ident or "", -1)
            if here < 0:
                texts = texts or _places_by_text(cells)
                here = _only_place(ran.source.strip(), texts, edited)
            elif edited.get(here, cells[here]["source"]) != ran.source:
                edited[here] = ran.source
            # Magics that speak about the notebook are often typed and thrown away.
            is_complete = is_complete and (here >= 0 or ran.source.lstrip().startswith("%mlops"))
        if edited:
            cells = [
                {**cell, "source": edited[i]} if i in edited else cell
                for i, cell in enumerate(cells)
            ]
            node = {**node, "cells": cells}
        return LiveNotebook(
            name=str(self.path),
            node=node,
            has_file=True,
            is_complete=is_complete,
            here=here,
            ran=self._last,
        )

    def _of_what_ran(self) -> LiveNotebook:
        cells = [
            {"cell_type": "code", "id": f"ran-{number}", "metadata": {}, "source": ran.source}
            for number, ran in enumerate(self._ran.values())
        ]
        node = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        name = "cells that ran here"
        return LiveNotebook(
            name=name, node=node, has_file=False, is_complete=False, here=len(cells) - 1
        )

    def _read_saved(self) -> None:
        """Read the saved notebook if it is another by now; keep the one last read if the file is
        gone or being written."""
        if self.path is None:
            return
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return
            node = json.loads(self.path.read_text("utf-8-sig"))
            cells = [{**c, "source": source_of(c), "outputs": []} for c in node["cells"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return
        self._saved, self._stamp = {**node, "cells": cells}, stamp
        self._places, self._known = _places_of(cells), None


def _places_of(cells: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {str(cell.get("id")): index for index, cell in enumerate(cells)}


def _places_by_text(cells: Sequence[Mapping[str, Any]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        found.setdefault(cell["source"].strip(), []).append(index)
    return found


def _only_place(wanted: str, texts: Mapping[str, Sequence[int]], edited: Mapping[int, str]) -> int:
    """Return where the one cell with a text is, edited cells as they are now; -1 if none or several
    have it."""
    same = [index for index in texts.get(wanted, ()) if index not in edited]
    same += [index for index, text in edited.items() if text.strip() == wanted]
    return same[0] if len(same) == 1 else -1
