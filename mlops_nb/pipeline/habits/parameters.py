"""Do parameters stay what they were set to? MNB238, MNB239."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.habits.calls import ParsedCell
from mlops_nb.pipeline.stages import Pipeline


def parameter_findings(pipeline: Pipeline, cells: Sequence[ParsedCell]) -> Iterator[Diagnostic]:
    """Yield defaults that are computed, and cells that bind a parameter again."""
    names: dict[str, int] = {}
    for cell, tree in cells:
        if pipeline.kinds[cell.index] is CellKind.PARAMETERS:
            names.update(dict.fromkeys(pipeline.flows[cell.index].binds, cell.index))
            yield from _computed(cell.index, tree)
            continue
        if "injected-parameters" in cell.tags or cell.index not in pipeline.flows:
            continue
        for name in pipeline.flows[cell.index].binds:
            if name in names:
                yield Diagnostic(
                    code="MNB239",
                    severity="warning",
                    cell=cell.index,
                    message=f"the cell binds {name!r} again, a parameter of cell {names.pop(name)}:"
                    f" what '-p {name}' sets is lost here.",
                    remedy="Give the result another name.",
                )


def _computed(index: int, tree: ast.Module) -> Iterator[Diagnostic]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        try:
            ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            yield Diagnostic(
                code="MNB238",
                severity="info",
                cell=index,
                line=node.lineno,
                column=node.col_offset,
                message=f"the default of {ast.unparse(target)!r} is computed: "
                f"{ast.unparse(value)[:60]}.",
                remedy="Set a plain value here, and compute from it in a cell below.",
            )
