"""What did a cell do to the kernel? Names bound and deleted, time, CPU, memory.

Names are compared by identity, without keeping large values alive: weak references where a value
allows them, the value itself where it is small and atomic, else its id. A list or dict that was
freed and replaced by another at the same address counts as unchanged.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import os
import sys
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any

_ATOMIC = (int, float, complex, str, bytes, bool, type(None))
_SHELL_NAMES = frozenset({"In", "Out", "get_ipython", "exit", "quit", "open", "display"})


class Observation:
    """The state of a kernel when a cell starts; `Observation.end` tells what the cell did.

    Parameters
    ----------
    namespace : Mapping
        The user's names.
    hidden : Mapping
        Names the shell put there itself, with their values.
    """

    def __init__(self, namespace: Mapping[str, Any], hidden: Mapping[str, Any]) -> None:
        self._hidden = hidden
        self._before = {name: _mark(value) for name, value in self._public(namespace)}
        _reset_peak_memory()
        self._cpu = _cpu_seconds()
        self._clock = time.perf_counter()

    def end(self, namespace: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of a report that is observed: time, memory, names."""
        seconds = time.perf_counter() - self._clock
        now = dict(self._public(namespace))
        return {
            "seconds": seconds,
            "cpu_seconds": max(0.0, _cpu_seconds() - self._cpu),
            "peak_memory_bytes": _peak_memory_bytes(),
            "bound": sorted(name for name, value in now.items() if not self._is_same(name, value)),
            "deleted": sorted(name for name in self._before if name not in now),
        }

    def _public(self, namespace: Mapping[str, Any]) -> list[tuple[str, Any]]:
        return [
            (name, value)
            for name, value in list(namespace.items())
            if name[:1] != "_" and not (name in _SHELL_NAMES and self._hidden.get(name) is value)
        ]

    def _is_same(self, name: str, value: Any) -> bool:
        mark = self._before.get(name)
        return mark is not None and mark() == id(value)


def _mark(value: Any) -> Callable[[], int]:
    """Return a function that tells the id of `value`, 0 once it is gone."""
    if isinstance(value, _ATOMIC) and sys.getsizeof(value) < 10_000:
        return lambda: id(value)
    try:
        reference = weakref.ref(value)
    except TypeError:
        address = id(value)
        return lambda: address
    return lambda: 0 if reference() is None else id(reference())


def _cpu_seconds() -> float:
    """Return the CPU time of this process and its finished children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _reset_peak_memory() -> None:
    # Linux: without this the peak is that of the whole process so far (proc(5), clear_refs).
    try:
        with open("/proc/self/clear_refs", "w") as handle:  # noqa: PTH123 - cheaper than pathlib
            handle.write("5")
    except OSError:
        pass


def _peak_memory_bytes() -> int | None:
    """Return the peak of resident memory: of the cell on Linux, of the process elsewhere."""
    try:
        with open("/proc/self/status") as handle:  # noqa: PTH123
            for line in handle:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else int(peak) * 1024
