"""Which data flow works from top to bottom today, and bites tomorrow? Diagnostics MNB242-MNB250.

Like habits, they keep no notebook from running: ``mlops-nb check`` tells of them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow_findings.aliases import alias_findings
from mlops_nb.pipeline.flow_findings.conditional import conditional_findings
from mlops_nb.pipeline.flow_findings.imports import import_findings
from mlops_nb.pipeline.flow_findings.inspection import inspection_findings
from mlops_nb.pipeline.flow_findings.rebound import rebound_findings
from mlops_nb.pipeline.flow_findings.shared import shared_findings
from mlops_nb.pipeline.flow_findings.shown import shown_findings
from mlops_nb.pipeline.flow_findings.storage import storage_findings
from mlops_nb.pipeline.flow_findings.unread import unread_findings
from mlops_nb.pipeline.flow_findings.view import read_view
from mlops_nb.pipeline.stages import Pipeline

__all__ = ["flow_diagnostics"]


def flow_diagnostics(
    pipeline: Pipeline, cells: Sequence[tuple[Cell, ast.Module]]
) -> list[Diagnostic]:
    """Return the findings about how values go from cell to cell.

    Parameters
    ----------
    pipeline : Pipeline
    cells : sequence of (Cell, ast.Module)
        The cells that run headless, with their trees.
    """
    view = read_view(pipeline, cells)
    return [
        *conditional_findings(view),
        *shared_findings(view),
        *alias_findings(view),
        *rebound_findings(view),
        *inspection_findings(view),
        *import_findings(view),
        *storage_findings(view),
        *shown_findings(view),
        *unread_findings(view),
    ]
