"""Which names are looked up by what a cell's own text does not show?

Code may be held by the process alone, so that no name leads to it: a handler of signals, a method
set on a library's class, a hook of IPython is called by cells that say nothing of it. What it looks
up then is read by each of these cells. Known are functions, classes and lambdas of the notebook,
other names for them, and objects made of its classes; values that are merely handed over (a frame
that is drawn) are none of that. And a cell may look up names that stand in a text from elsewhere.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.trees import parse_code

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


# Expressions in texts, and the frames of whoever calls.
_ASKING = frozenset({"query", "eval", "sql", "sqldf"})
_NUMEXPR = frozenset({"ne", "numexpr"})
# What looks for tests, or for frames, among all names; and what executes a text in the notebook.
_LOOKING = re.compile(
    r"(unittest|pytest|ipytest)\.main|(\w+\.)*(testmod|TestProgram|loadTestsFrom\w+|register_globals|"
    r"re_evaluate)|(cProfile|profile|pdb|trace)\.run(ctx|eval)?"
)
_MAIN = "__main__"
# What statsmodels and patsy look up in formulas beside the data: functions of the notebook.
_OF_FORMULAS = frozenset({
    "ols", "wls", "gls", "glsar", "rlm", "glm", "gee", "logit", "probit", "mnlogit", "poisson",
    "negativebinomial", "mixedlm", "quantreg", "phreg", "from_formula", "dmatrix", "dmatrices",
    "model_matrix",
})  # fmt: skip
_FRAMES = frozenset({"f_globals", "f_locals", "f_builtins", "__globals__"})


def asks_names_unseen(code: Code) -> bool:
    """Return whether a cell looks up names that stand in a text from elsewhere, or by a frame.

    >>> asks_names_unseen(Code(python="df.query(text)"))
    True
    >>> asks_names_unseen(Code(python="df.query('a > @limit')"))
    False
    """
    tree = parse_code(code)
    nodes = [] if tree is None else list(ast.walk(tree))
    guards = {id(n) for node in nodes if isinstance(node, ast.Compare) for n in node.comparators}
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr in _FRAMES:
            return True
        if isinstance(node, ast.Call) and (_asks_by_text(node) or _looks_around(node)):
            return True
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and _MAIN in text and id(node) not in guards:
            return True
    return False


def _looks_around(call: ast.Call) -> bool:
    """Return whether a call looks among all names of the notebook."""
    if any(word.arg == "register_globals" for word in call.keywords):
        return True
    return _LOOKING.fullmatch(ast.unparse(call.func)) is not None


def _asks_by_text(call: ast.Call) -> bool:
    """Return whether a call is handed an expression or a formula that does not stand there."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if isinstance(call.func, ast.Name) and call.func.id in _OF_FORMULAS:
        called = call.func.id
    texts = ast.Constant | ast.JoinedStr | ast.Dict
    if called == "evaluate" and _root_of(call.func) in _NUMEXPR:
        return bool(call.args) and not isinstance(call.args[0], texts)
    if called in _OF_FORMULAS:
        named = [keyword.value for keyword in call.keywords if keyword.arg == "formula"]
        return any(not isinstance(one, texts) for one in (*call.args[:1], *named))
    return called in _ASKING and bool(call.args) and not isinstance(call.args[0], texts)


class HeldCode:
    """The names of a notebook that stand for code of it. To be told of its cells in order.

    Attributes
    ----------
    classes : set of str
        Those of the notebook.
    """

    def __init__(self) -> None:
        self._code: set[str] = set()
        self.classes: set[str] = set()

    def learn(self, tree: ast.Module) -> None:
        """Take note of what a cell defines."""
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._code.add(node.name)
            elif isinstance(node, ast.ClassDef):
                self._code.add(node.name)
                self.classes.add(node.name)
            elif isinstance(node, ast.Assign) and self._is_code(node.value):
                self._code |= {t.id for t in node.targets if isinstance(t, ast.Name)}

    def names_in(self, statement: ast.stmt) -> frozenset[str]:
        """Return the names that stand for code, or are looked up by code, in a statement."""
        found = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)} & self._code
        for node in ast.walk(statement):
            if isinstance(node, _SCOPES):
                found |= set(_looked_up(node))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
        return frozenset(found)

    def _is_code(self, value: ast.expr) -> bool:
        if isinstance(value, ast.Lambda):
            return True
        if isinstance(value, ast.Name | ast.Attribute):
            return _root_of(value) in self._code
        if not isinstance(value, ast.Call):
            return False
        is_made = isinstance(value.func, ast.Name) and value.func.id in self.classes
        return is_made or any(
            _root_of(argument) in self._code or isinstance(argument, ast.Lambda)
            for argument in (value.args if _is_wrapping(value.func) else ())
        )


def _looked_up(scope: ast.AST) -> Iterator[str]:
    """Yield the names that a function asks its module for, as far as its text shows."""
    nodes = [node for node in ast.walk(scope) if isinstance(node, ast.Name)]
    own = {node.id for node in nodes if not isinstance(node.ctx, ast.Load)}
    own |= {node.arg for node in ast.walk(scope) if isinstance(node, ast.arg)}
    shared = {n for g in ast.walk(scope) if isinstance(g, ast.Global) for n in g.names}
    yield from (node.id for node in nodes if node.id not in own - shared)


def _is_wrapping(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("partial", "partialmethod", "wraps", "lru_cache", "cache", "property")


def _root_of(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
