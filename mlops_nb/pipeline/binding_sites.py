"""Where does a cell bind a name, and under which conditions? Its own statements, not those of
functions.

The data flow says which names a cell binds and how surely; this finds the line to show for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_CLOSED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
# Cells whose sites are kept: a notebook is looked at again and again while somebody edits it.
_MOST_KEPT = 1024
LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True)
class Site:
    """One statement that binds a name.

    Attributes
    ----------
    name : str
    node : ast.stmt
        The statement: an assignment, a loop, an import, a definition.
    value : ast.expr or None
        What is bound, where the name alone stands for all of it.
    around : tuple of ast.stmt
        The compound statements it is in, from the outside in.
    """

    name: str
    node: ast.stmt
    value: ast.expr | None
    around: tuple[ast.stmt, ...]

    @property
    def is_in_loop(self) -> bool:
        """Whether it is bound by the rounds of a loop."""
        return isinstance(self.node, LOOPS) or any(isinstance(s, LOOPS) for s in self.around)


@lru_cache(maxsize=_MOST_KEPT)
def binding_sites(tree: ast.Module) -> tuple[Site, ...]:
    """Return where the statements of a cell bind names, in order; nobody changes a tree."""
    return tuple(_sites(tree.body, ()))


def first_site(tree: ast.Module, name: str) -> Site | None:
    """Return the first statement that binds `name`; None if only a function it calls does."""
    return next((site for site in _sites(tree.body, ()) if site.name == name), None)


def _sites(body: Sequence[ast.stmt], around: tuple[ast.stmt, ...]) -> Iterator[Site]:
    for node in body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for target in _targets(node):
            whole = value if isinstance(target, ast.Name) else None
            for name in _names(target):
                yield Site(name, node, whole, around)
        for name in _other_names(node):
            yield Site(name, node, None, around)
        inside = (*around, node)
        for part in _bodies(node):
            yield from _sites(part, inside)


def _targets(node: ast.stmt) -> list[ast.expr]:
    match node:
        case ast.Assign():
            return node.targets
        case ast.AnnAssign() if node.value is not None:
            return [node.target]
        case ast.AugAssign() | ast.For() | ast.AsyncFor():
            return [node.target]
        case ast.With() | ast.AsyncWith():
            return [item.optional_vars for item in node.items if item.optional_vars is not None]
    return []


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Starred):
        yield from _names(target.value)
    elif isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _names(part)


def _other_names(node: ast.stmt) -> Iterator[str]:
    """Yield names bound by imports, definitions and ``:=``."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.expr):
            yield from _walrus_names(part)


def _walrus_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.NamedExpr) and isinstance(node.target, ast.Name):
        yield node.target.id
    for part in ast.iter_child_nodes(node):
        if not isinstance(part, _CLOSED):
            yield from _walrus_names(part)


def _bodies(node: ast.stmt) -> Iterator[Sequence[ast.stmt]]:
    if isinstance(node, _CLOSED):
        return
    for field in ("body", "orelse", "finalbody"):
        yield getattr(node, field, [])
    for part in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
        yield part.body


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes under `node` that run with the cell: bodies of functions are left out."""
    todo = list(ast.iter_child_nodes(node))[::-1]
    while todo:
        part = todo.pop()
        yield part
        if not isinstance(part, _CLOSED):
            todo += list(ast.iter_child_nodes(part))[::-1]
