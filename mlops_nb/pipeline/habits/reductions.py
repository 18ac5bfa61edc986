"""Which call makes a number of all rows, or scales all rows by such numbers?

A mean over each row, over a window of time, or of what a model predicts is none. Sums and counts
are left out: they say how many rows there are, and shares of them are seldom features.
"""

from __future__ import annotations

import ast

from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.rows import Data, Form, How

_OF_ALL: dict[str, How] = dict.fromkeys(
    word_set("mean nanmean average median nanmedian std nanstd var nanvar mode"), "statistic"
)
_OF_ALL |= dict.fromkeys(
    word_set(
        """
        min amin nanmin max amax nanmax ptp quantile percentile nanquantile nanpercentile
        """
    ),
    "extreme",
)
_LIBRARIES = ("numpy", "scipy.stats", "statistics")
_BY_ROW = (1, -1, "columns")
# Functions of sklearn.preprocessing that fit and transform at once.
_FITTED_AT_ONCE = word_set(
    "scale minmax_scale robust_scale maxabs_scale quantile_transform power_transform"
)
_ZSCORE = ("scipy.stats.zscore", "scipy.stats.mstats.zscore", "scipy.stats.gzscore")
# What makes a number per group, alone or told to `agg` and `transform` by its name.
_PER_GROUP = word_set("mean median std var sum min max count size first last quantile")
_PER_GROUP_BY_NAME = word_set("agg aggregate transform apply")
_WINDOWS = word_set("rolling expanding ewm resample")


def argument_of(node: ast.Call, name: str, position: int) -> ast.expr | None:
    """Return what a call gives for a parameter, by name or at its position; else None."""
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    return node.args[position] if position < len(node.args) else None


def is_by_row(node: ast.Call, *, position: int) -> bool:
    """Return whether a call goes along each row, or along what cannot be seen."""
    axis = argument_of(node, "axis", position)
    match axis:
        case None | ast.Constant(value=0 | None | "index" | "rows"):
            return False
        case ast.Tuple(elts=parts):
            return not any(isinstance(p, ast.Constant) and p.value == 0 for p in parts)
    return True


def is_along_rows(node: ast.Call, *, position: int) -> bool:
    """Return whether a call surely takes one row at a time."""
    axis = argument_of(node, "axis", position)
    if isinstance(axis, ast.UnaryOp):
        return True
    return isinstance(axis, ast.Constant) and axis.value in _BY_ROW


def number_of_all(node: ast.Call, word: str, path: str) -> How | None:
    """Return what kind of number a method (no `path`) or a function makes of all rows."""
    how = _OF_ALL.get(word)
    if path and not path.startswith(_LIBRARIES):
        return None
    position = 1 if path else 0
    if word.endswith(("quantile", "percentile")):
        position += 1
    return None if how is None or is_by_row(node, position=position) else how


def is_group_number(node: ast.Call, word: str) -> bool:
    """Return whether a method of groups makes a number for each."""
    if word in _PER_GROUP:
        return True
    return word in _PER_GROUP_BY_NAME and bool(node.args or node.keywords)


def form_of(word: str) -> Form:
    """Return what kind of table a method makes, if it is one whose means are not of all rows."""
    return "windows" if word in _WINDOWS else "groups" if word == "groupby" else ""


def fits_at_once(node: ast.Call, path: str) -> bool:
    """Return whether a function learns from all rows of its argument and transforms them."""
    module, _, name = path.rpartition(".")
    if path in _ZSCORE:
        return not is_by_row(node, position=1)
    if not module.startswith("sklearn.preprocessing"):
        return False
    if name == "normalize":
        axis = argument_of(node, "axis", 2)
        return isinstance(axis, ast.Constant) and axis.value == 0
    return name in _FITTED_AT_ONCE and not is_by_row(node, position=9)


def phrase_of(word: str, value: Data) -> str:
    """Return what was made: ``the mean of 'age'``."""
    plain = word.removeprefix("nan").removeprefix("a") if word in ("amin", "amax") else word
    plain = plain.removeprefix("nan")
    named = {"std": "standard deviation", "var": "variance", "ptp": "range"}.get(plain, plain)
    return f"the {named} of {value.column!r}" if value.column else f"the {named}"
