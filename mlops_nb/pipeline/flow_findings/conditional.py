"""Which names are read for sure and bound on some paths only? MNB242.

Told where one cell alone binds the name, inside ``if``, ``try`` or ``match``. Not told of what
loops bind, since nearly all of them run, unless each round asks first; nor where the condition is
decided by the notebook itself, a switch such as ``PLOT = True`` that is no parameter.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from mlops_nb.pipeline.binding_sites import LOOPS, Site, binding_sites
from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.flow.effects import Read
from mlops_nb.pipeline.flow.provided import is_provided
from mlops_nb.pipeline.flow_findings.view import FlowView

_SHOWN = 60


def conditional_findings(view: FlowView) -> Iterator[Diagnostic]:
    """Yield the first sure read of each name that may not be bound."""
    pipeline = view.pipeline
    known: set[tuple[str, int]] = set()
    for cell, sources in pipeline.sources.items():
        analysis = pipeline.analyses[cell]
        if analysis.may_bind or analysis.flow.opaque:
            return  # from here on names may be bound out of sight
        for name, writers in sources.items():
            read = analysis.reads.get(name)
            if read is None or read.is_guarded:
                continue
            if not writers and _is_read_below(view, cell, read):
                writer = cell
            elif len(writers) == 1 and read.is_sure:
                (writer,) = writers
            else:
                continue
            is_partly = name in pipeline.flows[writer].conditional and writer in view.trees
            if not is_partly or (name, writer) in known or is_provided(name):
                continue
            known.add((name, writer))
            where = _condition(view, name, writer)
            if where:
                yield view.finding(
                    "MNB242",
                    cell,
                    view.reading(name, cell),
                    severity="warning",
                    message=f"{view.who(cell)} reads {name!r}, which "
                    f"{'it' if writer == cell else view.whose(writer)} binds only {where}.",
                    remedy=f"Bind {name!r} on the other path too, or raise an error there.",
                    related=[view.binding(name, writer, "is bound here, on one path")],
                )


def _is_read_below(view: FlowView, cell: int, read: Read) -> bool:
    """Return whether a read is no part of any compound statement or function of its cell."""
    tree = view.trees.get(cell)
    if tree is None or read.via or not read.is_needed:
        return False
    simple = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Delete, ast.Assert)
    return any(
        isinstance(node, simple) and node.lineno <= read.line <= (node.end_lineno or 0)
        for node in tree.body
    )


def _condition(view: FlowView, name: str, cell: int) -> str:
    """Return when `name` is bound, in words; ``""`` if that is not worth a word."""
    sites = [site for site in view.sites[cell] if site.name == name]
    if not sites or any(not site.around or _is_default(site) for site in sites):
        return ""
    if any(site.is_in_loop for site in sites):
        return _words_in_loop(sites)
    if any(_is_taken(view, site) for site in sites):
        return ""
    return _words(sites[0])


def _is_default(site: Site) -> bool:
    """Return whether a name is bound where a ``try`` has found that there was none."""
    outer = site.around[-1]
    if not isinstance(outer, ast.Try):
        return False
    asked = {
        part.id for node in outer.body for part in ast.walk(node) if isinstance(part, ast.Name)
    }
    is_handled = any(site.node in handler.body for handler in outer.handlers)
    return is_handled and site.name in asked


def _words_in_loop(sites: list[Site]) -> str:
    """Return what every round of a loop asks before it binds a name; ``""`` if one does not ask.

    A round that counts (``i % 10 == 0``), or that keeps what it asks for (``if x > best: best =
    x``), comes sooner or later.
    """
    asked = [_asked_in_loop(site) for site in sites]
    return asked[0] if all(asked) else ""


def _asked_in_loop(site: Site) -> str:
    loops = [n for n, outer in enumerate(site.around) if isinstance(outer, LOOPS)]
    if isinstance(site.node, LOOPS) or not loops:
        return ""
    around = site.around[loops[-1] + 1 :]
    if not around or not isinstance(around[0], ast.If) or around[0].orelse:
        return ""
    test = list(ast.walk(around[0].test))
    asked = {part.id for part in test if isinstance(part, ast.Name)}
    kept = {site.name for site in binding_sites(ast.Module(around[0].body, []))}
    if any(isinstance(part, ast.Mod | ast.Eq) for part in test) or asked & kept:
        return ""
    return _words(replace(site, around=around)) + ", for a round of the loop"


def _words(site: Site) -> str:
    outer = site.around[0]
    inner = site.around[1] if len(site.around) > 1 else site.node
    if isinstance(outer, ast.If):
        test = ast.unparse(outer.test)
        shown = test if len(test) <= _SHOWN else test[:_SHOWN] + "..."
        is_else = inner in outer.orelse
        return f"where '{shown}' {'does not hold' if is_else else 'holds'}, in line {outer.lineno}"
    if isinstance(outer, ast.Try):
        if any(inner in handler.body for handler in outer.handlers):
            return f"where the 'try' in line {outer.lineno} fails"
        return f"where the 'try' in line {outer.lineno} does not fail"
    if isinstance(outer, ast.Match):
        return f"in a case of the 'match' in line {outer.lineno}"
    return ""


def _is_taken(view: FlowView, site: Site) -> bool:
    """Return whether the notebook's own constants lead to `site`."""
    for outer, inner in zip(site.around, (*site.around[1:], site.node), strict=True):
        if not isinstance(outer, ast.If):
            return False
        holds = _decide(view, outer.test)
        if holds is None or holds is (inner in outer.orelse):
            return False
    return True


def _decide(view: FlowView, test: ast.expr) -> bool | None:
    """Return what a condition on constants of the notebook is; None if it is on anything else."""
    match test:
        case ast.Constant():
            return bool(test.value)
        case ast.Name():
            value = _constant(view, test.id)
            return None if value is None else bool(value[0])
        case ast.UnaryOp(op=ast.Not()):
            inner = _decide(view, test.operand)
            return None if inner is None else not inner
        case ast.BoolOp():
            parts = [_decide(view, part) for part in test.values]
            if None in parts:
                return None
            return all(parts) if isinstance(test.op, ast.And) else any(parts)
        case ast.Compare(ops=[ast.Eq() | ast.NotEq() as op], comparators=[right]):
            values = [_operand(view, part) for part in (test.left, right)]
            if values[0] is None or values[1] is None:
                return None
            return bool(values[0] == values[1]) is isinstance(op, ast.Eq)
    return None


def _operand(view: FlowView, node: ast.expr) -> tuple[object] | None:
    if isinstance(node, ast.Constant):
        return (node.value,)
    return _constant(view, node.id) if isinstance(node, ast.Name) else None


def _constant(view: FlowView, name: str) -> tuple[object] | None:
    """Return the value of a name that is bound once, to a constant, and is no parameter."""
    binders = view.binders.get(name, ())
    if len(binders) != 1 or view.pipeline.kinds[binders[0]] is CellKind.PARAMETERS:
        return None
    site = view.site(name, binders[0])
    if site is None or site.around or not isinstance(site.value, ast.Constant):
        return None
    return (site.value.value,)
