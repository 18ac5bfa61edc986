"""Which imports of a stage do other stages live on? MNB249.

An import that only its own stage uses is well placed there. One that another stage uses makes that
stage need the first, and run it, for a module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow_findings.view import FlowView


def import_findings(view: FlowView) -> Iterator[Diagnostic]:
    """Yield one finding for each import statement that other stages live on."""
    for cell in view.stage_of:
        tree = view.trees.get(cell)
        for node in () if tree is None else tree.body:
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
            users = {name: _user(view, name, cell) for name in names}
            used = [name for name in names if users[name] is not None]
            if used:
                yield _tell(view, cell, node, used, users[used[0]])


def _user(view: FlowView, name: str, cell: int) -> int | None:
    """Return the first cell of another stage that uses what `cell` imports."""
    own = view.stage_of[cell]
    readers = view.readers.get((name, cell), ())
    return next((r for r in readers if view.stage_of.get(r) not in (None, own)), None)


def _tell(
    view: FlowView, cell: int, node: ast.stmt, names: list[str], user: int | None
) -> Diagnostic:
    stage = view.stage_of[cell]
    assert user is not None  # of a name that is used
    only = _needs_only_imports(view, cell, user)
    return view.finding(
        "MNB249",
        cell,
        node,
        message=f"stage {stage!r} imports {', '.join(map(repr, names))}, which "
        f"{view.whose(user)} uses"
        + (f" and needs stage {stage!r} for nothing else." if only else "."),
        remedy="Move the import to a cell of imports above the stages.",
        related=[view.reading(names[0], user, "is used here")],
        severity="warning" if only else "info",
    )


def _needs_only_imports(view: FlowView, maker: int, reader: int) -> bool:
    """Return whether the stage of `reader` takes nothing but imports from that of `maker`."""
    one, two = view.stage_of[maker], view.stage_of[reader]
    stages = {stage.name: stage for stage in view.pipeline.stages}
    if one in stages[two].options.needs:
        return False
    if any(one in stages[other].upstream for other in stages[two].upstream if other != one):
        return False
    return all(
        view.kind(name, writer) == "import"
        for cell in stages[two].cells
        for name, writers in view.pipeline.sources.get(cell, {}).items()
        for writer in writers
        if view.stage_of.get(writer) == one
    )
