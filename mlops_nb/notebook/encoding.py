"""How does a notebook become bytes, again and again while it runs, at a cost that does not grow?

The text of each cell is kept until the cell changes, so a save encodes what is new and joins the
rest. Long text is encoded piece by piece: memory holds it once as text and once as bytes. The
layout is nbformat's (one space of indentation, sorted keys, text as lists of lines): a notebook
that JupyterLab saves afterwards shows no difference.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from json.encoder import encode_basestring, encode_basestring_ascii
from pathlib import Path
from typing import Any

from mlops_nb.notebook.atomic import write_atomically

# nbformat splits these, beside everything under ``text/``.
_LINED_TYPES = ("application/javascript", "image/svg+xml")
# Characters from which on a text is encoded piece by piece, and of a piece.
_LONG = 1 << 18
_PIECE = 1 << 20
# Where the lines of an output stand in the file; those of a display one deeper.
_TEXT_DEPTH = 5


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
        self._known: dict[int, list[bytes]] = {}

    def mark_changed(self, index: int) -> None:
        """Forget the text of cell `index`."""
        self._known.pop(index, None)

    def encode(self) -> list[bytes]:
        """Return the notebook as chunks of UTF-8; joined, they are the file."""
        chunks = [b'{\n "cells": [']
        for index, cell in enumerate(self._node["cells"]):
            known = self._known.get(index)
            if known is None:
                known = self._known[index] = list(_encode_cell(self._masked(cell)))
            chunks += [b"\n  " if index == 0 else b",\n  ", *known]
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


class _LongTexts:
    """Long texts of one cell; in their places stand marks that no text has."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, int | None]] = []
        self._mark = uuid.uuid4().hex

    def lines(self, text: Any, *, depth: int) -> Any:
        """Return `text` as a list of lines, or a mark."""
        if not isinstance(text, str):
            return text
        return self._keep(text, depth) if len(text) >= _LONG else text.splitlines(keepends=True)

    def whole(self, value: Any) -> Any:
        """Return `value`, or a mark for a long text that is not split."""
        return self._keep(value, None) if isinstance(value, str) and len(value) >= _LONG else value

    def put_back(self, encoded: bytes) -> Iterator[bytes]:
        """Yield the chunks of `encoded`, the texts in their places."""
        before, *rest = encoded.split(f'"{self._mark}:'.encode())
        yield before
        for part in rest:
            number, after = part.split(b'"', 1)
            text, depth = self.texts[int(number)]
            yield from [_dump_text(text)] if depth is None else _dump_lines(text, depth)
            yield after

    def _keep(self, text: str, depth: int | None) -> str:
        self.texts.append((text, depth))
        return f"{self._mark}:{len(self.texts) - 1}"


def _encode_cell(cell: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the chunks of a cell, its text as lists of lines, as notebook files hold it."""
    split, long = dict(cell), _LongTexts()
    source = cell.get("source", "")
    split["source"] = source.splitlines(keepends=True) if isinstance(source, str) else source
    if "outputs" in cell:
        split["outputs"] = [_split_output(output, long) for output in cell["outputs"]]
    return long.put_back(_dump(split, depth=2))


def _split_output(output: Mapping[str, Any], long: _LongTexts) -> dict[str, Any]:
    split = dict(output)
    if "text" in output:
        split["text"] = long.lines(output["text"], depth=_TEXT_DEPTH)
    data = output.get("data")
    if isinstance(data, dict):
        split["data"] = {
            kind: long.lines(value, depth=_TEXT_DEPTH + 1)
            if kind.startswith("text/") or kind in _LINED_TYPES
            else long.whole(value)
            for kind, value in data.items()
        }
    return split


def _dump_lines(text: str, depth: int) -> Iterator[bytes]:
    """Yield the chunks of a list of the lines of `text`, whose brackets stand at `depth`."""
    indent = "\n" + " " * (depth + 1)
    start, opening = 0, "[" + indent
    while start < len(text):
        end = text.find("\n", start + _PIECE) + 1 or len(text)
        lines = text[start:end].splitlines(keepends=True)
        yield opening.encode()
        yield _dump_text(*lines, between="," + indent)
        start, opening = end, "," + indent
    yield f"\n{' ' * depth}]".encode()


def _dump_text(*texts: str, between: str = "") -> bytes:
    try:
        return between.join(map(encode_basestring, texts)).encode()
    except UnicodeEncodeError:  # a lone surrogate
        return between.join(map(encode_basestring_ascii, texts)).encode()
