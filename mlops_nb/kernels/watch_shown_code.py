"""Of which cells did a cell show the text? Warnings, tracebacks and ``inspect.getsource`` do.

Comments and lines are no part of a cell's key, nor of what a function is: what shows them depends
on them all the same. All of Python that shows source asks `linecache`, where IPython puts its
cells. What is told is that a cell of just this text was there.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import hashlib
import linecache
import sys
from collections.abc import Callable
from typing import Any

from .watch_hook import EventHook
from .watch_seen import Seen
from .watch_wrapping import Undo, wrap_function


class ShownCode:
    """The cells whose text is asked for.

    Parameters
    ----------
    hook : EventHook
    """

    def __init__(self, hook: EventHook) -> None:
        self._hook = hook
        self._found: set[str] = set()

    def install(self) -> Undo:
        """Begin to hear who asks for lines of cells; return the undoing."""
        return wrap_function(linecache, "getlines", self._around)

    def start(self) -> None:
        """Forget the cell before."""
        self._found = set()

    def stop(self, seen: Seen) -> None:
        """Tell which texts the cell asked for."""
        for digest in sorted(self._found):
            seen.read(f"lines:{digest}", digest)

    def _around(self, original: Callable[..., Any], *given: Any, **options: Any) -> Any:
        lines = original(*given, **options)
        file = given[0] if given else options.get("filename")
        if self._hook.is_heard() and file in _cells():
            self._found.add(digest_lines("".join(lines)))
        return lines


def digest_lines(text: str) -> str:
    """Return the digest of a cell's text, but for what follows the end of a line."""
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _cells() -> Any:
    """Return the names that IPython compiled cells under."""
    module = sys.modules.get("IPython.core.interactiveshell")
    kind = getattr(module, "InteractiveShell", None)
    if kind is None or not kind.initialized():
        return ()
    return getattr(kind.instance().compile, "_filename_map", ())
