"""What does a fix change in cells, and can two be made at once?

Edits are small (a few characters of a source, a tag), so that fixes of several findings can be
united; whoever carries them out gets whole cells, as `CellChange`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_nb.pipeline.cell_changes import CellChange, NewCell
from mlops_nb.pipeline.cells import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEdit:
    """Characters `start` to before `end` of a cell's source become `text`."""

    cell: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagEdit:
    """A tag of a cell becomes another."""

    cell: int
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellEdit:
    """A code cell is put in before another."""

    cell: int
    source: str


Edit = TextEdit | TagEdit | CellEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What mends one finding.

    Attributes
    ----------
    title : str
        What it does, as an imperative without a full stop.
    edits : tuple of Edit
    reveals : bool
        Whether it makes a cell what it was meant to be, so that infos about that may follow.
    """

    title: str
    edits: tuple[Edit, ...]
    reveals: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the object of ``check --json``; offsets count characters of the source."""
        return {"title": self.title, "edits": [_to_json(edit) for edit in self.edits]}


def _to_json(edit: Edit) -> dict[str, Any]:
    match edit:
        case TextEdit():
            span = {"start": edit.start, "end": edit.end, "text": edit.text}
            return {"kind": "replace", "cell": edit.cell, **span}
        case TagEdit():
            return {"kind": "tag", "cell": edit.cell, "old": edit.old, "new": edit.new}
        case CellEdit():
            return {"kind": "insert_cell", "before": edit.cell, "source": edit.source}


def compatible(fixes: Mapping[int, Fix]) -> dict[int, Fix]:
    """Return those of `fixes` that can be made at once; of two that meet, the first."""
    taken: list[Edit] = []
    kept: dict[int, Fix] = {}
    for key, fix in fixes.items():
        if all(_fits(edit, other) for edit in fix.edits for other in taken):
            kept[key] = fix
            taken += fix.edits
    return kept


def _fits(edit: Edit, other: Edit) -> bool:
    # One edit can mend several findings.
    if edit.cell != other.cell or type(edit) is not type(other) or edit == other:
        return True
    if isinstance(edit, TextEdit) and isinstance(other, TextEdit):
        # Two insertions at one place would have an order that nobody chose.
        return edit.end < other.start or other.end < edit.start
    return False


def to_changes(cells: Sequence[Cell], fixes: Sequence[Fix]) -> tuple[CellChange, ...]:
    """Return what `fixes`, which are `compatible`, change in `cells`, by cell."""
    edits: dict[int, list[Edit]] = {}
    for edit in dict.fromkeys(edit for fix in fixes for edit in fix.edits):
        edits.setdefault(edit.cell, []).append(edit)
    return tuple(_change(cells[index], edits[index]) for index in sorted(edits))


def _change(cell: Cell, edits: Sequence[Edit]) -> CellChange:
    source, tags = cell.source, list(cell.tags)
    texts = [edit for edit in edits if isinstance(edit, TextEdit)]
    for text in sorted(texts, key=lambda edit: -edit.start):
        source = source[: text.start] + text.text + source[text.end :]
    for edit in edits:
        if isinstance(edit, TagEdit):
            tags = list(dict.fromkeys(edit.new if tag == edit.old else tag for tag in tags))
    new = tuple(NewCell(source=edit.source) for edit in edits if isinstance(edit, CellEdit))
    return CellChange(
        cell=cell.index,
        source=None if source == cell.source else source,
        tags=None if tuple(tags) == cell.tags else tuple(tags),
        before=new,
    )
