"""Which names does a notebook ask whether they are one and the same object?

What is stored apart comes back apart: two equal texts, numbers, tuples or NaNs that were one object
are two then, and ``a is b`` says something else. So the values of names that are compared by
identity are never taken from the store; whoever needs them has the cells that made them run.

Told from the text of cells, and of functions that ask so (`identity_functions`): then by all that
stands in a statement which calls one. What such a name is another word for (``a = rows[0]``) counts
with it. A name that is bound to a NaN is compared wherever it stands: ``in`` and keys of
dictionaries ask for the object first.

Limits. What reaches such a function through another one's result, or by an operator. Objects that
can be changed are told one from another anyway (what shares memory is stored together).
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.incremental.code_parts import imports_in, last_name, root_of, split_code
from mlops_nb.pipeline.incremental.identity_functions import (
    asking_functions,
    calls_one,
    compared_by,
)
from mlops_nb.pipeline.incremental.traces import Trace
from mlops_nb.pipeline.trees import parse_code, parse_python


def names_compared(codes: Iterable[Code], texts: Iterable[str] = ()) -> frozenset[str]:
    """Return the names whose values are compared by identity.

    Parameters
    ----------
    codes : iterable of Code
        Of the cells.
    texts : iterable of str
        Of the modules beside the notebook.

    >>> sorted(names_compared([Code(python="a is b[0]; c is None; type(d) is int")]))
    ['a', 'b']
    """
    known = [(code, tree) for code in codes if (tree := parse_code(code)) is not None]
    asking = [tree for code, tree in known if _ASKS.search(code.python)]
    modules = [tree for text in texts if _ASKS.search(text) and (tree := _parse(text)) is not None]
    if not asking and not modules:
        return frozenset()
    trees = [tree for _, tree in known]
    imported = imports_in(node for tree in trees for node in tree.body).keys()
    found = {
        root_of(side)
        for tree in asking
        for node in split_code(tree)[0]
        for side in compared_by(node, imported)
    }
    found |= set(_given_to(asking_functions([*asking, *modules], imported), trees))
    return frozenset(_with_sources(found - {""} - imported, trees) - imported)


def without_values(traces: Iterable[Trace], names: frozenset[str]) -> Iterator[Trace]:
    """Yield traces whose values of `names` count as not stored."""
    if not names:
        yield from traces
        return
    for trace in traces:
        groups = tuple(
            replace(group, content=None, obstacle=f"{asked[0]}: {_REASON}")
            if (asked := [name for name in group.names if name in names])
            else group
            for group in trace.groups
        )
        yield trace if groups == trace.groups else replace(trace, groups=groups)


_ASKS = re.compile(r"\b(is(?! (not )?(None|True|False)\b)|id|is_|is_not|assertIs(Not)?|nan|NaN)\b")
_BUILTINS = frozenset(dir(builtins))
_REASON = "A cell asks which object it is, and a copy would be another."


def _parse(text: str) -> ast.Module | None:
    try:
        return parse_python(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _given_to(functions: Collection[str], trees: Sequence[ast.Module]) -> Iterator[str]:
    """Yield the names in statements that call one of these functions, or mention a NaN, and those
    that the functions look up."""
    marks = {*functions, *(name for tree in trees for name in _nans_in(tree))}
    for statement in [s for tree in trees for s in tree.body] if marks else ():
        nodes, definitions = split_code(statement)
        if calls_one(nodes, marks):
            yield from _names_in(nodes, functions)
        for one in definitions:
            if any(getattr(node, "name", "") in functions for node in (one, *one.body)):
                given = {node.arg for node in one.body if isinstance(node, ast.arg)}
                yield from one.looks_up() - given - _BUILTINS
            calls = (node for node in one.body if isinstance(node, ast.Call))
            asked = [list(ast.walk(call)) for call in calls if calls_one([call.func], marks)]
            for nodes in asked:
                yield from _names_in(nodes, functions)


def _names_in(nodes: Collection[ast.AST], functions: Collection[str]) -> set[str]:
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    names = {n.id for n in nodes if isinstance(n, ast.Name) and id(n) not in called}
    return names - set(functions)


def _nans_in(tree: ast.Module) -> Iterator[str]:
    """Yield the names that are bound to a NaN of their own."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and _is_nan(node.value):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _is_nan(value: ast.expr) -> bool:
    given = value.args if isinstance(value, ast.Call) and last_name(value.func) == "float" else ()
    texts = [one.value for one in given if isinstance(one, ast.Constant)]
    return any(isinstance(text, str) and text.strip("+- ").lower() == "nan" for text in texts)


def _with_sources(names: set[str], trees: Sequence[ast.Module]) -> set[str]:
    """Return names with those that they are other words for, or whose parts they are."""
    bindings = [b for tree in trees for node in ast.walk(tree) for b in _bound_by(node)]
    while names:
        news = {other for bound, others in bindings if bound & names for other in others} - names
        if not news:
            break
        names |= news
    return names


def _bound_by(node: ast.AST) -> Iterator[tuple[set[str], set[str]]]:
    """Yield the names that a node binds with those that it may bind them to."""
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = node.value
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        targets, value = [node.target], node.iter
    else:
        return
    bound = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    yield bound, set(_held_in(value))


def _held_in(value: ast.expr) -> Iterator[str]:
    """Yield the names whose values, or parts of them, an expression may be or hold."""
    todo: list[ast.AST] = [value]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Call):
            todo += [node.func.value] if isinstance(node.func, ast.Attribute) else []
            todo += [*node.args, *(word.value for word in node.keywords)]
        elif isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
            todo.append(node.value)
        elif not isinstance(node, ast.BinOp | ast.Compare | ast.JoinedStr | ast.Lambda):
            todo += ast.iter_child_nodes(node)
