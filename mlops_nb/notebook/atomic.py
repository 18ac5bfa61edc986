"""How is a file written so that a reader, or the next run, never meets half of it?

A temporary file in the same directory, flushed to the disk, then renamed over the old one: POSIX
and Windows make the rename atomic within one directory. A reader sees the old file or the new one;
a runner that is killed while it writes leaves the old file, and at worst a temporary one beside it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path


def write_atomically(path: Path, chunks: Iterable[bytes]) -> int:
    """Write `chunks` to `path` in one atomic step and return the number of bytes written.

    Parameters
    ----------
    path : Path
        Its directory must exist. A symbolic link is followed: the file it names is replaced, the
        link stays.
    chunks : iterable of bytes
        Consumed once.

    Raises
    ------
    OSError
        If the directory is missing or read-only, the disk is full, or `path` is a device, a pipe, a
        socket or a link that leads to itself. `path` is then as it was.
    """
    target = _find_target(path)
    # At most 40 characters of the name: file systems limit a name to 255 bytes.
    temporary = target.parent / f".{target.name[:40]}.{secrets.token_hex(6)}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    written = 0
    try:
        with os.fdopen(descriptor, "wb") as handle:
            for chunk in chunks:
                written += handle.write(chunk)
            handle.flush()
            os.fsync(handle.fileno())
        with contextlib.suppress(OSError):  # there is no old file, or its mode cannot be had
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return written


def _find_target(path: Path) -> Path:
    """Return the file to replace; refuse what is none, such as ``/dev/null``: it would be gone."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "this is no file, but a device, a pipe or a socket", str(path))
    return path.resolve()
