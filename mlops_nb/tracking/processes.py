"""Is the process that opened this run still alive?

A run is stamped with host, boot, process id and the process's start time; together they name
one process for good, so a reused process id is not mistaken for the old one. Runs of other
hosts cannot be judged and are taken to be alive.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

SEPARATOR = "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStamp:
    """What tells one process from every other.

    Attributes
    ----------
    host : str
        Host name.
    boot : str
        Boot id of the kernel (Linux); ``""`` where there is none.
    pid : int
    started : str
        Start time in the system's own unit; ``""`` if the process is gone.
    """

    host: str
    boot: str
    pid: int
    started: str

    def __str__(self) -> str:
        """Return the tag's value."""
        return SEPARATOR.join((self.host, self.boot, str(self.pid), self.started))


def read_stamp(text: str) -> ProcessStamp | None:
    """Return the stamp written as `text`, or None if it is not one."""
    parts = text.split(SEPARATOR)
    if len(parts) != 4 or not parts[2].isdigit():
        return None
    return ProcessStamp(host=parts[0], boot=parts[1], pid=int(parts[2]), started=parts[3])


def stamp_process(pid: int | None = None) -> ProcessStamp:
    """Return the stamp of process `pid` on this machine, by default the calling one."""
    number = os.getpid() if pid is None else pid
    return ProcessStamp(
        host=socket.gethostname(), boot=_boot_id(), pid=number, started=_start_time(number)
    )


def has_vanished(stamp: ProcessStamp, *, now: ProcessStamp | None = None) -> bool:
    """Return whether the stamped process is known to be gone.

    Parameters
    ----------
    stamp : ProcessStamp
    now : ProcessStamp, optional
        What holds the process id today; measured by default.

    Returns
    -------
    bool
        True only if it ran on this host and the boot or the start time differs. Containers that
        share a host name but not their processes are judged wrongly; a run closed that way gets
        its true status when it finishes.
    """
    if stamp.host != socket.gethostname():
        return False
    current = stamp_process(stamp.pid) if now is None else now
    return stamp.boot != current.boot or stamp.started != current.started


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _start_time(pid: int) -> str:
    stat = Path(f"/proc/{pid}/stat")
    try:
        # The second field is the command in parentheses and may hold spaces; the start time is
        # field 22.
        fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return "" if fields[0] in {"Z", "X"} else fields[19]
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
    return _portable_start_time(pid)


def _portable_start_time(pid: int) -> str:
    import psutil

    try:
        return str(round(psutil.Process(pid).create_time()))
    except psutil.Error:
        return ""
