"""Which names of the notebook does the code in a value look up when it is called?

A function reads its globals by name at every call, so what it does depends on what stands there
then. Each function that a value holds on to (in a list, as an attribute, in its class) is asked for
the names its code loads; what these names hold is the caller's to follow.

Limits. Names made at run time (``globals()[name]``) are not seen. Code of libraries has globals of
its own and is passed by.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Mapping
from typing import Any

from .fingerprint_code import reached_names
from .fingerprint_origin import is_library, module_name
from .memory_levels import by_type

_ATOMS = frozenset({
    type(None), bool, int, float, complex, str, bytes, bytearray, type(Ellipsis), range,
    types.CodeType, types.FrameType, types.BuiltinFunctionType,
})  # fmt: skip
# Their elements are numbers and texts, unless an array or column holds objects.
_FLAT_MODULES = ("numpy", "pandas", "pyarrow", "polars", "scipy", "torch")


def reach(value: Any, namespace: Mapping[str, Any]) -> frozenset[str]:
    """Return the names in `namespace` that code in `value` may look up, bound or not.

    Examples
    --------
    >>> space = {"limit": 3}
    >>> exec("def small(x): return x < limit", space)
    >>> sorted(reach([space["small"]], space))
    ['limit']
    """
    return Searches().reach(value, namespace)


class Searches:
    """Searches of one moment, in which nothing changes: what one went through in vain, the next
    passes by."""

    def __init__(self) -> None:
        self._vain = set[int]()
        self._kept: list[Any] = []  # so that nothing else gets the id of what was made on the way

    def reach(self, value: Any, namespace: Mapping[str, Any]) -> frozenset[str]:
        """Return what `reach` does."""
        found, seen = set[str](), self._vain
        level = [value]
        while level:
            level = [
                one
                for kind, group in by_type(level, seen, _ATOMS)
                for one in self._inside(group, kind, namespace, found)
            ]
        if found:  # by way of something, and nobody noted by which
            self._vain = set()
        return frozenset(found)

    def _inside(
        self, group: list[Any], kind: type, namespace: Mapping[str, Any], found: set[str]
    ) -> list[Any]:
        """Return what objects of one type hold on to; names that they look up are added to
        `found`."""
        if issubclass(kind, types.ModuleType):
            own = [one for one in group if _is_own(one, namespace)]
            return [one for module in own for one in vars(module).values()]
        if kind is types.FunctionType:
            return [one for function in group for one in _in_function(function, namespace, found)]
        if issubclass(kind, type):
            own = [one for one in group if not is_library(one.__module__)]
            return [kind, *(one for made in own for one in (*made.__bases__, *_attributes(made)))]
        flat = [_objects_in(item, kind) for item in group] if _is_flat(kind) else None
        if flat is None or None in flat:
            return [kind, *gc.get_referents(*group)]
        inside = [one for found in flat for one in found or () if type(one) not in _ATOMS]
        self._kept += inside
        return [kind, *inside]


def _is_own(module: Any, namespace: Mapping[str, Any]) -> bool:
    return not is_library(module_name(module)) and vars(module) is not namespace


def _in_function(
    function: types.FunctionType, namespace: Mapping[str, Any], found: set[str]
) -> list[Any]:
    inside: list[Any] = [
        function.__defaults__, function.__kwdefaults__, vars(function), function.__closure__
    ]  # fmt: skip
    space = function.__globals__
    if space is namespace:
        found.update(reached_names(function.__code__))
    elif not is_library(space.get("__name__")):
        inside += [space.get(name) for name in reached_names(function.__code__)]
    return inside


def _attributes(made: type) -> list[Any]:
    return list(type.__getattribute__(made, "__dict__").values())


def _is_flat(kind: type) -> bool:
    return str(getattr(kind, "__module__", "")).partition(".")[0] in _FLAT_MODULES


def _objects_in(item: Any, kind: type) -> list[Any] | None:
    """Return the Python objects in a value of a library of arrays; None if nobody knows."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and isinstance(item, numpy.ndarray):
        return list(item.reshape(-1).tolist()) if item.dtype.hasobject else []
    if pandas is not None and isinstance(item, pandas.DataFrame):
        columns = [item.iloc[:, at] for at, dtype in enumerate(item.dtypes) if dtype.kind == "O"]
        return [*(one for column in columns for one in _cells(column)), item.attrs]
    if pandas is not None and isinstance(item, (pandas.Series, pandas.Index)):
        cells = _cells(item) if item.dtype.kind == "O" else []
        return [*cells, getattr(item, "attrs", None)]
    home = str(kind.__module__).partition(".")[0]
    return [] if home in ("pyarrow", "polars") else None


def _cells(column: Any) -> list[Any]:
    """Return the elements of a column of objects; texts of a column that holds only them are no
    code."""
    return [] if str(column.dtype) in ("str", "string") else list(column.to_numpy())
