"""Which part of a value is it that cannot be pickled? Found by trying the parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from .blob_faults import name_type

_DEPTH_AT_MOST = 12
_PARTS_AT_MOST = 400
_SECONDS_AT_MOST = 2.0
_OPAQUE = frozenset({"numpy", "pandas", "polars", "pyarrow"})  # their insides tell nobody anything


def find_culprit(
    name: str, value: object, *, is_storable: Callable[[object], bool]
) -> tuple[str, str]:
    """Return path and type of the innermost part of `value` that cannot be stored.

    Parameters
    ----------
    name : str
        How the value is called: the beginning of the path.
    value : object
    is_storable : callable
        Tries one part; it must not raise.

    Returns
    -------
    tuple of str
        The value itself, if no part of it alone is to blame or the search took too long.

    >>> find_culprit("a", {"k": [1, len]}, is_storable=lambda part: part == 1 or part == "k")
    ("a['k'][1]", 'builtin_function_or_method')
    """
    until = time.monotonic() + _SECONDS_AT_MOST
    tried = 0
    path, part = name, value
    for _ in range(_DEPTH_AT_MOST):
        for step, inner in _parts(part):
            tried += 1
            if tried > _PARTS_AT_MOST or time.monotonic() > until:
                return path, name_type(part)
            if not is_storable(inner):
                path, part = path + step, inner
                break
        else:
            break
    return path, name_type(part)


def _parts(value: object) -> Iterator[tuple[str, object]]:
    """Yield the parts of a container or an instance, each with its step of the path."""
    if isinstance(value, dict):
        for key, item in list(value.items())[:_PARTS_AT_MOST]:
            yield f"[{_short(key)}]", item
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value[:_PARTS_AT_MOST]):
            yield f"[{place}]", item
    if isinstance(value, BaseException):  # looking at its attributes would make some
        for place, item in enumerate(value.args[:_PARTS_AT_MOST]):
            yield f".args[{place}]", item
        return
    if isinstance(value, type) or type(value).__module__.partition(".")[0] in _OPAQUE:
        return
    try:
        attributes = dict(vars(value))
    except Exception:  # has none, or a hostile __dict__
        return
    for attribute, item in list(attributes.items())[:_PARTS_AT_MOST]:
        yield f".{attribute}", item


def _short(key: object) -> str:
    return repr(key)[:40] if type(key) in (str, int, float, bool, bytes) else f"<{name_type(key)}>"
