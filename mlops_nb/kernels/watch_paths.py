"""Which files are data of the notebook, and what are they called in a record?

Libraries stand for themselves by their versions, and caches, devices and what Jupyter and mlops_nb
keep for themselves are nobody's data. A file in the project is known by its path from the project's
folder, so that a record holds in another folder, for another user.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import contextlib
import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from typing import Any

_SYSTEM = ("/proc", "/sys", "/dev", "/run", "/usr/share/zoneinfo", "/usr/share/fonts")
_SETTINGS = "/etc/"
_OWN_FOLDERS = frozenset({".mlops_nb", "__pycache__", ".ipynb_checkpoints", ".ipython", ".git"})
_CELL_SOURCES = os.path.join(os.path.realpath("/tmp"), "ipykernel_")  # noqa: PTH118
_MAX_LENGTH = 4096
_CACHES = ("matplotlib", "fontconfig", "pip", "mesa_shader_cache", "numba", "jedi", "mlops_nb")


class PathRules:
    """What counts as data, and its key.

    Parameters
    ----------
    root : str
        Folder of the project.
    ignored : iterable of str, optional
        Further folders that hold no data, such as the one of the kernel's connection.
    """

    def __init__(self, root: str, ignored: Iterable[str] = ()) -> None:
        self._root = os.path.abspath(root) + os.sep  # noqa: PTH100 - symbolic links stay
        # Where a link leads to the project: a process tells its working directory without links.
        self._real_root = os.path.realpath(root) + os.sep
        folders = [*library_folders(), *_SYSTEM, *_cache_folders(), *_own_folders(), *ignored]
        self._ignored = tuple(
            sorted({os.path.abspath(f) + os.sep for f in folders if f})  # noqa: PTH100
        )
        home = os.path.expanduser("~")  # noqa: PTH111
        self._personal, self._cache = f"{home}{os.sep}.", f"{home}{os.sep}.cache{os.sep}"
        own = os.path.abspath(root) + os.sep  # noqa: PTH100
        # An environment may lie in the project, and the project in a folder that is ignored.
        self._ignored = tuple(f for f in self._ignored if not own.startswith(f))

    def key(self, path: Any) -> str | None:
        """Return what a file or folder is called in a record; None if it is no data.

        A descriptor, a path with a NUL and what is no path have no key.
        """
        try:
            text = os.fsdecode(path)
        except TypeError:
            return None
        if not text or "\0" in text or len(text) > _MAX_LENGTH:
            return None
        full = os.path.abspath(text)  # noqa: PTH100 - symbolic links stay
        if full.startswith(self._ignored) or f"{full}{os.sep}" in self._ignored:
            return None
        if not _OWN_FOLDERS.isdisjoint(full.split(os.sep)):  # noqa: PTH206 - hot
            return None
        if full.endswith((".pyc", ".pyo")) or full.startswith(_CELL_SOURCES):
            return None
        if f"{full}{os.sep}" in (self._root, self._real_root):
            return "."
        for root in (self._root, self._real_root):
            if full.startswith(root):
                return full[len(root) :].replace(os.sep, "/")
        return full

    def is_personal(self, key: str) -> bool:
        """Return whether a key is that of somebody's, or the machine's, settings or credentials."""
        if f"{key}/".startswith(_SETTINGS):
            return True
        return key.startswith(self._personal) and not key.startswith(self._cache)

    def is_around(self, key: str) -> bool:
        """Return whether a key calls a folder that the project's lies in."""
        return self._root.startswith(key.rstrip(os.sep) + os.sep)

    def path(self, key: str) -> str:
        """Return the file that `key` calls, as an absolute path."""
        return os.path.normpath(os.path.join(self._root, key))  # noqa: PTH118


def library_folders() -> list[str]:
    """Return the folders of Python itself and of installed libraries."""
    folders = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders += [sys.prefix + "/share", sys.base_prefix + "/lib", os.path.dirname(os.__file__)]  # noqa: PTH120
    with contextlib.suppress(AttributeError, OSError):  # no site packages, or no home
        folders += [*site.getsitepackages(), site.getusersitepackages()]
    folders += distribution_folders()
    return [folder for folder in folders if folder]


def distribution_folders() -> list[str]:
    """Return the folders on the path that distributions were installed into, such as those of
    ``pip install --target``; none that somebody works in."""
    found = []
    here = os.getcwd() + os.sep  # noqa: PTH109
    for folder in filter(None, sys.path):
        full = os.path.abspath(folder) + os.sep  # noqa: PTH100
        with contextlib.suppress(OSError):
            if any(name.endswith(".dist-info") for name in os.listdir(full)):  # noqa: PTH208
                found += [] if here.startswith(full) else [folder]
    return found


def _own_folders() -> list[str]:
    """Return the folder of our own sources, of which tracebacks and warnings show lines; none in a
    kernel that got them as text."""
    file = PathRules.key.__code__.co_filename
    return [os.path.dirname(os.path.dirname(file))] if os.path.isabs(file) else []  # noqa: PTH117, PTH120


def _cache_folders() -> list[str]:
    home = os.path.expanduser("~")  # noqa: PTH111 - the result is text
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")  # noqa: PTH118
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")  # noqa: PTH118
    own = [os.path.join(home, folder) for folder in (".ipython", ".jupyter", ".matplotlib")]  # noqa: PTH118
    return [*(os.path.join(base, name) for base in (cache, config) for name in _CACHES), *own]  # noqa: PTH118
