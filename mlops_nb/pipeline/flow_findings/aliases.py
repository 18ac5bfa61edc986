"""Which stage changes a value under one name that others read under another? MNB245.

Told where a statement made the second name of the first (``b = a``; of an array also ``a[:10]`` or
``a.T``), and the first is read after the change. A slice of what is not known to be an array may
be a copy, and is not told of; nor is a view that is made to write through it, in the cell itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal

from mlops_nb.pipeline.binding_sites import own_nodes
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.flow_findings.view import FlowView
from mlops_nb.pipeline.import_names import path_of

# Attributes and methods of arrays that give the same memory in another shape.
_VIEWS = word_set("T reshape ravel transpose squeeze view swapaxes real imag flat")
# Methods, most of them of generators, that make arrays.
_MAKING = word_set("integers standard_normal normal uniform to_numpy reshape ravel")
_MOST_KEPT = 1024


def alias_findings(view: FlowView) -> Iterator[Diagnostic]:
    """Yield one finding for each name changed through another."""
    for cell in view.stage_of:
        flow = view.pipeline.flows.get(cell)
        if flow is None or cell not in view.trees:
            continue
        changed = {*flow.mutates, *view.pipeline.analyses[cell].likely}
        for name, node in _direct_changes(view.trees[cell]).items():
            if name in flow.mutates and view.pipeline.sources[cell].get(name):
                yield from _through(view, cell, name, node, changed)
            elif name in flow.binds:
                yield from _within(view, cell, name, node)


def _through(
    view: FlowView, cell: int, name: str, node: ast.stmt, changed: set[str]
) -> Iterator[Diagnostic]:
    stage = view.stage_of[cell]
    for other in sorted(changed - {name}):
        readers = [
            reader
            for reader in view.readers.get((other, cell), ())
            if view.stage_of.get(reader) != stage
        ]
        found = _maker(view, cell, name, other) if readers else None
        if found is None or view.stage_of.get(found[0]) == stage:
            continue
        maker, made = found
        yield view.finding(
            "MNB245",
            cell,
            node,
            message=f"stage {stage!r} changes {name!r} in place and with it {other!r}, the same "
            f"object since {view.whose(maker)}; {view.whose(readers[0])} reads {other!r} "
            "after that.",
            remedy=f"Make {name!r} a copy in cell {maker}, or change {other!r} by its own name.",
            severity="warning",
            related=[
                view.place(maker, made, f"one object gets two names, {name!r} and {other!r}"),
                view.reading(other, readers[0], "is read here after the change"),
            ],
        )


def _within(view: FlowView, cell: int, name: str, node: ast.stmt) -> Iterator[Diagnostic]:
    """Tell of a name that the cell gives to what another stage made, and then changes it by."""
    sites = [site for site in view.sites[cell] if site.name == name]
    if len(sites) != 1 or not isinstance(sites[0].value, ast.Name):
        return
    stage, other = view.stage_of[cell], sites[0].value.id
    flow, makers = view.pipeline.flows[cell], view.pipeline.sources[cell].get(other, ())
    if other not in flow.mutates or other in flow.binds or sites[0].node.lineno >= node.lineno:
        return
    if not makers or any(view.stage_of.get(maker) == stage for maker in makers):
        return
    found = view.readers.get((other, cell), ())
    readers = [reader for reader in found if view.stage_of.get(reader) not in (None, stage)]
    if not readers:
        return
    yield view.finding(
        "MNB245",
        cell,
        node,
        message=f"stage {stage!r} changes {name!r} in place and with it {other!r} of "
        f"{view.whose(makers[-1])}: they are one object since line {sites[0].node.lineno}; "
        f"{view.whose(readers[0])} reads {other!r} after that.",
        remedy=f"Make it a copy: {name} = {other}.copy().",
        severity="warning",
        related=[
            view.place(cell, sites[0].node, f"one object gets a second name, {name!r}"),
            view.reading(other, readers[0], "is read here after the change"),
        ],
    )


def _maker(view: FlowView, cell: int, name: str, other: str) -> tuple[int, ast.stmt] | None:
    """Return the cell before `cell`, and the statement, that made one of two names of the other."""
    for one, two in ((name, other), (other, name)):
        cells = [c for c in view.binders.get(one, ()) if c < cell]
        if cells and cells[-1] in view.trees:
            for site in view.sites[cells[-1]]:
                if site.name != one or site.value is None:
                    continue
                sharing = _shares(site.value, two)
                if sharing == "same" or (sharing == "view" and _is_array(view, two)):
                    return cells[-1], site.node
    return None


def _shares(node: ast.expr, name: str) -> Literal["", "same", "view"]:
    """Return whether an expression gives what `name` stands for, or a view of it if an array."""
    inner: ast.expr | None = None
    match node:
        case ast.Name():
            return "same" if node.id == name else ""
        case ast.Subscript(slice=ast.Slice()):
            inner = node.value
        case ast.Subscript(slice=ast.Tuple(elts=parts)):
            if all(isinstance(part, ast.Slice | ast.Constant) for part in parts):
                inner = node.value
        case ast.Attribute() if node.attr in _VIEWS:
            inner = node.value
        case ast.Call(func=ast.Attribute() as method) if method.attr in _VIEWS:
            inner = method.value
    return "view" if inner is not None and _shares(inner, name) else ""


def _is_array(view: FlowView, name: str) -> bool:
    """Return whether the notebook shows that `name` is an array: how it is made, or used."""
    for tree in view.trees.values():
        for node in own_nodes(tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=target)], value=ast.Call() as call):
                    if target == name and _makes_array(call, view.modules):
                        return True
                case ast.Subscript(value=ast.Name(id=used), slice=ast.Tuple(elts=parts)):
                    if used == name and any(isinstance(part, ast.Slice) for part in parts):
                        return True
                case ast.Attribute(value=ast.Name(id=used), attr="reshape" | "ravel"):
                    if used == name:
                        return True
    return False


def _makes_array(call: ast.Call, modules: Mapping[str, str]) -> bool:
    if path_of(call.func, modules).startswith("numpy."):
        return True
    return isinstance(call.func, ast.Attribute) and call.func.attr in _MAKING


@lru_cache(maxsize=_MOST_KEPT)
def _direct_changes(tree: ast.Module) -> Mapping[str, ast.stmt]:
    """Return the first statement that changes what each name stands for, as far as it shows."""
    found: dict[str, ast.stmt] = {}
    for node in own_nodes(tree):
        paths: list[ast.expr] = []
        match node:
            case ast.Assign() | ast.Delete():
                paths = [t for t in node.targets if isinstance(t, ast.Subscript | ast.Attribute)]
            case ast.AugAssign():
                paths = [node.target]
            case ast.Expr(value=ast.Call(func=ast.Attribute() as method)):
                paths = [method.value]
        for path in paths:
            root: ast.expr = path
            while isinstance(root, ast.Subscript | ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and isinstance(node, ast.stmt):
                found.setdefault(root.id, node)
    return found
