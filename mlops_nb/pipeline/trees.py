"""What tree has a text of Python, and which nodes has a tree? Found once, for all who ask.

Every look at a notebook asks several times for the trees of its cells, and again where a fix is
proved. Trees are shared, so nobody may change one.
"""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache

# Trees that are kept: more cells than nearly all notebooks have. A tree of ten lines takes 40 kB.
_MOST_TREES = 512
_NO_NODES = frozenset({"ctx", "kind", "level", "type_comment", "type_ignores"})


@lru_cache(maxsize=_MOST_TREES)
def parse_python(text: str) -> ast.Module:
    r"""Return the tree of `text`; what Python warns of ("\d" in a string) is the kernel's to tell.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        As `ast.parse`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


@lru_cache(maxsize=_MOST_TREES)
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
