"""Which warnings do modules not show again, since they were shown in a cell before?

Python shows a warning once for each line of a module, until somebody changes the filters: IPython
forgets what cells themselves showed, helpers and libraries remember. So what is remembered is an
option: a cell that shows a warning sets it, and whatever runs while something is remembered depends
on it, since a warning that is left out is told to nobody.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from warnings import warn_explicit

from .watch_options import Domain, Marked

_REGISTRY = "__warningregistry__"
# Where what is shown once wherever it comes from is remembered.
_ONCE = "*"
_QUIET: Any = ("ignore", None, Warning, None, 0)


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

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Callable[[], None]:
        """Leave out what was shown before anybody watched."""
        self._first = {home: set(registry) for home, registry in _registries()}
        return lambda: None

    def begin(self) -> None:
        """Count as read, unless nothing is remembered."""
        self.settle()
        self.was_read = bool(self.state())

    def settle(self) -> None:
        """Let modules that are loaded by now remember what was brought back."""
        for home in [home for home in self._waiting if home in (_ONCE, *sys.modules)]:
            self._remember(home, self._waiting.pop(home))

    def state(self) -> dict[str, Any]:
        """Return by module what it would not show again."""
        if self._is_telling():
            self._homes = {home for home, _ in _registries()}
        if not (self._homes or self._waiting):
            return {}
        version, found = _version(), dict(self._waiting)
        for home in sorted(self._homes):
            registry = _registry_of(home)
            first = self._first.get(home, ())
            if registry and registry.get("version") == version:
                keys = [key for key in registry if isinstance(key, tuple) and key not in first]
                found.update({home: sorted(map(_tell, keys), key=repr)} if keys else {})
        return found

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remember that and nothing else."""
        for home, _ in list(_registries()):
            self._remember(home, ())
        self._homes, self._waiting = set(state), dict(state)
        self.settle()

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
