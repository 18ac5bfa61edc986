"""What tree has a text of Python, and which nodes has a tree? Found once, for all who ask.

Every look at a notebook asks several times for the trees of its cells, and again where a fix is
proved. Trees are shared, so nobody may change one.
"""

from __future__ import annotations

import ast
import warnings
from collections import OrderedDict
from functools import lru_cache
from threading import Lock

from mlops_nb.pipeline.cells import Code

# Characters of Python whose trees are kept, of which each takes 54 bytes: five thousand long cells.
_MOST_CHARACTERS = 1_500_000
# Trees whose nodes are kept in a list.
_MOST_LISTS = 512
_NO_NODES = frozenset({"ctx", "kind", "level", "type_comment", "type_ignores"})


class _Trees:
    """Trees by their texts, those that were asked for last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, ast.Module] = OrderedDict()
        self._n_characters = 0
        self._lock = Lock()

    def find(self, text: str) -> ast.Module | None:
        with self._lock:
            tree = self._kept.get(text)
            if tree is not None:
                self._kept.move_to_end(text)
            return tree

    def keep(self, text: str, tree: ast.Module) -> ast.Module:
        """Return the tree that is kept for `text`: another thread's, if it was first."""
        with self._lock:
            known = self._kept.setdefault(text, tree)
            self._n_characters += len(text) if known is tree else 0
            while self._n_characters > _MOST_CHARACTERS:
                self._n_characters -= len(self._kept.popitem(last=False)[0])
            return known


_TREES = _Trees()


def parse_python(text: str) -> ast.Module:
    r"""Return the tree of `text`; what Python warns of ("\d" in a string) is the kernel's to tell.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        As `ast.parse`.
    """
    known = _TREES.find(text)
    if known is not None:
        return known
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    return _TREES.keep(text, tree)


def parse_code(code: Code) -> ast.Module | None:
    """Return the tree of a cell's Python, which nobody may change; None if it has none."""
    if code.error is not None:
        return None
    try:
        return parse_python(code.python)
    except (SyntaxError, ValueError, RecursionError):
        return None


@lru_cache(maxsize=_MOST_LISTS)
def nodes_of(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Return the nodes of a tree as `ast.walk` does, without ``Load``, ``Store`` and ``Del``."""
    found: list[ast.AST] = [tree]
    for node in found:
        for name in node._fields:
            if name in _NO_NODES:
                continue
            part = getattr(node, name, None)
            if isinstance(part, ast.AST):
                found.append(part)
            elif isinstance(part, list):
                found += [one for one in part if isinstance(one, ast.AST)]
    return tuple(found)
