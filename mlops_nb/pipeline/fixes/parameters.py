"""How does a computed default of a parameter become a plain value? MNB238, for arithmetic on
numbers and for empty containers; the expression stays beside it as a comment.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.fixes.context import FixContext
from mlops_nb.pipeline.fixes.edits import Fix, TextEdit

_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_EMPTY = {"dict": "{}", "list": "[]", "tuple": "()"}
_LARGEST = 1e15


def fix_computed_default(finding: Diagnostic, context: FixContext) -> Fix | None:
    """Return what writes the value that the default's expression has."""
    text = context.texts[finding.cell]
    for node in text.tree.body if text.tree is not None else []:
        if node.lineno != finding.line or not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        span = None if node.value is None else text.span(node.value)
        plain = _plain(node.value, context)
        if span is None or plain is None or node.value is None:
            return None
        written = text.source[slice(*span)]
        line = text.line(node.lineno)
        edits = [TextEdit(cell=finding.cell, start=span[0], end=span[1], text=plain)]
        ends_line = text.starts[node.lineno - 1] + len(line) == span[1]
        if ends_line and node.lineno == node.end_lineno and not isinstance(node.value, ast.Call):
            edits[0] = TextEdit(
                cell=finding.cell, start=span[0], end=span[1], text=f"{plain}  # {written}"
            )
        return Fix(title=f"Write {plain}", edits=tuple(edits))
    return None


def _plain(node: ast.expr | None, context: FixContext) -> str | None:
    """Return the value of an expression of constants as a literal; None if it is another."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        is_ours = any(node.func.id in flow.binds for flow in context.pipeline.flows.values())
        if not node.args and not node.keywords and not is_ours:
            return _EMPTY.get(node.func.id)
        return None
    try:
        value = None if node is None else _number(node)
    except (ArithmeticError, ValueError):
        return None
    return None if value is None or not math.isfinite(value) else repr(value)


def _number(node: ast.expr) -> int | float:
    """Return the number that arithmetic on constants gives.

    Raises
    ------
    ValueError, ArithmeticError
        If it is something else, or too large to be meant as a setting.
    """
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            result: int | float = value
        case ast.UnaryOp(op=ast.USub()):
            result = -_number(node.operand)
        case ast.BinOp() if type(node.op) in _OPERATORS:
            left, right = _number(node.left), _number(node.right)
            if isinstance(node.op, ast.Pow) and abs(right) > 64:
                raise ValueError
            result = _OPERATORS[type(node.op)](left, right)
        case _:
            raise ValueError
    if isinstance(result, complex) or abs(result) > _LARGEST:
        raise ValueError
    return result
