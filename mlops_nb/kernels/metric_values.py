"""Which numbers does a variable named by ``--metrics`` hold?

A number is one metric; a dict of numbers is one metric per key (nested dicts flatten with dots); a
sequence of numbers is a series, value by step. Anything else is a fault with the variable's type: a
metric somebody asked for is never dropped in silence.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import difflib
import numbers
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

Fault = dict[str, str]
Metrics = dict[str, float]
Series = dict[str, list[float]]

_MOST_VALUES = 100_000
_LONGEST_KEY = 250
_UNFIT = re.compile(r"[^\w.\- :/]")


def fault(code: str, message: str, remedy: str) -> Fault:
    """Return a fault as reports carry it; `message` and `remedy` are full sentences."""
    return {"code": code, "message": message, "remedy": remedy}


def missing_name(flag: str, name: str, namespace: Iterable[str], *, when: str) -> Fault:
    """Return the fault of an option whose variable does not exist when its stage ends."""
    close = difflib.get_close_matches(name, [n for n in namespace if n[:1] != "_"], n=1)
    remedy = f"The nearest variable is {close[0]!r}." if close else f"Bind {name!r} in the stage."
    return fault("MNB451", f"'{flag} {name}' names no variable {when}.", remedy)


def read_metrics(
    names: Iterable[str], namespace: Mapping[str, Any]
) -> tuple[Metrics, Series, list[Fault]]:
    """Return metrics, series and faults of the variables called `names`, all bound in `namespace`.

    Keys hold what MLflow allows (letters, digits, ``_ - . : /`` and spaces; at most 250
    characters); other characters become ``_``.
    """
    metrics: Metrics = {}
    series: Series = {}
    faults: list[Fault] = []
    for name in names:
        for key, value in _flatten(name, namespace[name], depth=0):
            number = _to_number(value)
            steps = None if number is not None else _to_series(value)
            safe = _UNFIT.sub("_", key)
            if number is None and not steps:
                faults.append(_unusable(name, key, value))
            elif safe in metrics or safe in series or len(safe) > _LONGEST_KEY:
                faults.append(_unusable_key(name, key))
            elif number is not None:
                metrics[safe] = number
            elif steps is not None:
                series[safe] = steps
    return metrics, series, faults


def _flatten(key: str, value: Any, *, depth: int) -> Iterable[tuple[str, Any]]:
    entries = _entries(value)
    if entries is None or depth > 5 or not 0 < len(entries) <= _MOST_VALUES:
        yield key, value
        return
    for name, entry in entries.items():
        yield from _flatten(f"{key}.{name}", entry, depth=depth + 1)


def _entries(value: Any) -> Mapping[Any, Any] | None:
    """Return the mapping `value` is: a dict, or a pandas Series labelled by texts."""
    if isinstance(value, Mapping):
        return value
    index = getattr(value, "index", None)
    if hasattr(value, "to_dict") and getattr(value, "ndim", 0) == 1 and not callable(index):
        labels = list(index)[:_MOST_VALUES] if index is not None else []
        if labels and all(isinstance(label, str) for label in labels):
            entries = value.to_dict()
            return entries if isinstance(entries, dict) else None
    return None


def _to_number(value: Any) -> float | None:
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        try:
            value = value.item()
        except Exception:
            return None
    if not isinstance(value, (numbers.Real, Decimal)):
        return None
    try:
        return float(value)
    except (OverflowError, TypeError, ValueError):
        return None


def _to_series(value: Any) -> list[float] | None:
    """Return the numbers of a list, tuple, 1-d array or Series, else None."""
    if getattr(value, "ndim", None) == 1 and hasattr(value, "tolist"):
        try:
            value = value.tolist()
        except Exception:
            return None
    if not isinstance(value, (list, tuple)) or len(value) > _MOST_VALUES:
        return None
    steps = [_to_number(item) for item in value]
    found = [step for step in steps if step is not None]
    return found if len(found) == len(steps) else None


def _unusable(name: str, key: str, value: Any) -> Fault:
    place = f"'--metrics {name}'" if key == name else f"'--metrics {name}', key {key!r},"
    size = f" of length {len(value)}" if hasattr(value, "__len__") and _is_sized(value) else ""
    return fault(
        "MNB452",
        f"{place} holds a {type(value).__module__}.{type(value).__qualname__}{size}"
        f"{_odd_item(value)}.",
        "A metric is a number, a dict of numbers, or a sequence of 1 to 100,000 numbers.",
    )


def _odd_item(value: Any) -> str:
    """Return a phrase on the first item of a sequence that is no number; empty for others."""
    try:
        items = value.tolist() if getattr(value, "ndim", None) == 1 else value
    except Exception:
        return ""
    if not isinstance(items, (list, tuple)):
        return ""
    for step, item in enumerate(items[:_MOST_VALUES]):
        if _to_number(item) is None:
            return f", whose value {step} is a {type(item).__qualname__}"
    return ""


def _unusable_key(name: str, key: str) -> Fault:
    return fault(
        "MNB452",
        f"'--metrics {name}' has key {key[:80]!r} twice once it is spelt as MLflow allows, "
        "or longer than 250 characters.",
        "Rename the key.",
    )


def _is_sized(value: Any) -> bool:
    try:
        return len(value) >= 0
    except Exception:
        return False
