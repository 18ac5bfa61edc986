"""Which types have no fingerprint, and what does one do instead?

What is bound to a process or a moment: a generator's place in its code, an open file, a lock, a
connection, a thread. Their state is outside the value, so no digest would say that two are equal.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import io
import itertools
import sys
import types
import weakref
from typing import Any

from .fingerprint_node import Unreadable, Visit

_FILE = ("It is an open file.", "Keep the path, and open the file where it is read.")
_RUNNING = (
    "It stands at a place in running code.",
    "Bind the values it yields, such as list(...), instead of it.",
)
_ITERATOR = (
    "Where an iterator stands cannot be read without moving it.",
    "Bind what it runs over, or list(...) of it.",
)
_SYSTEM = (
    "It belongs to this process.",
    "Make it where it is used, or inside a function, and bind plain values only.",
)
_FIGURE = (
    "A figure holds its canvas, callbacks and ids of this process.",
    "Draw it in the cell that shows it, from values that can be kept.",
)
_ENTROPY = ("It draws from the system's entropy.", "Use a seeded generator.")
_PROXY = ("It stands for another object.", "Bind that object itself.")

_TYPES: dict[type, tuple[str, str]] = {
    types.GeneratorType: _RUNNING,
    types.CoroutineType: _RUNNING,
    types.AsyncGeneratorType: _RUNNING,
    types.FrameType: _RUNNING,
    types.TracebackType: _RUNNING,
    io.IOBase: _FILE,
    weakref.ProxyType: _PROXY,
    weakref.CallableProxyType: _PROXY,
}
# Only of modules that are loaded: (module, class).
_NAMED: list[tuple[str, str, tuple[str, str]]] = [
    ("random", "SystemRandom", _ENTROPY),
    ("threading", "Thread", _SYSTEM),
    ("_thread", "LockType", _SYSTEM),
    ("_thread", "lock", _SYSTEM),
    ("_thread", "RLock", _SYSTEM),
    ("_thread", "_local", _SYSTEM),
    ("threading", "Condition", _SYSTEM),
    ("threading", "Event", _SYSTEM),
    ("threading", "Semaphore", _SYSTEM),
    ("threading", "Barrier", _SYSTEM),
    ("_queue", "SimpleQueue", _SYSTEM),
    ("queue", "Queue", _SYSTEM),
    ("_socket", "socket", _SYSTEM),
    ("subprocess", "Popen", _SYSTEM),
    ("multiprocessing.process", "BaseProcess", _SYSTEM),
    ("multiprocessing.shared_memory", "SharedMemory", _SYSTEM),
    ("multiprocessing.pool", "Pool", _SYSTEM),
    ("concurrent.futures", "Executor", _SYSTEM),
    ("concurrent.futures", "Future", _SYSTEM),
    ("asyncio", "AbstractEventLoop", _SYSTEM),
    ("asyncio", "Future", _SYSTEM),
    ("mmap", "mmap", _SYSTEM),
    ("sqlite3", "Connection", _SYSTEM),
    ("_contextvars", "ContextVar", _SYSTEM),
    ("_contextvars", "Context", _SYSTEM),
    ("_ctypes", "_Pointer", _SYSTEM),
    ("tempfile", "TemporaryDirectory", _SYSTEM),
    ("tempfile", "_TemporaryFileWrapper", _FILE),
    ("matplotlib.artist", "Artist", _FIGURE),
    ("matplotlib.backend_bases", "FigureCanvasBase", _FIGURE),
    ("matplotlib.backend_bases", "FigureManagerBase", _FIGURE),
    ("ipywidgets", "Widget", _SYSTEM),
    ("IPython.core.interactiveshell", "InteractiveShell", _SYSTEM),
    ("unittest.mock", "NonCallableMock", _PROXY),
]
_READABLE_STREAMS = (io.BytesIO, io.StringIO)
_ITERATORS = tuple(
    kind
    for kind in vars(itertools).values()
    if isinstance(kind, type) and kind is not itertools.repeat
)


def obstacle_of(kind: type) -> tuple[str, str] | None:
    """Return reason and remedy if values of type `kind` have no fingerprint."""
    if issubclass(kind, _READABLE_STREAMS):
        return None
    for other, words in _TYPES.items():
        if issubclass(kind, other):
            return words
    if issubclass(kind, _ITERATORS):
        return _ITERATOR
    for module, name, words in _NAMED:
        named = getattr(sys.modules.get(module), "__dict__", {}).get(name)
        if isinstance(named, type) and issubclass(kind, named):
            return words
    return None


def refuse(value: Any, visit: Visit) -> bytes:
    """Raise why values of this type have no fingerprint."""
    words = obstacle_of(type(value))
    assert words is not None
    raise Unreadable(*words)
