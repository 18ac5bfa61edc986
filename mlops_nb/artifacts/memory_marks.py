"""Which bare objects do libraries set apart from all values? ``_MISSING = object()`` of a library
is the same for whoever uses it, so that two values which hold it share nothing.

They are looked for in what modules have under a name, when a value is found to hold a bare object
and modules were loaded since.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import functools
import gc
import sys
from typing import Any

from .fingerprint_origin import is_library
from .identity import identity


def marks_of_libraries() -> set[int]:
    """Return the ids of the bare objects that are libraries' own."""
    if _last.n_modules != len(sys.modules):
        _last.n_modules = len(sys.modules)
        _last.found = {identity(_mark_of_keywords())}
        for name, module in list(sys.modules.items()):
            space = getattr(module, "__dict__", None)
            found = [one for one in list(space.values()) if type(one) is object] if space else ()
            if found and is_library(name):
                _last.found.update(map(identity, found))
    return _last.found


class _Look:
    """What was found when so many modules were loaded."""

    def __init__(self) -> None:
        self.n_modules = 0
        self.found = set[int]()


_last = _Look()


def _mark_of_keywords() -> Any:
    """Return what sets keywords apart in the keys of `functools.lru_cache`, which has no name."""
    cached: Any = functools.lru_cache(lambda **_: None)
    cached(key=0)
    for part in gc.get_referents(cached):
        for key in part if type(part) is dict else ():
            for one in gc.get_referents(key):
                if type(one) is object:
                    return one
    return None
