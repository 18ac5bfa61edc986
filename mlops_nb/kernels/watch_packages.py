"""Which installed distributions is a result made with, and in which versions?

A module's distribution and, of what that requires, whatever is loaded too: pandas adds with numpy.
Versions are those of the metadata, which a runner can look up without a kernel. Distributions that
were built from a folder or a URL can change without a change of version: their files count.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import sysconfig
from collections.abc import Iterable
from importlib import metadata
from importlib.machinery import PathFinder
from typing import Any

# Import names that are not their distribution's; others are looked up in all metadata, once.
_DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "PIL": "pillow",
    "yaml": "PyYAML",
    "cv2": "opencv-python",
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "mpl_toolkits": "matplotlib",
    "pylab": "matplotlib",
    "attr": "attrs",
    "dotenv": "python-dotenv",
    "_polars_runtime_32": "polars-runtime-32",
}
_TOPS = {name.lower(): top for top, name in _DISTRIBUTIONS.items()}
_OURS = frozenset({"mlops_nb", "mlops-nb", "_mlops_nb_session"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def python_version() -> str:
    """Return what of Python's version can change results."""
    name = "" if sys.implementation.name == "cpython" else f"{sys.implementation.name} "
    return f"{name}{sys.version_info[0]}.{sys.version_info[1]}"


def distribution_version(name: str) -> str | None:
    """Return the version of an installed distribution; None if there is none of that name.

    ``"python"`` is Python itself. ``"xgboost?"`` asks whether there is anything to import under
    that name: ``"there"``.
    """
    if name == "python":
        return python_version()
    if name.endswith("?"):
        return "there" if _is_importable(name[:-1]) else None
    try:
        found = metadata.distribution(name)
        version: str | None = found.version
    except Exception:  # not installed, or its metadata is damaged
        return None
    return None if version is None else version + _build_of(found)


def _is_importable(top: str) -> bool:
    """Return whether a library of that name is installed, by its files or its metadata."""
    folders = {sysconfig.get_path(kind) for kind in ("purelib", "platlib", "stdlib")}
    if PathFinder.find_spec(top, [folder for folder in folders if folder]) is not None:
        return True
    return distribution_version(_DISTRIBUTIONS.get(top, top)) is not None


class Packages:
    """The distributions of one environment, looked up once."""

    def __init__(self) -> None:
        self._of_top: dict[str, tuple[str, ...]] = {}
        self._versions: dict[str, str | None] = {}
        self._required: dict[str, tuple[str, ...]] = {}
        self._all: Any = None

    def used(self, tops: Iterable[str]) -> dict[str, str | None]:
        """Return name and version of the distributions behind import names, Python first."""
        todo = [name for top in tops for name in self._named(top)]
        found = {"python": python_version()}
        while todo:
            name = todo.pop()
            if name in found or name in _OURS:
                continue
            version = self._version(name)
            if version is None:
                continue
            found[name] = version
            todo += self._requirements(name)
        return dict(sorted(found.items()))

    def _version(self, name: str) -> str | None:
        if name not in self._versions:
            self._versions[name] = distribution_version(name)
        return self._versions[name]

    def _named(self, top: str) -> tuple[str, ...]:
        if top in _OURS:
            return ()
        if top not in self._of_top:
            self._of_top[top] = self._find(top)
        return self._of_top[top]

    def _find(self, top: str) -> tuple[str, ...]:
        name = _DISTRIBUTIONS.get(top, top)
        if self._version(_normal(name)) is not None:
            return (_normal(name),)
        if self._all is None:
            self._all = _packages_distributions()
        return tuple(sorted({_normal(name) for name in self._all.get(top, ())}))

    def _requirements(self, name: str) -> tuple[str, ...]:
        """Return what a distribution requires and is loaded."""
        if name not in self._required:
            try:
                lines = metadata.requires(name) or []
            except Exception:
                lines = []
            found = [_NAME.match(line) for line in lines if "extra ==" not in line]
            self._required[name] = tuple(sorted({_normal(m.group()) for m in found if m}))
        return tuple(r for r in self._required[name] if _is_loaded(r))


def _packages_distributions() -> dict[str, list[str]]:
    """Return distributions by import name, as Python has it from 3.10 on."""
    if hasattr(metadata, "packages_distributions"):
        try:
            return dict(metadata.packages_distributions())
        except Exception:
            return {}
    found: dict[str, list[str]] = {}
    for one in metadata.distributions():
        told = (one.read_text("top_level.txt") or "").split()
        tops = told or {str(path).partition("/")[0] for path in one.files or ()}
        for top in tops:
            found.setdefault(top, []).append(one.metadata["Name"])
    return found


def _is_loaded(name: str) -> bool:
    top = _TOPS.get(name, name.replace("-", "_"))
    return top in sys.modules or top.lower() in sys.modules


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _build_of(found: Any) -> str:
    """Return what tells builds of one version apart, if it came from a folder or a URL."""
    source = found.read_text("direct_url.json")
    files = found.read_text("RECORD")
    if not source or not files or json.loads(source).get("dir_info", {}).get("editable"):
        return ""
    lines = sorted(line for line in files.splitlines() if ".py," in line or ".so," in line)
    return "+" + hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
