"""Which figures does pyplot hold open from one cell to the next, and who asks it for them?

With IPython's inline figures there are none: each is shown and closed when its cell ends. With any
other backend ``plt.savefig`` saves the figure of a cell before it, which no name leads to and no
store brings back. So the open figures are a domain of options of its own: a cell that leaves one
open must run in a kernel before another there asks for it (`pipeline.incremental.figures`). Who
opens a figure asks for none; that its number depends on the others is of no account.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from .watch_options import Domain, Marked

# What pyplot itself asks, to draw what is there.
_PASSING = frozenset({"draw_all", "draw_if_interactive"})
Undo = Callable[[], None]
_INLINE = "matplotlib_inline.backend_inline"
# How often each figure was changed.
_touched: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
_ASKING = (
    "get_active",
    "get_fig_manager",
    "has_fignum",
    "get_num_fig_managers",
    "get_all_fig_managers",
    "set_active",
    "destroy",
    "destroy_fig",
    "destroy_all",
)


class OpenFigures(Domain):
    """The figures that pyplot knows of, each told by how often it was touched."""

    name = "figures"
    module = "matplotlib.pyplot"
    is_heard = True
    depends_on_itself = False

    def __init__(self) -> None:
        super().__init__()
        self._muted = 0
        self._before: list[set[Any]] = []
        self._own: WeakSet[Any] = WeakSet()
        self._known: Any = None

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Begin to hear who asks for figures, and who changes one."""
        self._is_on = is_on
        self._known = known = module._pylab_helpers.Gcf
        undo = [self._hear(known, name) for name in _ASKING]
        undo += [
            _frame(module, "get_fignums", lambda *given, **options: self._ask()),
            _frame(module, "figure", self._open, self._opened),
            _frame(module, "show", self._show, self._shown),
        ]

        def undo_all() -> None:
            for one in reversed(undo):
                one()

        return undo_all

    def begin(self) -> None:
        """Make ready for a cell: no figure is its own yet."""
        self._own.clear()

    def state(self) -> dict[str, Any]:
        """Return which figures are open, and that nothing brings them back."""
        if self._known is None or not self._known.figs:
            return {}
        told = [(n, _touched.get(m.canvas.figure, 0)) for n, m in self._known.figs.items()]
        return {"open": Marked(repr(told))}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Do nothing: there is nothing to bring back where no figure is open."""

    def _hear(self, known: Any, name: str) -> Undo:
        """Hear of a method of the class that holds the figures."""
        kept = vars(known).get(name)
        if kept is None:  # another version of matplotlib
            return lambda: None
        original = getattr(known, name)

        def ask(*given: Any) -> Any:
            found = original(*given)
            concerned = [found, *given, *(getattr(g, "canvas", None) for g in given)]
            caller = sys._getframe(1).f_code.co_name
            if caller not in _PASSING and not any(map(self._is_own, concerned)):
                self._ask()
            return found

        setattr(known, name, staticmethod(ask))
        return lambda: setattr(known, name, kept)

    def _is_own(self, found: Any) -> bool:
        """Return whether what was asked for, or its manager, is of this cell."""
        if found is None:
            return False
        return any(found is one or found is one.canvas or found == one.num for one in self._own)

    def _ask(self) -> None:
        if not self._muted and self._is_on():
            self.read()

    def _open(self, num: Any = None, *given: Any, **options: Any) -> None:
        self._before.append(set(self._known.figs.values()))
        self._muted += num is None

    def _opened(self, num: Any = None, *given: Any, **options: Any) -> None:
        for manager in set(self._known.figs.values()) - self._before.pop():
            self._own.add(manager)
            if manager.canvas.figure.stale_callback is None:
                manager.canvas.figure.stale_callback = _touch
        self._muted -= num is None

    def _show(self, *given: Any, **options: Any) -> None:
        self._muted += 1

    def _shown(self, *given: Any, **options: Any) -> None:
        self._muted -= 1


def _touch(figure: Any, is_stale: bool) -> None:
    """Count how often something in a figure was changed: what matplotlib calls then."""
    _touched[figure] = _touched.get(figure, 0) + 1


def tell_backend(matplotlib: Any) -> dict[str, Any]:
    """Return matplotlib's backend, and whether it is interactive, where that is not what the kernel
    and its front end chose: inline, and interactive once a figure was asked for."""
    chosen, given = dict.get(matplotlib.rcParams, "backend"), _given()
    if not isinstance(chosen, str):  # whatever is found when one is needed
        return {}
    found: dict[str, Any] = {}
    if _plain(chosen) != _plain(given):
        found["backend"] = chosen
    is_interactive = bool(dict.get(matplotlib.rcParams, "interactive"))
    if is_interactive != (_INLINE in sys.modules and _plain(chosen) == "inline"):
        found["interactive"] = is_interactive
    return found


def choose_backend(matplotlib: Any, state: Mapping[str, Any]) -> None:
    """Choose the backend so that `tell_backend` would return what `state` has of it."""
    now = tell_backend(matplotlib)
    wanted = {name: state[name] for name in ("backend", "interactive") if name in state}
    if wanted == now:
        return
    if wanted.get("backend") != now.get("backend"):
        matplotlib.use(wanted.get("backend", _given()))
    if "interactive" in wanted:  # the backend itself makes it interactive when it is loaded
        pyplot = importlib.import_module("matplotlib.pyplot")
        pyplot.switch_backend(dict.get(matplotlib.rcParams, "backend"))
        matplotlib.interactive(wanted["interactive"])
    elif "interactive" in now:
        matplotlib.interactive(not now["interactive"])


def _given() -> str:
    """Return the kernel's own choice; without, matplotlib finds the one that needs no screen."""
    return os.environ.get("MPLBACKEND") or "agg"


def _plain(backend: str) -> str:
    return "inline" if backend.endswith("backend_inline") else backend.lower()


def _frame(module: Any, name: str, enter: Callable[..., None], leave: Any = None) -> Undo:
    """Have `enter` and `leave` called around a function of a module; return the undoing.

    What stands in its place passes for a function of that module: matplotlib tells warnings of the
    first line outside of itself.
    """
    original = vars(module).get(name)
    if original is None:  # another version of matplotlib
        return lambda: None
    space = {"__name__": module.__name__, "original": original, "enter": enter, "leave": leave}
    call = functools.wraps(original)(types.FunctionType(_call.__code__, space))
    setattr(module, name, call)

    def undo() -> None:
        if vars(module).get(name) is call:
            setattr(module, name, original)

    return undo


def _call(*given: Any, **options: Any) -> Any:
    enter(*given, **options)  # type: ignore[name-defined]  # noqa: F821 - of the space it gets
    try:
        return original(*given, **options)  # type: ignore[name-defined]  # noqa: F821
    finally:
        if leave is not None:  # type: ignore[name-defined]  # noqa: F821
            leave(*given, **options)  # type: ignore[name-defined]  # noqa: F821
