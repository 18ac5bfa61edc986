"""What does a call that touches a path ask of it, or do to it?

How a file is opened, whether a folder is made whether or not it is there, what code that has a stat
looks at, which path is meant where a folder is given as a descriptor, and who asks only to show.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

_WRITING = "wax+"
# Read sources to show lines of them, and list the search path for distributions.
SHOWING_CODE = frozenset({
    "linecache", "tokenize", "inspect", "IPython.core.ultratb", "importlib.metadata",
    "importlib_metadata", "pkgutil", "pkg_resources", "IPython.core.completerlib",
})  # fmt: skip
MAKING_MODULES = frozenset({"os", "pathlib", "pathlib._abc", "pathlib._local", "genericpath"})
# What code names when it asks for a question of `FIELDS`.
_FIELD_NAMES = {
    "st_mtime": "?time", "st_mtime_ns": "?time", "st_ctime": "?changed", "st_ctime_ns": "?changed",
    "st_atime": "?used", "st_atime_ns": "?used", "st_birthtime": "?changed", "st_mode": "?mode",
    "st_uid": "?owner", "st_gid": "?owner", "st_ino": "?inode", "st_dev": "?inode",
    "st_nlink": "?inode", "st_size": "", "filemode": "?mode", "S_IMODE": "?mode",
}  # fmt: skip


def ways_of_opening(mode: Any, flags: Any) -> tuple[str, bool]:
    """Return how opening so depends on what is there, and whether it may write.

    ``""`` not at all, ``"?"`` on whether something is there, ``"content"``.
    """
    if isinstance(mode, str):
        writes = any(letter in mode for letter in _WRITING)
        if "x" in mode:
            return "?", True
        return ("content" if "r" in mode or "a" in mode or not writes else ""), writes
    if not isinstance(flags, int):
        return "content", False
    access = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
    if access == os.O_RDONLY:
        return "content", False
    if flags & os.O_EXCL:
        return "?", True
    return ("" if flags & os.O_TRUNC else "content"), True


def makes_anyway(frame: Any) -> bool:
    """Return whether a folder is made by a function that is content if it is there."""
    for _ in range(4):
        if frame is None or frame.f_globals.get("__name__") not in MAKING_MODULES:
            return False
        if frame.f_code.co_name in ("makedirs", "mkdir") and frame.f_locals.get("exist_ok"):
            return True
        frame = frame.f_back
    return False


def questions_of_stat(code: Any) -> tuple[str, ...]:
    """Return what code asks that calls `stat`: what it names, or else all but the rare things."""
    names = names_in(code)
    found = dict.fromkeys(_FIELD_NAMES[name] for name in sorted(names & _FIELD_NAMES.keys()))
    return tuple(found) or ("", "?time", "?mode")


@lru_cache(maxsize=1024)
def names_in(code: Any) -> frozenset[str]:
    """Return the names that code looks up, and the code right inside it."""
    inner = (one for one in code.co_consts if hasattr(one, "co_names"))
    return frozenset(code.co_names).union(*map(names_in, inner))


def path_in(path: Any, folder: Any) -> Any:
    """Return a path that may be relative to an open folder, or be an open folder itself."""
    if isinstance(path, int):
        return _path_of(path)
    if not isinstance(folder, int) or folder < 0:
        return path
    base = _path_of(folder)
    return None if base is None else os.path.join(base, os.fsdecode(path))  # noqa: PTH118


def _path_of(descriptor: int) -> str | None:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
    except OSError:
        return None
