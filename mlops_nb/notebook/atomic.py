"""How is a file written so that a reader, or the next run, never meets half of it?

A temporary file in the same directory, flushed to the disk, then renamed over the old one: POSIX
and Windows make the rename atomic within one directory. A reader sees the old file or the new one;
a runner that is killed while it writes leaves the old file, and at worst a temporary one beside it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
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
        If the directory is missing or read-only, or the disk is full. `path` is then as it was.
    """
    target = path.resolve()
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
