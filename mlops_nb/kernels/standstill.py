"""Has somebody stopped the kernel's process (SIGSTOP), and will nobody let it go on?

A stopped process is no busy one, and the system tells them apart; a debugger's hold is told apart,
too. Whoever stops a process for a moment has a few minutes to continue it. Time is counted by what
was looked at: a runner that was stopped beside its kernel, or asleep with the machine, did not
look.
"""

from __future__ import annotations

from pathlib import Path

_PROC = Path("/proc")


class Standstill:
    """How long one process has been stopped.

    Parameters
    ----------
    limit_s : float
        What is too long.
    look_s : float
        The longest time between two looks that counts.
    """

    def __init__(self, *, limit_s: float = 300.0, look_s: float = 1.0) -> None:
        self.limit_s = limit_s
        self._look_s = look_s
        self._stopped_s = 0.0
        self._last: float | None = None

    def look(self, pid: int, *, now: float) -> bool:
        """Return whether process `pid` has been stopped for too long.

        Parameters
        ----------
        pid : int
        now : float
            By `time.monotonic`.
        """
        if not is_stopped(pid):
            self._stopped_s, self._last = 0.0, None
            return False
        if self._last is not None:
            self._stopped_s += min(now - self._last, self._look_s)
        self._last = now
        return self._stopped_s >= self.limit_s


def is_stopped(pid: int, *, proc: Path = _PROC) -> bool:
    """Return whether process `pid` is stopped, and not by a debugger."""
    try:
        stat = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return not (proc / "self").exists() and _is_stopped_elsewhere(pid)
    # The second field is the command in parentheses, and may hold anything.
    return stat.rpartition(")")[2].split()[:1] == ["T"]


def _is_stopped_elsewhere(pid: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False
