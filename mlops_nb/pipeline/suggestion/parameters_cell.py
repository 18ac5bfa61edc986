"""Which cell could be the parameters cell? The first of plain values that stages read.

Its names must not be bound again later: a value that is passed would be lost there.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from mlops_nb.pipeline.carrying import has_directive
from mlops_nb.pipeline.cells import Cell, CellKind
from mlops_nb.pipeline.parameters import find_parameters_cell
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.pipeline.trees import parse_code


def find_configuration(pipeline: Pipeline, stage_cells: Collection[int]) -> int | None:
    """Return the cell, or None if there is none, or a parameters cell already."""
    if find_parameters_cell(pipeline.cells) is not None or not stage_cells:
        return None
    first = min(stage_cells)
    for cell in pipeline.cells:
        if cell.index >= first:
            return None
        is_free = pipeline.kinds[cell.index] is CellKind.SETUP and not has_directive(cell)
        if is_free and _is_configuration(cell, pipeline, stage_cells):
            return cell.index
    return None


def _is_configuration(cell: Cell, pipeline: Pipeline, stage_cells: Collection[int]) -> bool:
    """Return whether a cell only assigns plain values that stages read and nobody binds again."""
    tree = None if cell.code is None else parse_code(cell.code)
    statements = [] if tree is None else [n for n in tree.body if not isinstance(n, ast.Expr)]
    if not statements or not all(_is_value(node) for node in statements):
        return False
    names = set(pipeline.flows[cell.index].binds)
    again = {
        name
        for index, flow in pipeline.flows.items()
        if index != cell.index
        for name in (*flow.binds, *flow.mutates)
    }
    read = {name for index in stage_cells for name in pipeline.flows[index].reads}
    return bool(names & read) and not names & again


def _is_value(node: ast.stmt) -> bool:
    """Return whether a statement assigns a number, a text, a truth value or a list of such."""
    match node:
        case (
            ast.Assign(targets=[ast.Name()], value=value)
            | ast.AnnAssign(target=ast.Name(), value=value)
        ) if value is not None:
            try:
                held = ast.literal_eval(value)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                return False
            if isinstance(held, list | tuple):
                return len(held) <= 20 and all(isinstance(h, int | float | str) for h in held)
            return isinstance(held, int | float | str) and len(str(held)) <= 200
    return False
