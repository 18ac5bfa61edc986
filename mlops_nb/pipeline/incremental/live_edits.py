"""What does an edit of a cell change, before the cell runs again, and what may a text have changed
that is in the notebook no more? Read in the texts alone; nothing is analysed anew.

Comments and layout are no edit. An import that stands in both texts binds what it bound: whoever
edits a constant below it makes nothing wait that uses the module.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import lru_cache

from mlops_nb.pipeline.incremental.judging import changed_line
from mlops_nb.pipeline.incremental.keys import tree_text

_WORD = re.compile(r"\w+")
_SETTINGS = re.compile(
    r"^%(load_ext|reload_ext|matplotlib|config|autoreload|precision|xmode)\b.*$", re.MULTILINE
)


def edited_lines(now: str, ran: str) -> str:
    """Return where the code of a cell is not what ran; empty if it is.

    >>> edited_lines("a = 1  # one", "a = 1"), edited_lines("a = 2", "a = 1")
    ('', 'line 1')
    """
    now, ran = now.strip(), ran.strip()
    return "" if now == ran or _is_same_code(now, ran) else changed_line(ran, now)


@lru_cache(maxsize=512)
def same_imports(now: str, ran: str) -> frozenset[str]:
    """Return the names that both texts bind by the same import, and by nothing else.

    >>> sorted(same_imports("import os, re\\nn = 2", "import os\\nimport re as r\\nn = 1"))
    ['os']
    """
    before, after = _imports(ran), _imports(now)
    return frozenset(name for name, what in after.items() if before.get(name) == what)


@lru_cache(maxsize=4096)
def words_of(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of a text that is not analysed, and those among them that it binds.

    Of one that is no Python all words count as bound.

    >>> words, bound = words_of("y = x.sum()")
    >>> sorted(words), sorted(bound)
    (['sum', 'x', 'y'], ['y'])
    """
    words = frozenset(_WORD.findall(source))
    try:
        tree = ast.parse(without_settings(source))
    except (SyntaxError, ValueError, RecursionError):
        return words, words
    nodes = list(ast.walk(tree))
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    bound |= {
        node.name
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    bound |= {
        alias.asname or alias.name.partition(".")[0]
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return words, frozenset(bound)


@lru_cache(maxsize=512)
def same_bindings(now: str, ran: str) -> frozenset[str]:
    """Return the names that both texts bind alike, and but once: by an import, to a constant, to
    a function of the same text. Who runs such a cell again changes none of them.

    >>> sorted(same_bindings("import os\\nk = 2\\nx = f()", "import os\\nk = 2\\nx = f()"))
    ['k', 'os']
    """
    before, after = _constants(ran), _constants(now)
    alike = {name for name, what in after.items() if before.get(name) == what}
    return same_imports(now, ran) | alike


def _constants(source: str) -> dict[str, str]:
    """Return by name the text of what gives it a constant or a function, and nothing else does."""
    try:
        tree = ast.parse(without_settings(source))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = ast.dump(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {t.id: ast.dump(node) for t in targets if isinstance(t, ast.Name)}
    stored = Counter(
        node.id if isinstance(node, ast.Name) else node.name
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))
        or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    )
    return {name: what for name, what in found.items() if stored[name] == 1}


def without_settings(source: str) -> str:
    """Return a text without line magics that bind no name, line by line.

    >>> without_settings("%load_ext mlops_nb\\nn = 1")
    '#\\nn = 1'
    """
    return _SETTINGS.sub("#", source)


def _imports(source: str) -> dict[str, str]:
    """Return by name what imports at the top level bind, and nothing else binds again."""
    try:
        tree = ast.parse(without_settings(source))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    for statement in tree.body:
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        home = [getattr(statement, "level", 0), getattr(statement, "module", None)]
        for alias in statement.names:
            bound = alias.asname or alias.name.partition(".")[0]
            found[bound] = str([*home, alias.name, alias.asname])
    stored = Counter(
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    )
    return {name: what for name, what in found.items() if name != "*" and not stored[name]}


def _is_same_code(now: str, ran: str) -> bool:
    """Return whether only comments and layout differ; texts with magics are compared as texts."""
    try:
        return tree_text(ast.parse(now)) == tree_text(ast.parse(ran))
    except (SyntaxError, ValueError, RecursionError):
        return False
