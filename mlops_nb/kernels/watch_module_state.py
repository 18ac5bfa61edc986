"""What do local modules keep, beside their code? Told apart from what they kept when just loaded.

Functions, methods and context managers of a helper module fill its lists, tables and settings, and
so does code that reaches them by any way; no name of the notebook need lead there. What such a
module holds is looked at before and after each cell, which is cheap as long as it is a helper's: a
cell that changes some of it leaves a state that only running brings about.

Limits. Code, loggers and all that can be called count as the module's source. Of what cannot be
read (a connection, a lock) the type alone is compared, so that it may be opened late.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import logging
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from ..artifacts.fingerprint import Fingerprinter

_ATOMS = (bool, int, float, complex, str, bytes, type(None))
_NO_DATA = (types.ModuleType, logging.Logger, logging.Handler, property, staticmethod, classmethod)


class ModuleStates:
    """What the local modules of one process keep."""

    def __init__(self) -> None:
        self._first: dict[str, dict[str, Any]] = {}

    def loaded(self, name: str) -> None:
        """Take down what a local module keeps, just after it was executed."""
        self._first[name] = self._look([name]).get(name, {})

    def changed(self) -> dict[str, Any]:
        """Return what is not as it was then, by where it stands."""
        found = {}
        for name, now in self._look(self._first).items():
            first = self._first[name]
            for place in sorted(now.keys() | first.keys()):
                if now.get(place) != first.get(place):
                    found[f"{name}.{place}"] = now.get(place, "gone")
        return found

    @staticmethod
    def _look(names: Any) -> dict[str, dict[str, Any]]:
        """Return by module what tells apart its data."""
        modules = {name: sys.modules[name] for name in names if name in sys.modules}
        if not modules:
            return {}
        with Fingerprinter() as fingerprinter:
            return {
                name: {place: _tell(value, fingerprinter) for place, value in _data_of(module)}
                for name, module in modules.items()
            }


def _data_of(module: Any) -> Iterator[tuple[str, Any]]:
    """Yield the data that stands in a module, and in the classes that it defines."""
    for name, value in list(vars(module).items()):
        if isinstance(value, type):
            if value.__module__ == module.__name__:
                for part, inner in list(vars(value).items()):
                    if _is_data(part, inner):
                        yield f"{name}.{part}", inner
        elif _is_data(name, value):
            yield name, value


def _is_data(name: str, value: Any) -> bool:
    if name.startswith("__") or isinstance(value, _NO_DATA):
        return False
    return not callable(value) and not hasattr(type(value), "__get__")


def _tell(value: Any, fingerprinter: Any) -> Any:
    if type(value) in _ATOMS:
        return f"{type(value).__name__} {value!r}"
    digest = fingerprinter.fingerprint(value).digest
    return f"{type(value).__qualname__} {digest or ''}"


def join_states(states: ModuleStates, process: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what tells apart states of the process, those of local modules among them."""
    return {**process(), **{f"module {place}": told for place, told in states.changed().items()}}
