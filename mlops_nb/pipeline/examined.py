"""What has been found out about a notebook when its faults are told?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.cells import Cell, CellKind, StageName
from mlops_nb.pipeline.dataflow import CellAnalysis
from mlops_nb.pipeline.edges import CellEdges
from mlops_nb.pipeline.grouping import Split
from mlops_nb.pipeline.stages import Directive, StageOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """The cells of a notebook and what directives, data flow and edges say about them."""

    cells: Sequence[Cell]
    kinds: Mapping[int, CellKind]
    directives: Mapping[int, Directive]
    analyses: Mapping[int, CellAnalysis]
    edges: CellEdges
    stage_cells: Mapping[StageName, tuple[int, ...]]
    options: Mapping[StageName, StageOptions]
    splits: Sequence[Split]
