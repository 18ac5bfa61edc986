"""What did a cell do to the kernel? Names bound and deleted, time, CPU, memory.

Names are compared by identity, without keeping large values alive (`artifacts.bindings`). A list or
dict that was freed and replaced by another at the same address counts as unchanged.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from ..artifacts.bindings import Bindings

_ATOMIC = (int, float, complex, str, bytes, bool, type(None))
_SMALL_BYTES = 10_000
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
        self._before = Bindings(self._public(namespace), is_kept=_is_small)
        _reset_peak_memory()
        self._cpu = _cpu_seconds()
        self._clock = time.perf_counter()

    def end(self, namespace: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of a report that is observed: time, memory, names."""
        seconds = time.perf_counter() - self._clock
        now = self._public(namespace)
        changed = self._before.changed(now)
        return {
            "seconds": seconds,
            "cpu_seconds": max(0.0, _cpu_seconds() - self._cpu),
            "peak_memory_bytes": _peak_memory_bytes(),
            "bound": sorted(changed & now.keys()),
            "deleted": sorted(changed - now.keys()),
        }

    def _public(self, namespace: Mapping[str, Any]) -> dict[str, Any]:
        found = {name: value for name, value in dict(namespace).items() if name[:1] != "_"}
        for name in _SHELL_NAMES & found.keys():
            if self._hidden.get(name) is found[name]:
                del found[name]
        return found


def _is_small(value: Any) -> bool:
    return isinstance(value, _ATOMIC) and sys.getsizeof(value) < _SMALL_BYTES


def _cpu_seconds() -> float:
    """Return the CPU time of this process and its finished children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _reset_peak_memory() -> None:
    # Linux: without this the peak is that of the whole process so far (proc(5), clear_refs).
    try:
        with open("/proc/self/clear_refs", "wb", buffering=0) as handle:  # noqa: PTH123 - cheaper
            handle.write(b"5")
    except OSError:
        pass


def _peak_memory_bytes() -> int | None:
    """Return the peak of resident memory: of the cell on Linux, of the process elsewhere."""
    try:
        with open("/proc/self/status", "rb", buffering=0) as handle:  # noqa: PTH123 - cheaper
            told = handle.read().partition(b"\nVmHWM:")[2].split(maxsplit=1)
    except OSError:
        told = []
    if told:
        return int(told[0]) * 1024
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else int(peak) * 1024
