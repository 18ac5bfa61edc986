"""Did a kernel that was killed run out of memory? The system says only SIGKILL; it also counts.

Linux counts the processes it has ended for want of memory: in the control group (containers, CI,
systemd) and for the whole machine. A count that rose while the kernel lived, together with SIGKILL,
is taken for the reason. Another process that was ended in the same seconds is mistaken for the
kernel only where the control group has no count of its own. Elsewhere nothing is known, and said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
# What version 1 of control groups calls "no limit", rounded to pages.
_NO_LIMIT = 2**60


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFiles:
    """Where this system keeps its counts; a file that is not there says nothing.

    Attributes
    ----------
    kills : tuple of Path
        Files with a line ``oom_kill N``, the most particular first.
    limits : tuple of Path
        Files with a number of bytes, or ``max``.
    """

    kills: tuple[Path, ...]
    limits: tuple[Path, ...]


def find_memory_files(root: Path = _ROOT, proc: Path = Path("/proc")) -> MemoryFiles:
    """Return the files that hold counts and limits of the calling process's control group."""
    kills, limits = [], []
    for line in _read(proc / "self" / "cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        inside = path.lstrip("/")
        if controllers == "":
            # In a container the path may be the host's, and the group is mounted as the root.
            groups = [root / inside, *(root / inside).parents]
            groups = [group for group in groups if group.is_relative_to(root)]
            kills += [group / "memory.events" for group in groups]
            limits += [group / "memory.max" for group in groups]
        elif "memory" in controllers.split(","):
            groups = [root / "memory" / inside, root / "memory"]
            kills += [group / "memory.oom_control" for group in groups]
            limits += [group / "memory.limit_in_bytes" for group in groups]
    return MemoryFiles(kills=(*kills, proc / "vmstat"), limits=tuple(limits))


class KernelMemory:
    """What is known of the memory of one kernel process.

    Parameters
    ----------
    pid : int
    files : MemoryFiles or None
        This system's by default.
    proc : Path
        Where the system tells of processes.
    """

    def __init__(
        self, pid: int, *, files: MemoryFiles | None = None, proc: Path = Path("/proc")
    ) -> None:
        self._status = proc / str(pid) / "status"
        self._files = files or find_memory_files()
        self._counter = next((path for path in self._files.kills if _kills(path) is not None), None)
        self._before = _kills(self._counter)
        self._peak_bytes = 0

    def note(self) -> None:
        """Take down how much the process has used at most; does nothing once it is gone."""
        found = re.search(r"^VmHWM:\s*(\d+) kB", _read(self._status), re.MULTILINE)
        if found:
            self._peak_bytes = max(self._peak_bytes, int(found[1]) * 1024)

    def has_run_out(self) -> bool:
        """Return whether the system has ended a process for want of memory since the start."""
        now = _kills(self._counter)
        return now is not None and self._before is not None and now > self._before

    def describe(self) -> str:
        """Return a phrase that follows "the kernel was ended by SIGKILL, "."""
        used = f"; it last used {_size(self._peak_bytes)}" if self._peak_bytes else ""
        limit = min((n for path in self._files.limits if (n := _limit(path))), default=None)
        of = f" of the {_size(limit)} it may use" if used and limit else ""
        if self.has_run_out():
            return f"because memory ran out{used}{of}"
        if self._counter is None:
            return f"as the system does when memory runs out{used}{of}"
        return f"not for want of memory, as far as the system tells{used}{of}"


def _kills(path: Path | None) -> int | None:
    found = None if path is None else re.search(r"^oom_kill (\d+)", _read(path), re.MULTILINE)
    return int(found[1]) if found else None


def _limit(path: Path) -> int | None:
    text = _read(path).strip()
    return int(text) if text.isdigit() and 0 < int(text) < _NO_LIMIT else None


def _size(count: float) -> str:
    for unit in _UNITS:
        if count < 1024 or unit == _UNITS[-1]:
            break
        count /= 1024
    return f"{count:.4g} {unit}"


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
