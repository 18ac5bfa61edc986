"""How does a draw get a seed? MNB236, where it is surely right.

A draw in a loop, a comprehension or a function may be meant to differ each time: it is left alone.
The same seed for two generators would make their numbers the same, so each gets one of its own, and
a global generator is seeded once, before its first draw. A notebook that names a seed is taken at
its word.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.fixes.context import FixContext
from mlops_nb.pipeline.fixes.edits import Fix, TextEdit
from mlops_nb.pipeline.fixes.texts import CellText
from mlops_nb.pipeline.habits.calls import SAMPLE, Call
from mlops_nb.pipeline.habits.chance import unseeded_draws

_SEED_NAMES = ("random_state", "RANDOM_STATE", "seed", "SEED", "random_seed", "RANDOM_SEED")
_SEEDERS = {"numpy": "seed", "random": "seed", "torch": "manual_seed"}
_AFTER_LAST = re.compile(r"\s*(?:,\s*)?(?:#[^\n]*\s*)*")


def fix_unseeded(finding: Diagnostic, context: FixContext) -> Fix | None:
    """Return what seeds the draws of the finding's kind in its cell."""
    draws = unseeded_draws(context.calls)
    kind = next((kind for call, kind in draws if _is_at(call, finding, context)), None)
    if kind is None:
        return None
    seed = _named_seed(context, before=finding.cell)
    if kind in _SEEDERS:
        first = next(call for call, other in draws if other == kind)
        return _seed_before(context.texts[first.cell], first, kind, seed or "0")
    here = [call for call, other in draws if other == kind and call.cell == finding.cell]
    if kind == "tensorflow" or (here[0].name == SAMPLE and _uses_polars(context)):
        return None  # by other words than `random_state`
    text = context.texts[finding.cell]
    if kind == "default_rng":
        n_before = [c for c, other in draws if other == kind].index(here[0])
        used = _seeds_in_use(context)
        free = [n for n in range(len(used) + len(draws)) if n not in used][n_before:]
        edits = [_argument(text, call, str(n)) for call, n in zip(here, free, strict=False)]
    else:
        edits = [_keyword(text, call, f"random_state={seed or 0}") for call in here]
    if any(edit is None for edit in edits):
        return None
    found = tuple(edit for edit in edits if edit is not None)
    return Fix(title=f"Pass {found[0].text.strip(', ')}", edits=found)


def _uses_polars(context: FixContext) -> bool:
    return any(call.name.startswith("polars.") for call in context.calls)


def _is_at(call: Call, finding: Diagnostic, context: FixContext) -> bool:
    return (
        (call.cell, call.node.lineno) == (finding.cell, finding.line)
        and f"{call.name} draws" in finding.message
    )  # fmt: skip


def _seed_before(text: CellText, call: Call, kind: str, seed: str) -> Fix | None:
    """Return what seeds a global generator above the statement of its first draw."""
    statement = _statement_of(text, call)
    if statement is None or not isinstance(call.node.func, ast.Attribute):
        return None
    above = [s for s in text.tree.body if s.lineno < statement.lineno] if text.tree else []
    if any((s.end_lineno or 0) >= statement.lineno for s in above):
        return None  # the line begins inside another statement
    start = text.offset(statement.lineno, 0)
    owner = text.span(call.node.func.value)
    if start is None or owner is None:
        return None
    line = text.line(statement.lineno)
    indent = line[: len(line) - len(line.lstrip())]
    seeder = f"{text.source[slice(*owner)]}.{_SEEDERS[kind]}({seed})"
    edit = TextEdit(
        cell=text.cell.index, start=start, end=start, text=indent + seeder + text.newline
    )
    return Fix(title=f"Call {seeder} first", edits=(edit,))


def _statement_of(text: CellText, call: Call) -> ast.stmt | None:
    """Return the top-level statement in which `call` happens, in a loop or not."""
    if call.is_deferred or text.tree is None:
        return None
    for statement in text.tree.body:
        if statement.lineno <= call.node.lineno <= (statement.end_lineno or 0):
            return statement
    return None


def _keyword(text: CellText, call: Call, written: str) -> TextEdit | None:
    """Return the edit that adds a keyword, or puts its value in place of None."""
    node = _once(text, call)
    span = None if node is None else text.span(node)
    if node is None or span is None:
        return None
    given = call.keyword("random_state")
    if given is not None:
        place = text.span(given)
        value = written.partition("=")[2]
        return place and TextEdit(cell=call.cell, start=place[0], end=place[1], text=value)
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    if not arguments:
        return _argument(text, call, written)
    ends = [text.span(argument) for argument in arguments]
    if any(isinstance(a, ast.GeneratorExp) for a in arguments) or None in ends:
        return None
    end = max(place[1] for place in ends if place is not None)
    # A closing bracket between argument and end would belong to the argument.
    if not _AFTER_LAST.fullmatch(text.source[end : span[1] - 1]):
        return None
    return TextEdit(cell=call.cell, start=end, end=end, text=f", {written}")


def _argument(text: CellText, call: Call, written: str) -> TextEdit | None:
    """Return the edit that gives a call without arguments its only one."""
    node = _once(text, call)
    span = None if node is None else text.span(node)
    if node is None or span is None or node.args or node.keywords:
        return None
    opening = text.source.rfind("(", span[0], span[1])
    if text.source[opening + 1 : span[1] - 1].strip():
        return None
    return TextEdit(cell=call.cell, start=opening + 1, end=span[1] - 1, text=written)


def _once(text: CellText, call: Call) -> ast.Call | None:
    """Return the call in the tree of `text` if it happens once when the cell runs."""
    place = (call.node.lineno, call.node.col_offset, call.node.end_lineno, call.node.end_col_offset)
    for _, node in text.once():
        if isinstance(node, ast.Call):
            here = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
            if here == place:
                return node
    return None


def _named_seed(context: FixContext, *, before: int) -> str | None:
    """Return the one name that the notebook binds to a whole number and calls a seed."""
    flows = context.pipeline.flows
    binders = {
        name: [index for index, flow in flows.items() if name in flow.binds] for name in _SEED_NAMES
    }
    found = [name for name, cells in binders.items() if len(cells) == 1 and cells[0] < before]
    if len(found) != 1:
        return None
    cell = context.cells[binders[found[0]][0]]
    if context.pipeline.kinds[cell.index] not in (CellKind.PARAMETERS, CellKind.SETUP):
        return None
    tree = context.texts[cell.index].tree
    values = [_assigned(node, found[0]) for node in tree.body] if tree is not None else []
    return found[0] if sum(value is not None for value in values) == 1 else None


def _assigned(node: ast.stmt, name: str) -> int | None:
    """Return the whole number that a statement binds `name` to."""
    targets: Sequence[ast.expr] = ()
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    if not any(isinstance(target, ast.Name) and target.id == name for target in targets):
        return None
    value = getattr(node, "value", None)
    is_number = isinstance(value, ast.Constant) and type(value.value) is int and value.value >= 0
    return value.value if is_number and isinstance(value, ast.Constant) else None  # type: ignore[return-value]  # an int, by the line above


def _seeds_in_use(context: FixContext) -> set[int]:
    """Return the numbers that generators of the notebook are made from."""
    found = set()
    for call in context.calls:
        if call.name == "numpy.random.default_rng" and call.node.args:
            first = call.node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, int):
                found.add(first.value)
    return found
