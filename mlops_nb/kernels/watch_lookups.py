"""Who looks whether a file is there? `os.stat` and its like make no audit event: they are wrapped.

`os.path.exists`, `pathlib` and libraries written in Python ask through these. Importing does not:
it has the system's functions of its own. Whether only existence was asked is told by who calls, and
times and modes are asked by code of the notebook that names them: libraries that open a file look
at them too, and another checkout has other ones.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import linecache
import os
import pathlib
import sys
from collections.abc import Callable
from typing import Any

from .watch_copies import is_replaced_anyway
from .watch_file_calls import (
    MAKING_MODULES,
    SHOWING_CODE,
    makes_anyway,
    path_in,
    questions_of_stat,
)
from .watch_files import FileWatch
from .watch_hook import EventHook
from .watch_wrapping import wrap_function

_ASKS_EXISTENCE = frozenset({
    "exists", "lexists", "isfile", "isdir", "islink", "ismount", "is_file", "is_dir", "is_symlink",
    "is_mount", "realpath", "resolve", "_joinrealpath", "mkdir", "makedirs", "_lexists",
})  # fmt: skip
_ASKS_ONE = {
    "getmtime": "?time", "getctime": "?changed", "getatime": "?used", "owner": "?owner",
    "group": "?owner",
}  # fmt: skip
_ASKING_MODULES = MAKING_MODULES | {"posixpath", "ntpath", "glob"}
# What IPython does for itself. `%autoreload` looks before each cell at the file of every module; of
# what it then loads the modules are told.
_OWN_BUSINESS = SHOWING_CODE | {
    "IPython.core.display",
    "IPython.extensions.autoreload",
    "IPython.extensions.deduperreload.deduperreload",
}
_PASSED = frozenset({"stat", "lstat"})
# Libraries that call functions which the notebook hands to them.
_CALLING = frozenset({"pandas", "numpy", "polars", "joblib", "concurrent", "dask", "functools"})


def wrap_lookups(watch: FileWatch, hook: EventHook) -> Callable[[], None]:
    """Make `os.stat` and its like, and `os.open`, tell `watch`; return the undoing."""
    names = ("stat", "lstat", "access", "readlink", "fstat")
    originals: dict[str, Any] = {name: getattr(os, name) for name in (*names, "open")}
    asked: set[Any] = set()
    hook.when_on(asked.clear)

    def wrap(name: str, original: Any) -> Any:
        def lookup(path: Any, *arguments: Any, **options: Any) -> Any:
            if (type(path) is int) is (name == "fstat") and hook.is_heard():
                is_of_link = name == "stat" and options.get("follow_symlinks") is False
                questions = _questions("lstat" if is_of_link else name, arguments, watch)
                folder = options.get("dir_fd")
                is_plain = type(path) is str and folder is None
                if is_plain:
                    questions = tuple(q for q in questions if (path, q) not in asked)
                if questions:
                    with hook.deaf():
                        if is_replaced_anyway(sys._getframe(1), path):
                            questions = ()
                        if is_plain:
                            asked.update((path, question) for question in questions)
                        whole = path_in(path, folder)
                        for question in questions if whole is not None else ():
                            watch.read(whole, question)
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
        setattr(os, name, wrap(name, originals[name]))
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


def wrap_lines(watch: FileWatch, hook: EventHook) -> Callable[[], None]:
    """Hear of lines of local modules that are shown, as tracebacks and warnings do; return the
    undoing. A module's digest knows nothing of its comments and lines."""

    def around(original: Callable[..., Any], *given: Any, **options: Any) -> Any:
        file = given[0] if given else options.get("filename")
        if isinstance(file, str) and file.endswith(".py") and hook.is_heard():
            with hook.deaf():
                watch.read(file)
        return original(*given, **options)

    return wrap_function(linecache, "getlines", around)


def _questions(name: str, arguments: tuple[Any, ...], watch: FileWatch) -> tuple[str, ...]:
    """Return what the caller of a function of `os` wants to know; nothing if that is none of the
    notebook's. IPython looks whether the text of an object that is displayed is a file's name."""
    frame: Any = sys._getframe(2)
    for asker in (frame, frame.f_back):
        if asker is not None and asker.f_globals.get("__name__") in _OWN_BUSINESS:
            return ()
    is_there: tuple[str, ...] = ("?link",) if name in ("lstat", "readlink") else ("?",)
    called = ""
    for _ in range(4):
        if frame is None or frame.f_globals.get("__name__") not in _ASKING_MODULES:
            break
        called = frame.f_code.co_name
        if called in _ASKS_EXISTENCE:
            return () if makes_anyway(frame) else is_there
        if called not in _PASSED:
            break
        frame = frame.f_back
    if called == "samefile":
        return ("?", "?link")
    if called in _ASKS_ONE:
        return (_ASKS_ONE[called],) if _is_wanted(frame.f_back, watch) else ("",)
    if name == "access":
        is_mode = bool(arguments and arguments[0]) and _is_wanted(frame, watch)
        return ("?", "?mode") if is_mode else ("?",)
    if name == "readlink" or not _is_wanted(frame, watch):
        return is_there if name != "stat" else ("",)
    fields = questions_of_stat(frame.f_code)
    return (*is_there, *fields) if name == "lstat" else fields


def _is_wanted(frame: Any, watch: FileWatch) -> bool:
    """Return whether the notebook's code asks, or a library on its behalf."""
    if frame is None:
        return False
    top = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return top in _CALLING or watch.is_of_user(frame)


def _pass_for(wrapper: Any, original: Any) -> Any:
    wrapper.__name__ = wrapper.__qualname__ = original.__name__
    wrapper.__module__ = "os"
    wrapper.__doc__ = original.__doc__
    wrapper.__wrapped__ = original
    return wrapper
