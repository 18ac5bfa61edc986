"""Does a value hold against a bound? The comparison, and the sentence that says so."""

from __future__ import annotations

import math

from mlops_nb.pipeline.gates.gate import Bound, Operator
from mlops_nb.pipeline.gates.quantity import Kind
from mlops_nb.pipeline.gates.shown import show

__all__ = ["compare_text", "holds", "limit_of", "show"]

_CLOSE = 1e-12


def holds(value: float, operator: Operator, limit: float) -> bool:
    """Return whether ``value operator limit``; what differs by rounding alone is equal.

    >>> holds(0.9 - 0.905, ">=", -0.005), holds(0.9, ">", 0.9), holds(float("nan"), "<=", 1)
    (True, False, False)
    """
    if math.isclose(value, limit, rel_tol=_CLOSE, abs_tol=_CLOSE):
        return operator in (">=", "<=")
    return value > limit if operator.startswith(">") else value < limit


def limit_of(bound: Bound, champion: float | None) -> float:
    """Return the number that the bound is, given the champion's value."""
    return bound.offset if bound.factor is None else bound.factor * (champion or 0) + bound.offset


def compare_text(value: float, operator: Operator, limit: float, unit: Kind = "number") -> str:
    """Return ``"0.87 is not >= 0.9"``, with as many digits as show that it is so.

    >>> compare_text(0.87, ">=", 0.9), compare_text(0.91, ">=", 0.9)
    ('0.87 is not >= 0.9', '0.91 >= 0.9')
    >>> compare_text(0.899999, ">=", 0.9)
    '0.899999 is not >= 0.9'
    """
    shown, bound = show(value, unit), show(limit, unit)
    if shown == bound and not math.isclose(value, limit, rel_tol=_CLOSE, abs_tol=_CLOSE):
        shown, bound = f"{value:.10g}", f"{limit:.10g}"
    return f"{shown} {operator if holds(value, operator, limit) else f'is not {operator}'} {bound}"
