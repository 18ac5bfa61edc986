"""Which name stands for one thing in one stage and for another in a later one? MNB246.

Told where both are read by other stages, and the second is not made of the first: whoever executes
a reader of the first after the second has run gets the wrong one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from mlops_nb.pipeline.binding_sites import Site
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow_findings.view import FlowView


@dataclass(frozen=True, slots=True)
class _Rebound:
    """A name, the cell that binds it first and one that reads it, and the same again."""

    name: str
    first: int
    reader: int
    second: int
    next_reader: int


def rebound_findings(view: FlowView) -> Iterator[Diagnostic]:
    """Yield one finding for each cell that binds names anew; each name is told once."""
    by_cell: dict[int, list[_Rebound]] = {}
    for name, cells in view.binders.items():
        if name.startswith("_"):
            continue
        for first, second in pairwise(cells):
            found = _look(view, name, first, second)
            if found is not None:
                by_cell.setdefault(second, []).append(found)
                break
    for cell, found_here in sorted(by_cell.items()):
        yield _tell(view, cell, found_here)


def _look(view: FlowView, name: str, first: int, second: int) -> _Rebound | None:
    one, two = view.stage_of.get(first), view.stage_of.get(second)
    if one is None or two is None or one == two or second not in view.trees:
        return None
    if any(
        view.kind(name, cell) != "value" or name in view.pipeline.flows[cell].conditional
        for cell in (first, second)
    ):
        return None
    if _is_same(view.site(name, first), view.site(name, second)):
        return None
    before = view.readers.get((name, first), ())
    if name in view.pipeline.analyses[second].reads or any(
        view.stage_of.get(reader) == two for reader in before
    ):
        return None  # the second is made of the first
    readers = [r for r in before if view.stage_of.get(r) not in (None, one)]
    after = [
        r for r in view.readers.get((name, second), ()) if view.stage_of.get(r) not in (None, two)
    ]
    return _Rebound(name, first, readers[0], second, after[0]) if readers and after else None


def _tell(view: FlowView, cell: int, found: list[_Rebound]) -> Diagnostic:
    one, stage = found[0], view.stage_of[cell]
    site = view.site(one.name, cell)
    others = ", ".join(repr(other.name) for other in found[1:])
    more = f" (and so {others})" if others else ""
    return view.finding(
        "MNB246",
        cell,
        None if site is None else site.node,
        message=f"stage {stage!r} binds {one.name!r} anew{more}, which {view.whose(one.first)} "
        f"binds for {view.whose(one.reader)}: executed after this one, that reads the "
        f"wrong {one.name!r}.",
        remedy=f"Give it another name here and in cell {one.next_reader}, such as {one.name}_2.",
        severity="info",
        related=[
            view.binding(one.name, one.first, "is bound here first"),
            view.reading(one.name, one.reader),
        ],
    )


def _is_same(one: Site | None, two: Site | None) -> bool:
    """Return whether two statements bind the same constants."""
    values = [site.value for site in (one, two) if site is not None and site.value is not None]
    if len(values) < 2 or ast.dump(values[0]) != ast.dump(values[1]):
        return False
    return not any(isinstance(node, ast.Call | ast.Name) for node in ast.walk(values[0]))
