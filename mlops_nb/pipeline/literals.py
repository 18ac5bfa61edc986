"""How is a value written as Python source that evaluates to an equal value and can do nothing else?

By `repr` of the exact built-in types only, and fixed expressions for what has no literal (``nan``,
``inf``, dates). A subclass is refused: its `repr` is somebody's code.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

_MOST_VALUES = 1_000_000


def to_literal(value: Any) -> str:
    """Return an expression for `value`.

    Raises
    ------
    TypeError
        If it is, or holds, something else than None, bool, int, float, complex, str, bytes, list,
        tuple, set, frozenset, dict, date, time, datetime (naive or UTC offset), timedelta or path;
        or if it holds itself, or more than a million values (YAML's aliases make such of a few
        lines), or is nested too deeply.

    Examples
    --------
    >>> to_literal({"a": [1, float("inf")], (1,): None})
    "{'a': [1, float('inf')], (1,): None}"
    >>> to_literal(datetime.date(2026, 1, 31))
    "__import__('datetime').date(2026, 1, 31)"
    """
    try:
        return _write(value, _Trail())
    except RecursionError:
        raise TypeError("it is nested too deeply") from None


def to_plain(value: Any) -> Any:
    """Return what JSON has nearest to a parameter's `value`, for records and reports.

    >>> to_plain({"since": datetime.date(2026, 1, 31), 1: (float("nan"), None)})
    {'since': '2026-01-31', '1': ['nan', None]}
    """
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((to_plain(item) for item in value), key=repr)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    scalar = _to_builtin_scalar(value)
    return str(value) if scalar is None else to_plain(scalar)


@dataclass(slots=True)
class _Trail:
    """The containers around the value that is written, and how many values may follow."""

    holders: tuple[int, ...] = ()
    left: list[int] = field(default_factory=lambda: [_MOST_VALUES])

    def into(self, value: Any) -> _Trail:
        if id(value) in self.holders:
            raise TypeError("it holds itself")
        self.left[0] -= 1
        if self.left[0] < 0:
            raise TypeError(f"it holds more than {_MOST_VALUES:,} values")
        return _Trail((*self.holders, id(value)), self.left)


def _write(value: Any, trail: _Trail) -> str:
    if isinstance(value, PurePath):
        return f"__import__('pathlib').Path({str(value)!r})"
    writer = _WRITERS.get(type(value))
    if writer is None:
        scalar = _to_builtin_scalar(value)
        if scalar is None:
            raise TypeError(f"a {type(value).__qualname__} has no literal")
        return _write(scalar, trail)
    return writer(value, trail.into(value))


def to_builtin(value: Any) -> Any:
    """Return the built-in value of a numpy scalar, and any other value as it is."""
    scalar = _to_builtin_scalar(value)
    return value if scalar is None else scalar


def _to_builtin_scalar(value: Any) -> Any:
    """Return the built-in number of a numpy scalar, else None (numpy is not imported for this)."""
    is_numpy = type(value).__module__ == "numpy" and getattr(value, "shape", None) == ()
    scalar = value.item() if is_numpy else None
    return scalar if type(scalar) in (bool, int, float, complex, str, bytes) else None


def _write_float(value: float, _: _Trail) -> str:
    return repr(value) if math.isfinite(value) else f"float({str(value)!r})"


def _write_complex(value: complex, trail: _Trail) -> str:
    parts = ", ".join(_write_float(part, trail) for part in (value.real, value.imag))
    return f"complex({parts})"


def _write_list(value: list[Any], trail: _Trail) -> str:
    return f"[{', '.join(_write(item, trail) for item in value)}]"


def _write_tuple(value: tuple[Any, ...], trail: _Trail) -> str:
    items = [_write(item, trail) for item in value]
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _write_set(value: set[Any] | frozenset[Any], trail: _Trail) -> str:
    # Sorted by their text: the order of a set changes from process to process.
    items = ", ".join(sorted(_write(item, trail) for item in value))
    return f"{type(value).__name__}([{items}])"


def _write_dict(value: dict[Any, Any], trail: _Trail) -> str:
    items = (f"{_write(k, trail)}: {_write(v, trail)}" for k, v in value.items())
    return "{" + ", ".join(items) + "}"


def _write_moment(value: Any, _: _Trail) -> str:
    zone = getattr(value, "tzinfo", None)
    if zone is None:
        # repr is 'datetime.date(2026, 1, 31)', for these exact types and no subclass.
        return repr(value).replace("datetime.", "__import__('datetime').", 1)
    if type(value) is not datetime.datetime or value.utcoffset() is None:
        raise TypeError(f"a {type(value).__qualname__} with time zone has no literal")
    return f"__import__('datetime').datetime.fromisoformat({value.isoformat()!r})"


def _write_plain(value: Any, _: _Trail) -> str:
    return repr(value)


def _write_int(value: int, _: _Trail) -> str:
    try:
        return repr(value)
    except ValueError:  # Python's limit, which JSON has too
        raise TypeError("an integer of thousands of digits has no literal") from None


_WRITERS: dict[type, Callable[[Any, _Trail], str]] = {
    type(None): _write_plain,
    bool: _write_plain,
    int: _write_int,
    str: _write_plain,
    bytes: _write_plain,
    float: _write_float,
    complex: _write_complex,
    list: _write_list,
    tuple: _write_tuple,
    set: _write_set,
    frozenset: _write_set,
    dict: _write_dict,
    datetime.date: _write_moment,
    datetime.time: _write_moment,
    datetime.datetime: _write_moment,
    datetime.timedelta: _write_moment,
}
