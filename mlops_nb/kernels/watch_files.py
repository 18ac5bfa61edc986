"""Which files did a cell read, look for and write, and what was in them?

What Python opens is heard by the audit hook; looking whether a file is there makes no event, so
`os.stat` and its like are wrapped. A file that is not there is a dependency as well, and so is what
a folder lists. A file that is read and then written in one cell is digested before it is written.

What a library opens in native code is named by `read` and `wrote`, which wrappers of its functions
call. A program that the cell starts is not seen here: that a program was started is.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from typing import Any

from .watch_hook import EventHook
from .watch_paths import PathRules

_CHUNK = 1 << 20
_WRITING = "wax+"
# The system's own, since ours ask it while the wrapped ones are in place.
_stat = os.stat

Signature = tuple[int, ...]


class FileWatch:
    """The files that cells of one process use.

    Parameters
    ----------
    rules : PathRules
    """

    def __init__(self, rules: PathRules) -> None:
        self._rules = rules
        self.hook: EventHook | None = None
        self._read: dict[str, Signature | None] = {}
        self._digests: dict[str, str | None] = {}
        self._written: set[str] = set()

    def listeners(self) -> dict[str, Callable[[str, tuple[Any, ...]], None]]:
        """Return who is to be told of which audit event."""
        one = {"os.remove": self._change, "os.rmdir": self._change, "os.mkdir": self._change}
        one |= {"os.truncate": self._change, "os.chmod": self._change, "os.utime": self._change}
        two = {"os.rename": self._move, "os.link": self._copy, "os.symlink": self._copy}
        return {
            **one,
            **two,
            "open": self._open,
            "os.listdir": self._list,
            "os.scandir": self._list,
            "sqlite3.connect": self._database,
        }

    def start(self) -> None:
        """Forget the cell before."""
        self._read, self._digests, self._written = {}, {}, set()

    def stop(self) -> dict[str, Any]:
        """Return what the cell did: digests by key before and after, and files changed meanwhile.

        Returns
        -------
        dict
            ``reads`` and ``writes``: key to digest, None where nothing is there; ``unsteady``: keys
            of files that somebody else changed while the cell used them.
        """
        unsteady = []
        for key, signature in self._read.items():
            if key in self._digests:
                continue
            if key not in self._written and self._sign(key) != signature:
                unsteady.append(key)
            self._digests[key] = digest_path(self._rules.path(_file_of(key)), lists=_lists(key))
        writes = {}
        for key in sorted(self._written):
            digest = digest_path(self._rules.path(key))
            if digest is not None or self._read.get(key) is not None:
                writes[key] = digest  # what was made and removed again is nothing
        return {"reads": dict(self._digests), "writes": writes, "unsteady": unsteady}

    def read(self, path: Any) -> None:
        """Note that a file is read, or looked for; call it before."""
        key = self._rules.key(path)
        if key is not None and key not in self._written and key not in self._read:
            self._read[key] = self._sign(key)

    def wrote(self, path: Any) -> None:
        """Note that a file is about to be written, removed or replaced; call it before."""
        key = self._rules.key(path)
        if key is None or key in self._written:
            return
        if key in self._read and key not in self._digests:
            self._digests[key] = digest_path(self._rules.path(key))
        self._written.add(key)

    # What the hook hears ------------------------------------------------------------------------

    def _open(self, _event: str, arguments: tuple[Any, ...]) -> None:
        path, mode, flags = arguments[0], arguments[1], arguments[2]
        if isinstance(path, int):
            return
        reads, writes = _ways(mode, flags)
        if reads:
            self.read(path)
        if writes:
            self.wrote(path)

    def _change(self, _event: str, arguments: tuple[Any, ...]) -> None:
        if not isinstance(arguments[0], int):
            self.wrote(arguments[0])

    def _move(self, _event: str, arguments: tuple[Any, ...]) -> None:
        self.read(arguments[0])
        self.wrote(arguments[0])
        self.wrote(arguments[1])

    def _copy(self, _event: str, arguments: tuple[Any, ...]) -> None:
        self.read(arguments[0])
        self.wrote(arguments[1])

    def _list(self, _event: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0] if arguments and arguments[0] is not None else "."
        if isinstance(path, int):
            return
        key = self._rules.key(path)
        if key is not None and f"{key}/" not in self._read:
            self._read[f"{key}/"] = self._sign(key)

    def _database(self, _event: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        if not isinstance(path, (str, bytes)) or os.fsdecode(path) in ("", ":memory:"):
            return
        text = os.fsdecode(path)
        if text.startswith("file:"):
            text = text[5:].partition("?")[0]
        self.read(text)
        self.wrote(text)

    # --------------------------------------------------------------------------------------------

    def _sign(self, key: str) -> Signature | None:
        return sign_path(self._rules.path(_file_of(key)))


def wrap_lookups(watch: FileWatch, hook: EventHook) -> Callable[[], None]:
    """Make `os.stat`, `os.lstat` and `os.access` tell `watch`; return what undoes it.

    `os.path.exists`, `pathlib` and libraries written in Python ask through these. Importing does
    not: it has the system's functions of its own.
    """
    originals = {name: getattr(os, name) for name in ("stat", "lstat", "access")}

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def lookup(path: Any, *arguments: Any, **options: Any) -> Any:
            if hook.is_heard() and not isinstance(path, int):
                watch.read(path)
            return original(path, *arguments, **options)

        lookup.__name__ = lookup.__qualname__ = original.__name__
        lookup.__doc__ = original.__doc__
        lookup.__wrapped__ = original  # type: ignore[attr-defined]
        return lookup

    for name, original in originals.items():
        setattr(os, name, wrap(original))

    def undo() -> None:
        for name, original in originals.items():
            setattr(os, name, original)

    return undo


def sign_path(path: str) -> Signature | None:
    """Return what tells without reading whether a file is still the same; None if it is gone."""
    try:
        found = _stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns)


def digest_path(path: str, *, lists: bool = False) -> str | None:
    """Return the digest of a file's content, or of a folder's listing; None if nothing is there.

    Parameters
    ----------
    path : str
    lists : bool, default=False
        Whether a folder was listed; else only that it is one counts.

    Returns
    -------
    str or None
        ``"sha256:HEX"``, ``"folder"``, or ``"special"`` for what is neither file nor folder.
    """
    try:
        mode = _stat(path).st_mode
        if stat.S_ISDIR(mode):
            if not lists:
                return "folder"
            names = "\0".join(sorted(os.listdir(path)))  # noqa: PTH208
            return "sha256:" + hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()
        if not stat.S_ISREG(mode):
            return "special"
        digest = hashlib.sha256()
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except (OSError, ValueError):
        return None
    return f"sha256:{digest.hexdigest()}"


def _ways(mode: Any, flags: Any) -> tuple[bool, bool]:
    """Return whether opening so reads what is there, and whether it may write."""
    if isinstance(mode, str):
        writes = any(letter in mode for letter in _WRITING)
        reads = "r" in mode or "a" in mode or not writes
        return reads, writes
    access = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR) if isinstance(flags, int) else 0
    if access == os.O_RDONLY:
        return True, False
    return not flags & os.O_TRUNC, True


def _file_of(key: str) -> str:
    return key[:-1] if _lists(key) else key


def _lists(key: str) -> bool:
    return key.endswith("/")
