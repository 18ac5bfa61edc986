"""Which options of Python itself do all cells share?

Logging, the locale, decimal numbers, the search path of modules, limits of the process. Logging is
heard of by what every record asks; the others count for all cells.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import contextlib
import decimal
import glob
import locale
import logging
import os
import site
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

from .watch_option_shell import running_shell
from .watch_options import Domain, Marked, mark, tell_value
from .watch_paths import PathRules
from .watch_wrapping import wrap_function

Undo = Callable[[], None]

# Methods of a logger that ask those above it.
_ASKING_ROOT = ("isEnabledFor", "getEffectiveLevel", "hasHandlers")


class LoggingOptions(Domain):
    """Level and handlers of the root logger, and what is disabled for all."""

    name = "logging"
    is_heard = True

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Begin to hear of records, and of who asks for the root logger or what it decides."""

        def around(original: Callable[..., Any], *given: Any, **named: Any) -> Any:
            if is_on():
                self.read()
            return original(*given, **named)

        def around_logger(original: Callable[..., Any], name: Any = None) -> Any:
            found = original(name)
            if found is logging.root and is_on():
                self.read()
            return found

        undoing = [wrap_function(logging.Logger, name, around) for name in _ASKING_ROOT]
        undoing.append(wrap_function(logging, "getLogger", around_logger))
        self._first = list(logging.root.handlers)
        self._levels = (logging.root.level, logging.root.manager.disable)

        def undo() -> None:
            for one in undoing:
                one()

        return undo

    def state(self) -> dict[str, Any]:
        """Return levels and handlers."""
        root, found = logging.root, {}
        if (root.level, root.manager.disable) != self._levels:
            found["levels"] = [root.level, root.manager.disable]
        if root.handlers != self._first:
            found["handlers"] = [_tell_handler(h) for h in root.handlers if h not in self._first]
        return found

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set levels and handlers."""
        root = logging.root
        level, disabled = state.get("levels", self._levels)
        root.setLevel(level)
        logging.disable(disabled)
        for handler in list(root.handlers):
            root.removeHandler(handler)
        for handler in self._first:
            root.addHandler(handler)
        for told in state.get("handlers", ()):
            made = logging.StreamHandler(getattr(sys, told["stream"]))
            made.setLevel(told["level"])
            if told["format"] is not None:
                made.setFormatter(logging.Formatter(*told["format"]))
            root.addHandler(made)


class LocaleOptions(Domain):
    """The locale of the process."""

    name = "locale"

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Take it as it is."""
        self._first = locale.setlocale(locale.LC_ALL)
        return lambda: None

    def state(self) -> dict[str, Any]:
        """Return the locale."""
        now = locale.setlocale(locale.LC_ALL)
        return {} if now == self._first else {"all": now}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set the locale."""
        locale.setlocale(locale.LC_ALL, state.get("all", self._first))


class DecimalOptions(Domain):
    """The context of decimal numbers."""

    name = "decimal"
    _FIELDS = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Take it as it is."""
        self._first = self._now()
        return lambda: None

    def state(self) -> dict[str, Any]:
        """Return the context, without its flags."""
        now = self._now()
        return {n: v for n, v in now.items() if v != self._first[n]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set the context."""
        context = decimal.getcontext()
        for name, value in {**self._first, **state}.items():
            if name == "traps":
                for kind in context.traps:
                    context.traps[kind] = kind.__name__ in value
            else:
                setattr(context, name, value)

    def _now(self) -> dict[str, Any]:
        context = decimal.getcontext()
        traps = sorted(kind.__name__ for kind, is_on in context.traps.items() if is_on)
        return {**{n: getattr(context, n) for n in self._FIELDS}, "traps": traps}


class PathOptions(Domain):
    """Where modules are looked for: a folder that stands there again changes nothing.

    Parameters
    ----------
    rules : PathRules
    """

    name = "sys.path"

    def __init__(self, rules: PathRules) -> None:
        super().__init__()
        self._rules = rules

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Take it as it is; in a kernel where cells ran before, without the project's folders:
        cells have put these there."""
        first = list(sys.path)
        if _has_run_cells():
            first = [one for one in first if not self._is_of_cells(one)]
        self._first = first
        return lambda: None

    def state(self) -> dict[str, Any]:
        """Return the folders, relative to the project."""
        now = _each_once(sys.path)
        if now == _each_once(self._first):
            return {}
        return {"folders": [self._key(one) for one in now]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set the folders."""
        folders = state.get("folders")
        sys.path[:] = self._first if folders is None else [self._folder(k) for k in folders]

    def _folder(self, key: str) -> str:
        """Return the folder that `_key` told: as it was at first, in the project, or anywhere."""
        if key.startswith("#"):
            return str(self._first[int(key[1:])])
        return key[1:] if key.startswith("=") else str(self._rules.path(key[1:]))

    def _key(self, folder: Any) -> str:
        if folder in self._first and (not folder or self._rules.key(folder) is None):
            return f"#{self._first.index(folder)}"
        key = self._rules.key(folder) if _is_absolute(folder) else None
        return f"={folder}" if key is None else f":{key}"

    def _is_of_cells(self, folder: Any) -> bool:
        if not folder or not isinstance(folder, str):
            return False
        if not _is_absolute(folder):
            return not folder.startswith("__")  # what stands for a finder, not for a folder
        key, given = self._rules.key(folder), os.environ.get("PYTHONPATH", "")
        return (
            key is not None
            and not os.path.isabs(key)  # noqa: PTH117
            and folder not in given.split(os.pathsep)
            and folder not in _linked_folders()
        )


class RepeatedPaths(PathOptions):
    """The folders where modules are looked for, if some stand there more than once: of concern to
    who takes one away, or looks at the list itself."""

    name = "sys.path.repeated"
    is_heard = True

    def state(self) -> dict[str, Any]:
        """Return all folders, if one stands there again."""
        if len(sys.path) - len(set(sys.path)) <= len(self._first) - len(set(self._first)):
            return {}
        return {"folders": [self._key(one) for one in sys.path]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set the folders; each once, if none stood there again."""
        if state:
            super().restore(state)
        elif self.state():
            sys.path[:] = _each_once(sys.path)


class ProcessOptions(Domain):
    """Limits of the process."""

    name = "process"

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Take them as they are; hear of masks, which cannot be read without being set."""
        self._mask: int | None = None
        original = os.umask

        def umask(mask: int) -> int:
            before = original(mask)
            if self._mask is None:
                self._first["umask"] = before
            self._mask = mask
            return before

        umask.__doc__, umask.__module__ = original.__doc__, "os"
        os.umask = umask
        self._first = self._now()

        def undo() -> None:
            os.umask = original

        return undo

    def state(self) -> dict[str, Any]:
        """Return the limits."""
        return {n: v for n, v in self._now().items() if v != self._first[n]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set the limits."""
        wanted = {**self._first, **state}
        sys.setrecursionlimit(wanted["recursion"])
        timeout = wanted["socket_timeout"]
        socket.setdefaulttimeout(None if timeout is None else float.fromhex(timeout["float"]))
        if wanted["umask"] is not None:
            os.umask(wanted["umask"])

    def _now(self) -> dict[str, Any]:
        return {
            "recursion": sys.getrecursionlimit(),
            "socket_timeout": tell_value(socket.getdefaulttimeout()),
            "umask": self._mask,
        }


def _tell_handler(handler: Any) -> Any:
    stream = {id(sys.stderr): "stderr", id(sys.stdout): "stdout"}.get(
        id(getattr(handler, "stream", None))
    )
    formatter = handler.formatter
    style = getattr(formatter, "_style", None)
    is_plain = type(handler) is logging.StreamHandler and not handler.filters and stream
    if not is_plain or (formatter is not None and type(formatter) is not logging.Formatter):
        return Marked(_tell_apart(handler))
    marks = {"PercentStyle": "%", "StrFormatStyle": "{", "StringTemplateStyle": "$"}
    told = formatter and [formatter._fmt, formatter.datefmt, marks[type(style).__name__]]
    return {"stream": stream, "level": handler.level, "format": told}


def _tell_apart(handler: Any) -> str:
    """Return what two handlers have in common that treat records alike, as far as can be told."""
    parts = (type(handler), handler.formatter, handler.filters)
    file = getattr(handler, "baseFilename", None)
    return repr((handler.level, file, [mark(part).told for part in parts]))


def _each_once(folders: list[Any]) -> list[Any]:
    return list(dict.fromkeys(folders))


def _has_run_cells() -> bool:
    """Return whether cells ran in this kernel before the one at hand."""
    shell = running_shell()
    return shell is not None and shell.execution_count > 1


def _linked_folders() -> set[str]:
    """Return the folders that installed packages were linked to."""
    found: set[str] = set()
    for place in {*site.getsitepackages(), site.getusersitepackages()}:
        for file in glob.glob(os.path.join(glob.escape(place), "*.pth")):  # noqa: PTH118, PTH207
            with contextlib.suppress(OSError), open(file, errors="replace") as lines:  # noqa: PTH123
                found.update(line.strip() for line in lines)
    return found


def _is_absolute(folder: Any) -> bool:
    """Return whether an entry of the path is a folder wherever the process is."""
    return isinstance(folder, str) and os.path.isabs(folder)  # noqa: PTH117
