"""How many seconds are 20 ms, and how is that written again? Numbers and units, without rounding.

Decimal arithmetic throughout, so that what is written reads back as the very same float.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

Kind = Literal["number", "duration", "size"]

_DURATIONS = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "min": Decimal(60),
}
_SIZES = {
    "B": Decimal(1),
    "kB": Decimal(10**3),
    "MB": Decimal(10**6),
    "GB": Decimal(10**9),
    "TB": Decimal(10**12),
    "KiB": Decimal(2**10),
    "MiB": Decimal(2**20),
    "GiB": Decimal(2**30),
    "TiB": Decimal(2**40),
}
_PERCENT = {"%": Decimal("0.01")}
UNITS: Mapping[Kind, Mapping[str, Decimal]] = {
    "number": _PERCENT,
    "duration": _DURATIONS,
    "size": _SIZES,
}


def find_unit(text: str, kind: Kind) -> Decimal | None:
    """Return what a unit of `kind` is worth in seconds, bytes or ones; None if it is none.

    Sizes may be written in any case (``mb``); ``MS`` is no millisecond, since it might be
    a mega.

    >>> find_unit("ms", "duration"), find_unit("mb", "size"), find_unit("kg", "size")
    (Decimal('0.001'), Decimal('1000000'), None)
    """
    units = UNITS[kind]
    if text in units:
        return units[text]
    if kind == "size":
        lowered = {unit.lower(): worth for unit, worth in units.items()}
        return lowered.get(text.lower())
    return {"µ": _DURATIONS["us"], "μs": _DURATIONS["us"]}.get(text) if kind == "duration" else None


def to_float(digits: str, worth: Decimal = Decimal(1)) -> float:
    """Return the number that `digits` write, in units of which one is `worth`.

    >>> to_float("99.9", Decimal("0.01")), to_float("2e1", Decimal("0.001"))
    (0.999, 0.02)
    """
    return float(Decimal(digits) * worth)


def render_number(number: float) -> str:
    """Return the shortest text that reads back as `number`.

    >>> render_number(1e-05), render_number(3.0), render_number(0.9)
    ('1e-05', '3', '0.9')
    """
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return repr(number)


def render_quantity(number: float, kind: Kind) -> str:
    """Return `number` with the largest unit that keeps it at one or more.

    >>> render_quantity(0.02, "duration"), render_quantity(50e6, "size")
    ('20 ms', '50 MB')
    >>> render_quantity(1048576, "size"), render_quantity(0.9, "number")
    ('1 MiB', '0.9')
    """
    if kind == "number":
        return render_number(number)
    exact = Decimal(repr(number))
    candidates = [
        (unit, exact / worth)
        for unit, worth in UNITS[kind].items()
        if unit != "µs" and (abs(exact) >= worth or worth == min(UNITS[kind].values()))
    ]
    fitting = [
        (unit, count) for unit, count in candidates if float(count * UNITS[kind][unit]) == number
    ]
    # The fewest digits are what a person wrote; of as many the larger unit.
    unit, count = min(fitting, key=lambda found: (len(plain_digits(found[1])), found[1]))
    return f"{plain_digits(count)} {unit}"


def plain_digits(count: Decimal) -> str:
    """Return a number without an exponent and without zeros at its end.

    >>> plain_digits(Decimal("95.00")), plain_digits(Decimal("1e-3")), plain_digits(Decimal(100))
    ('95', '0.001', '100')
    """
    text = f"{count:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
