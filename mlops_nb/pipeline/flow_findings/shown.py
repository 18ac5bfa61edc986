"""Which stages ask IPython for what cells before them said or gave? MNB258.

``_``, ``_12``, ``Out[3]`` and ``In`` hold whatever ran before, whichever cells that were. A name
that the notebook binds itself is its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow_findings.view import FlowView
from mlops_nb.pipeline.trees import nodes_of


def shown_findings(view: FlowView) -> Iterator[Diagnostic]:
    """Yield one finding for each cell of a stage."""
    for cell, stage in view.stage_of.items():
        if cell not in view.trees:
            continue
        name = view.pipeline.analyses[cell].history
        if name:
            yield view.finding(
                "MNB258",
                cell,
                _use(view.trees[cell], name),
                severity="warning",
                message=(
                    f"stage {stage!r} reads {name!r}, which holds what was shown or run before it: "
                    "it needs all cells above, and none of them is restored."
                ),
                remedy="Give the result a name in the cell that makes it, and read that.",
            )


def _use(tree: ast.Module, name: str) -> ast.AST | None:
    """Return where a cell says `name`; None if a function it calls does."""
    named = (node for node in nodes_of(tree) if isinstance(node, ast.Name) and node.id == name)
    return next(named, None)
