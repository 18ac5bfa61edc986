"""What do libraries keep that all values of theirs share, and what of theirs cannot change?

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from .fingerprint_origin import find_named, is_library
from .identity import identity

_LIBRARY_CONSTANTS = (
    ("numpy", "generic"), ("numpy", "dtype"), ("numpy", "ufunc"), ("decimal", "Decimal"),
    ("fractions", "Fraction"), ("uuid", "UUID"), ("torch", "dtype"), ("torch", "device"),
    ("torch", "Size"), ("pyarrow", "Schema"), ("pyarrow", "DataType"), ("pyarrow", "Field"),
    ("pandas", "Timestamp"), ("pandas", "Timedelta"), ("pandas", "Period"), ("pandas", "Interval"),
)  # fmt: skip

# The way from a widget or an interactive figure to its page, and by the kernel to all there is.
_WAYS_TO_PAGES = (("comm.base_comm", "BaseComm"), ("ipykernel.comm.comm", "Comm"))
_ANSWERS = ("_msg_callback", "_close_callback")


def library_constants() -> tuple[type, ...]:
    """Return the types of libraries whose objects nobody can change, of those that are loaded."""
    return _loaded(_LIBRARY_CONSTANTS)


def ways_to_pages() -> tuple[type, ...]:
    """Return the types of what leads to the kernel itself, which holds every name: that two values
    can be shown on a page does not make them share anything."""
    return _loaded(_WAYS_TO_PAGES)


def answers_of_pages(ways: Iterable[Any]) -> list[Any]:
    """Return what is called when a page answers, which is the notebook's or a widget's."""
    return [getattr(one, name, None) for one in ways for name in _ANSWERS]


def _loaded(places: Iterable[tuple[str, str]]) -> tuple[type, ...]:
    kinds = (getattr(sys.modules.get(module), "__dict__", {}).get(name) for module, name in places)
    return tuple(kind for kind in kinds if isinstance(kind, type))


def is_of_library(function: Any) -> bool:
    """Return whether a library offers a function under its name; nobody changes that one."""
    home, name = function.__module__, function.__qualname__
    return is_library(home) and find_named(home, name) is function


def common_to_figures() -> set[int]:
    """Return the ids of what matplotlib puts into all figures alike: defaults, paths of markers.

    Who changes a default in place is heard by the watch of options.
    """
    defaults = getattr(sys.modules.get("matplotlib"), "rcParams", None)
    found = list(dict.values(defaults)) if isinstance(defaults, dict) else []
    for module, kind in (("matplotlib.markers", "MarkerStyle"), ("matplotlib.path", "Path")):
        space = getattr(sys.modules.get(module), "__dict__", {})
        found += [*space.values(), *vars(space.get(kind, object)).values()]
    return set(map(identity, found))


def bases_of(array: Any, numpy: Any) -> list[Any]:
    """Return what an array's memory belongs to: a mapped file, a bytearray, a C object."""
    base = array.base
    while isinstance(base, numpy.ndarray):
        base = base.base
    return [] if base is None else [base]


def copies_on_write(pandas: Any) -> bool:
    """Return whether two frames on one memory see each other's changes in no case."""
    if int(pandas.__version__.partition(".")[0]) >= 3:
        return True
    try:
        return pandas.options.mode.copy_on_write is True
    except Exception:  # no such option before pandas 1.5
        return False
