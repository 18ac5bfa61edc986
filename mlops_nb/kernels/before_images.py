"""What were files before a run changed them, should it have to begin again?

Cells that ran are run once more then, and what they append or count up must begin where it began.
Each file is copied once, just before it is written the first time; runs that can restore nothing
never begin again, and copy nothing.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterable

# What is told of a path instead of a copy.
_ABSENT, _FOLDER, _LOST = "absent", "folder", "lost"

Image = tuple[str, str]


class BeforeImages:
    """Copies of files as they were.

    Parameters
    ----------
    folder : str
        Where they are put.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._taken: dict[str, str] = {}
        self._told = 0

    def take(self, path: str) -> None:
        """Copy a file that is about to be written, replaced or removed; once."""
        if path not in self._taken:
            self._taken[path] = self._copy(path)

    def since(self) -> list[Image]:
        """Return path and copy of what was taken since this was asked last."""
        found = list(self._taken.items())[self._told :]
        self._told = len(self._taken)
        return found

    def taken(self) -> list[Image]:
        """Return path and copy of all that was taken."""
        return list(self._taken.items())

    def _copy(self, path: str) -> str:
        if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
            return _FOLDER
        if not os.path.lexists(path):
            return _ABSENT
        place = os.path.join(self._folder, uuid.uuid4().hex)  # noqa: PTH118
        try:
            shutil.copy2(path, place, follow_symlinks=False)
        except OSError:
            return _LOST
        return place


def find_lost(images: Iterable[Image]) -> str:
    """Return why a file cannot be as it was, or an empty text."""
    lost = [path for path, copy in images if copy == _LOST]
    return f"the file '{lost[0]}' could not be copied before it was written" if lost else ""


def put_back(images: Iterable[Image]) -> list[str]:
    """Make files be as they were; return those for which that failed.

    Parameters
    ----------
    images : iterable of (str, str)
        In the order in which they were taken, of several processes.
    """
    failed = []
    for path, copy in reversed(list(images)):
        try:
            if copy == _LOST:
                failed.append(path)
            elif copy == _FOLDER:
                os.makedirs(path, exist_ok=True)  # noqa: PTH103
            elif copy == _ABSENT:
                _remove(path)
            else:
                os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
                shutil.copy2(copy, path, follow_symlinks=False)
        except OSError:
            failed.append(path)
    return failed


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
        with contextlib.suppress(OSError):  # what else is in it was not the run's
            os.rmdir(path)  # noqa: PTH106
    elif os.path.lexists(path):
        os.remove(path)  # noqa: PTH107
