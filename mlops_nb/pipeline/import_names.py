"""What do imports make of names? With ``import numpy as np``, ``np.abs`` is ``numpy.abs``.

Names that are bound otherwise later are not followed: what rests on this is no proof.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from mlops_nb.pipeline.trees import nodes_of


def module_names(trees: Iterable[ast.Module]) -> dict[str, str]:
    """Return what imports bind names to: ``{"np": "numpy"}``; of several the last."""
    return names_of_imports(node for tree in trees for node in nodes_of(tree))


def names_of_imports(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Return what the imports among `nodes` bind names to."""
    modules: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.asname:
                    modules[name.asname] = name.name
                else:
                    top = name.name.partition(".")[0]
                    modules[top] = top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in node.names:
                modules[name.asname or name.name] = f"{node.module}.{name.name}"
    return modules


def path_of(node: ast.expr, modules: Mapping[str, str]) -> str:
    """Return the dotted path that an expression is by these imports; ``""`` if it is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in modules:
        return ""
    return ".".join([modules[node.id], *reversed(parts)])
