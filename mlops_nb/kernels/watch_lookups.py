"""Who looks whether a file is there? `os.stat` and its like make no audit event: they are wrapped.

`os.path.exists`, `pathlib` and libraries written in Python ask through these. Importing does not:
it has the system's functions of its own. Whether only existence was asked is told by who calls.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Callable
from typing import Any

from .watch_files import SHOWING_CODE, FileWatch, path_in
from .watch_hook import EventHook

_ASKS_EXISTENCE = frozenset({
    "exists", "lexists", "isfile", "isdir", "islink", "ismount", "is_file", "is_dir", "is_symlink",
    "is_mount", "realpath", "resolve", "_joinrealpath", "mkdir", "makedirs", "samefile", "_lexists",
})  # fmt: skip
_ASKING_MODULES = frozenset({
    "genericpath", "posixpath", "ntpath", "os", "pathlib", "pathlib._abc", "pathlib._local", "glob",
})  # fmt: skip
_OWN_BUSINESS = SHOWING_CODE | {"IPython.core.display"}
_PASSED = frozenset({"stat", "lstat"})


def wrap_lookups(watch: FileWatch, hook: EventHook) -> Callable[[], None]:
    """Make `os.stat`, `os.lstat`, `os.access` and `os.open` tell `watch`; return the undoing."""
    names = ("stat", "lstat", "access", "readlink")
    originals: dict[str, Any] = {name: getattr(os, name) for name in (*names, "open")}
    asked: set[Any] = set()
    hook.when_on(asked.clear)

    def wrap(original: Any) -> Any:
        def lookup(path: Any, *arguments: Any, **options: Any) -> Any:
            is_known = type(path) is str and (path, "") in asked
            if is_known or type(path) is int:
                return original(path, *arguments, **options)
            if hook.is_heard():
                question = "?" if original is not originals["stat"] else _question()
                if question is None:
                    return original(path, *arguments, **options)
                folder = options.get("dir_fd")
                known = (path, question) if type(path) is str and folder is None else None
                if known is None or known not in asked:
                    with hook.deaf():
                        watch.read(path_in(path, folder), question)
                    if known is not None:
                        asked.add(known)
            return original(path, *arguments, **options)

        return _pass_for(lookup, original)

    def open_in(path: Any, flags: int, mode: int = 0o777, *, dir_fd: Any = None) -> Any:
        if dir_fd is None or not hook.is_heard():
            return originals["open"](path, flags, mode, dir_fd=dir_fd)
        # The audit event says nothing of the folder: it would be a file of another name.
        with hook.deaf():
            watch.opened_in(path, flags, dir_fd)
            return originals["open"](path, flags, mode, dir_fd=dir_fd)

    for name in names:
        setattr(os, name, wrap(originals[name]))
    os.open = _pass_for(open_in, originals["open"])
    accessor: Any = getattr(pathlib, "_NormalAccessor", None)  # until Python 3.10
    kept = {n: vars(accessor)[n] for n in ("stat", "lstat") if n in vars(accessor or object)}
    for name in kept:
        setattr(accessor, name, staticmethod(getattr(os, name)))

    def undo() -> None:
        for name, original in originals.items():
            setattr(os, name, original)
        for name, original in kept.items():
            setattr(accessor, name, original)

    return undo


def _question() -> str | None:
    """Return what the caller of `os.stat` wants to know; None if that is none of the notebook's.

    IPython looks whether the text of an object that is displayed is the name of a file.
    """
    frame: Any = sys._getframe(2)
    for asker in (frame, frame.f_back):
        if asker is not None and asker.f_globals.get("__name__") in _OWN_BUSINESS:
            return None
    for _ in range(3):
        if frame is None or frame.f_globals.get("__name__") not in _ASKING_MODULES:
            return ""
        name = frame.f_code.co_name
        if name in _ASKS_EXISTENCE:
            return "?"
        if name not in _PASSED:
            return ""
        frame = frame.f_back
    return ""


def _pass_for(wrapper: Any, original: Any) -> Any:
    wrapper.__name__ = wrapper.__qualname__ = original.__name__
    wrapper.__module__ = "os"
    wrapper.__doc__ = original.__doc__
    wrapper.__wrapped__ = original
    return wrapper
