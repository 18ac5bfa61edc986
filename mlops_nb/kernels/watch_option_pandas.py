"""Which of pandas' options do all cells share, and what was hung onto its classes?

pandas tells when its options for showing, styles, plots and reading are asked; of the rest every
cell is taken to depend on what is not as pandas has it.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from .watch_options import Domain, mark, read_value, tell_value

Undo = Callable[[], None]


class ToldItems(dict[str, Any]):
    """A dict that tells when an item of it is asked for."""

    when_read: Callable[[], None]

    def __getitem__(self, key: str) -> Any:
        self.when_read()
        return super().__getitem__(key)


class PandasOptions(Domain):
    """One group of pandas' options, such as ``display``; told by what is not the default.

    Parameters
    ----------
    group : str
    """

    module = "pandas"

    def __init__(self, group: str) -> None:
        super().__init__()
        self.group = group
        self.name = f"pandas.{group}"
        self.is_heard = group in ("display", "styler", "plotting", "io")
        self._registered: list[tuple[str, list[str], Any]] = []
        self._n_registered = 0

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Begin to hear of readings."""
        self._config = sys.modules["pandas._config.config"]
        everything = self._config._global_config
        original = everything.get(self.group)
        if not self.is_heard or type(original) is not dict:
            self.is_heard = False
            return lambda: None
        # pandas reads its own options as items of this, without a function of its own.
        told = ToldItems(original)
        told.when_read = lambda: self.read() if is_on() else None
        everything[self.group] = told

        def undo() -> None:
            everything[self.group] = dict(told)

        return undo

    def state(self) -> dict[str, Any]:
        """Return what is not the default."""
        found = {}
        values = dict(self._config._global_config.get(self.group, {}))
        for key, parts, default in self._options():
            value: Any = values
            for part in parts:
                value = value[part]
            if value is not default and value != default:
                found[key] = tell_value(value)
        return found

    def _options(self) -> list[tuple[str, list[str], Any]]:
        """Return name, parts of it within the group, and default of each option of the group: once,
        since pandas only ever adds options."""
        registered = self._config._registered_options
        if len(registered) != self._n_registered:
            self._n_registered, prefix = len(registered), f"{self.group}."
            self._registered = [
                (key, key[len(prefix) :].split("."), option.defval)
                for key, option in registered.items()
                if key.startswith(prefix)
            ]
        return self._registered

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set what was not the default; all else to it."""
        for key in [k for k in self._config._registered_options if k.startswith(f"{self.group}.")]:
            if key in self.state() and key not in state:
                self._config.reset_option(key)
        for key, told in state.items():
            self._config.set_option(key, read_value(told))


class PandasAccessors(Domain):
    """What other libraries and the notebook hung onto frames, series and indexes."""

    name = "pandas.accessors"
    module = "pandas"
    _CLASSES = ("DataFrame", "Series", "Index")

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Take the classes as they are."""
        self._pandas = module
        self._first = {name: set(vars(getattr(module, name))) for name in self._CLASSES}
        return lambda: None

    def state(self) -> dict[str, Any]:
        """Return new attributes and the modules they are of."""
        found = {}
        for name in self._CLASSES:
            space = vars(getattr(self._pandas, name))
            if len(space) != len(self._first[name]):
                for key in sorted(set(space) - self._first[name]):
                    found[f"{name}.{key}"] = _home(space[key])
        return found

    def restore(self, state: Mapping[str, Any]) -> None:
        """Import what hangs them on."""
        for home in sorted(set(state.values())):
            __import__(home)


def _home(value: Any) -> Any:
    """Return the module that something hung onto a class comes from."""
    found = getattr(value, "_accessor", value)
    home = getattr(found, "__module__", None) or type(found).__module__
    return mark(found) if home in ("__main__", "builtins") else home
