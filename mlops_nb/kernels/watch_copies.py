"""Is it asked of a file whether it is there, only to be written over in any case?

A library that saves an image wants to know whether it has to remove it after a failure; one that
copies a file, whether both are one. What they write is the same either way, and a first run that
found nothing must not make the second one run.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import os
from typing import Any

_SAVES = {"PIL.Image": frozenset({"save"})}
_COPIES = {"shutil": frozenset({"copy", "copy2", "copyfile", "copymode", "copystat"})}
_DEPTH = 6


def is_replaced_anyway(frame: Any, path: Any) -> bool:
    """Return whether who asks for `path` is about to write it whole; a folder is never replaced.

    Parameters
    ----------
    frame : frame
        Of who calls a function of `os`.
    path : str
    """
    for _ in range(_DEPTH):
        if frame is None:
            return False
        home, called = frame.f_globals.get("__name__"), frame.f_code.co_name
        if called in _SAVES.get(home, ()):
            return _is_file_or_nothing(path)
        if called in _COPIES.get(home, ()):
            return frame.f_locals.get("dst") == path and _is_file_or_nothing(path)
        frame = frame.f_back
    return False


def _is_file_or_nothing(path: Any) -> bool:
    return not os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114
