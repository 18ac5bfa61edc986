"""From which module does a class or a function come?

Compiled ones may say that they are Python's own; then a module that has them under their name does.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import builtins
import functools
import sys
from typing import Any


def class_home(kind: Any) -> str:
    """Return the name of the module that a class or a function comes from."""
    module = str(getattr(kind, "__module__", None) or "")
    return _holder_of(kind) if module == "builtins" and isinstance(kind, type) else module


@functools.lru_cache(maxsize=1000)
def _holder_of(kind: type) -> str:
    name = kind.__name__
    if vars(builtins).get(name) is kind:
        return "builtins"
    for module in list(sys.modules.values()):
        space = getattr(module, "__dict__", {})
        if space.get(name) is kind and space.get("__name__") != "__main__":
            return str(space.get("__name__", ""))
    return "builtins"
