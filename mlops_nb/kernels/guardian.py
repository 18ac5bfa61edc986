"""Who ends a kernel whose runner was killed, and what a kernel has started? A process beside it.

ipykernel looks once a second whether its parent lives, but not while native code holds Python's
lock, and other kernels do not look at all; whatever the kernel started lives on. The guardian holds
one end of a pipe whose other end only the runner has: when the system closes that, the guardian
ends the kernel with all it started and removes its files. The runner ends its kernels by the same
function.

What belongs to a kernel is told by a variable in its environment, which every process it starts
inherits, also one that leaves the kernel's process group. A server that is to outlive the run is
started without that variable.

Also run as a script: standard library only (psutil where there is no ``/proc``), nothing imported
from the package.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

MARK = "MLOPS_NB_KERNEL"
# What a kernel started is asked to end and given this time; a resource tracker uses it to clean up.
GRACE_S = 1.0
_POLL_S = 0.02
# A kernel whose runner was killed is ended by its own guardian; until then it writes.
_LAST_WRITES_S = 5.0
_PROC = Path("/proc")


def set_guardian(folder: Path) -> subprocess.Popen[bytes] | None:
    """Start the guardian of the kernel that is marked with `folder`; None where none can be."""
    if os.name != "posix" or not sys.executable:
        return None
    # Without /proc it needs psutil, and so the folders of installed packages.
    flags = ["-I", "-S"] if _PROC.is_dir() else ["-I"]
    command = [sys.executable, *flags, __file__, str(folder), str(_PROC)]
    # Without the mark of a kernel that this process itself may run in.
    environment = {name: value for name, value in os.environ.items() if name != MARK}
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
    except OSError:
        return None


def dismiss(guardian: subprocess.Popen[bytes]) -> None:
    """End the guardian: its kernel is gone."""
    guardian.kill()
    guardian.wait()
    if guardian.stdin is not None:
        guardian.stdin.close()


def end_marked(mark: str, *, grace_s: float = GRACE_S, proc: Path | None = None) -> None:
    """End the processes that carry `mark`: asked first, killed after `grace_s`."""
    until = time.monotonic() + grace_s
    asked: set[int] = set()
    while pids := marked_processes(mark, proc=proc):
        is_over = time.monotonic() >= until
        for pid in pids if is_over else set(pids) - asked:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL if is_over else signal.SIGTERM)
        if time.monotonic() >= until + 1.0:  # not ours to end, or in the system's hands
            return
        asked.update(pids)
        time.sleep(_POLL_S)


def marked_processes(mark: str, *, proc: Path | None = None) -> list[int]:
    """Return the living processes whose environment carries `mark`.

    `proc` is where the system tells of them.
    """
    proc = proc or _PROC
    if not proc.is_dir():
        return _marked_by_psutil(mark)
    wanted = f"{MARK}={mark}".encode("utf-8", "surrogateescape")
    found = []
    for entry in proc.iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _carries(entry, wanted):
            found.append(int(entry.name))
    return found


def _marked_by_psutil(mark: str) -> list[int]:
    """Return the same where the system has no ``/proc`` (macOS); none without psutil."""
    try:
        import psutil
    except ImportError:
        return []
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            is_alive = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
            if is_alive and process.environ().get(MARK) == mark:
                found.append(process.pid)
    return found


def _carries(process: Path, wanted: bytes) -> bool:
    try:
        # A zombie has no environment any more.
        return wanted in (process / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is somebody else's
        return False


def main(arguments: Sequence[str]) -> None:
    """Wait until the runner is gone; then end its kernel and remove the kernel's folder."""
    folder, proc = Path(arguments[0]), Path(arguments[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    while os.read(0, 64):
        pass
    with contextlib.suppress(OSError, ValueError):  # where psutil sees no environments either
        group = int((folder / "group").read_text("ascii"))
        if not proc.is_dir():
            os.killpg(group, signal.SIGKILL)
    end_marked(str(folder), proc=proc)
    _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a folder that somebody, who is being ended elsewhere, may still write into."""
    until = time.monotonic() + _LAST_WRITES_S
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
        if time.monotonic() >= until:
            return
        time.sleep(_POLL_S)


if __name__ == "__main__":
    main(sys.argv[1:])
