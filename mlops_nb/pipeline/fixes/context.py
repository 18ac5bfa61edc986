"""What may a fix look at? The finding, the notebook it is in, and what else was found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.dataflow import StarNames
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.fixes.texts import CellText
from mlops_nb.pipeline.habits.calls import Call, find_calls, running_cells
from mlops_nb.pipeline.stages import Pipeline


@dataclass(frozen=True, kw_only=True)
class FixContext:
    """A notebook with all that was found in it.

    Attributes
    ----------
    pipeline : Pipeline
    findings : sequence of Diagnostic
        All, those that comments accept included.
    star_names : callable
        The names ``from module import *`` binds, or None if that is unknown.
    known : collection of str
        Every code there is.
    """

    pipeline: Pipeline
    findings: Sequence[Diagnostic]
    star_names: StarNames
    known: Collection[str]

    @property
    def cells(self) -> tuple[Cell, ...]:
        return self.pipeline.cells

    @cached_property
    def texts(self) -> dict[int, CellText]:
        """The code cells, each parsed once."""
        return {cell.index: CellText(cell) for cell in self.cells if cell.code is not None}

    @cached_property
    def calls(self) -> list[Call]:
        """The calls of imported functions in cells that run headless."""
        return find_calls(running_cells(self.pipeline))
