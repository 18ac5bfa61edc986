"""Which call puts rows beside copies of themselves? Oversampling by hand.

Copies that are made before rows are divided come into the training and the test part. Rows that are
drawn without replacement, shuffled, or joined column by column are no copies.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from mlops_nb.pipeline.habits.reductions import argument_of
from mlops_nb.pipeline.habits.rows import Data

_JOINING = ("pandas.concat", "numpy.concatenate", "scipy.sparse.vstack")
_STACKING = ("numpy.vstack", "numpy.row_stack", "numpy.append")


def copies_rows(node: ast.Call, path: str, given: Sequence[Data]) -> bool:
    """Return whether a function returns some rows twice."""
    if path == "sklearn.utils.resample":
        return not _is_constant(argument_of(node, "replace", 9), False)
    if path in ("numpy.repeat", "numpy.tile"):
        return _is_repeated(node, path)
    if path in _JOINING or path in _STACKING:
        axis = argument_of(node, "axis", 2 if path == "numpy.append" else 1)
        by_row = axis is None or _is_constant(axis, 0) or _is_constant(axis, "index")
        return by_row and _overlap(_joined(given, path), only_parts=path in _STACKING)
    return False


def sampling_of(node: ast.Call) -> str:
    """Return what ``df.sample`` makes: ``"copies"``, ``"part"`` or, of all rows, ``""``."""
    if _is_constant(argument_of(node, "replace", 2), True):
        return "copies"
    match argument_of(node, "frac", 1):
        case ast.Constant(value=int() | float() as share):
            return "copies" if share > 1 else "part" if share < 1 else ""
    return "part" if argument_of(node, "n", 0) is not None else ""


def _is_repeated(node: ast.Call, path: str) -> bool:
    if path == "numpy.repeat":
        return _is_constant(argument_of(node, "axis", 2), 0)
    match argument_of(node, "reps", 1):
        case ast.Tuple(elts=[ast.Constant(value=int() as first), *others]):
            return first > 1 and all(_is_constant(other, 1) for other in others)
    return False


def _joined(given: Sequence[Data], path: str) -> Sequence[Data]:
    if path == "numpy.append":
        return given[:2]
    return given[0].parts or () if given else ()


def _overlap(values: Sequence[Data], *, only_parts: bool) -> bool:
    """Return whether two of `values` hold the same rows of the same columns."""
    tables = [value for value in values if value.rows]
    for position, one in enumerate(tables):
        for other in tables[position + 1 :]:
            if one.column != other.column or (only_parts and one.rows == other.rows):
                continue
            if any(a.meets(b) for a in one.rows for b in other.rows):
                return True
    return False


def _is_constant(node: ast.expr | None, value: object) -> bool:
    if not isinstance(node, ast.Constant):
        return False
    return type(node.value) is type(value) and node.value == value
