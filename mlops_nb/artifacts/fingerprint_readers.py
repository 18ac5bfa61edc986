"""Which reader knows a type?

Exact types first, then base classes that a library knows (its module is loaded, since a value of it
exists), then types without a fingerprint, then what can be said of any object. Classes are found as
attributes of loaded modules and compared by identity, so a class that merely calls itself
``numpy.ndarray`` is not taken for one.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import enum
import sys
import types
from array import array
from collections.abc import Callable
from functools import cached_property
from typing import Any

from .fingerprint_arrow import readers as pyarrow_readers
from .fingerprint_caches import Remembering, read_lru_cache
from .fingerprint_classes import (
    read_builtin,
    read_cached_property,
    read_cell,
    read_class,
    read_member,
    read_method,
    read_module,
    read_property,
    read_slot,
    read_wrapped,
)
from .fingerprint_code import read_code, read_function
from .fingerprint_containers import READERS as CONTAINERS
from .fingerprint_containers import read_array, read_set
from .fingerprint_learners import (
    lightgbm_readers,
    scipy_readers,
    sklearn_readers,
    xgboost_readers,
)
from .fingerprint_node import Node, Reader, ReaderTable, Unreadable, Visit
from .fingerprint_numpy import readers as numpy_readers
from .fingerprint_objects import reader_of_objects
from .fingerprint_obstacles import obstacle_of, refuse
from .fingerprint_pandas import readers as pandas_readers
from .fingerprint_plain import plain_readers, read_exception
from .fingerprint_polars import readers as polars_readers
from .fingerprint_torch import readers as torch_readers

_PYTHONS_OWN: ReaderTable = [
    *CONTAINERS,
    (array, read_array),
    (types.FunctionType, read_function),
    (types.CodeType, lambda code, visit: read_code(code)),
    (types.MethodType, read_method),
    (types.BuiltinFunctionType, read_builtin),
    (types.MethodWrapperType, read_builtin),
    (types.WrapperDescriptorType, read_slot),
    (types.MethodDescriptorType, read_slot),
    (types.ClassMethodDescriptorType, read_slot),
    (types.GetSetDescriptorType, read_slot),
    (types.MemberDescriptorType, read_slot),
    (types.CellType, read_cell),
    (property, read_property),
    (classmethod, read_wrapped),
    (staticmethod, read_wrapped),
    (cached_property, read_cached_property),
    (Remembering, read_lru_cache),
]
_LIBRARIES: dict[str, Callable[[Any], ReaderTable]] = {
    "numpy": numpy_readers,
    "pandas": pandas_readers,
    "pyarrow": pyarrow_readers,
    "polars": polars_readers,
    "scipy": scipy_readers,
    "sklearn": sklearn_readers,
    "xgboost": xgboost_readers,
    "lightgbm": lightgbm_readers,
    "torch": torch_readers,
}


def read(value: Any, visit: Visit) -> Node | bytes:
    """Return `value` taken apart, or its part if it has no parts of its own.

    Raises
    ------
    Unreadable
        If it has no fingerprint.
    """
    kind = type(value)
    readers = visit.memo.readers
    reader = readers.get(kind)
    if reader is None:
        reader = readers[kind] = find_reader(kind)
    try:
        found: Node | bytes = reader(value, visit)
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(
            f"Reading it raised {type(error).__name__}.",
            "If another thread changes it, wait for that thread before the cell ends; else keep "
            "plain values instead.",
        ) from error
    return found


def find_reader(kind: type) -> Reader:
    """Return the reader of values of type `kind`."""
    for exact, reader in [*_PYTHONS_OWN, *plain_readers()]:
        if kind is exact:
            return reader
    if issubclass(kind, type):
        return read_class
    if issubclass(kind, property):
        return read_property
    if issubclass(kind, (classmethod, staticmethod)):
        return read_wrapped
    if issubclass(kind, types.ModuleType):
        return read_module
    if issubclass(kind, enum.Enum):
        return read_member
    for top in dict.fromkeys(str(base.__module__).partition(".")[0] for base in kind.__mro__):
        module, table = sys.modules.get(top), _LIBRARIES.get(top)
        if module is not None and table is not None:
            for known, reader in table(module):
                if issubclass(kind, known):
                    return reader
    if obstacle_of(kind) is not None:
        return refuse
    if issubclass(kind, BaseException):
        return read_exception
    if issubclass(kind, (set, frozenset)):
        return read_set
    return reader_of_objects(kind)
