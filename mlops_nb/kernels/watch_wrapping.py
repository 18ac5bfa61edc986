"""How is a function of a library heard, without anybody else seeing a difference?

By another one in its place, of the same name and pickled like it. Its frames pass for Python's own
of an import: a warning is told of the line that called the library, whatever lies between.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

Undo = Callable[[], None]

# `warnings` passes by frames of such files when it counts them.
PASSED_BY = "<frozen importlib._bootstrap_external>"
_MARK = "_mlops_nb_"
_CALL = f"{_MARK}call"
_CODE = compile(f"{_CALL}()", PASSED_BY, "eval").replace(co_name=_CALL)


def wrap_function(place: Any, name: str, around: Callable[..., Any]) -> Undo:
    """Have ``around(original, *arguments)`` called for a function of a module; return the undoing.

    Nothing is done for what the module does not have.
    """
    original = getattr(place, name, None)
    if original is None:
        return lambda: None
    disguise(getattr(around, "__func__", around))

    @functools.wraps(original)
    def call(*arguments: Any, **options: Any) -> Any:
        return around(original, *arguments, **options)

    disguise(call)
    # Methods that stand in a module are pickled by name like the functions they pass for.
    call.__module__, call.__qualname__ = getattr(place, "__name__", ""), name
    setattr(place, name, call)

    def undo() -> None:
        if getattr(place, name, None) is call:
            setattr(place, name, original)

    return undo


def disguise(function: Any) -> None:
    """Have `warnings` pass by the frames of a function of ours."""
    code = function.__code__
    if not code.co_name.startswith(_MARK):
        name = f"{_MARK}{code.co_name}"
        function.__code__ = code.replace(co_filename=PASSED_BY, co_name=name)


def call_from_user(call: Callable[[], Any], library: str) -> Any:
    """Call a function of a library that looks up names where it was called.

    DuckDB takes the values of names that stand in SQL from the nearest frame that is not its own:
    that is one with the names of whoever called the library, before any of ours.

    Parameters
    ----------
    call : callable
    library : str
        Name of the library's package: its own frames are passed by.
    """
    frame = _caller_of(library)
    if frame is None:
        return call()
    return eval(_CODE, frame.f_globals, {**frame.f_locals, _CALL: call})


def _caller_of(library: str) -> FrameType | None:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        owner = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if owner != library and not is_disguised(frame.f_code) and frame.f_code not in _OURS:
            return frame
        frame = frame.f_back
    return None


def is_disguised(code: Any) -> bool:
    """Return whether a code object is one of ours in disguise."""
    return bool(code.co_name.startswith(_MARK))


_OURS = (call_from_user.__code__, _caller_of.__code__)
