"""Which names does ``from module import *`` bind?

Read from the module's source, nothing of it is imported or run; outside the standard library a
module without Python source is unknown.
"""

from __future__ import annotations

import ast
import sys
from functools import lru_cache
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

# Modules of the standard library that are compiled or made at run time, and quiet to import.
_COMPILED = frozenset(
    {*sys.builtin_module_names, "_bisect", "math", "cmath", "os.path", "array", "unicodedata"}
)
_MAX_DEPTH = 5  # star imports that lead to star imports; deeper chains count as unknown


@lru_cache(maxsize=256)
def star_names(module: str) -> frozenset[str] | None:
    """Return the names a star import of `module` binds.

    Parameters
    ----------
    module : str
        Absolute dotted name.

    Returns
    -------
    frozenset of str or None
        None if the module is not installed here, has no source, or builds its names at run time.

    Examples
    --------
    >>> sorted(star_names("bisect"))[:2]
    ['bisect', 'bisect_left']
    >>> star_names("no_such_module_at_all") is None
    True
    """
    return _public_names(module, _MAX_DEPTH)


def _public_names(module: str, depth: int) -> frozenset[str] | None:
    if module in _COMPILED:
        return frozenset(name for name in dir(import_module(module)) if not name.startswith("_"))
    tree = _parse_module(module) if depth else None
    if tree is None:
        return None
    declared = _all_values(tree)
    if declared:
        return _literal_names(declared)
    names: set[str] = set()
    for node in tree.body:
        found = _bound_by(node, module, depth)
        if found is None:
            return None
        names |= found
    return frozenset(name for name in names if not name.startswith("_"))


def _parse_module(module: str) -> ast.Module | None:
    spec = _find_spec(module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    try:
        return ast.parse(Path(spec.origin).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def _find_spec(module: str) -> ModuleSpec | None:
    """Find `module` along the path; unlike `importlib.util.find_spec`, import no parent."""
    path: list[str] | None = None
    spec: ModuleSpec | None = None
    for depth in range(1, module.count(".") + 2):
        name = ".".join(module.split(".")[:depth])
        try:
            spec = PathFinder.find_spec(name, path if path is not None else sys.path)
        except (ImportError, ValueError):
            return None
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or [])
    return spec


def _all_values(tree: ast.Module) -> list[ast.expr]:
    """Return the expressions assigned or added to ``__all__`` anywhere in the module."""
    values: list[ast.expr] = []
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in targets
        ):
            values.extend([] if node.value is None else [node.value])
    return values


def _literal_names(values: list[ast.expr]) -> frozenset[str] | None:
    """Return the names of a single literal ``__all__``; None where it is built at run time."""
    if len(values) != 1:
        return None
    try:
        return frozenset(str(name) for name in ast.literal_eval(values[0]))
    except (ValueError, TypeError, SyntaxError):
        return None


def _bound_by(node: ast.stmt, module: str, depth: int) -> set[str] | None:
    """Return names one top-level statement binds; None where they cannot be known."""
    if isinstance(node, ast.Try):
        parts = [_bound_by(child, module, depth) for child in (*node.body, *node.orelse)]
        parts += [
            _bound_by(child, module, depth) or set() for h in node.handlers for child in h.body
        ]
        return None if None in parts else {name for part in parts for name in part or ()}
    if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
        package = module.rsplit(".", node.level)[0] if node.level else ""
        source = ".".join(part for part in (package, node.module) if part)
        found = _public_names(source, depth - 1)
        return None if found is None else set(found)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    names: set[str] = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            names.add(child.id)
        elif isinstance(child, ast.FunctionDef | ast.ClassDef):
            names.add(child.name)
        elif isinstance(child, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.split(".")[0] for alias in child.names}
    return names
