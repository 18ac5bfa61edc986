"""Did notebook code or a local module read the clock?

Functions of `time` are wrapped in their module. `datetime.now` is a method of a class that allows
no assignment, so it is set in the dictionary behind the class, and the interpreter told; pandas'
`Timestamp.now` asks it. What libraries read of clocks is for their logs and limits, and does not
count, nor do `perf_counter`, `monotonic`, the time of an event loop and their like, which say
nothing but how long something took.

Limits. Texts that numpy and pandas take for the time (``np.datetime64("now")``) are not heard: they
are told from the text of a cell (`pipeline.incremental.surroundings`).

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import ctypes
import datetime
import gc
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from .watch_asker import Origins
from .watch_wrapping import Undo, disguise, is_disguised, wrap_function

# Those that are given a time convert it.
_FUNCTIONS = {
    "time": 0, "time_ns": 0, "clock_gettime": 1, "clock_gettime_ns": 1,
    "localtime": 0, "gmtime": 0, "ctime": 0, "asctime": 0, "strftime": 1,
}  # fmt: skip
# Whose functions are asked for the time itself.
_PASSING_ON = frozenset({"email.utils"})
_UTC = datetime.timezone(datetime.timedelta(0))
_DEPRECATED = (
    "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future version. Use "
    "timezone-aware objects to represent datetimes in UTC: datetime.datetime.now(datetime.UTC)."
)


class ClockWatch:
    """The clocks of one process.

    Parameters
    ----------
    tell : callable
        Called when notebook code reads one.
    is_heard : callable
        Whether what this thread does now counts to a cell.
    origins : Origins
    """

    def __init__(
        self, tell: Callable[[], None], *, is_heard: Callable[[], bool], origins: Origins
    ) -> None:
        self._tell = tell
        self._is_heard = is_heard
        self._origins = origins
        self._undo: list[Undo] = []

    def install(self) -> None:
        """Wrap the clocks."""
        self._undo += [wrap_function(time, name, self._around) for name in _FUNCTIONS]
        self._undo += _replace_methods(datetime.datetime, self._methods())

    def close(self) -> None:
        """Take away all wrappers."""
        for undo in reversed(self._undo):
            undo()

    def _around(self, original: Callable[..., Any], *given: Any, **options: Any) -> Any:
        if len(given) <= _FUNCTIONS[original.__name__]:
            self._asked()
        return original(*given, **options)

    def _asked(self) -> None:
        if not self._is_heard():
            return
        frame: Any = sys._getframe(1)
        while frame is not None and (
            is_disguised(frame.f_code) or frame.f_globals.get("__name__") in _PASSING_ON
        ):
            frame = frame.f_back
        # Only who stands directly behind: what passes the time on does so for itself.
        if frame is not None and self._origins.is_of_user(frame):
            self._tell()

    def _methods(self) -> dict[str, Any]:
        now: Any = datetime.datetime.__dict__["now"]
        utcnow: Any = datetime.datetime.__dict__["utcnow"]
        asked = self._asked

        def read_now(cls: Any, tz: Any = None) -> Any:
            """Return the current local date and time, or that of `tz`."""
            asked()
            return now.__get__(None, cls)(tz)

        def read_utc(cls: Any) -> Any:
            """Return the current UTC date and time, without a time zone."""
            asked()
            if sys.version_info < (3, 12):
                return utcnow.__get__(None, cls)()
            warnings.warn(_DEPRECATED, DeprecationWarning, stacklevel=2)
            return now.__get__(None, cls)(_UTC).replace(tzinfo=None)

        for name, function in (("now", read_now), ("utcnow", read_utc)):
            disguise(function)
            function.__module__ = "datetime"
            function.__name__, function.__qualname__ = name, f"datetime.{name}"
        return {"now": classmethod(read_now), "utcnow": classmethod(read_utc)}


def _replace_methods(kind: type, methods: dict[str, Any]) -> list[Undo]:
    """Set methods of a class that allows no assignment; nothing where that cannot be done."""
    inner = gc.get_referents(kind.__dict__)
    if sys.implementation.name != "cpython" or len(inner) != 1 or type(inner[0]) is not dict:
        return []
    space: dict[str, Any] = inner[0]
    originals = {name: space[name] for name in methods}

    def put(chosen: dict[str, Any]) -> None:
        space.update(chosen)
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))

    put(methods)
    return [lambda: put(originals)]
