"""Which modules were executed, when, and by whom? Asked of Python's own search for modules.

A finder before all others lets them find what is imported, and has itself called before and after
the module's code runs. So wrappers of a library's functions are in place before anybody else can
take these, and the source of a module is known as it was when it was loaded.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

_IMPORTING = "<frozen importlib._bootstrap_external>"
Found = Callable[[Any], None]
Executed = Callable[[str, Any, bool], None]
Missed = Callable[[str, Any], None]


class ImportHook:
    """A finder that tells of modules and finds nothing itself.

    Parameters
    ----------
    tell : callable
        Called with name, module spec and False before, and with True after a module was executed.
    missed : callable, optional
        Called with name and search path of a module that nobody finds.
    """

    def __init__(self, tell: Executed, missed: Missed = lambda name, path: None) -> None:
        self._tell = tell
        self._missed = missed
        self._after: dict[str, list[Found]] = {}
        sys.meta_path.insert(0, self)

    def when_loaded(self, name: str, found: Found) -> None:
        """Call `found` with a module once it is loaded: at once if it is, and after a reload."""
        self._after.setdefault(name, []).append(found)
        module = sys.modules.get(name)
        if module is not None:
            _quietly(found, module)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return what the other finders find, as Python asks them."""
        for finder in list(sys.meta_path):
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = None if find is None else find(name, path, target)
            if spec is not None:
                self._attend(name, spec)
                return spec
        _quietly(self._missed, name, path)
        return None

    def invalidate_caches(self) -> None:
        """Have nothing to forget."""

    def close(self) -> None:
        """Tell of no more modules."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]

    def _attend(self, name: str, spec: Any) -> None:
        loader = spec.loader
        execute = getattr(loader, "exec_module", None)
        if execute is None or isinstance(loader, type):
            return

        try:
            loader.exec_module = partial(self._execute, name, spec, loader, execute)
        except (AttributeError, TypeError):  # a loader that takes no attributes is not attended
            return

    def _execute(
        self, name: str, spec: Any, loader: Any, execute: Callable[[Any], None], module: Any
    ) -> None:
        """Execute a module, and tell of it."""
        vars(loader).pop("exec_module", None)
        _quietly(self._tell, name, spec, False)
        try:
            execute(module)
        finally:
            _quietly(self._tell, name, spec, True)
        for found in self._after.get(name, ()):
            _quietly(found, sys.modules.get(name, module))

    # Python leaves its own frames out of what a failing import shows, and these names are such.
    _execute.__code__ = _execute.__code__.replace(
        co_filename=_IMPORTING, co_name="_call_with_frames_removed"
    )


def _quietly(call: Callable[..., None], *arguments: Any) -> None:
    """Call without letting an import fail because somebody watches it."""
    try:
        call(*arguments)
    except Exception:
        return
