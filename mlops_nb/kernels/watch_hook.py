"""Which events of Python belong to the cell that runs? Those that its threads cause.

One audit hook serves a whole process, since none can be removed. Threads that were there when it
was installed are the kernel's own, and so is what they do; so are those of IPython and of mlops_nb.
Threads that user code starts count to the cell that runs, and between cells to the next one; the
main thread counts only while a cell runs.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

Listener = Callable[[str, "tuple[Any, ...]"], None]


_OWN_NAMES = ("mlops_nb", "mlops-nb", "IPyth", "IOPub", "Heartbeat", "Control", "Subshell")
_OWN_HOMES = frozenset({"ipykernel", "debugpy", "pydevd", "_pydevd_bundle", "zmq"})
# As it is before anybody wraps it.
_own_ident = threading.get_ident
_NOBODY: Mapping[str, Listener] = {}


class _Inside(threading.local):
    """Whether a thread is told of, by thread."""

    deaf = False


class _Deaf:
    """Nothing of what a thread does in it is told; entered once for each module that is loaded."""

    __slots__ = ("_before", "_inside")

    def __init__(self, inside: _Inside) -> None:
        self._inside = inside

    def __enter__(self) -> None:
        self._before = self._inside.deaf
        self._inside.deaf = True

    def __exit__(self, *_: object) -> None:
        self._inside.deaf = self._before


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
        self._main = threading.main_thread().ident
        # Idents are given again to other threads, so that the thread is kept beside.
        self._known: dict[int, tuple[Any, bool]] = {
            ident: (_thread(ident), False) for ident in sys._current_frames() if ident != self._main
        }
        self._inside = _Inside()
        self._is_on = False
        self._when_on: list[Callable[[], Any]] = []
        sys.addaudithook(_hearing(self, self._listeners, self._inside))

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

    def deaf(self) -> _Deaf:
        """Tell nothing of what this thread does meanwhile."""
        return _Deaf(self._inside)

    def is_heard(self) -> bool:
        """Return whether what this thread does now counts to a cell."""
        ident = _own_ident()
        is_told = self._is_on if ident == self._main else self.is_of_a_cell(ident)
        return is_told and not self._inside.deaf

    def is_of_a_cell(self, ident: int) -> bool:
        """Return whether a thread was started by user code, as far as can be told."""
        thread = _thread(ident)
        known = self._known.get(ident)
        if known is not None and known[0] is thread:
            return known[1]
        if thread is None:  # it is about to begin, or native code calls back
            return self._is_on
        home = type(thread).__module__.partition(".")[0]
        is_ours = thread.name.startswith(_OWN_NAMES) or home in _OWN_HOMES
        self._known[ident] = (thread, not is_ours)
        return not is_ours


def _hearing(
    hook: EventHook, known: Mapping[str, tuple[Listener, ...]], inside: _Inside
) -> Callable[[str, tuple[Any, ...]], None]:
    """Return what Python calls with each event: imports alone make tens of thousands, of which few
    are asked for."""

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in known or not hook.is_heard():
            return
        inside.deaf = True
        try:
            for listener in known[event]:
                listener(event, arguments)
        except Exception:  # an audit hook that raises would fail the user's own call
            return
        finally:
            inside.deaf = False

    return hear


def _thread(ident: int) -> Any:
    return threading._active.get(ident)  # type: ignore[attr-defined]
