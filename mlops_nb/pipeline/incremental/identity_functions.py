"""Which functions ask whether what they are given is one and the same object?

Functions and methods of the notebook, and of modules beside it: those that compare by identity, and
those that call one of them. Told from their text, and known by their names alone.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from mlops_nb.pipeline.incremental.code_parts import last_name, root_of

# What of Python asks so by being called.
_ASKING = frozenset({"is_", "is_not", "assertIs", "assertIsNot"})
_OWN = frozenset({"self", "cls"})


def asking_functions(trees: Iterable[ast.Module], imported: Collection[str]) -> frozenset[str]:
    """Return the names of functions and methods that compare by identity what they are given.

    >>> tree = ast.parse("def f(a, b): return a is b\\ndef g(a): return f(a, a)\\nh = len")
    >>> sorted(asking_functions([tree], {}))
    ['f', 'g']
    """
    bodies = [(name, list(ast.walk(body))) for t in trees for name, body in _functions_in(t)]
    found = {name for name, nodes in bodies if any(_asks(node, imported) for node in nodes)}
    while found and (news := {n for n, nodes in bodies if calls_one(nodes, found)} - found):
        found |= news
    return frozenset(found)


def calls_one(nodes: Iterable[ast.AST], names: Collection[str]) -> bool:
    """Return whether a function of one of these names is called, or handed over."""
    return any(last_name(node) in names for node in nodes if isinstance(node, ast.expr))


def compared_by(node: ast.AST, imported: Collection[str]) -> Iterator[ast.expr]:
    """Yield the expressions that a node compares by identity."""
    if isinstance(node, ast.Call) and last_name(node.func) in _ASKING:
        yield from node.args
    if not isinstance(node, ast.Compare):
        return
    sides = [node.left, *node.comparators]
    for at, kind in enumerate(node.ops):
        pair = sides[at : at + 2]
        if isinstance(kind, ast.Is | ast.IsNot) and not any(
            _is_one_of_its_kind(side, imported) for side in pair
        ):
            yield from pair
        elif all(isinstance(one, ast.Call) and last_name(one.func) == "id" for one in pair):
            yield from (argument for one in pair for argument in one.args)  # type: ignore[attr-defined]


def _functions_in(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            special = [n for n in node.body if getattr(n, "name", "").startswith("__")]
            yield from ((node.name, one) for one in special)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            yield from ((t.id, node.value) for t in node.targets if isinstance(t, ast.Name))


def _asks(node: ast.AST, imported: Collection[str]) -> bool:
    sides = list(compared_by(node, imported))
    return bool(sides) and not any(isinstance(s, ast.Name) and s.id in _OWN for s in sides)


def _is_one_of_its_kind(side: ast.expr, imported: Collection[str]) -> bool:
    """Return whether there is but one such object in a process, as of None, of classes, and of what
    a module holds (``np.nan``): that is restored as what it was."""
    if isinstance(side, ast.Constant):
        return side.value in (None, True, False, ...)
    if isinstance(side, ast.Call):
        return last_name(side.func) == "type"
    if isinstance(side, ast.Attribute) and root_of(side) in imported:
        return True
    return last_name(side) == "__class__"
