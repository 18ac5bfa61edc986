"""How open are the files and folders of a store, when are they on the disk, what is their digest?

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FOLDERS = ("blobs", "drafts", "pins", "records")


def make_folders(root: Path) -> None:
    """Make the folders of a store. Raises OSError."""
    if not (root / "records").is_dir():
        root.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        make_folder(root / name, like=root)


def make_folder(path: Path, *, like: Path) -> None:
    """Make `path`, as open to a group as `like` is, whatever the umask. Raises OSError."""
    if path.is_dir():
        return
    path.mkdir(exist_ok=True)
    mode = like.stat().st_mode
    if mode & stat.S_IWGRP:
        with contextlib.suppress(OSError):
            path.chmod(stat.S_IMODE(mode))


def file_mode(root: Path, *, writable: bool) -> int:
    """Return the mode of files in the store: as open as its folder is."""
    return root.stat().st_mode & (0o666 if writable else 0o444)


def sync_folder(path: Path) -> None:
    """Write the entries of a folder to the disk, where the system knows how."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def digest_of(parts: Iterable[Any]) -> str:
    """Return the digest of bytes-like `parts` together."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part)
    return f"sha256:{total.hexdigest()}"
