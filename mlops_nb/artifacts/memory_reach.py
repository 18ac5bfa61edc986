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
from .fingerprint_origin import library_version
from .memory_unfold import COLLECTIONS, unfold

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
    found: set[str] = set()
    seen: set[int] = set()
    todo = [value]
    while todo:
        item = todo.pop()
        kind = type(item)
        if kind in COLLECTIONS:
            todo += unfold(item, seen, seen, _ATOMS)
            continue
        if kind in _ATOMS or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, types.ModuleType):
            if library_version(item.__name__) is None and vars(item) is not namespace:
                todo.extend(vars(item).values())
            continue
        if isinstance(item, types.FunctionType):
            if item.__globals__ is namespace:
                found.update(reached_names(item.__code__))
            elif library_version(item.__globals__.get("__name__")) is None:
                todo.extend(item.__globals__.get(n) for n in reached_names(item.__code__))
            todo += [item.__defaults__, item.__kwdefaults__, vars(item), item.__closure__]
            continue
        if isinstance(item, type):
            if library_version(item.__module__) is None:
                todo += [*item.__bases__, *type.__getattribute__(item, "__dict__").values()]
            continue
        todo.append(kind)
        inside = _objects_in(item, kind)
        if inside is None:
            inside = gc.get_referents(item)
        todo.extend(one for one in inside if type(one) not in _ATOMS)
    return frozenset(found)


def _objects_in(item: Any, kind: type) -> list[Any] | None:
    """Return the Python objects in a value of a library of arrays; None if it is none of these."""
    home = str(getattr(kind, "__module__", "")).partition(".")[0]
    if home not in _FLAT_MODULES:
        return None
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and isinstance(item, numpy.ndarray):
        return list(item.reshape(-1).tolist()) if item.dtype.hasobject else []
    if pandas is not None and isinstance(item, pandas.DataFrame):
        columns = [item.iloc[:, at] for at, dtype in enumerate(item.dtypes) if dtype.kind == "O"]
        return [*(one for column in columns for one in _cells(column)), item.attrs]
    if pandas is not None and isinstance(item, (pandas.Series, pandas.Index)):
        cells = _cells(item) if item.dtype.kind == "O" else []
        return [*cells, getattr(item, "attrs", None)]
    return [] if home in ("pyarrow", "polars") else None


def _cells(column: Any) -> list[Any]:
    """Return the elements of a column of objects; texts of a column that holds only them are no
    code."""
    return [] if str(column.dtype) in ("str", "string") else list(column.to_numpy())
