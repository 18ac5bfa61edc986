"""What is proposed for a notebook, and what changes when it is accepted?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops_nb.pipeline.carrying import Carrier, carry
from mlops_nb.pipeline.cell_changes import CellChange, real_changes
from mlops_nb.pipeline.cells import Cell, StageName
from mlops_nb.pipeline.option_words import render_options, to_metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedStage:
    """A stage to accept, rename or skip.

    Attributes
    ----------
    name : StageName
    cells : tuple of int
    options : Mapping of int to Mapping
        What is said at which cell.
    reason : str
    seconds : float or None
        What its cells took in past runs.
    """

    name: StageName
    cells: tuple[int, ...]
    options: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    reason: str = ""
    seconds: float | None = None

    @property
    def option_text(self) -> str:
        """Its options as a directive says them."""
        return " ".join(render_options(self.options[cell]) for cell in sorted(self.options))

    def to_json(self) -> dict[str, Any]:
        """Return what ``tag --suggest --json`` prints of it."""
        said = {str(cell): to_metadata(options) for cell, options in self.options.items()}
        return {
            "name": self.name,
            "cells": list(self.cells),
            "options": said,
            "reason": self.reason,
            "seconds": None if self.seconds is None else round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedTag:
    """A tag, ``setup`` or ``parameters``, for one cell."""

    cell: int
    tag: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return what ``tag --suggest --json`` prints of it."""
        return {"cell": self.cell, "tag": self.tag, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What is proposed for a notebook; `why_not` says why no stage is."""

    stages: tuple[SuggestedStage, ...] = ()
    tags: tuple[SuggestedTag, ...] = ()
    why_not: str = ""


def changes_of(
    cells: Sequence[Cell], suggestion: Suggestion, *, carrier: Carrier = "tag"
) -> tuple[CellChange, ...]:
    """Return the changes that make `suggestion` so."""
    changes = [
        carry(cells[index], stage.name, stage.options.get(index, {}), carrier=carrier)
        for stage in suggestion.stages
        for index in stage.cells
    ]
    changes += [
        CellChange(cell=said.cell, tags=(*cells[said.cell].tags, said.tag))
        for said in suggestion.tags
    ]
    return real_changes(cells, changes)
