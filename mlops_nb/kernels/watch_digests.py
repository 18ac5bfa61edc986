"""What is in a file or folder, and must it be read again to know?

It need not be where the system says that nothing touched it: size, inode and both times are as they
were when it was last read, on a file system of this machine, and its change time is older than that
reading by a margin. Change times advance in steps, so that a file changed just before it was read
can be changed again within one step and look the same.

Several questions can be asked of a path, so a key may end with what was asked: ``data.csv`` its
content, ``data/`` what a folder lists, ``data.csv?`` whether it is there at all, ``data.csv?link``
where a symbolic link leads, and ``data.csv?time`` and the like what the file system says of it.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Mapping
from typing import Any

_CHUNK = 1 << 20
_MARGIN_NS = 2_000_000_000
_LOCAL = frozenset({
    "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay", "jfs", "reiserfs",
})  # fmt: skip
# What a file system says of a file; by what is asked of the key.
FIELDS: Mapping[str, Callable[[os.stat_result], Any]] = {
    "?time": lambda found: found.st_mtime_ns,
    "?changed": lambda found: found.st_ctime_ns,
    "?used": lambda found: found.st_atime_ns,
    "?mode": lambda found: f"{stat.S_IMODE(found.st_mode):o}",
    "?owner": lambda found: f"{found.st_uid}:{found.st_gid}",
    "?inode": lambda found: f"{found.st_dev}:{found.st_ino}:{found.st_nlink}",
}
_ASKED = ("/", "?", "?link", *FIELDS)
# Names that come and go in a folder by themselves.
_UNLISTED = frozenset({".mlops_nb", "__pycache__", ".ipynb_checkpoints", ".DS_Store"})
# The system's own: others may be wrapped by the time that they are asked.
_stat, _lstat, _readlink, _scandir, listdir = (
    os.stat, os.lstat, os.readlink, os.scandir, os.listdir
)  # fmt: skip

Signature = tuple[int, ...]


class Digests:
    """The digests of files, kept as long as nothing touches them.

    Parameters
    ----------
    known : Mapping, optional
        What `table` told before, perhaps in another process on this machine.
    """

    def __init__(self, known: Mapping[str, Any] | None = None) -> None:
        self._known: dict[str, tuple[Signature, str, int]] = {}
        for path, (signature, digest, when) in (known or {}).items():
            self._known[path] = (tuple(signature), str(digest), int(when))
        self._is_local: dict[int, bool] = {}
        self._mounts: list[tuple[str, str]] | None = None

    def table(self) -> dict[str, Any]:
        """Return signature, digest and time of reading by path, as JSON has it."""
        return {path: [list(s), digest, when] for path, (s, digest, when) in self._known.items()}

    def look(self, path: str, asked: str = "") -> str | None:
        """Return the answer to a question; None if nothing is there.

        Parameters
        ----------
        path : str
            Absolute.
        asked : str, optional
            Nothing for the content; else one of those that keys end with.

        Returns
        -------
        str or None
            ``"sha256:HEX"`` for a content or listing; ``"file"``, ``"folder"`` or ``"special"``.
        """
        when = time.time_ns()
        try:
            if asked == "?link" and stat.S_ISLNK(_lstat(path).st_mode):
                return f"link {_readlink(path)}"
            found = _stat(path)
            if asked in FIELDS:
                return str(FIELDS[asked](found))
            if stat.S_ISDIR(found.st_mode):
                return _listing(path) if asked == "/" else "folder"
            if not stat.S_ISREG(found.st_mode):
                return "special"
            if asked:
                return "file"
            return self._content(path, found, when)
        except (OSError, ValueError):
            return None

    def _content(self, path: str, found: os.stat_result, when: int) -> str:
        signature = _signature(found)
        known = self._known.get(path)
        if known is not None and known[0] == signature:
            is_old = known[2] - found.st_ctime_ns > _MARGIN_NS
            if is_old and self._stands(path, found.st_dev):
                return known[1]
        digest = self._digest(path)
        if sign_path(path) == signature:
            self._known[path] = (signature, digest, when)
        return digest

    def _digest(self, path: str) -> str:
        return f"sha256:{_hash(path)}"

    def _stands(self, path: str, device: int) -> bool:
        """Return whether the file system's word is that of this machine's kernel."""
        if device not in self._is_local:
            if self._mounts is None:
                self._mounts = _read_mounts()
            full = os.path.realpath(path)
            fitting = [m for m in self._mounts if full.startswith(m[0].rstrip("/") + "/")]
            kind = max(fitting, key=lambda mount: len(mount[0]), default=("", ""))[1]
            self._is_local[device] = kind in _LOCAL
        return self._is_local[device]


def sign_path(path: str) -> Signature | None:
    """Return what tells without reading whether a file is still the same; None if it is gone."""
    try:
        return _signature(_stat(path))
    except (OSError, ValueError):
        return None


def is_settled(signature: Signature | None) -> bool:
    """Return whether a change made from now on would show in a signature taken before."""
    return signature is None or time.time_ns() - signature[3] > _MARGIN_NS


def split_key(key: str) -> tuple[str, str]:
    """Return the path in a key and what was asked of it.

    Examples
    --------
    >>> split_key("data/"), split_key("data.csv?"), split_key("data.csv"), split_key("a?time")
    (('data', '/'), ('data.csv', '?'), ('data.csv', ''), ('a', '?time'))
    """
    asked = next((one for one in _ASKED if key.endswith(one) and len(key) > len(one)), "")
    return (key[: -len(asked)], asked) if asked else (key, "")


def _signature(found: os.stat_result) -> Signature:
    return (found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns)


def _hash(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - no import of pathlib's cost
        while True:
            chunk = file.read(_CHUNK)
            if not chunk:
                return digest.hexdigest()
            digest.update(chunk)


def _listing(path: str) -> str:
    with _scandir(path) as entries:
        found = [e.name + "/" * _is_folder(e) for e in entries if e.name not in _UNLISTED]
    names = "\0".join(sorted(found))
    return "sha256:" + hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads nowhere
        return False


def _read_mounts() -> list[tuple[str, str]]:
    """Return mount points with their file systems; none where the system does not list them."""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            rows = [line.split() for line in file]
    except OSError:
        return []
    return [(row[1].replace("\\040", " "), row[2]) for row in rows if len(row) > 2]
