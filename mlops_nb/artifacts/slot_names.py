"""How does a class look after its instances were read? As before: without ``__slotnames__``.

Python remembers on a class which slots its instances have when one is pickled, or asked how it
would be; ``dir`` and ``vars`` show that. Where it is we who asked, it is taken away again.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import contextlib
import copyreg
from collections.abc import Iterator
from typing import Any

_FUNCTION = "_slotnames"
_REMEMBERED = "__slotnames__"


@contextlib.contextmanager
def leaving_no_slot_names() -> Iterator[None]:
    """Take away what Python remembers on classes meanwhile."""
    original = getattr(copyreg, _FUNCTION)
    asked: list[type] = []

    def noting(kind: type) -> Any:
        if _REMEMBERED not in kind.__dict__:
            asked.append(kind)
        return original(kind)

    setattr(copyreg, _FUNCTION, noting)
    try:
        yield
    finally:
        setattr(copyreg, _FUNCTION, original)
        for kind in asked:
            with contextlib.suppress(AttributeError, TypeError):
                type.__delattr__(kind, _REMEMBERED)
