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
import types
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from .watch_options import Domain, Marked

Undo = Callable[[], None]
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
        self._touched: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
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
            _frame(module, "_auto_draw_if_interactive", self._change),
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
        told = [(n, self._touched.get(m, 0)) for n, m in self._known.figs.items()]
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
            if not any(self._is_own(one) for one in concerned):
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
        self._own.update(set(self._known.figs.values()) - self._before.pop())
        self._muted -= num is None

    def _show(self, *given: Any, **options: Any) -> None:
        self._muted += 1

    def _shown(self, *given: Any, **options: Any) -> None:
        self._muted -= 1

    def _change(self, figure: Any, *given: Any) -> None:
        manager = figure.canvas.manager
        if manager is not None:
            self._touched[manager] = self._touched.get(manager, 0) + 1


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
