"""How do imports become plain? MNB232: a star import names what the notebook uses of it; MNB249: an
import in a stage moves to set-up.

A star import is left alone where anything may use names out of sight (``exec``, cells that are no
Python), or where its module is not installed here.
"""

from __future__ import annotations

import ast
import re
import textwrap

from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.fixes.context import FixContext
from mlops_nb.pipeline.fixes.edits import CellEdit, Edit, Fix, TextEdit
from mlops_nb.pipeline.fixes.texts import CellText

_WIDTH = 88


def fix_star_import(finding: Diagnostic, context: FixContext) -> Fix | None:
    """Return what names the names that a star import is used for."""
    text = context.texts[finding.cell]
    node = next((n for n in _stars(text.tree) if n.lineno == finding.line), None)
    if node is None or node.module is None or node.level or not _is_seen_through(context):
        return None
    offered = context.star_names(node.module)
    span = text.span(node.names[0])
    if offered is None or span is None:
        return None
    used = sorted(offered & _mentioned(context))
    if not used:
        return None  # whether it is there for what importing does, nobody can say
    start = text.offset(node.lineno, node.col_offset)
    width = span[0] - (start or 0)
    written = ", ".join(used)
    if width + len(written) > _WIDTH and node.col_offset == 0:
        filled = textwrap.fill(written, _WIDTH, initial_indent="    ", subsequent_indent="    ")
        written = f"(\n{filled},\n)"
    edit = TextEdit(cell=finding.cell, start=span[0], end=span[1], text=written)
    return Fix(title=f"Import {len(used)} name{'s' * (len(used) != 1)}", edits=(edit,))


def fix_stage_import(finding: Diagnostic, context: FixContext) -> Fix | None:
    """Return what moves an import out of a stage, into a cell of imports above all stages."""
    text = context.texts[finding.cell]
    body = text.tree.body if text.tree is not None else []
    node = next((n for n in body if n.lineno == finding.line), None)
    if not isinstance(node, ast.Import | ast.ImportFrom) or _shares_lines(node, body):
        return None
    span = text.span(node)
    first = min((stage.cells[0] for stage in context.pipeline.stages), default=finding.cell)
    names = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    flows = context.pipeline.flows
    if span is None or any(
        names & set(flow.binds) for index, flow in flows.items() if index != finding.cell
    ):
        return None  # another cell gives the name another meaning, or the same one already
    end = text.starts[node.end_lineno or 0] if (node.end_lineno or 0) < len(text.starts) else None
    line_end = text.starts[(node.end_lineno or 1) - 1] + len(text.line(node.end_lineno or 1))
    if text.source[span[1] : line_end].strip():
        return None  # a comment stands behind it: whose is it then?
    removal = TextEdit(
        cell=finding.cell, start=span[0], end=len(text.source) if end is None else end, text=""
    )
    source = text.source[slice(*span)]
    edits: tuple[Edit, ...] = (removal, _addition(context, first, source))
    return Fix(title=f"Move '{source.splitlines()[0]}' to set-up", edits=edits)


def _addition(context: FixContext, first: int, source: str) -> Edit:
    """Return the edit that adds an import to the last cell of imports above cell `first`."""
    for cell in reversed(context.cells[:first]):
        if context.pipeline.kinds[cell.index] is CellKind.SETUP and _has_imports(
            context.texts[cell.index]
        ):
            body = cell.source.rstrip("\r\n")
            line = context.texts[cell.index].newline + source
            return TextEdit(cell=cell.index, start=len(body), end=len(cell.source), text=line)
    return CellEdit(cell=first, source=source)


def _has_imports(text: CellText) -> bool:
    tree = text.tree
    last = tree.body[-1] if tree is not None and tree.body else None
    return isinstance(last, ast.Import | ast.ImportFrom)


def _shares_lines(node: ast.stmt, body: list[ast.stmt]) -> bool:
    return node.col_offset > 0 or any(
        other is not node and other.lineno <= (node.end_lineno or 0) and other.lineno >= node.lineno
        for other in body
    )


def _stars(tree: ast.Module | None) -> list[ast.ImportFrom]:
    nodes = ast.walk(tree) if tree is not None else ()
    return [n for n in nodes if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"]


def _is_seen_through(context: FixContext) -> bool:
    """Return whether all that may use a name can be read."""
    flows = context.pipeline.flows
    return all(
        text.tree is not None and not flows[index].opaque for index, text in context.texts.items()
    )


def _mentioned(context: FixContext) -> set[str]:
    """Return every name that code, magics and strings that are code mention."""
    found: set[str] = set()
    for cell in context.cells:
        if cell.code is None:
            continue
        flow = context.pipeline.flows[cell.index]
        found.update(flow.reads, flow.mutates, flow.may_mutate, cell.code.reads)
        tree = context.texts[cell.index].tree
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif _is_magic(node):
                found.update(re.findall(r"\w+", ast.unparse(node)))
    return found


def _is_magic(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == "get_ipython()"
    )
