"""Is it still this very value, and can nothing but a name lead into it?

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from .fingerprint_atoms import ATOMS

Mark = Callable[[], Any]
_TABLES = frozenset({("numpy", "ndarray"), ("pandas", "DataFrame"), ("pandas", "Series")})


def mark(value: Any) -> Mark:
    """Return a function that returns `value`, without keeping it alive where that can be helped.

    A value that allows no weak reference is kept: another one at its address would pass for it.
    """
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: value


def is_plain_data(value: Any) -> bool:
    """Return whether a value is one that cannot change, or a table that holds no references."""
    kind = type(value)
    home = str(kind.__module__).partition(".")[0]
    is_table = (home, kind.__name__) in _TABLES and not _holds_objects(value)
    return is_table or kind in ATOMS


def _holds_objects(table: Any) -> bool:
    """Return whether an array or frame holds references to what others may hold, too."""
    dtypes = getattr(table, "dtypes", None)
    if dtypes is None or type(table).__name__ == "Series":
        return bool(table.dtype.hasobject) if hasattr(table.dtype, "hasobject") else False
    return any(getattr(dtype, "hasobject", False) for dtype in dtypes)
