"""Does a cell ask IPython for what ran before it, or for what that showed?

By names (`_`, `Out`, `In`) or by magics that read history. Such a cell needs every cell above it in
its kernel: nobody knows which of them it means.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TypeGuard

from mlops_nb.pipeline.cells import CellFlow, Code
from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.trees import parse_code

HISTORY = word_set(
    """
    %history %hist %recall %rep %rerun %macro %save %edit %ed %pastebin %logstate %load %loadpy
    %tb %debug
    """
)
_LOADING = frozenset({"%load", "%loadpy"})
_LOADS = re.compile(r"run_line_magic\('load(py)?', '([^'\n]*)'\)")
_IS_PLACE = re.compile(r"(-y\s+)?[^\s\d~-]\S*[./]\S*")
_HISTORY_NAMES = re.compile(r"_{1,3}|_\d+|_i{1,3}|_i\d+|_[iod]h|In|Out")
_WORD = re.compile(r"\w+")
_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


def loads_files(code: Code) -> bool:
    """Return whether a cell has files or addresses put in its place, by ``%load``, and nothing of
    what ran before.

    >>> loads_files(Code(python="get_ipython().run_line_magic('load', 'clean.py')"))
    True
    """
    asked = _LOADS.findall(code.python)
    return bool(asked) and all(_IS_PLACE.fullmatch(what) for _, what in asked)


def reads_history(code: Code, flow: CellFlow) -> str:
    """Return what a cell asks IPython's history by, or an empty text."""
    for magic in code.magics:
        if magic in HISTORY and not (magic in _LOADING and loads_files(code)):
            return magic
    reads = {*flow.reads} & _names_in_texts(code) if flow.opaque else {*flow.reads}
    asked = {*reads, *_names_from_outside(code)}
    return next((name for name in sorted(asked) if _HISTORY_NAMES.fullmatch(name)), "")


def _names_in_texts(code: Code) -> set[str]:
    """Return the words of all texts in a cell that inspects namespaces: it reads every name that
    the notebook binds, `_` perhaps, which says nothing of what IPython calls so.

    A text of underscores alone is what names begin with, unless it is evaluated.
    """
    tree = parse_code(code)
    found: set[str] = set()
    for node in [] if tree is None else ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip("_"):
            found.update(_WORD.findall(node.value))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("eval", "exec"):
            found.update(str(a.value) for a in node.args if isinstance(a, ast.Constant))
    return found


def _names_from_outside(code: Code) -> set[str]:
    """Return the names of IPython's history that a cell looks up before it binds them itself.

    No cell binds them, so the data flow knows nothing of them.
    """
    tree = parse_code(code)
    asked: set[str] = set()
    bound: set[str] = set()
    for statement in [] if tree is None else tree.body:
        stores = {n.id for n in ast.walk(statement) if is_stored(n)}
        asked |= set(_looked_up(statement, frozenset(bound | stores)))
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            asked |= set(_looked_up(statement.value, frozenset(bound)))
        if isinstance(statement, ast.AugAssign):
            asked |= set(_looked_up(statement.value, frozenset(bound))) | (stores - bound)
        bound |= stores
    return asked


def _looked_up(node: ast.AST, hidden: frozenset[str]) -> Iterator[str]:
    """Yield the names of the history that `node` looks up outside of its own scopes."""
    if isinstance(node, ast.Name):
        is_history = _HISTORY_NAMES.fullmatch(node.id) is not None
        if is_history and isinstance(node.ctx, ast.Load) and node.id not in hidden:
            yield node.id
        return
    if isinstance(node, _SCOPES):
        own = {n.id for n in ast.walk(node) if is_stored(n)}
        hidden |= own | {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    for child in ast.iter_child_nodes(node):
        yield from _looked_up(child, hidden)


def is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
