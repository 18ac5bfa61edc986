"""Whose code asks: the notebook's, a module's beside it, or an installed library's?

Told from the files that the code on the stack was compiled from. What has no file (``<string>``,
generated methods) is passed by: whoever called it asks.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

from .watch_paths import distribution_folders, library_folders

_CELLS = ("<ipython-input", "<cell")
_IMPORTING = "<frozen importlib"
_EXECUTING = frozenset({"_load_unlocked", "_exec"})


class Origins:
    """Where code comes from, found out once per file."""

    def __init__(self) -> None:
        self._libraries = tuple(os.path.abspath(f) + os.sep for f in library_folders())  # noqa: PTH100
        self._installed = tuple(os.path.abspath(f) + os.sep for f in distribution_folders())  # noqa: PTH100
        self._known: dict[str, bool | None] = {}
        self._of_libraries: dict[str, bool] = {}

    def is_library_file(self, path: str) -> bool:
        """Return whether a file belongs to Python or to an installed library."""
        found = self._of_libraries.get(path)
        if found is None:
            is_plain = path.startswith(os.sep) and "/." not in path and "//" not in path
            full = path if is_plain else os.path.abspath(path)  # noqa: PTH100
            found = full.startswith(self._libraries)
            if path.startswith(os.sep):  # another's meaning changes with the working directory
                self._of_libraries[path] = found
        return found

    def is_installed_file(self, path: str) -> bool:
        """Return whether a file belongs to an installed library, which has a version."""
        full = os.path.abspath(path)  # noqa: PTH100
        return (
            "site-packages" in full or "dist-packages" in full or full.startswith(self._installed)
        )

    def is_library_module(self, name: str) -> bool:
        """Return whether a loaded module, by its name, is Python's or an installed library's."""
        if name in ("__main__", "__mp_main__", ""):
            return False
        module = sys.modules.get(name)
        file = getattr(getattr(module, "__spec__", None), "origin", None)
        file = file or getattr(module, "__file__", None)
        if not isinstance(file, str):
            return module is not None and not hasattr(module, "__path__")
        return file in ("built-in", "frozen") or self.is_library_file(file)

    def stack(self, depth: int = 1) -> Iterator[tuple[str, Any, bool]]:
        """Yield module, frame and whether it is a library's of the code that asks, inside first.

        Our own code, what has no file and the machinery of imports are passed by.
        """
        frame: Any = sys._getframe(depth)
        while frame is not None:
            file = frame.f_code.co_filename
            is_library = self._known[file] if file in self._known else self._judge(file)
            if is_library is not None:
                yield str(frame.f_globals.get("__name__", "")), frame, is_library
            frame = frame.f_back

    def asker(self, depth: int = 1, *, but: str = "") -> tuple[str, bool] | None:
        """Return the module of the code that asks, and whether it is a library's; None if there is
        no such code. The package `but` passes on what others ask."""
        frame: Any = sys._getframe(depth)
        known = self._known
        while frame is not None:
            file = frame.f_code.co_filename
            is_library = known[file] if file in known else self._judge(file)
            if is_library is not None:
                module = str(frame.f_globals.get("__name__", ""))
                if module.partition(".")[0] != but:
                    return module, is_library
            frame = frame.f_back
        return None

    def is_importing(self, depth: int = 1) -> bool:
        """Return whether this happens while a module is executed for the first time."""
        frame: Any = sys._getframe(depth)
        while frame is not None:
            code = frame.f_code
            if code.co_name in _EXECUTING and code.co_filename.startswith(_IMPORTING):
                return True
            frame = frame.f_back
        return False

    def is_of_user(self, frame: Any) -> bool:
        """Return whether a frame is the notebook's or a local module's."""
        return self.is_user_code(frame.f_code)

    def is_user_code(self, code: Any) -> bool:
        """Return whether code is the notebook's or a local module's."""
        file = code.co_filename
        return (self._known[file] if file in self._known else self._judge(file)) is False

    def is_asked_by_library(self) -> bool:
        """Return whether the code that asks is a library's."""
        asker = self.asker(2)
        return asker is not None and asker[1]

    def _judge(self, file: str) -> bool | None:
        found: bool | None
        if file.startswith(_OURS):
            found = None
        elif file.startswith("<"):
            found = False if file.startswith(_CELLS) else None
        else:
            found = self.is_library_file(file)
        self._known[file] = found
        return found


# Of whatever loader the package has in this process: a path, or a name that is none.
_OURS = os.path.dirname(os.path.dirname(Origins._judge.__code__.co_filename)) + os.sep  # noqa: PTH120
