"""Which files did a cell read, look for and write, and what was in them?

What Python opens is heard by the audit hook; looking whether a file is there makes no event, so
that `watch_lookups` wraps it. A file that is not there is a dependency as well, and so is what a
folder lists. What was read and is then written in one cell is digested before it is written.

What a library opens in native code is named by `read` and `wrote`, which wrappers of its functions
call. A program that the cell starts is not seen here: that a program was started is.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from .watch_asker import Origins
from .watch_digests import (
    FIELDS,
    Digests,
    Signature,
    is_settled,
    listdir,
    sign_path,
    split_key,
)
from .watch_file_calls import (
    MAKING_MODULES,
    SHOWING_CODE,
    makes_anyway,
    names_in,
    path_in,
    questions_of_stat,
    ways_of_opening,
)
from .watch_left_open import LeftOpen, is_same_file
from .watch_paths import PathRules
from .watch_seen import Seen
from .watch_wrapping import is_disguised

# Read what they are told to: who calls them asks.
READING = frozenset({
    "pandas", "numpy", "polars", "pyarrow", "joblib", "pathlib", "shutil", "gzip", "bz2", "lzma",
    "zipfile", "tarfile", "codecs", "fileinput", "glob", "fnmatch", "os", "posixpath",
    "genericpath", "h5py", "scipy", "PIL", "imageio", "openpyxl", "configparser", "sqlite3",
    "contextlib", "io", "_pyio", "fsspec", "duckdb", "xarray", "skimage", "cv2",
})  # fmt: skip
_HEARING = frozenset({"watch_files", "watch_hook"})

Listener = Callable[[str, "tuple[Any, ...]"], None]


class FileWatch:
    """The files that cells of one process use.

    Parameters
    ----------
    rules : PathRules
    digests : Digests
    origins : Origins
    """

    def __init__(self, rules: PathRules, digests: Digests, origins: Origins) -> None:
        self._rules = rules
        self._known = digests
        self._origins = origins
        self._read: dict[str, Signature | None] = {}
        self._digests: dict[str, str | None] = {}
        self._written: dict[str, Signature | None] = {}
        self._left_open = LeftOpen(rules, digests)
        self._made: set[str] = set()
        # Folders that are there after the cell whether or not they were before.
        self._ensured: set[str | None] = set()
        # What a cell did that the store does not bring back.
        self._unkept: dict[str, None] = {}
        # Told of the source of a module that is loaded, and not by an import.
        self.when_loaded: Callable[[str], None] = lambda path: None
        # Told of each file that is about to be written; each by a key of its own.
        self.before_writing: dict[object, Callable[[str], None]] = {}

    def listeners(self) -> dict[str, Listener]:
        """Return who is to be told of which audit event."""
        return {
            "open": self._open,
            "os.listdir": self._list,
            "os.scandir": self._list,
            "os.getxattr": lambda _, given: self.read(given[0], "?changed"),
            "os.listxattr": lambda _, given: self.read(given[0], "?changed"),
            "sqlite3.connect": self._database,
            "ctypes.dlopen": self._load_library,
            "os.remove": lambda _, given: self._change(given[0], given[1]),
            "os.rmdir": lambda _, given: self._change(given[0], given[1]),
            "os.mkdir": self._make_folder,
            "os.truncate": lambda _, given: self._change(given[0], -1, reads=True),
            "os.chmod": lambda _, given: self._set("mode", given[0], given[2]),
            "os.utime": lambda _, given: self._set("times", given[0], given[3]),
            "os.rename": self._move,
            "os.link": self._link,
            "os.symlink": self._link_to,
        }

    def stop(self, seen: Seen) -> None:
        """Tell what the cell did, and which files somebody else changed while it used them."""
        for key, earlier in self._left_open.changed(but=frozenset(self._written)):
            self._written[key] = earlier.signature
            if is_same_file(earlier.signature, self._sign(key)):  # not one put in its place
                self._read[key], self._digests[key] = earlier
                seen.write_on(self._rules.path(key))
        for key, signature in self._read.items():
            if key not in self._digests:
                path, asked = split_key(key)
                if not asked and key not in self._written and self._sign(key) != signature:
                    told = f"read '{key}', which somebody else changed meanwhile"
                    seen.block("file", told, "Run the cell again when nobody writes to it.")
                if asked == "?time" and path in self._made:
                    told = f"asked when '{path}' was written, which this run did"
                    seen.block("time", told, "Restore it with --cache.")
                is_absent = asked == "?" and signature is None
                found = None if is_absent else self._known.look(self._rules.path(path), asked)
                self._digests[key] = found
            seen.read(f"file:{key}", self._digests[key])
        for key in sorted(self._written):
            self._tell_written(key, seen)
            self._made.add(key)
        self._left_open.note(self._written)
        self._read, self._digests, self._written = {}, {}, {}
        self._ensured = set()
        for told in self._unkept:
            seen.block("attributes", told, "Restore it with --cache.")
        self._unkept = {}

    def look(self, key: str) -> str | None:
        """Return the digest of a file as it is now."""
        path, asked = split_key(key)
        return self._known.look(self._rules.path(path), asked)

    def read(self, path: Any, asked: str = "") -> None:
        """Note that a file is read or looked for; call it before.

        Parameters
        ----------
        path : path-like
        asked : str, optional
            As `Digests.look` has it.
        """
        key = self._rules.key(path)
        is_above = asked in ("?", "?link") and key is not None and self._rules.is_around(key)
        if key is None or is_above or self._is_personal(key):  # resolving a path asks what is above
            return
        if key in self._written:
            if asked in FIELDS:
                self._made.add(key)
                self._read[key + asked] = None
            return
        whole = key + asked
        if whole not in self._read and not (asked == "?" and key in self._read):
            self._read[whole] = self._sign(key)
            if asked in FIELDS:
                self._digests[whole] = self.look(whole)

    def wrote(self, path: Any) -> None:
        """Note that a file is about to be written, removed or replaced; call it before."""
        key = self._rules.key(path)
        if key is None or key in self._written or self._is_personal(key):
            return
        folder = f"{key.rpartition('/')[0] or '.'}/"
        for asked in (key, f"{key}?", f"{key}?link", folder):
            if asked in self._read and asked not in self._digests:
                self._digests[asked] = self.look(asked)
        self._written[key] = self._sign(key)
        for tell in list(self.before_writing.values()):
            tell(self._rules.path(key))

    def is_written(self, path: Any) -> bool:
        """Return whether the cell was heard writing a file."""
        return self._rules.key(path) in self._written

    def listed(self) -> list[str]:
        """Return the folders that the cell has listed so far."""
        return [self._rules.path(key) for key in self._read if key.endswith("/")]

    def is_of_user(self, frame: Any) -> bool:
        """Return whether a frame is the notebook's or a local module's."""
        return self._origins.is_of_user(frame)

    def opened_in(self, path: Any, flags: int, folder: int) -> None:
        """Note that a file of an open folder is about to be opened."""
        full = path_in(path, folder)
        if full is not None:
            self._open("open", (full, None, flags))

    # What the hook hears ------------------------------------------------------------------------

    def _open(self, _event: str, arguments: tuple[Any, ...]) -> None:
        path, mode, flags = arguments[0], arguments[1], arguments[2]
        if isinstance(path, int):
            return
        if str(path).endswith((".py", ".so", ".pyc")) and self._is_shown_or_imported():
            self.when_loaded(str(path))
            return
        if str(path).startswith(("/proc/", "/sys/")) and self._is_asked_directly():
            self._unkept[f"read '{path}', which the system makes up"] = None
        reads, writes = ways_of_opening(mode, flags)
        if reads:
            self.read(path, "?" if reads == "?" else "")
        if writes:
            self.wrote(path)

    def _change(self, path: Any, folder: Any, *, reads: bool = False) -> None:
        full = path_in(path, folder)
        if full is None:
            return
        self.read(full, "" if reads else "?")
        self.wrote(full)

    def _set(self, what: str, path: Any, folder: Any) -> None:
        """Hear of times and modes being set: the store brings back what the notebook's own code
        makes of files, but not these."""
        if self._is_asked_directly():
            full = path_in(path, folder)
            key = None if full is None else self._rules.key(full)
            if key is not None:
                self._unkept[f"set the {what} of '{key}'"] = None
        self._change(path, folder, reads=True)

    def _link_to(self, _event: str, given: tuple[Any, ...]) -> None:
        full = path_in(given[1], given[2])
        key = None if full is None else self._rules.key(full)
        if key is not None and self._is_asked_directly():
            self._unkept[f"made the link '{key}'"] = None
        self._change(given[1], given[2])

    def _is_asked_directly(self) -> bool:
        """Return whether notebook code stands behind a function of `os`, or of a path."""
        frame: Any = sys._getframe(1)
        while frame is not None:
            name = str(frame.f_globals.get("__name__"))
            if name not in MAKING_MODULES and name.rpartition(".")[2] not in _HEARING:
                break
            if frame.f_code.co_name == "touch":
                return False
            frame = frame.f_back
        return frame is not None and self._origins.is_of_user(frame)

    def _make_folder(self, _event: str, given: tuple[Any, ...]) -> None:
        full = path_in(given[0], given[2])
        if full is None:
            return
        if not makes_anyway(sys._getframe(2)):
            self.read(full, "?")
        else:
            self._ensured.add(self._rules.key(full))
        self.wrote(full)

    def _move(self, _event: str, given: tuple[Any, ...]) -> None:
        source, target = path_in(given[0], given[2]), path_in(given[1], given[3])
        if source is not None:
            self.read(source)
            self.wrote(source)
        if target is not None:
            self.wrote(target)

    def _link(self, _event: str, given: tuple[Any, ...]) -> None:
        source, target = path_in(given[0], given[2]), path_in(given[1], given[3])
        if source is not None and target is not None:
            self.read(source)
            self._change(target, -1)

    def _list(self, event: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0] if arguments and arguments[0] is not None else "."
        full = path_in(path, -1)
        if full is None or self._is_shown_or_imported():
            return
        self.read(full, "/")
        caller = sys._getframe(2).f_code.co_filename
        if (
            event == "os.scandir"
            and not caller.startswith("<frozen")
            and not self._origins.is_asked_by_library()
        ):
            # Whoever has the entries can ask them for sizes, and nobody hears of it.
            code = sys._getframe(2).f_code
            asked = questions_of_stat(code) if "stat" in names_in(code) else ()
            self._read_entries(full, {"", *asked})

    def _read_entries(self, folder: Any, asked: Iterable[str]) -> None:
        for name in listdir(folder):
            for one in asked:
                self.read(os.path.join(os.fsdecode(folder), os.fsdecode(name)), one)  # noqa: PTH118

    def _load_library(self, _event: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        if isinstance(path, (str, bytes, os.PathLike)) and os.sep in os.fsdecode(path):
            self.read(path)

    def _database(self, _event: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        if not isinstance(path, (str, bytes, os.PathLike)) or os.fsdecode(path) in ("", ":memory:"):
            return
        text = os.fsdecode(path)
        if text.startswith("file:"):
            text = text[5:].partition("?")[0]
        # What was committed may stand beside the file still.
        for name in (text, f"{text}-wal"):
            self.read(name)
            self.wrote(name)

    def _tell_written(self, key: str, seen: Seen) -> None:
        path, before = self._rules.path(key), self._written[key]
        after = sign_path(path)
        digest = self._known.look(path)
        is_same = before == after and key not in self._ensured
        if is_same and (is_settled(before) or self._digests.get(key, "?") == digest):
            return  # opened so that it could be written, and was not; or made and removed again
        seen.write(f"file:{key}", digest, {"path": path})

    def _is_shown_or_imported(self) -> bool:
        """Return whether Python looks for modules, or somebody for lines of source to show."""
        frame: Any = sys._getframe(3)
        code = frame.f_code
        if code.co_filename.startswith("<frozen importlib") and not is_disguised(code):
            return True
        for _ in range(3):
            if frame is None:
                return False
            if frame.f_code.co_name == "_iter_file_finder_modules":  # what modules a folder has
                while frame is not None and frame.f_globals.get("__name__") == "pkgutil":
                    frame = frame.f_back
                return frame is None or not self._origins.is_of_user(frame)
            if frame.f_globals.get("__name__") in SHOWING_CODE:
                return True
            frame = frame.f_back
        return False

    def _is_personal(self, key: str) -> bool:
        """Return whether a library looks at somebody's own settings, for its own ends."""
        if not self._rules.is_personal(key):
            return False
        for module, _, is_library in self._origins.stack(2):
            if not is_library or module.partition(".")[0] not in READING:
                return is_library
        return False

    def _sign(self, key: str) -> Signature | None:
        return sign_path(self._rules.path(split_key(key)[0]))
