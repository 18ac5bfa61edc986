"""What do cells set in the process that is no option, and that nothing brings back?

Handlers of signals, hooks, additions to the builtins, what is to be done at exit. A cell that
changes one must run in every kernel, and all cells after it depend on that.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import atexit
import builtins
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

Undo = Callable[[], None]


def process_state() -> dict[str, Any]:
    """Return what tells apart states of the process that nothing brings back."""
    found: dict[str, Any] = {f"signal {s}": _told(signal.getsignal(s)) for s in _SIGNALS}
    for name in ("settrace", "setprofile"):
        found[name] = _told(getattr(sys, f"get{name[3:]}")())
    found["hooks"] = [_told(sys.excepthook), _told(threading.excepthook)]
    found["builtins"] = sorted(set(vars(builtins)) - _SHELLS_OWN)
    found["exits"] = _exits()
    return found


# The kernel sets that of SIGINT around each cell.
_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD")
    if hasattr(signal, name)
)
_SHELLS_OWN = frozenset({"_", "get_ipython", "display", "__IPYTHON__", "exit", "quit", "copyright"})
_exits_chosen: list[str] = []


def _exits() -> list[str]:
    return list(_exits_chosen)


def wrap_exits(is_on: Callable[[], bool], is_library: Callable[[], bool]) -> Undo:
    """Hear of what notebook code wants done at exit; return the undoing."""
    original: Any = atexit.register

    def register(function: Any, *arguments: Any, **options: Any) -> Any:
        if is_on() and not is_library():
            _exits_chosen.append(_told(function))
        return original(function, *arguments, **options)

    module: Any = atexit
    module.register = register

    def undo() -> None:
        module.register = original
        _exits_chosen.clear()

    return undo


def _told(value: Any) -> str:
    name = getattr(value, "__qualname__", None)
    return f"{getattr(value, '__module__', '')}.{name}" if name else str(value)
