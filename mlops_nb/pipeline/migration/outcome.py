"""What does a migration say? What it changes, what it carried over, and what it could not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_nb.pipeline.cell_changes import CellChange
from mlops_nb.pipeline.cells import Cell, StageName
from mlops_nb.pipeline.stages import Pipeline

NOTEBOOK = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Something that has its counterpart here; `cell` is -1 for the notebook as a whole."""

    cell: int
    what: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Something that could not be carried over: what it was, why, and what to do."""

    cell: int
    what: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """The outcome for one notebook.

    Attributes
    ----------
    conventions : tuple of str
        Whose conventions were found, sorted.
    changes : tuple of CellChange
    metadata : Mapping or None
        The notebook's ``mlops_nb`` object; None: it stays as it is.
    carried, left
        By cell.
    pipeline : Pipeline
        What the notebook is afterwards.
    """

    conventions: tuple[str, ...]
    changes: tuple[CellChange, ...]
    metadata: Mapping[str, Any] | None
    carried: tuple[Carried, ...]
    left: tuple[Left, ...]
    pipeline: Pipeline

    def to_json(self) -> dict[str, Any]:
        """Return what ``migrate --json`` prints of it."""
        return {
            "conventions": list(self.conventions),
            "carried": [{"cell": c.cell, "what": c.what, "to": c.to} for c in self.carried],
            "left": [
                {"cell": x.cell, "what": x.what, "why": x.why, "remedy": x.remedy}
                for x in self.left
            ],
            "stages": [
                {"name": s.name, "cells": list(s.cells), "upstream": list(s.upstream)}
                for s in self.pipeline.stages
            ],
            "changed_cells": [change.cell for change in self.changes],
        }


@dataclass(slots=True)
class CellDraft:
    """What a cell is going to declare, while conventions are read."""

    tags: tuple[str, ...]
    stage: StageName | None = None
    options: dict[str, Any] = field(default_factory=dict)
    is_removed: bool = False

    def add(self, option: str, *values: str) -> None:
        """Add to an option that is a list."""
        self.options[option] = tuple(dict.fromkeys((*self.options.get(option, ()), *values)))


@dataclass(slots=True)
class Draft:
    """A migration in the making: one `CellDraft` for each cell that changes."""

    cells: tuple[Cell, ...]
    drafts: dict[int, CellDraft] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    carried: list[Carried] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    conventions: set[str] = field(default_factory=set)

    def of(self, cell: int) -> CellDraft:
        """Return the draft of a cell; at first it is as the cell is."""
        if cell not in self.drafts:
            self.drafts[cell] = CellDraft(self.cells[cell].tags)
        return self.drafts[cell]

    def carry(self, cell: int, what: str, to: str) -> None:
        """Note what was carried over."""
        self.carried.append(Carried(cell=cell, what=what, to=to))

    def leave(self, cell: int, what: str, why: str, remedy: str) -> None:
        """Note what could not be carried over."""
        self.left.append(Left(cell=cell, what=what, why=why, remedy=remedy))
