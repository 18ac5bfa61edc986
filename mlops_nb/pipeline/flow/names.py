"""What does a name stand for where it is used? Python's rules, applied when the code runs."""

from __future__ import annotations

import ast

from mlops_nb.pipeline.flow.frames import Frame
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.values import FRESH, Value


def lookup(m: Machine, frame: Frame, name: str, node: ast.AST | None = None) -> Value:
    """Return what `name` stands for in `frame`: local, enclosing, or the notebook's."""
    current: Frame | None = frame
    while current is not None and current.kind != "module":
        if name in current.names and (current.kind != "class" or current is frame):
            return current.names[name]
        if name in current.scope.declared_global:
            break
        if name in current.scope.local and current.kind == "function":
            return FRESH
        current = current.parent
    return m.read_global(name, node)


def lookup_path(m: Machine, frame: Frame, node: ast.expr) -> str:
    """Return the dotted library path `node` stands for, or ``""``."""
    if isinstance(node, ast.Name):
        return lookup(m, frame, node.id, node).module
    if isinstance(node, ast.Attribute):
        owner = lookup_path(m, frame, node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""
