"""How does a notebook become bytes, again and again while it runs, at a cost that does not grow?

The text of each cell is kept until the cell changes, so a save encodes what is new and joins the
rest. The layout is nbformat's (one space of indentation, sorted keys, text as lists of lines): a
notebook that JupyterLab saves afterwards shows no difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mlops_nb.notebook.atomic import write_atomically

# nbformat splits these, beside everything under ``text/``.
_LINED_TYPES = ("application/javascript", "image/svg+xml")


class NotebookEncoder:
    """The bytes of one notebook dictionary (version 4) that changes while it is executed.

    Parameters
    ----------
    node : Mapping
        Kept, not copied. Say `mark_changed` after changing a cell; the rest is encoded every time.
    mask : callable, optional
        Returns what is written in place of metadata and of cells without their outputs.
    """

    def __init__(
        self, node: Mapping[str, Any], *, mask: Callable[[Any], Any] | None = None
    ) -> None:
        self._node = node
        self._mask = mask
        self._known: dict[int, bytes] = {}

    def mark_changed(self, index: int) -> None:
        """Forget the text of cell `index`."""
        self._known.pop(index, None)

    def encode(self) -> list[bytes]:
        """Return the notebook as chunks of UTF-8; joined, they are the file."""
        chunks = [b'{\n "cells": [']
        for index, cell in enumerate(self._node["cells"]):
            known = self._known.get(index)
            if known is None:
                known = self._known[index] = _dump(_split_cell(self._masked(cell)), depth=2)
            chunks += [b"\n  " if index == 0 else b",\n  ", known]
        chunks.append(b"\n ]" if self._node["cells"] else b"]")
        for key in sorted(k for k in self._node if k != "cells"):
            value = self._masked(self._node[key])
            chunks += [b",\n ", _dump(key, depth=1), b": ", _dump(value, depth=1)]
        chunks.append(b"\n}\n")
        return chunks

    def _masked(self, part: Any) -> Any:
        if self._mask is None or not isinstance(part, Mapping):
            return part
        masked = self._mask({key: value for key, value in part.items() if key != "outputs"})
        return {**masked, "outputs": part["outputs"]} if "outputs" in part else masked


def save_notebook(node: Mapping[str, Any], path: Path) -> int:
    """Write a notebook dictionary (version 4) to `path` atomically; return the bytes written.

    Raises
    ------
    OSError
        If the folder is missing or read-only, or the disk is full. `path` is then as it was.
    """
    return write_atomically(path, NotebookEncoder(node).encode())


def _dump(value: Any, *, depth: int) -> bytes:
    """Return JSON, indented to stand `depth` levels deep."""
    try:
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
        return text.replace("\n", "\n" + " " * depth).encode()
    except UnicodeEncodeError:  # a lone surrogate: legal in JSON as an escape only
        text = json.dumps(value, ensure_ascii=True, indent=1, sort_keys=True)
        return text.replace("\n", "\n" + " " * depth).encode()


def _split_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Return `cell` with its multi-line text as lists of lines, as notebook files hold it."""
    split = dict(cell)
    split["source"] = _split_text(cell.get("source", ""))
    if "outputs" in cell:
        split["outputs"] = [_split_output(output) for output in cell["outputs"]]
    return split


def _split_output(output: Mapping[str, Any]) -> dict[str, Any]:
    split = dict(output)
    if "text" in output:
        split["text"] = _split_text(output["text"])
    data = output.get("data")
    if isinstance(data, dict):
        split["data"] = {
            kind: _split_text(value) if kind.startswith("text/") or kind in _LINED_TYPES else value
            for kind, value in data.items()
        }
    return split


def _split_text(text: Any) -> Any:
    return text.splitlines(keepends=True) if isinstance(text, str) else text
