"""What works here and today, and perhaps not elsewhere or tomorrow? Diagnostics MNB230-MNB258.

Habits keep no notebook from running, so only ``mlops-nb check`` tells of them. A warning is for
what will make a run differ or fail; what merely cannot be seen through is an info. Cells tagged
``skip`` never run headless and are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow_findings import flow_diagnostics
from mlops_nb.pipeline.habits.calls import find_calls, running_cells
from mlops_nb.pipeline.habits.chance import chance_findings
from mlops_nb.pipeline.habits.elsewhere import elsewhere_findings
from mlops_nb.pipeline.habits.foreign_tags import foreign_tag_findings
from mlops_nb.pipeline.habits.leakage import leakage_findings
from mlops_nb.pipeline.habits.parameters import parameter_findings
from mlops_nb.pipeline.habits.saved import saved_findings
from mlops_nb.pipeline.habits.tags import tag_findings
from mlops_nb.pipeline.places import source_column
from mlops_nb.pipeline.stages import Pipeline

__all__ = ["habit_diagnostics"]


def habit_diagnostics(pipeline: Pipeline, *, counts: Mapping[int, int | None]) -> list[Diagnostic]:
    """Return the findings of habits, those about data flow (`flow_findings`) included.

    Parameters
    ----------
    pipeline : Pipeline
    counts : Mapping of int to (int or None)
        The execution count that the file keeps for each code cell.
    """
    cells = running_cells(pipeline)
    calls = find_calls(cells)
    by_tree = [
        *elsewhere_findings(pipeline, cells, calls),
        *chance_findings(pipeline, calls),
        *leakage_findings(cells, starred=_starred(pipeline)),
    ]
    return [
        *saved_findings(pipeline, counts),
        *parameter_findings(pipeline, cells),
        *tag_findings(pipeline),
        *foreign_tag_findings(pipeline),
        *flow_diagnostics(pipeline, cells),
        *(_in_characters(finding, pipeline.cells) for finding in by_tree),
    ]


def _starred(pipeline: Pipeline) -> dict[int, dict[str, str]]:
    """Return the names that each cell imports, also by a star, with what they are."""
    return {
        index: {name: origin for name, (kind, origin) in one.kinds.items() if kind == "import"}
        for index, one in pipeline.analyses.items()
    }


def _in_characters(finding: Diagnostic, cells: Sequence[Cell]) -> Diagnostic:
    """Return a finding whose column was counted by `ast` with the column that people count."""
    if not finding.column:
        return finding
    column = source_column(cells[finding.cell], finding.line, finding.column)
    return replace(finding, column=column)
