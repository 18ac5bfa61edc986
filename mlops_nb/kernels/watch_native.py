"""Which files does a library open in native code? Those whose paths its functions were given.

`watch_readers` says which functions; here their arguments are read: paths, lists of paths, folders
with all that is in them, patterns, URLs (which are the network), and paths in SQL.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from .watch_files import FileWatch
from .watch_hook import EventHook
from .watch_imports import ImportHook
from .watch_outside import OutsideWatch
from .watch_readers import READERS
from .watch_wrapping import Undo, call_from_user, wrap_function

_MAX_FILES = 10_000
_MAX_LENGTH = 4096
_URL = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_QUOTED = re.compile(r"'((?:[^']|'')+)'")
_NAMED = re.compile(r'"([^"\n]+)"|([\w-]+(?:\.\w+)+)')
_SCANNED = re.compile(r"SCAN \[([^\]]*)\]")
_DATASETS = "pyarrow._dataset"
_REMEDY = "Name them with --deps."


class NativeWatch:
    """The files that libraries of one process open in native code.

    Parameters
    ----------
    files : FileWatch
    outside : OutsideWatch
    hook : EventHook
    """

    def __init__(self, files: FileWatch, outside: OutsideWatch, hook: EventHook) -> None:
        self._files = files
        self._outside = outside
        self._hook = hook
        self._undo: list[Undo] = []

    def install(self, imports: ImportHook) -> None:
        """Wrap the functions of each library once it is loaded."""
        for module, ways in READERS.items():
            imports.when_loaded(module, partial(self._wrap_module, ways))

    def close(self) -> None:
        """Take away all wrappers."""
        for undo in reversed(self._undo):
            undo()

    def note_lazy(self, values: Iterable[Any]) -> None:
        """Note what files are read by whoever asks one of these values: a dataset of pyarrow opens
        its files each time, and its class is native code that takes no wrapper."""
        for value in values:
            if type(value).__module__ == _DATASETS and hasattr(value, "files"):
                for path in value.files:
                    self._files.read(path)

    def _wrap_module(self, ways: dict[str, tuple[str, ...]], module: Any) -> None:
        for way, names in ways.items():
            for name in names:
                owner, _, method = name.rpartition(".")
                place = getattr(module, owner, None) if owner else module
                if place is not None and method in vars(place):
                    looks_up = module.__name__ if way == "sql" else ""
                    self._wrap(place, method, self._tellers()[way], looks_up=looks_up)

    def _wrap(self, place: Any, name: str, tell: Callable[..., None], *, looks_up: str) -> None:
        """Wrap a function; `looks_up` names its library if it asks for names of its caller."""
        original = vars(place)[name]
        if getattr(original, "_mlops_nb_wraps", False) or not callable(original):
            return

        def around(call: Callable[..., Any], *given: Any, **options: Any) -> Any:
            if self._hook.is_heard():
                with self._hook.deaf():
                    tell(given, options)
            if looks_up:
                return call_from_user(partial(call, *given, **options), looks_up)
            return call(*given, **options)

        try:
            self._undo.append(wrap_function(place, name, around))
            wrapper = vars(place)[name]
            wrapper._mlops_nb_wraps = True
        except (AttributeError, TypeError):  # a class of native code that takes no attributes
            return
        wrapper.__module__ = getattr(original, "__module__", None) or wrapper.__module__
        wrapper.__qualname__ = getattr(original, "__qualname__", name)

    def _tellers(self) -> dict[str, Callable[..., None]]:
        return {
            "read": self._tell_read,
            "write": self._tell_written,
            "both": self._tell_both,
            "database": self._tell_database,
            "sql": self._tell_sql,
            "lazy": self._tell_lazy,
            "held": self._tell_held,
        }

    def _tell_read(self, given: tuple[Any, ...], options: dict[str, Any]) -> None:
        for path in _paths(given, options):
            self._read(path)

    def _tell_written(self, given: tuple[Any, ...], options: dict[str, Any]) -> None:
        for path in _paths(given, options):
            if _is_path(path) and not self._is_address(path):
                if os.path.isdir(path):  # noqa: PTH112
                    self._read(path)
                self._files.wrote(path)
        for value in (*given, *options.values()):
            if type(value).__name__ == "LazyFrame":
                self._tell_lazy((value,), {})

    def _tell_both(self, given: tuple[Any, ...], options: dict[str, Any]) -> None:
        mode = options.get("mode", given[2] if len(given) > 2 else None)
        for path in _paths(given, options):
            if path == ":memory:" or not _is_path(path) or self._is_address(path):
                continue
            if mode not in ("w", "wb"):
                self._read(path)
            if mode not in ("r", "rb"):
                for name in (path, f"{os.fsdecode(path)}.wal"):
                    self._files.wrote(name)

    def _tell_database(self, given: tuple[Any, ...], options: dict[str, Any]) -> None:
        for path in given[:1]:
            for name in (os.fsdecode(path), f"{os.fsdecode(path)}.db"):
                self._files.read(name)
                self._files.wrote(name)

    def _tell_sql(self, given: tuple[Any, ...], options: dict[str, Any]) -> None:
        for value in (*given, *options.values()):
            if isinstance(value, str):
                self._tell_query(value)
            for parameter in _parameters(value):
                self._read_if_there(parameter)

    def _tell_query(self, text: str) -> None:
        for quoted in _QUOTED.findall(text):
            path = quoted.replace("''", "'")
            if self._is_address(path):
                continue
            if re.search(rf"\bto\s+'{re.escape(quoted)}'", text, re.IGNORECASE):
                self._files.wrote(path)
            else:
                self._read_if_there(path)
        for name, bare in _NAMED.findall(_QUOTED.sub("", text)):
            self._read_if_there(name or bare)

    def _read_if_there(self, path: str) -> None:
        if glob.has_magic(path) or os.path.exists(path):  # noqa: PTH110
            self._read(path)

    def _tell_held(self, given: tuple[Any, ...], options: dict[str, Any]) -> None:
        for value in vars(given[0]).values():
            if isinstance(value, (str, os.PathLike)) and os.path.exists(value):  # noqa: PTH110
                self._read(value)

    def _tell_lazy(self, given: tuple[Any, ...], options: dict[str, Any]) -> None:
        plans = given[0] if given and isinstance(given[0], (list, tuple)) else given[:1]
        for plan in plans:
            text = str(plan.explain(optimized=False))
            for found in _SCANNED.findall(text):
                for path in found.split(", "):
                    self._read(re.sub(r"\.\.\. \d+ other.*", "", path))

    def _read(self, path: Any) -> None:
        """Note that a file, all of a folder, or whatever fits a pattern is read."""
        if self._is_address(path):
            return
        text = os.fsdecode(path)
        if glob.has_magic(text) and not os.path.exists(text):  # noqa: PTH110
            self._files.read(_fixed_part(text), "/")
            for number, found in enumerate(glob.iglob(text, recursive=True)):  # noqa: PTH207
                if number < _MAX_FILES:
                    self._read(found)
        elif os.path.isdir(text):  # noqa: PTH112
            self._read_folder(text)
        else:
            self._files.read(text)

    def _read_folder(self, folder: str) -> None:
        count = 0
        for place, _, names in os.walk(folder):
            self._files.read(place, "/")
            for name in names:
                count += 1
                if count > _MAX_FILES:
                    told = f"read a folder of more than {_MAX_FILES} files ({folder})"
                    self._outside.block("reader", told, _REMEDY)
                    return
                self._files.read(os.path.join(place, name))  # noqa: PTH118

    def _is_address(self, path: Any) -> bool:
        """Return whether a path is a URL; note it unless it is that of a file."""
        found = _URL.match(os.fsdecode(path))
        if found is None:
            return False
        if found.group(1).lower() == "file":
            self._files.read(os.fsdecode(path)[found.end() :])
        else:
            self._outside.reached(os.fsdecode(path)[:60])
        return True


def _paths(given: tuple[Any, ...], options: dict[str, Any]) -> Iterator[Any]:
    """Yield what may be paths among the arguments of a call, and in lists among them."""
    for value in (*given, *options.values()):
        if _is_path(value):
            yield value
        elif isinstance(value, (list, tuple)) and len(value) <= _MAX_FILES:
            yield from (one for one in value if _is_path(one))


def _parameters(value: Any) -> Iterator[str]:
    """Yield the texts among the parameters of a query."""
    held = value.values() if isinstance(value, dict) else value
    if isinstance(value, (list, tuple, dict)) and len(value) <= _MAX_FILES:
        yield from (one for one in held if isinstance(one, str) and _is_path(one))


def _is_path(value: Any) -> bool:
    """Return whether a value can be a path: a text may be an option's as well."""
    if isinstance(value, os.PathLike):
        return True
    if not isinstance(value, (str, bytes)) or not value or len(value) > _MAX_LENGTH:
        return False
    text = os.fsdecode(value)
    if "\n" in text or "\0" in text:
        return False
    has_shape = "." in text or os.sep in text or glob.has_magic(text)
    return has_shape or os.path.lexists(text)


def _fixed_part(pattern: str) -> str:
    """Return the folder that a pattern starts from."""
    folder = pattern
    while glob.has_magic(folder):
        folder = os.path.dirname(folder)  # noqa: PTH120 - the result is text
    return folder or "."
