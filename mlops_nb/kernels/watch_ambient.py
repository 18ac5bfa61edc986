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
    found: dict[str, Any] = {text: _tell_handler(number) for text, number in _SIGNALS.items()}
    for name in ("settrace", "setprofile"):
        found[name] = _told(getattr(sys, f"get{name[3:]}")())
    found["hooks"] = [_told(sys.excepthook), _told(threading.excepthook)]
    found["builtins"] = _builtins()
    found["exits"] = _exits()
    return found


# The kernel sets that of SIGINT around each cell.
_SIGNALS = {
    f"signal {getattr(signal, name)}": int(getattr(signal, name))
    for name in ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD")
    if hasattr(signal, name)
}
# As the system has it: `signal` makes members of enumerations of all that it is told.
_getsignal: Callable[[int], Any] = getattr(signal.getsignal, "__wrapped__", signal.getsignal)
_SHELLS_OWN = frozenset({"_", "get_ipython", "display", "__IPYTHON__", "exit", "quit", "copyright"})
_exits_chosen: list[str] = []
_builtins_last: tuple[frozenset[str], list[str]] = (frozenset(), [])


def _tell_handler(number: int) -> str:
    handler = _getsignal(number)
    return _told(signal.Handlers(handler)) if isinstance(handler, int) else _told(handler)


def _builtins() -> list[str]:
    """Return the names of the builtins, sorted, which seldom are others than last time."""
    global _builtins_last
    if vars(builtins).keys() != _builtins_last[0]:
        now = frozenset(vars(builtins))
        _builtins_last = (now, sorted(now - _SHELLS_OWN))
    return _builtins_last[1]


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
