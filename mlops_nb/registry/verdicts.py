"""Does a value hold against a bound? The comparison, and the sentence that says so."""

from __future__ import annotations

import math

from mlops_nb.pipeline.gates.gate import Bound, Operator
from mlops_nb.pipeline.gates.quantity import Kind

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


def show(value: float | None, unit: Kind = "number") -> str:
    """Return a measured value for people: four digits and the unit that fits.

    >>> show(0.87654), show(0.0123456, "duration"), show(52_345_678, "size"), show(None)
    ('0.8765', '12.35 ms', '52.35 MB', 'none')
    """
    if value is None or not math.isfinite(value):
        return "none"
    if unit == "number" or value == 0:
        return f"{value:.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    units = _UNITS[unit]
    worth, name = next(((w, n) for w, n in units if abs(value) >= w), units[-1])
    return f"{value / worth:.4g} {name}"


_UNITS: dict[Kind, tuple[tuple[float, str], ...]] = {
    "duration": ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")),
    "size": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
}


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
