"""Which statements of a cell change what a name stands for, so that a second time is another thing?

The data flow knows which names a cell changes; this finds the statement, and whether it leaves
more behind than a value under a new key: ``df["b"] = df["a"] * 2`` may be executed twice and takes
nothing from who read ``df`` before, ``df["a"] *= 2`` and ``rows.append(row)`` do.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.flow.words import word_set

_ADDING = word_set("append extend insert appendleft extendleft pop popitem popleft reverse rotate")
_TAKING = word_set("remove clear sort")
# With ``inplace=True`` these only add or set what they name.
_SETTING = word_set("eval insert")


@dataclass(frozen=True, slots=True)
class Change:
    """A statement that changes an object in place.

    Attributes
    ----------
    name : str
    node : ast.stmt
    adds_up : bool
        Whether a second time changes it again, and nothing fails.
    """

    name: str
    node: ast.stmt
    adds_up: bool


def changes_of(tree: ast.Module) -> Iterator[Change]:
    """Yield the statements of a cell that change what was there before.

    Those in a ``try`` with a handler are left out: they may be there to fail.
    """
    fresh: set[str] = set()
    for node in _statements(tree.body):
        match node:
            case ast.AugAssign(target=ast.Subscript() | ast.Attribute()):
                if ast.unparse(node.target) not in fresh:
                    yield from _change(node.target, node, adds_up=True)
            case ast.Assign(targets=[ast.Subscript() as target]):
                if not _reads(node.value, target):
                    fresh.add(ast.unparse(target))
                elif ast.unparse(target) not in fresh:
                    adds_up = any(isinstance(part, ast.BinOp) for part in ast.walk(node.value))
                    yield from _change(target, node, adds_up=adds_up)
            case ast.Delete():
                for part in node.targets:
                    if isinstance(part, ast.Subscript):
                        yield from _change(part, node, adds_up=False)
            case ast.Expr(value=ast.Call(func=ast.Attribute() as method) as call):
                again = _adds_up(call, method.attr)
                if again is not None:
                    yield from _change(method.value, node, adds_up=again)


def changes_by_calls(
    tree: ast.Module, functions: Mapping[str, ast.FunctionDef]
) -> Iterator[Change]:
    """Yield the statements of a cell that call one of `functions`, which changes what it is given.

    Told by the function's own statements: ``def half(t): t["a"] /= 2`` changes its first argument.
    """
    for node in _statements(tree.body):
        call = node.value if isinstance(node, ast.Expr | ast.Assign) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        function = functions.get(call.func.id)
        if function is None:
            continue
        given = dict(zip((a.arg for a in function.args.args), call.args, strict=False))
        given |= {k.arg: k.value for k in call.keywords if k.arg is not None}
        for change in changes_of(ast.Module(function.body, [])):
            argument = given.get(change.name)
            if isinstance(argument, ast.Name) and not _is_rebound(function, change):
                yield Change(argument.id, node, change.adds_up)


def _is_rebound(function: ast.FunctionDef, change: Change) -> bool:
    """Return whether a function binds the name anew before it changes what it stands for."""
    return any(
        isinstance(part, ast.Name)
        and part.id == change.name
        and isinstance(part.ctx, ast.Store)
        and part.lineno < change.node.lineno
        for part in ast.walk(function)
    )


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if not isinstance(node, ast.Try) or not node.handlers:
            for field in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, field, []))
            for case in getattr(node, "cases", []):
                yield from _statements(case.body)


def _adds_up(call: ast.Call, method: str) -> bool | None:
    """Return whether a method called twice does more; None if it changes nothing in place."""
    for keyword in call.keywords:
        if keyword.arg == "inplace":
            is_set = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
            return None if not is_set or method in _SETTING else method == "reset_index"
    if method in _ADDING:
        return True
    return False if method in _TAKING else None


def _change(path: ast.expr, node: ast.stmt, *, adds_up: bool) -> Iterator[Change]:
    while isinstance(path, ast.Subscript | ast.Attribute):
        path = path.value
    if isinstance(path, ast.Name):
        yield Change(path.id, node, adds_up)


def _reads(value: ast.expr, target: ast.Subscript) -> bool:
    """Return whether a value is made of what it replaces."""
    wanted = ast.unparse(target)
    return any(
        isinstance(part, ast.Subscript) and ast.unparse(part) == wanted for part in ast.walk(value)
    )
