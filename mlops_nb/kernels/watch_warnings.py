"""Did a cell make Python look at the filters of `warnings`, and did it set some?

A filter of our own stands before all others, is asked about each warning and fits none: so a
warning that is not shown is heard of as well. Filters that a library adds while it is imported are
its own business; what notebook code and local modules add is an option.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from .watch_options import Domain, Marked, mark
from .watch_warned import OwnPattern, ShownWarnings, without_own

Undo = Callable[[], None]


class WarningOptions(Domain):
    """The filters of `warnings`, without those of Python, IPython and libraries."""

    name = "warnings"
    is_heard = True

    def __init__(self) -> None:
        super().__init__()
        self._own: list[Any] = []
        self._kept: list[Any] = []
        self._ear = _Ear(self.read)
        self.shown = ShownWarnings(self._may_have_shown)

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Take the filters that are there for nobody's choice, and begin to hear of warnings."""
        self._own = without_own(_filters())
        self._ear.is_on = is_on
        self.listen()
        return self._ear_out

    def listen(self) -> None:
        """Be asked first again."""
        first = _filters()[0][1] if warnings.filters else None
        if first is not self._ear:
            self._ear_out()
            entry: Any = ("ignore", self._ear, Warning, None, 0)
            warnings.filters.insert(0, entry)  # type: ignore[attr-defined]

    def read(self) -> None:
        """Hear of a warning: whether it is shown depends on what was shown, too."""
        super().read()
        self.shown.read()

    def begin(self) -> None:
        """Be asked first again: filters may have been put before ours."""
        self.listen()

    def state(self) -> dict[str, Any]:
        """Return the filters in their order; those of libraries only where they moved up."""
        chosen, last = [], -1
        for entry in without_own(_filters()):
            at = self._own.index(entry) if entry in self._own else -1
            if at < max(last, 0):
                chosen.append(entry)
            last = max(at, last)
        return {"filters": [_tell_filter(entry) for entry in chosen]} if chosen else {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set the filters."""
        found = [_read_filter(told) for told in state.get("filters", ())]
        kept = [entry for entry in self._own if entry not in found]
        warnings.filters[:] = [*found, *kept]  # type: ignore[index]
        mutated: Any = getattr(warnings, "_filters_mutated", None)
        if mutated is not None:
            mutated()
        self.listen()

    def importing(self, *, is_done: bool) -> None:
        """Take filters that a library adds while it is imported for its own.

        Call it before and after a library's module is executed that another library's did not ask
        for.
        """
        if not is_done:
            self._kept = list(warnings.filters)
            return
        self.shown.settle()
        found = without_own(_filters())
        self._own = [f for f in found if f not in self._kept or f in self._own]

    def _may_have_shown(self) -> bool:
        """Return whether there was a warning since this was last asked, or nobody could hear."""
        heard, self._ear.has_heard = self._ear.has_heard, False
        return heard or not warnings.filters or _filters()[0][1] is not self._ear

    def _ear_out(self) -> None:
        kept = [f for f in _filters() if f[1] is not self._ear]
        warnings.filters[:] = kept  # type: ignore[index]


class _Ear(OwnPattern):
    """Is asked about each warning, and fits none."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self.is_on: Callable[[], bool] = lambda: False
        self.has_heard = True  # of what was before, nobody knows

    def match(self, text: str) -> None:
        """Hear of a warning."""
        self.has_heard = True
        if self.is_on():
            self._tell()


def _filters() -> Any:
    return warnings.filters


def _tell_filter(entry: Any) -> Any:
    action, message, category, module, line = entry
    texts = [_tell_pattern(message), _tell_pattern(module)]
    home, name = category.__module__, category.__qualname__
    if home == "__main__" or any(isinstance(text, Marked) for text in texts):
        return Marked(repr((action, str(texts), home, name, line)))
    return [action, texts[0], home, name, texts[1], line]


def _tell_pattern(pattern: Any) -> Any:
    if pattern is None or isinstance(pattern, str):
        return pattern
    if isinstance(pattern, re.Pattern):
        return [pattern.pattern, pattern.flags]
    return mark(pattern)


def _read_filter(told: Any) -> Any:
    action, message, home, name, module, line = told
    category = getattr(__import__(home, fromlist=["_"]), name)
    patterns = [re.compile(*p) if isinstance(p, list) else p for p in (message, module)]
    return (action, patterns[0], category, patterns[1], line)
