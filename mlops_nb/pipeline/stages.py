"""What is a stage, and what is a pipeline? The values that everything after the analysis works on.

They are built in `build`; a constructed value is valid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops_nb.pipeline.cells import Cell, CellFlow, CellKind, StageName
from mlops_nb.pipeline.diagnostics import Diagnostic

if TYPE_CHECKING:
    from mlops_nb.pipeline.dataflow import CellAnalysis  # the walk: heavy, and only its type
    from mlops_nb.pipeline.gate_lines import NotebookGate


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOptions:
    """The options of a stage, merged over its cells (DESIGN 3); None is "not said"."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    needs: tuple[StageName, ...] = ()
    metrics: tuple[str, ...] = ()
    model: str | None = None
    example: str | None = None
    eval: tuple[str, ...] = ()
    timeout_s: float | None = None
    deps: tuple[str, ...] = ()
    produces: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    cache: bool | None = None
    fresh_s: float | None = None
    version_of: str | None = None
    retries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """What one cell declares, whichever of the four carriers said it.

    Attributes
    ----------
    stage : StageName
    options : Mapping
        Only the options this cell says, by their metadata name (snake_case), values parsed and
        validated.
    carriers : tuple of str
        Which of ``"magic"``, ``"comment"``, ``"tag"``, ``"metadata"`` said it.
    line : int
        1-based line of the directive in the cell; 0 for tags and metadata.
    """

    stage: StageName
    options: Mapping[str, Any] = field(default_factory=dict)
    carriers: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A named group of cells, one node of the pipeline.

    Attributes
    ----------
    name : StageName
    cells : tuple of int
        Indices among all cells, in document order.
    inputs, outputs : tuple of str
        As in ``graph --json`` (DESIGN 9), sorted.
    upstream : tuple of StageName
        Stages it depends on directly or through cells between stages, in document order.
    options : StageOptions
    """

    name: StageName
    cells: tuple[int, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    upstream: tuple[StageName, ...]
    options: StageOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """The stages of one notebook and the edges between them.

    Attributes
    ----------
    name : str
        The notebook's path as given, for messages; not opened here.
    cells : tuple of Cell
        All cells, markdown included.
    kinds : Mapping of int to CellKind
        For every cell index.
    flows : Mapping of int to CellFlow
        For every code cell.
    directives : Mapping of int to Directive
        For every stage cell.
    edges : Mapping of int to tuple of int
        For every code cell, the earlier cells it must come after, ascending.
    needs : Mapping of int to tuple of int
        The part of `edges` that must run for the cell to run: it reads what they bound or changed.
    stages : tuple of Stage
        In order of their first cell.
    diagnostics : tuple of Diagnostic
        In order of cell and line.
    analyses : Mapping of int to CellAnalysis
        For every code cell: where and how surely names are read, what kind of thing they are.
    sources : Mapping of int to (Mapping of str to tuple of int)
        For every code cell that runs: the cells each name it reads comes from.
    gates : tuple of NotebookGate
        Of every code cell that is not left out, in document order.
    """

    name: str
    cells: tuple[Cell, ...]
    kinds: Mapping[int, CellKind]
    flows: Mapping[int, CellFlow]
    directives: Mapping[int, Directive]
    edges: Mapping[int, tuple[int, ...]]
    stages: tuple[Stage, ...]
    diagnostics: tuple[Diagnostic, ...]
    needs: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    analyses: Mapping[int, CellAnalysis] = field(default_factory=dict)
    sources: Mapping[int, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    gates: tuple[NotebookGate, ...] = ()

    def stage(self, name: str) -> Stage | None:
        """Return the stage called `name`, or None."""
        return next((s for s in self.stages if s.name == name), None)

    def stage_of(self, index: int) -> Stage | None:
        """Return the stage that cell `index` belongs to, or None."""
        directive = self.directives.get(index)
        return None if directive is None else self.stage(directive.stage)
