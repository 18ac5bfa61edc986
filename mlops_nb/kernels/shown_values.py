"""How does a reason show a value? What is short as it is written, a helper by its source.

Asked of all names around each cell, so that nothing large is written out for it, and a helper's
lines are looked for once.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import types
import weakref
from typing import Any

# Longer values are not shown.
_LONGEST = 60
_LONGEST_BITS = 256
_PLAIN = (bool, int, float, complex, str, bytes, type(None))


class ShownValues:
    """What is shown of the values of one kernel."""

    def __init__(self) -> None:
        self._sources: weakref.WeakKeyDictionary[Any, tuple[Any, str]]
        self._sources = weakref.WeakKeyDictionary()

    def show(self, value: Any) -> str:
        """Return a value as a reason shows it; an empty text if it does not.

        Examples
        --------
        >>> ShownValues().show(0.5), ShownValues().show("long" * 100), ShownValues().show([1])
        ('0.5', '', '')
        """
        if type(value) in _PLAIN:
            text = "" if _is_long(value) else repr(value)
            return text if len(text) <= _LONGEST else ""
        if isinstance(value, types.FunctionType) and value.__module__ == "__main__":
            return self._source(value)
        return ""

    def _source(self, function: types.FunctionType) -> str:
        known = self._sources.get(function)
        if known is None or known[0] is not function.__code__:
            known = self._sources[function] = (function.__code__, _find_source(function))
        return known[1]


def _is_long(value: Any) -> bool:
    """Return whether a value is certainly too long; Python refuses to write some numbers."""
    if isinstance(value, int):
        return value.bit_length() > _LONGEST_BITS
    return isinstance(value, (str, bytes)) and len(value) > _LONGEST


def _find_source(function: types.FunctionType) -> str:
    import inspect

    try:
        return inspect.getsource(function)
    except Exception:  # made without a text, or wrapped in a circle
        return ""
