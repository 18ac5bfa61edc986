"""Which events of Python belong to the cell that runs? Those that its threads cause.

One audit hook serves a whole process, since none can be removed; between cells it does nothing.
Threads that were there when it was installed are the kernel's own, and so is what they do; threads
that user code starts count to whatever cell runs.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Listener = Callable[[str, "tuple[Any, ...]"], None]


_NOBODY: Mapping[str, Listener] = {}


class EventHook:
    """The audit hook of a process.

    Parameters
    ----------
    listeners : Mapping of str to callable, optional
        Who is told of which event, with its name and arguments. What it opens or asks itself is
        not told.
    """

    def __init__(self, listeners: Mapping[str, Listener] = _NOBODY) -> None:
        self._listeners: dict[str, tuple[Listener, ...]] = {
            event: (listener,) for event, listener in listeners.items()
        }
        main = threading.main_thread().ident
        self._own = {ident for ident in sys._current_frames() if ident != main}
        self._inside = threading.local()
        self._is_on = False
        self._when_on: list[Callable[[], Any]] = []
        sys.addaudithook(self._hear)

    def listen(self, listeners: Mapping[str, Listener]) -> None:
        """Tell these as well."""
        for event, listener in listeners.items():
            self._listeners[event] = (*self._listeners.get(event, ()), listener)

    def on(self) -> None:
        """Begin to tell: a cell starts."""
        for call in self._when_on:
            call()
        self._is_on = True

    def off(self) -> None:
        """Tell no more: the cell is over."""
        self._is_on = False

    def when_on(self, call: Callable[[], Any]) -> None:
        """Have `call` called before each cell."""
        self._when_on.append(call)

    @contextlib.contextmanager
    def deaf(self) -> Iterator[None]:
        """Tell nothing of what this thread does meanwhile."""
        before = getattr(self._inside, "deaf", False)
        self._inside.deaf = True
        try:
            yield
        finally:
            self._inside.deaf = before

    def is_heard(self) -> bool:
        """Return whether what this thread does now counts to a cell."""
        return (
            self._is_on
            and threading.get_ident() not in self._own
            and not getattr(self._inside, "deaf", False)
        )

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._is_on:
            return
        listeners = self._listeners.get(event)
        if listeners is None or not self.is_heard():
            return
        self._inside.deaf = True
        try:
            for listener in listeners:
                listener(event, arguments)
        except Exception:  # an audit hook that raises would fail the user's own call
            return
        finally:
            self._inside.deaf = False
