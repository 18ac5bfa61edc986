"""Which warnings do modules not show again, since they were shown in a cell before?

Python shows a warning once for each line of a module, until somebody changes the filters: IPython
forgets what cells themselves showed, helpers and libraries remember. So what is remembered is an
option: a cell that shows a warning sets it, and whatever raises one depends on it. As Python tells
nobody of a warning that it leaves out so, before each cell what modules remember is taken from them
and becomes a filter, which leaves out the same, and all filters are asked about a warning.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from warnings import warn_explicit

from .watch_options import Domain, Marked

_REGISTRY = "__warningregistry__"
# Where what is shown once wherever it comes from is remembered.
_ONCE = "*"
_QUIET: Any = ("ignore", None, Warning, None, 0)
# Filters are asked one after the other.
_MOST_FILTERS = 200


class OwnPattern:
    """Passes for the pattern of a filter, which is one of ours."""

    pattern = "(?!)"  # scikit-learn hands the filters on to its threads by this

    def match(self, text: str) -> object:
        """Return whether a warning's text fits."""
        raise NotImplementedError

    def __reduce__(self) -> Any:
        return re.compile, (self.pattern,)  # in other processes: what fits nothing


def without_own(filters: Iterable[Any]) -> list[Any]:
    """Return filters without ours."""
    return [entry for entry in filters if not isinstance(entry[1], OwnPattern)]


class _Shown(OwnPattern):
    """Fits the text of a warning, until somebody changes the filters."""

    def __init__(self, text: str, version: Any) -> None:
        self._text, self._version = text, version

    def match(self, text: str) -> bool:
        return text == self._text and bool(_version() == self._version)


