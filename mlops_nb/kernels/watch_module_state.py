"""What do local modules keep, beside their code? Told apart from what they kept when just loaded.

Functions, methods and context managers of a helper module fill its lists, tables and settings,
defaults that are lists, and variables of closures, and so does code that reaches them by any way;
no name of the notebook need lead there. So what such a module holds is looked at before and after
each cell: whether it stands as it stood (`memory_standing`), and only where it does not, by
fingerprint. A cell that changes some of it leaves a state that only running brings about.

What functions with `lru_cache` remember counts, too (`fingerprint_caches`).

Limits. Code, loggers and what libraries made to be called count as the source. Of what cannot be
read (a connection, a lock) the type alone is compared, so that it may be opened late; what
lies beside it in an object or collection is read. Where a module held more than `_MOST_PARTS` parts
of something when it was loaded, it counts as changed also when it has become equal again.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import logging
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..artifacts.codec_classes import ASKING as SUBCLASSES
from ..artifacts.codec_classes import ask_for_subclasses
from ..artifacts.fingerprint import Fingerprinter
from ..artifacts.fingerprint_caches import ASKING, Remembering, count_calls
from ..artifacts.fingerprint_origin import is_library
from ..artifacts.memory_standing import Standing, stand

_ATOMS = (bool, int, float, complex, str, bytes, type(None))
_NO_DATA = (types.ModuleType, logging.Logger, logging.Handler, property, staticmethod, classmethod)
_MOST_PARTS = 100_000
_MOST_SPLIT = 5
_MOST_WRAPPED = 5
_AS_LOADED = "as it was loaded"


@dataclass
class _Known:
    """What is known of one value.

    Attributes
    ----------
    standing : Standing or None
        How it stood when it was told; None: it did not stand still.
    told : object
    kept : list
        What must live as long as `standing` is compared.
    """

    standing: Standing | None
    told: Any
    kept: list[Any]


class ModuleStates:
    """What the local modules of one process keep."""

    def __init__(self) -> None:
        self._first: dict[str, dict[str, Any]] = {}
        self._known: dict[tuple[str, str], _Known] = {}
        self._sources: dict[str, bytes] = {}
        self._asking: set[str] = set()

    def loaded(self, name: str) -> None:
        """Take down what a local module keeps, just after it was executed.

        Executed once more with the same source, it is compared with what it kept at first: it may
        have read something else.
        """
        if is_library(name):  # installed, though not where libraries are
            return
        for place in [place for place in self._known if place[0] == name]:
            del self._known[place]
        source = _source_of(sys.modules.get(name))
        if ASKING.encode() in source:
            count_calls()
        if SUBCLASSES.encode() in source:
            self._asking.add(name)
            ask_for_subclasses()
        known, self._sources[name] = self._sources.get(name), source
        if source and known == source:
            return
        self._first[name] = self._look([name], is_first=True).get(name, {})

    def changed(self) -> dict[str, Any]:
        """Return what is not as it was then, by where it stands."""
        found = {}
        for name, now in self._look(self._first).items():
            first = self._first[name]
            for place in sorted(now.keys() | first.keys()):
                if now.get(place) != first.get(place):
                    found[f"{name}.{place}"] = now.get(place, "gone")
        return found

    def _look(self, names: Iterable[str], *, is_first: bool = False) -> dict[str, dict[str, Any]]:
        """Return by module what tells apart its data."""
        modules = {name: sys.modules[name] for name in names if name in sys.modules}
        if not modules:
            return {}
        with Fingerprinter() as fingerprinter:
            return {
                name: {
                    place: self._tell((name, place), value, fingerprinter, is_first=is_first)
                    for place, value in _data_of(module, asks_subclasses=name in self._asking)
                }
                for name, module in modules.items()
            }

    def _tell(
        self, place: tuple[str, str], value: Any, fingerprinter: Fingerprinter, *, is_first: bool
    ) -> Any:
        if type(value) in _ATOMS:
            self._known.pop(place, None)
            return f"{type(value).__name__} {value!r}"

        def read(one: Any) -> str | None:
            return fingerprinter.fingerprint(one).digest

        known, kept = self._known.get(place), list[Any]()
        was_plain = known.standing.is_plain if known and known.standing else None
        standing = stand(value, read, kept, was_plain=was_plain)
        if known is not None and standing is not None and known.standing == standing:
            return known.told
        if is_first and standing is not None and standing.n_parts > _MOST_PARTS:
            told: Any = _AS_LOADED
        else:
            told = _tell(value, read)
        self._known[place] = _Known(standing, told, kept)
        return told


def _data_of(module: Any, *, asks_subclasses: bool) -> Iterator[tuple[str, Any]]:
    """Yield the data that stands in a module, in the classes that it defines, and in functions."""
    for name, value in list(vars(module).items()):
        if isinstance(value, type):
            if value.__module__ == module.__name__:
                for part, inner in list(vars(value).items()):
                    if _is_data(part, inner):
                        yield f"{name}.{part}", inner
                    else:
                        yield from _held_by(f"{name}.{part}", inner, module)
                if asks_subclasses:
                    yield f"{name}.__subclasses__()", type.__subclasses__(value)
        elif _is_data(name, value):
            yield name, value
        else:
            yield from _held_by(name, value, module)


def _held_by(place: str, function: Any, module: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the data that functions of a module hold: defaults, attributes, closures."""
    if isinstance(function, property):
        for part in ("fget", "fset"):
            yield from _held_by(f"{place}.{part}", getattr(function, part), module, depth)
    function = getattr(function, "__func__", function)
    is_own = isinstance(function, types.FunctionType) and function.__globals__ is vars(module)
    if not is_own or depth == _MOST_WRAPPED:
        return
    named = function.__kwdefaults__ or {}
    for part, defaults in (("defaults", function.__defaults__ or ()), ("kw", named.values())):
        if any(type(one) not in _ATOMS for one in defaults):
            yield f"{place}({part})", tuple(one for one in defaults if _is_data("", one))
    held = dict(vars(function))
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):  # noqa: B905 - Python 3.9
        with suppress(ValueError):  # not bound yet
            held[f"<{name}>"] = cell.cell_contents
    for name, value in held.items():
        if _is_data(name, value):
            yield f"{place}.{name}", value
        else:
            yield from _held_by(f"{place}.{name}", value, module, depth + 1)


