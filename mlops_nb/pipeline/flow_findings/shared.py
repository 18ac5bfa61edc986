"""Which stage changes in place what another has made and others read? MNB244.

Runs in order are sound: order is kept by the edges. But a reader that is executed again after the
change sees another value, and a change that adds up adds up with each execution.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow.library import PURE_METHODS
from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.flow_findings.changes import Change, changes_by_calls, changes_of
from mlops_nb.pipeline.flow_findings.view import FlowView

# Methods that show what they are called on, besides those that give something made of it.
_LOOKS = word_set("info plot hist boxplot bar line scatter")


def shared_findings(view: FlowView) -> Iterator[Diagnostic]:
    """Yield one finding for each stage and name."""
    known: set[tuple[str, str]] = set()
    functions: dict[str, ast.FunctionDef] = {}
    for cell, tree in view.trees.items():
        functions |= {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
        stage = view.stage_of.get(cell)
        if stage is None:
            continue
        for change in (*changes_of(tree), *changes_by_calls(tree, functions)):
            if (stage, change.name) in known:
                continue
            finding = _look(view, cell, change)
            if finding is not None:
                known.add((stage, change.name))
                yield finding


def _look(view: FlowView, cell: int, change: Change) -> Diagnostic | None:
    name, stage = change.name, view.stage_of[cell]
    sources = view.pipeline.sources.get(cell, {}).get(name, ())
    if name not in view.pipeline.flows[cell].mutates or len(sources) != 1:
        return None
    (maker,) = sources
    owner = view.stage_of.get(maker)
    if owner is None or owner == stage:
        return None
    before = [r for r in view.readers[name, maker] if r < cell and _is_other(view, r, cell, maker)]
    after = [r for r in view.readers.get((name, cell), ()) if _is_other(view, r, cell, maker)]
    related = [view.binding(name, maker)]
    if before:
        related.append(view.reading(name, before[0], "is read here before the change"))
        message = (
            f"stage {stage!r} changes {name!r} in place, which {view.whose(before[0])} has read "
            f"as {view.whose(maker)} left it: executed again, that reads another value."
        )
    elif change.adds_up and after:
        related.append(view.reading(name, after[0], "is read here after the change"))
        message = (
            f"stage {stage!r} changes {name!r} of {view.whose(maker)} in place: executed again, "
            f"it changes it once more, and {view.whose(after[0])} reads that."
        )
    else:
        return None
    return view.finding(
        "MNB244",
        cell,
        change.node,
        message=message,
        remedy=f"Change a copy under a name of its own: {name}_2 = {name}.copy().",
        severity="warning",
        related=related,
    )


def _is_other(view: FlowView, reader: int, *cells: int) -> bool:
    """Return whether a cell is of a stage of its own, and more than a look at values."""
    stage = view.stage_of.get(reader)
    own = {view.stage_of[cell] for cell in cells}
    if stage is None or stage in own:
        return False
    return bool(view.pipeline.flows[reader].binds) or not _is_look(view, reader)


def _is_look(view: FlowView, cell: int) -> bool:
    """Return whether a cell only shows values: ``df``, ``df.head()``, ``df.a.isna().sum()``."""
    tree = view.trees.get(cell)
    return tree is not None and all(
        isinstance(statement, ast.Expr) and _shows(statement.value) for statement in tree.body
    )


def _shows(node: ast.expr) -> bool:
    while not isinstance(node, ast.Name | ast.Constant):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            method, node = node.func.attr, node.func.value
            if method not in _LOOKS and (method.startswith("to_") or method not in PURE_METHODS):
                return False
        elif isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        else:
            return False
    return True
