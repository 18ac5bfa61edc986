"""Which stages look at all names at once, or at names made at run time? MNB248.

``exec`` and ``eval`` of a text that is made, ``globals()``, ``locals()``, ``getattr`` by variable:
the data flow has found out whether the text or the key is written out after all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow_findings.view import FlowView

_REMEDIES = {
    "exec": "Write the code out, or keep it in a module; say what it binds with --outputs.",
    "eval": "Write the expression out, or look the value up in a dict of your own.",
    "getattr": "Write the attribute out, or look the value up in a dict of your own.",
}
_OTHERWISE = "Read the names it needs by name, or keep the values in a dict of your own."


def inspection_findings(view: FlowView) -> Iterator[Diagnostic]:
    """Yield one finding for each construct of a stage, where it is met first."""
    known: set[tuple[str, str]] = set()
    for cell, stage in view.stage_of.items():
        flow = view.pipeline.flows.get(cell)
        if flow is None or cell not in view.trees:
            continue
        for construct in flow.opaque:
            if (stage, construct) in known:
                continue
            known.add((stage, construct))
            node = _first_use(view.trees[cell], construct)
            binds = view.pipeline.analyses[cell].rebinds and construct in ("exec", "globals")
            cost = (
                "all stages after it depend on this one, and it is not restored"
                if binds
                else "it depends on every name bound before it"
            )
            yield view.finding(
                "MNB248",
                cell,
                node,
                message=f"stage {stage!r} uses {construct}{_where(node)}: what names that reaches "
                f"cannot be seen, so {cost}.",
                remedy=_REMEDIES.get(construct, _OTHERWISE),
                severity="warning" if binds else "info",
            )


def _first_use(tree: ast.Module, construct: str) -> ast.AST | None:
    return next(
        (n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == construct),
        None,
    )


def _where(node: ast.AST | None) -> str:
    return "" if node is not None else " through a function it calls"
