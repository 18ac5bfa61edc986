"""What may a fix look at? The finding, the notebook it is in, and what else was found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.dataflow import StarNames
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.stages import Pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
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