def _source_of(module: Any) -> bytes:
    """Return the source of a module, or nothing if it has none."""
    path = str(getattr(module, "__file__", None) or "")
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - our own reading
            return file.read() if path.endswith(".py") else b""
    except OSError:
        return b""


def _is_data(name: str, value: Any) -> bool:
    if name.startswith("__") or isinstance(value, _NO_DATA):
        return False
    if type(value) is Remembering:
        return not is_library(value.__module__)
    if isinstance(value, type) or hasattr(type(value), "__get__"):
        return False
    return not callable(value) or not is_library(type(value).__module__)


def _tell(value: Any, read: Callable[[Any], str | None], depth: int = 0) -> Any:
    """Return what tells a value apart: its digest, or that of its parts if it has none."""
    kind = type(value).__qualname__
    digest = read(value)
    if digest is not None or depth == _MOST_SPLIT:
        return f"{kind} {digest or ''}"
    parts = _parts_of(value)
    return [kind, {name: _tell(part, read, depth + 1) for name, part in parts.items()}]


def _parts_of(value: Any) -> dict[str, Any]:
    """Return what a value without a fingerprint holds, unless it is a library's."""
    if type(value) is dict:
        return {repr(name) if type(name) in _ATOMS else "": one for name, one in value.items()}
    if type(value) in (list, tuple):
        return {str(at): one for at, one in enumerate(value)}
    if not is_library(type(value).__module__):
        return dict(getattr(value, "__dict__", {}))
    return {}


def join_states(states: ModuleStates, process: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what tells apart states of the process, those of local modules among them."""
    return {**process(), **{f"module {place}": told for place, told in states.changed().items()}}
