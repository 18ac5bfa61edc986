"""What is to change in a notebook's cells, and how is that shown to a person before it happens?

Whoever judges (migration, suggestion, fixes) answers with changes; `notebook.edits` carries them
out. A change says only what becomes different, so two that touch different things can be united.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.directive_lines import directive_lines

_CONTEXT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCell:
    """A cell to put in."""

    source: str
    type: Literal["code", "markdown"] = "code"
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CellChange:
    """What becomes different in one cell; None is "stays".

    Attributes
    ----------
    cell : int
        Index among all cells of the notebook as it is.
    source : str or None
    tags : tuple of str or None
        All of its tags; none: the key goes.
    metadata : Mapping or None
        Its whole ``mlops_nb`` object; empty: the key goes.
    is_removed : bool
        Whether the cell goes, with its outputs.
    before : tuple of NewCell
        Cells put in before it.
    """

    cell: int
    source: str | None = None
    tags: tuple[str, ...] | None = None
    metadata: Mapping[str, Any] | None = None
    is_removed: bool = False
    before: tuple[NewCell, ...] = ()


def real_changes(cells: Iterable[Cell], changes: Iterable[CellChange]) -> tuple[CellChange, ...]:
    """Return `changes` of `cells` in order, without what says what is so already."""
    found = []
    by_index = {cell.index: cell for cell in cells}
    for change in sorted(changes, key=lambda change: change.cell):
        cell = by_index[change.cell]
        real = replace(
            change,
            source=None if change.source == cell.source else change.source,
            tags=None if change.tags == cell.tags else change.tags,
            metadata=None if change.metadata == cell.metadata else change.metadata,
        )
        if real != CellChange(cell=change.cell):
            found.append(real)
    return tuple(found)


def insert_directive(source: str, line: str) -> str:
    """Return `source` with directive `line` as its first line, below a comment that starts it.

    A directive that is there already is replaced.

    >>> insert_directive("x = 1", "# mlops: stage load")
    '# mlops: stage load\\nx = 1'
    """
    kept = remove_directives(source)
    return f"{line}\n{kept}" if kept else line


def remove_directives(source: str) -> str:
    """Return `source` without its directive lines."""
    numbers = {number for number, _, _ in directive_lines(source)}
    lines = source.split("\n")
    return "\n".join(line for i, line in enumerate(lines, start=1) if i not in numbers)


def render_changes(cells: Sequence[Cell], changes: Sequence[CellChange]) -> str:
    """Return a diff of `changes`, cell by cell, for a person; empty if there are none.

    Unlike a diff of the file it shows tags and options beside the code they are about.
    """
    blocks = [_block(cells[change.cell], change) for change in changes]
    return "\n".join(block for block in blocks if block)


def _block(cell: Cell, change: CellChange) -> str:
    """Return the diff of one cell."""
    lines: list[str] = []
    for new in change.before:
        lines.append(f"@@ new {new.type} cell before cell {cell.index} @@")
        lines += [f"+{line}" for line in _text(new.tags, {}, new.source)]
    if change.is_removed:
        lines.append(f"@@ cell {cell.index} goes @@")
        lines += [f"-{line}" for line in _text(cell.tags, cell.metadata, cell.source)]
        return "\n".join(lines)
    tags = cell.tags if change.tags is None else change.tags
    metadata = cell.metadata if change.metadata is None else change.metadata
    source = cell.source if change.source is None else change.source
    old, new_text = _text(cell.tags, cell.metadata, cell.source), _text(tags, metadata, source)
    body = list(difflib.unified_diff(old, new_text, lineterm="", n=_CONTEXT))[2:]
    if body:
        lines.append(f"@@ cell {cell.index} @@")
        lines += [line for line in body if not line.startswith("@@")]
    return "\n".join(lines)


def _text(tags: Sequence[str], metadata: Mapping[str, Any], source: str) -> list[str]:
    """Return a cell as lines: its tags, our metadata, its source."""
    head = [f"tags: {', '.join(tags)}"] if tags else []
    if metadata:
        head.append(f"mlops_nb: {json.dumps(metadata, ensure_ascii=False, sort_keys=True)}")
    return [*head, *source.split("\n")]
