"""When are two cells the same code? If they mean the same to Python and to IPython's display.

Comments, formatting and position do not count; literals, names, docstrings, magics and the
semicolon that hides a last value do. The tree is written out by ourselves: `ast.dump` differs
between versions of Python, and a key may be made by a runner whose Python is not the kernel's.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import tokenize
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.trees import parse_code

_VERSION = "1"
# Which carrier a stage is declared with, and its name, are not part of the code.
_DIRECTIVE = "%%mlops_stage"
# What a tree holds beyond its meaning: where a name stands says how it is used.
_IDLE_FIELDS = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
_LAYOUT = frozenset({tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER})


def cell_key(code: Code, promises: Mapping[str, Any] | None = None) -> str:
    """Return the key under which traces of a cell are found: the same for the same code.

    Parameters
    ----------
    code : Code
        Its Python; a cell that does not parse is keyed by its text.
    promises : Mapping, optional
        What the stage's options make of the cell's names, by JSON: metrics, model, example …

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    tree = parse_code(code)
    magics: list[Any] = [[m for m in code.magics if m != _DIRECTIVE], code.binds, code.reads]
    magics += [code.headers] if code.headers else []
    parts = [
        _VERSION,
        code.python if tree is None else tree_text(tree),
        "quiet" if tree is not None and _hides_value(code.python, tree) else "",
        json.dumps(magics),
        json.dumps(promises or {}, sort_keys=True),
    ]
    digest = hashlib.sha256()
    for part in parts:
        told = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(told))
        digest.update(told)
    return digest.hexdigest()


def tree_text(tree: ast.AST) -> str:
    """Return a tree as text, without places; equal for two trees that mean the same.

    >>> tree_text(ast.parse("x = 1 # one")) == tree_text(ast.parse("x=(1)"))
    True
    >>> tree_text(ast.parse("x = 1")) == tree_text(ast.parse("x = True"))
    False
    """
    return "".join(_write(tree))


def _write(tree: ast.AST) -> Iterator[str]:
    """Yield the pieces of the text; a stack of our own, since expressions can be deep."""
    todo: list[Any] = [tree]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, ast.AST):
            yield f"({type(item).__name__}"
            todo.append(")")
            fields = [(n, v) for n, v in ast.iter_fields(item) if n not in _IDLE_FIELDS]
            for name, value in reversed(fields):
                if (value is not None and value != []) or name == "value":
                    todo += [_Value(value), f" {name}="]
        elif isinstance(item.value, ast.AST):
            todo.append(item.value)
        elif isinstance(item.value, list):
            yield "["
            todo.append("]")
            todo += [_Value(each) for each in reversed(item.value)]
        else:
            yield f"{type(item.value).__name__}:{item.value!r};"


class _Value:
    """A field's value that is still to be written; a plain string on the stack is text."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _hides_value(python: str, tree: ast.Module) -> bool:
    """Return whether IPython shows nothing of the last expression: a semicolon ends the cell."""
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        return False
    last = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(python).readline):
            if token.type not in _LAYOUT:
                last = token.string
    except (tokenize.TokenError, SyntaxError):
        return False
    return last == ";"
