"""Which distributions does a result rest on? A module's own and, of what that requires, whatever
is loaded too: pandas adds with numpy.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib import metadata

from ..artifacts.installed import offered_names, read_pin
from .watch_packages import (
    DISTRIBUTIONS,
    distribution_version,
    normal_name,
    python_version,
    read_header,
)

_TOPS = {name.lower(): top for top, name in DISTRIBUTIONS.items()}
_OURS = frozenset({"mlops_nb", "mlops-nb", "_mlops_nb_session"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FOLDED = re.compile(r"\n[ \t]+")


def installed_versions() -> list[tuple[str, str]]:
    """Return name and version of all distributions that are installed.

    What lies in other folders does not count: of projects, the notebook's kernel and its runner
    see different ones.
    """
    folders = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    return sorted({read_pin(one) for one in metadata.distributions(path=folders)})


class Packages:
    """The distributions of one environment, looked up once."""

    def __init__(self) -> None:
        self._of_top: dict[str, tuple[str, ...]] = {}
        self._versions: dict[str, str | None] = {}
        self._required: dict[str, tuple[str, ...]] = {}

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
        name = DISTRIBUTIONS.get(top, top)
        if self._version(normal_name(name)) is not None:
            return (normal_name(name),)
        return tuple(sorted({normal_name(name) for name in offered_names().get(top, ())}))

    def _requirements(self, name: str) -> tuple[str, ...]:
        """Return what a distribution requires and is loaded."""
        if name not in self._required:
            try:
                lines = _read_requirements(name)
            except Exception:
                lines = []
            found = [_NAME.match(line) for line in lines if "extra ==" not in line]
            self._required[name] = tuple(sorted({normal_name(m.group()) for m in found if m}))
        return tuple(r for r in self._required[name] if _is_loaded(r))


def _read_requirements(name: str) -> list[str]:
    found = metadata.distribution(name)
    header = _FOLDED.sub(" ", read_header(found))
    if not header:
        return found.requires or []
    named = (line.partition(":") for line in header.splitlines())
    return [told.strip() for field, _, told in named if field == "Requires-Dist"]


def _is_loaded(name: str) -> bool:
    top = _TOPS.get(name, name.replace("-", "_"))
    return top in sys.modules or top.lower() in sys.modules
