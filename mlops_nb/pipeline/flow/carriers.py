"""Which names stand inside strings that a library evaluates as code?

``df.query("a > @limit")`` reads `limit`; `a` is a column. ``pd.eval("x + y")`` reads both. A
formula looks its names up in the data first: its names count where the notebook binds them.
"""

from __future__ import annotations

import ast
import re

# Methods whose first argument is an expression with @names.
QUERIES = frozenset({"query", "eval"})
# Functions and constructors that take a formula, by the last part of their path.
FORMULA_ROOTS = (
    "statsmodels",
    "patsy",
    "formulaic",
    "linearmodels",
    "lifelines",
    "bambi",
    "pymer4",
)
# Functions that take one without a ``~``, too, by their last name.
DESIGNS = frozenset({"dmatrix", "dmatrices", "model_matrix", "ModelSpec", "incr_dbuilder"})
# Functions that look up all names of an expression where they are called.
EVALUATING = frozenset({"pandas.eval", "numexpr.evaluate", "numexpr.validate"})
_AT_NAME = re.compile(r"@([A-Za-z_]\w*)")
_TABLE = re.compile(r"\b(?:from|join)\s+([A-Za-z_]\w*)\b(?!\s*[.(])", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w.'\"`])([A-Za-z_]\w*)")
# Words of formulas and of pandas' expression language that are no names of the notebook.
_WORDS = frozenset({"C", "Q", "I", "and", "or", "not", "in", "True", "False", "None"})


def query_names(text: str) -> list[str]:
    """Return the notebook's names in a query: those after ``@``.

    >>> query_names("price > @limit and city in @cities")
    ['limit', 'cities']
    """
    return list(dict.fromkeys(_AT_NAME.findall(text)))


def expression_names(text: str) -> list[str]:
    """Return all names in an expression string of ``pd.eval``."""
    return [n for n in dict.fromkeys(_NAME.findall(text.replace("@", ""))) if n not in _WORDS]


def formula_names(text: str) -> list[str]:
    """Return the names that a formula may take from the notebook.

    >>> formula_names("y ~ x + np.log(z) + C(city)")
    ['y', 'x', 'np', 'z', 'city']
    """
    return [n for n in dict.fromkeys(_NAME.findall(text)) if n not in _WORDS]


def names_in_call(path: str, text: str) -> list[str]:
    """Return the names that a function may take from the notebook for a text that it is given.

    >>> names_in_call("patsy.dmatrix", "a + f(b)"), names_in_call("numpy.array", "a ~ b")
    (['a', 'f', 'b'], [])
    """
    if path in EVALUATING:
        return expression_names(text)
    is_design = path.rpartition(".")[2] in DESIGNS
    if path.startswith(FORMULA_ROOTS) and (is_design or looks_like_formula(text)):
        return formula_names(text)
    return []


def table_names(text: str) -> list[str]:
    """Return the tables of an SQL text; DuckDB takes frames of the notebook for them.

    >>> table_names("SELECT * FROM sales JOIN 'b.csv' ON x LEFT JOIN shops USING (id)")
    ['sales', 'shops']
    """
    return list(dict.fromkeys(_TABLE.findall(text)))


def looks_like_formula(text: str) -> bool:
    """Return True if `text` has the form ``y ~ x``."""
    return "~" in text and "\n" not in text and not text.lstrip().startswith("~/")


def constant_text(node: ast.expr) -> str | None:
    """Return the text of a string literal (of the fixed parts of an f-string), or None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) for p in node.values if isinstance(p, ast.Constant))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = constant_text(node.left), constant_text(node.right)
        if left is not None or right is not None:
            return (left or "") + (right or "")
    return None
