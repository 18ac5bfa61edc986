"""Does all that a cell leaves unseen in the process stand in a few of its lines?

``%matplotlib inline`` often stands above the imports of a whole notebook: one more import there
must not make every later cell run. Where such magics of IPython itself, with plain words, are all
that a cell leaves, they alone decide what later cells find; of any other setting nobody knows what
it depends on, and the whole cell decides.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.trees import parse_code

# Magics of IPython that set something by their words alone; what the words have to be.
_PLAIN = {
    "matplotlib": re.compile(r"inline|agg|notebook|nbagg"),
    "autoreload": re.compile(r"[0-3]|now|off|explicit|all|complete"),
    "load_ext": re.compile(r"autoreload|mlops_nb"),
    "reload_ext": re.compile(r"autoreload|mlops_nb"),
    "precision": re.compile(r"\d*|%[\d.]*[a-z]"),
    "pprint": re.compile(r""),
    "xmode": re.compile(r"(?i:plain|context|verbose|minimal|docs)"),
    "colors": re.compile(r"\w*"),
    "pdb": re.compile(r"(?i:on|off|0|1)"),
    "automagic": re.compile(r"(?i:on|off|0|1|true|false)"),
}
_CONFIG = re.compile(r"\w+\.\w+\s*=\s*(?P<value>.+)")
_LINE_MAGIC = "run_line_magic"


def settings_key(code: Code, configuring: frozenset[str]) -> str | None:
    """Return the digest of what a cell sets in IPython; None if that is not all in plain words.

    Parameters
    ----------
    code : Code
    configuring : frozenset of str
        The magics that leave something which nobody observes, with their ``%``.
    """
    tree = parse_code(code)
    if tree is None:
        return None
    lines = [line for node in tree.body if (line := _line_of(node)) is not None]
    lines = [(name, words) for name, words in lines if f"%{name}" in configuring]
    n_met = sum(magic in configuring for magic in code.magics)
    if len(lines) != n_met or not all(_is_plain(name, words) for name, words in lines):
        return None
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()


def _line_of(node: ast.stmt) -> tuple[str, str] | None:
    """Return the name and the words of a statement that is a line magic."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    said = [a.value for a in call.args if isinstance(a, ast.Constant) and type(a.value) is str]
    if call.func.attr != _LINE_MAGIC or len(said) != 2 or call.keywords:
        return None
    return said[0], said[1].strip()


def _is_plain(name: str, words: str) -> bool:
    if name == "config":
        found = _CONFIG.fullmatch(words)
        return found is not None and _is_literal(found["value"])
    form = _PLAIN.get(name)
    return form is not None and form.fullmatch(words) is not None


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
