"""Which stages look at all names at once, or at names made at run time? MNB248.

``exec`` and ``eval`` of a text that is made, ``globals()``, ``locals()``, ``getattr`` by variable:
the data flow has found out whether the text or the key is written out after all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow_findings.view import FlowView

_REMEDIES = {
    "exec": "Write the code out in the cell, or keep it in a module and import that.",
    "eval": "Write the expression out, or look the value up in a dict of your own.",
    "getattr": "Write the attribute out, or look the value up in a dict of your own.",
}
_OF_QUERIES = "Write the query out, or hand it the frames it needs: con.register('name', frame)."
_OTHERWISE = "Read the names it needs by name, or keep the values in a dict of your own."


def inspection_findings(view: FlowView) -> Iterator[Diagnostic]:
    """Yield one finding for each construct of a stage, where it is met first.

    What stages do through functions of the notebook is told once for each construct.
    """
    known: set[tuple[str, str]] = set()
    through: dict[str, dict[StageName, int]] = {}
    for cell, stage in view.stage_of.items():
        flow = view.pipeline.flows.get(cell)
        if flow is None or cell not in view.trees:
            continue
        for construct in flow.opaque:
            node = _first_use(view.trees[cell], construct)
            if node is None:
                through.setdefault(construct, {}).setdefault(stage, cell)
            elif (stage, construct) not in known:
                known.add((stage, construct))
                yield _tell(view, cell, construct, node, f"stage {stage!r} uses {construct}")
    for construct, stages in through.items():
        (stage, cell), *others = stages.items()
        more = f" (and {len(others)} more)" if others else ""
        subject = f"stage {stage!r}{more} uses {construct} through a function it calls"
        yield _tell(view, cell, construct, None, subject)


def _tell(
    view: FlowView, cell: int, construct: str, node: ast.AST | None, subject: str
) -> Diagnostic:
    binds = view.pipeline.analyses[cell].rebinds and construct in ("exec", "globals")
    cost = (
        "all stages after it depend on this one, and it is not restored"
        if binds
        else "it depends on every name bound before it"
    )
    used = [] if node is not None else _uses_above(view, cell, construct)
    return view.finding(
        "MNB248",
        cell,
        node,
        message=f"{subject}: what names that reaches cannot be seen, so {cost}.",
        remedy=_REMEDIES.get(construct, _OF_QUERIES if "." in construct else _OTHERWISE),
        severity="warning" if binds else "info",
        related=[view.place(c, use, f"{construct} is used here") for c, use in used[:1]],
    )


def _uses_above(view: FlowView, cell: int, construct: str) -> list[tuple[int, ast.AST]]:
    found = [(c, _first_use(tree, construct)) for c, tree in view.trees.items() if c < cell]
    return [(c, node) for c, node in found if node is not None]


def _first_use(tree: ast.Module, construct: str) -> ast.AST | None:
    name, is_method = construct.rpartition(".")[2], "." in construct
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_method and node.attr == name:
            return node
        if isinstance(node, ast.Name) and not is_method and node.id == name:
            return node
    return None