class ShownWarnings(Domain):
    """What modules other than the notebook remember to have warned of.

    Parameters
    ----------
    is_telling : callable
        Whether any warning may have been shown since it was last called.
    """

    name = "warnings.shown"
    is_heard = True

    def __init__(self, is_telling: Callable[[], bool]) -> None:
        super().__init__()
        self._is_telling = is_telling
        self._homes: set[str] = set()
        self._waiting: dict[str, Any] = {}
        self._first: dict[str, set[Any]] = {}
        # By home, what it would remember by itself, with the filter that stands for it.
        self._taken: dict[str, dict[Any, Any]] = {}
        self._taken_at: Any = None

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Callable[[], None]:
        """Leave out what was shown before anybody watched."""
        self._first = {home: set(registry) for home, registry in _registries()}
        return self._give_back

    def begin(self) -> None:
        """Take what modules remember, so that a warning which they would leave out is heard."""
        self._bring_back()
        self._take_all()

    def settle(self) -> None:
        """Let modules that are loaded by now leave out what was brought back."""
        if self._bring_back():
            self._take_all()

    def state(self) -> dict[str, Any]:
        """Return by module what it would not show again."""
        if self._is_telling():
            self._homes = {home for home, _ in _registries()}
        if not (self._homes or self._waiting):
            return {}
        version, keys = _version(), dict[str, set[Any]]()
        for home in sorted(self._homes):
            registry, first = _registry_of(home), self._first.get(home, ())
            if registry.get("version") == version:
                keys[home] = {key for key in registry if isinstance(key, tuple)}.difference(first)
        for home, taken in self._taken.items() if self._taken_at == version else ():
            keys[home] = keys.get(home, set()).union(taken)
        told = {home: sorted(map(_tell, own), key=repr) for home, own in keys.items() if own}
        return {**self._waiting, **told}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remember that and nothing else."""
        self._drop()
        for home, _ in list(_registries()):
            self._remember(home, ())
        self._homes, self._waiting = set(state), dict(state)
        self._bring_back()

    def _bring_back(self) -> bool:
        """Let loaded modules remember what waits for them; return whether any did."""
        found = [home for home in self._waiting if home in (_ONCE, *sys.modules)]
        for home in found:
            self._remember(home, self._waiting.pop(home))
        return found != []

    def _take_all(self) -> None:
        """Have filters leave out what modules do; if there is too much, count as read."""
        version = _version()
        if self._taken and self._taken_at != version:
            self._drop()
        self._taken_at = version
        count = sum(map(len, self._taken.values()))
        for home, keys in list(self._remembered(version)):
            count += len(keys)
            if count > _MOST_FILTERS:
                self.read()
                break
            self._take(home, keys, version)

    def _remembered(self, version: Any) -> Iterator[tuple[str, set[Any]]]:
        """Yield by module the warnings that it leaves out before any filter is asked."""
        for home in self._homes - {_ONCE}:
            registry, first = _registry_of(home), self._first.get(home, ())
            if registry.get("version") == version:
                keys = {key for key in registry if isinstance(key, tuple) and key[-1] != 0}
                yield home, keys.difference(first)

    def _take(self, home: str, keys: Iterable[Any], version: Any) -> None:
        name = getattr(sys.modules[home], "__name__", home)
        taken, registry = self._taken.setdefault(home, {}), _registry_of(home)
        for key in keys:
            text, kind, line = key
            entry: Any = ("ignore", _Shown(text, version), kind, name, line)
            taken[key] = entry
            warnings.filters.insert(1, entry)  # type: ignore[attr-defined]  # behind who hears all
            del registry[key]

    def _drop(self) -> None:
        """Take our filters away."""
        entries = {id(entry) for taken in self._taken.values() for entry in taken.values()}
        left = [entry for entry in warnings.filters if id(entry) not in entries]
        warnings.filters[:] = left  # type: ignore[index]
        self._taken = {}

    def _give_back(self) -> None:
        """Let modules remember by themselves again."""
        taken, is_valid = self._taken, self._taken_at == _version()
        self._drop()
        for home, keys in taken.items() if is_valid else ():
            _registry_of(home).update(dict.fromkeys(keys, True))

    def _remember(self, home: str, told: Any) -> None:
        if home == _ONCE:
            registry = _registry_of(_ONCE)
        else:
            registry = vars(sys.modules[home]).setdefault(_REGISTRY, {})
        kept = {key: True for key in self._first.get(home, ()) if key in registry}
        registry.clear()
        registry.update({**kept, "version": _version(), **{_read(one): True for one in told}})


def _registries() -> Iterator[tuple[str, dict[Any, Any]]]:
    """Yield what modules remember, and what is shown once for all of them."""
    yield _ONCE, _registry_of(_ONCE)
    for home in list(sys.modules):
        registry = _registry_of(home)
        if registry and home != "__main__":
            yield home, registry


def _registry_of(home: str) -> dict[Any, Any]:
    if home == _ONCE:
        found = getattr(warnings, "onceregistry", None)
    else:
        found = getattr(sys.modules.get(home), "__dict__", {}).get(_REGISTRY)
    return found if isinstance(found, dict) else {}


def _version() -> Any:
    """Return what a registry must say for Python to believe it; it says so itself."""
    registry: dict[Any, Any] = {}
    warnings.filters.insert(0, _QUIET)  # type: ignore[attr-defined]
    try:
        warn_explicit("which version?", UserWarning, "", 1, "", registry)
    finally:
        warnings.filters.remove(_QUIET)  # type: ignore[attr-defined]
    return registry.get("version")


def _tell(key: tuple[Any, ...]) -> Any:
    text, kind, *line = key
    if kind.__module__ == "__main__":
        return Marked(repr((str(text), kind.__qualname__, line)))
    return [str(text), kind.__module__, kind.__qualname__, *line]


def _read(told: Any) -> tuple[Any, ...]:
    text, home, name, *line = told
    kind: Any = __import__(home, fromlist=["_"])
    for part in name.split("."):
        kind = getattr(kind, part)
    return (text, kind, *line)
