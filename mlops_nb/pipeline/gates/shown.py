"""How is a measured value written for people? Four digits, and the unit that fits."""

from __future__ import annotations

import math

from mlops_nb.pipeline.gates.quantity import Kind

_UNITS: dict[Kind, tuple[tuple[float, str], ...]] = {
    "duration": ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")),
    "size": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
}


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
