"""Which names does a notebook ask whether they are one and the same object?

What is stored apart comes back apart: two equal texts, numbers, tuples or NaNs that were one object
are two then, and ``a is b`` says something else. So the values of names that a cell compares by
identity are never taken from the store; whoever needs them has the cells that made them run.

Told from cells themselves. Limits: comparisons within functions and classes, of objects that can
be changed one is told from another anyway (what shares memory is stored together).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.incremental.code_parts import imports_in, last_name, root_of, split_code
from mlops_nb.pipeline.incremental.traces import Trace
from mlops_nb.pipeline.trees import parse_code


def names_compared(codes: Iterable[Code]) -> frozenset[str]:
    """Return the names whose values cells compare by identity.

    >>> sorted(names_compared([Code(python="a is b[0]; c is None; type(d) is int")]))
    ['a', 'b']
    """
    known = [(code, tree) for code in codes if (tree := parse_code(code)) is not None]
    imported = imports_in(node for _, tree in known for node in tree.body).keys()
    return frozenset(
        name
        for code, tree in known
        if _ASKS.search(code.python)
        for node in split_code(tree)[0]
        for side in _compared(node, imported)
        if (name := root_of(side)) not in imported and name
    )


def without_values(traces: Iterable[Trace], names: frozenset[str]) -> Iterator[Trace]:
    """Yield traces whose values of `names` count as not stored."""
    for trace in traces:
        groups = tuple(
            replace(group, content=None, obstacle=f"{asked[0]}: {_REASON}")
            if (asked := [name for name in group.names if name in names])
            else group
            for group in trace.groups
        )
        yield trace if groups == trace.groups else replace(trace, groups=groups)


_ASKS = re.compile(r"\b(is|id|is_|is_not)\b")
_REASON = "A cell asks which object it is, and a copy would be another."


def _compared(node: ast.AST, imported: Collection[str]) -> Iterator[ast.expr]:
    """Yield the expressions that a node compares by identity."""
    if isinstance(node, ast.Call) and last_name(node.func) in ("is_", "is_not"):
        yield from node.args
    if not isinstance(node, ast.Compare):
        return
    sides = [node.left, *node.comparators]
    for at, kind in enumerate(node.ops):
        pair = sides[at : at + 2]
        if isinstance(kind, ast.Is | ast.IsNot) and not any(
            _is_one_of_its_kind(side, imported) for side in pair
        ):
            yield from pair
        elif all(isinstance(one, ast.Call) and last_name(one.func) == "id" for one in pair):
            yield from (argument for one in pair for argument in one.args)  # type: ignore[attr-defined]


def _is_one_of_its_kind(side: ast.expr, imported: Collection[str]) -> bool:
    """Return whether there is but one such object in a process, as of None, of classes, and of what
    a module holds (``np.nan``): that is restored as what it was."""
    if isinstance(side, ast.Constant):
        return side.value in (None, True, False, ...)
    if isinstance(side, ast.Call):
        return last_name(side.func) == "type"
    if isinstance(side, ast.Attribute) and root_of(side) in imported:
        return True
    return last_name(side) == "__class__"
