"""Which library functions does a notebook call, and where? By the imports seen so far.

``np.random.rand(3)`` is ``numpy.random.rand`` where a cell at or above it has ``import numpy as
np``. Names that are bound otherwise later are not followed: a finding of a habit is no proof.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.cells import Cell, CellKind
from mlops_nb.pipeline.import_names import names_of_imports, path_of
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.pipeline.trees import nodes_of, parse_code

ParsedCell = tuple[Cell, ast.Module]
# What ``df.sample(...)`` is called, where rows are drawn and not merely shown.
SAMPLE = "pandas.DataFrame.sample"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of an imported function.

    Attributes
    ----------
    cell : int
    name : str
        Where the function lives: ``"numpy.random.rand"``.
    node : ast.Call
    is_deferred : bool
        Whether it stands in a function's body: it happens when that is called.
    """

    cell: int
    name: str
    node: ast.Call
    is_deferred: bool

    def keyword(self, name: str) -> ast.expr | None:
        """Return the value given for a keyword; None if it is not given by name."""
        return next((k.value for k in self.node.keywords if k.arg == name), None)

    @property
    def has_unknown_keywords(self) -> bool:
        return any(keyword.arg is None for keyword in self.node.keywords)


def _samples_rows(node: ast.Call, modules: Mapping[str, str]) -> bool:
    """Return whether a method is most likely that of a frame which draws rows of it."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "sample":
        return False
    if {"frac", "n"} & {keyword.arg for keyword in node.keywords}:
        return True
    first = node.args[0] if node.args else None
    is_number = isinstance(first, ast.Constant) and isinstance(first.value, int)
    return is_number and not {"pandas", "polars"}.isdisjoint(modules.values())


def running_cells(pipeline: Pipeline) -> list[ParsedCell]:
    """Return the code cells that run headless, with their trees."""
    found = []
    for cell in pipeline.cells:
        if cell.code is None or pipeline.kinds[cell.index] is CellKind.SKIP:
            continue
        tree = parse_code(cell.code)
        if tree is not None:  # MNB201 tells it
            found.append((cell, tree))
    return found


def find_calls(cells: Sequence[ParsedCell]) -> list[Call]:
    """Return the calls of imported functions in document order."""
    modules: dict[str, str] = {}
    found: list[Call] = []
    for cell, tree in cells:
        nodes = nodes_of(tree)
        modules.update(names_of_imports(nodes))
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        bodies = [node for node in nodes if isinstance(node, _FUNCTIONS)]
        deferred = {id(node) for body in bodies for node in nodes_of(body)}
        shown = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            dotted = path_of(node.func, modules)
            if not dotted and id(node) not in shown and _samples_rows(node, modules):
                dotted = SAMPLE
            if dotted:
                is_deferred = id(node) in deferred
                found.append(Call(cell=cell.index, name=dotted, node=node, is_deferred=is_deferred))
    return found
