"""How are a few cells of a notebook file changed, and all else left as it is, byte for byte?

The file's text is rewritten where a change is, in the layout of the file: indentation, line ends,
encoding and escapes stay, and so do outputs, ids and metadata of other tools. No copy is kept of
what is replaced: what is about to change was shown before, and the replacement is atomic.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.notebook.addresses import is_url
from mlops_nb.notebook.atomic import write_atomically
from mlops_nb.notebook.decoding import byte_order, decode
from mlops_nb.notebook.files import NotebookFile, read_bytes
from mlops_nb.notebook.spans import JsonText, Raw, Span
from mlops_nb.pipeline.cell_changes import CellChange, NewCell

# How deep brackets stand in a notebook: of the list of cells, of a cell, of its metadata.
_CELLS, _CELL, _METADATA = 1, 2, 3


def edit_notebook(
    raw: bytes,
    changes: Sequence[CellChange],
    *,
    metadata: Mapping[str, Any] | None = None,
    name: str,
) -> bytes:
    """Return the notebook file `raw` with `changes`.

    Parameters
    ----------
    raw : bytes
        A notebook that `parse_notebook` reads.
    changes : sequence of CellChange
        One for a cell at most.
    metadata : Mapping, optional
        The notebook's whole ``mlops_nb`` object; empty: the key goes. Stays if not given.
    name : str
        Stands for the file in messages.

    Raises
    ------
    InputError
        MNB103 not a text, MNB108 a notebook of format 1 to 3.
    """
    mark, codec = byte_order(raw)
    text = JsonText.of(decode(raw, name))
    cells = text.member(text.start, "cells")
    if cells is None:
        raise InputError(
            "MNB108",
            name,
            "a notebook of format 1 to 3 cannot be changed in place.",
            "Save it in format 4 (jupyter nbconvert --to notebook).",
        )
    pieces = []
    if changes:
        pieces.append((cells, _cells(text, cells, {change.cell: change for change in changes})))
    if metadata is not None:
        pieces.append(_notebook_metadata(text, metadata))
    result = text.text
    for span, written in sorted(pieces, key=lambda piece: -piece[0].start):
        result = result[: span.start] + written + result[span.end :]
    return mark + result.encode(codec)


def write_edited(
    file: NotebookFile,
    changes: Sequence[CellChange],
    *,
    metadata: Mapping[str, Any] | None = None,
    to: Path | None = None,
) -> int:
    """Write `file` with `changes` to `to`, or over itself; return the bytes written.

    Raises
    ------
    InputError
        As `edit_notebook`; MNB109 if the file is not any more what `file` was read from, or is
        none that can be written.
    InfrastructureError
        MNB113 if it cannot be written; the target is then as it was.
    """
    if to is None and is_url(file.path):
        raise InputError(
            "MNB109", file.path, "a notebook that is no local file is not replaced.", "Name OUT."
        )
    raw = read_bytes(file.path) if file.raw is None else file.raw
    if hashlib.sha256(raw).hexdigest() != file.digest:
        raise InputError(
            "MNB109",
            file.path,
            "the file was changed by somebody else meanwhile.",
            "Look at it, and start again.",
        )
    target = Path(file.path) if to is None else to
    try:
        return write_atomically(
            target, [edit_notebook(raw, changes, metadata=metadata, name=file.path)]
        )
    except OSError as error:
        raise InfrastructureError(
            "MNB113",
            str(target),
            f"the notebook cannot be written: {error.strerror or error}.",
            "Name a file in a folder that exists and is writable.",
        ) from error


def _cells(text: JsonText, cells: Span, changes: Mapping[int, CellChange]) -> str:
    """Return the text of the list of cells."""
    parts: list[str] = []
    has_ids = False
    for index, span in enumerate(text.items(cells.start)):
        change = changes.get(index)
        has_ids = has_ids or text.member(span.start, "id") is not None
        if change is None:
            parts.append(text.text[span.start : span.end])
            continue
        for number, new in enumerate(change.before):
            parts.append(_new_cell(text, new, f"{index}-{number}" if has_ids else ""))
        if not change.is_removed:
            parts.append(_cell(text, span, change))
    return text.join(parts, "[]", depth=_CELLS)


def _cell(text: JsonText, span: Span, change: CellChange) -> str:
    """Return the text of one cell that stays."""
    members: dict[str, Any] = {}
    if change.source is not None:
        old = text.member(span.start, "source")
        is_list = old is None or text.text[old.start] == "["
        members["source"] = change.source.splitlines(keepends=True) if is_list else change.source
    if change.tags is not None or change.metadata is not None:
        inner: dict[str, Any] = {}
        if change.tags is not None:
            inner["tags"] = list(change.tags) or None
        if change.metadata is not None:
            inner["mlops_nb"] = dict(change.metadata) or None
        members["metadata"] = Raw(_rewrite_member(text, span.start, inner, depth=_METADATA))
    return text.rewrite(span.start, members, depth=_CELL)


def _rewrite_member(text: JsonText, owner: int, inner: Mapping[str, Any], *, depth: int) -> str:
    """Return the text of the owner's ``metadata`` with `inner`; new where it is no object."""
    old = text.member(owner, "metadata")
    is_object = old is not None and text.text[old.start] == "{"
    return text.rewrite(old.start if old and is_object else None, inner, depth=depth)


def _notebook_metadata(text: JsonText, ours: Mapping[str, Any]) -> tuple[Span, str]:
    """Return where the notebook's metadata stand, and their text with `ours`."""
    written = _rewrite_member(text, text.start, {"mlops_nb": dict(ours) or None}, depth=1)
    old = text.member(text.start, "metadata")
    if old is not None:
        return old, written
    # A notebook without metadata gets them before its cells.
    cells = text.member(text.start, "cells")
    assert cells is not None
    lead = text.newline + text.unit if text.unit else text.comma[1:]
    place = Span(cells.key_start, cells.key_start)
    return place, f'"metadata"{text.colon}{written},{lead}'


def _new_cell(text: JsonText, new: NewCell, place: str) -> str:
    """Return the text of a cell to put in; with an id where the notebook's cells have one."""
    cell: dict[str, Any] = {"cell_type": new.type}
    if new.type == "code":
        cell |= {"execution_count": None, "outputs": []}
    cell |= {
        "metadata": {"tags": list(new.tags)} if new.tags else {},
        "source": new.source.splitlines(keepends=True),
    }
    if place:
        content = hashlib.sha256(f"{place} {new.source}".encode(errors="replace"))
        cell["id"] = content.hexdigest()[:8]
    return text.render(cell, depth=_CELL)
