"""What will a cell bind, as far as that can be read in it? Names given a plain literal, once.

A plan need not leave open what a changed parameter is: then the stages that read it are seen to
run, and why.
"""

from __future__ import annotations

import ast
from collections import Counter

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.trees import parse_code

_SHOWN = 60


def literals_bound(code: Code) -> dict[str, object]:
    """Return the names that a cell binds to a number, text, truth value or None, with the value.

    Only where it is their one binding in the cell, and at its top level.

    >>> literals_bound(Code(python="k = 3\\nrate = -0.5\\nn = f()"))
    {'k': 3, 'rate': -0.5}
    """
    tree = parse_code(code)
    if tree is None or code.magics or code.binds:
        return {}
    stored = Counter(_stored(tree))
    found: dict[str, object] = {}
    for statement in tree.body:
        target: ast.expr | None = None
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
        elif isinstance(statement, ast.AnnAssign):
            target = statement.target
        if isinstance(target, ast.Name) and stored[target.id] == 1:
            assert isinstance(statement, ast.Assign | ast.AnnAssign)
            is_plain, value = _plain(statement.value)
            found |= {target.id: value} if is_plain else {}
    return found


def show_literal(value: object) -> str:
    """Return a value as a reason shows it; empty if it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else ""


def _plain(node: ast.expr | None) -> tuple[bool, object]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        is_plain, value = _plain(node.operand)
        if is_plain and type(value) in (int, float):
            return True, -value  # type: ignore[operator]  # a number
        return False, None
    if isinstance(node, ast.Constant) and type(node.value) in (int, float, str, bool, type(None)):
        return True, node.value
    return False, None


def _stored(tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.append(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.alias):
            found.append((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found += [*node.names, *node.names]
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.append(node.name)
    return found
