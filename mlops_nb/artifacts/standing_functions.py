"""Which functions of the notebook are certainly as they were, without their being read again?

Most helpers are code and nothing else: no closure, no attributes, defaults that cannot change. Such
a function is the same as long as the same code and the same defaults are in it; a cell that calls
thirty helpers need not have all of them read before and after it. Whatever else a function may hold
on to is read as ever.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Any

from .fingerprint_atoms import ATOMS
from .fingerprint_code import imported_names

_MAIN = "__main__"
_Parts = tuple[Any, ...]


class StandingFunctions:
    """Functions of a namespace, by name, as they were in one moment.

    Parameters
    ----------
    names : iterable of str
    space : dict
        The notebook's globals.
    """

    def __init__(self, names: Iterable[str], space: dict[str, Any]) -> None:
        found = {name: _parts_of(space.get(name), space) for name in names}
        self._parts = {name: parts for name, parts in found.items() if parts is not None}

    def standing(self, space: dict[str, Any]) -> set[str]:
        """Return the names that hold what they held, told by identity alone.

        Examples
        --------
        >>> space = {"__name__": "__main__"}
        >>> exec("def half(x): return x / 2\\ndef twice(x): return 2 * x", space)
        >>> before = StandingFunctions(["half", "twice"], space)
        >>> space["half"].__defaults__ = (3,)
        >>> sorted(before.standing(space))
        ['twice']
        """
        return {name for name, parts in self._parts.items() if _is_same(parts, name, space)}


def _is_same(parts: _Parts, name: str, space: dict[str, Any]) -> bool:
    now = _parts_of(space.get(name), space)
    return now is not None and all(one is other for one, other in zip(parts, now))  # noqa: B905 - Python 3.9


def _parts_of(value: Any, space: Mapping[str, Any]) -> _Parts | None:
    """Return all that a function consists of, if none of it can change; None for all else."""
    if type(value) is not types.FunctionType or value.__globals__ is not space:
        return None
    defaults = value.__defaults__
    holds = value.__closure__ or value.__kwdefaults__ or vars(value) or _annotations(value)
    if holds or value.__module__ != _MAIN or not {*map(type, defaults or ())} <= ATOMS.keys():
        return None
    if imported_names(value.__code__):
        return None
    return value.__code__, defaults, value.__name__, value.__qualname__


def _annotations(function: types.FunctionType) -> Any:
    lazy = getattr(function, "__annotate__", None)  # Python 3.14
    return lazy if lazy is not None else function.__annotations__
