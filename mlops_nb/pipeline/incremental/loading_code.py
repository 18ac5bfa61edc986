"""What of a module decides what it leaves in the process while it is loaded?

The statements that leave something, whatever else runs with the module and has to do with names in
them, and the functions and classes that these call. An edit of another function leaves the same.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from mlops_nb.pipeline.incremental.code_parts import imports_in, split_code, stars_in

_Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def leaving_code(
    tree: ast.Module,
    *,
    leaves: Callable[[ast.stmt], bool],
    package: str,
    is_local: Callable[[str], bool],
) -> tuple[str, frozenset[str]] | None:
    """Return the code that decides what a module leaves, and the dotted paths of what it imports
    there; None if it leaves nothing.

    Parameters
    ----------
    tree : ast.Module
    leaves : callable
        Whether a statement that stands outside of functions leaves something.
    package : str
        From which it is imported.
    is_local : callable
        Whether a dotted path leads into a local module.
    """
    outside, every = split_code(tree)[0], list(ast.walk(tree))
    imports = imports_in(every, package=package)
    foreign = imports_in(outside, package=package).items()
    common = {name for name, path in foreign if not is_local(path)} | _builtins_in(outside)
    body = [one for one in tree.body if not _is_for_scripts(one)]
    chosen = {one for one in body if leaves(one)}
    if not chosen:
        return None
    inner = {one: _names_in(one) for one in body if isinstance(one, _Definition)}
    named = {one: _all_named(one, inner) for one in body if not isinstance(one, _Import)}
    shared = set[str]()
    while True:
        shared |= set[str]().union(*(named.get(one, ()) for one in chosen)) - common
        more = {
            one for one in named.keys() - inner.keys() - chosen if not shared.isdisjoint(named[one])
        }
        if not more:
            break
        chosen |= more
    mentioned = set[str]().union(*(named.get(one, ()) for one in chosen))
    kept = [one for one in body if one in chosen or (one in inner and _name(one) in mentioned)]
    paths = {name: imports[name] for name in mentioned & imports.keys()}
    text = f"{[ast.unparse(one) for one in kept]} {sorted(paths.items())}"
    return text, frozenset({*paths.values(), *stars_in(every, package=package)})


_Import: TypeAlias = ast.Import | ast.ImportFrom


def _builtins_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the builtins that a module binds no name of."""
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return set(dir(builtins)) - stored


def _all_named(statement: ast.stmt, inner: Mapping[_Definition, frozenset[str]]) -> frozenset[str]:
    """Return the names in a statement, and in the functions and classes of the module that it and
    these name."""
    names, todo = set[str](), {*_names_in(statement)}
    while todo:
        names |= todo
        found = (inner[one] for one in inner if _name(one) in todo)
        todo = set[str]().union(*found) - names
    return frozenset(names)


def _names_in(statement: ast.stmt) -> frozenset[str]:
    nodes = list(ast.walk(statement))
    defined = (node.name for node in nodes if isinstance(node, _Definition))
    return frozenset({*(node.id for node in nodes if isinstance(node, ast.Name)), *defined})


def _name(statement: ast.stmt) -> str:
    return statement.name if isinstance(statement, _Definition) else ""


def _is_for_scripts(statement: ast.stmt) -> bool:
    """Return whether a statement does nothing where the module is imported."""
    if not isinstance(statement, ast.If) or statement.orelse:
        return False
    return ast.unparse(statement.test) == "__name__ == '__main__'"
