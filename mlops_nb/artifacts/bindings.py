"""Which names are bound to other objects than before? Told by identity, all names at once.

An object that is gone may be followed by another one at its address, so what is compared is kept
alive: by a weak reference where a value allows one, so that nothing large lives longer because of
us. Notebooks have thousands of names and a cell changes few: what is done for each of them is done
in C.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .identity import identity


class Bindings:
    """What names were bound to in one moment.

    Parameters
    ----------
    values : Mapping
        By name.
    is_kept : callable, optional
        Whether a value that allows no weak reference is kept alive; all are by default. One that is
        not passes for the one that follows it at its address.

    Examples
    --------
    >>> rows = [1]
    >>> before = Bindings({"rows": rows, "limit": 3, "gone": 1})
    >>> sorted(before.changed({"rows": [1], "limit": 3, "new": 2}))
    ['gone', 'new', 'rows']
    """

    __slots__ = ("_idents", "_kept", "_weak")

    def __init__(
        self, values: Mapping[str, Any], *, is_kept: Callable[[Any], bool] | None = None
    ) -> None:
        self._idents = _idents(values)
        kinds = {kind for kind in set(map(type, values.values())) if allows_references(kind)}
        self._weak = {
            name: weakref.ref(value) for name, value in values.items() if type(value) in kinds
        }
        self._kept = {
            name: value
            for name, value in values.items()
            if name not in self._weak and (is_kept is None or is_kept(value))
        }

    def release(self, names: Iterable[str]) -> None:
        """Keep the values of these names alive no longer; an object that follows one of them at its
        address passes for it."""
        for name in names:
            self._kept.pop(name, None)

    def changed(self, now: Mapping[str, Any]) -> set[str]:
        """Return the names that are bound to other objects, or to none, or were not bound."""
        before, after = self._idents, _idents(now)
        found = {name for name, ident in after.items() if before.get(name) != ident}
        found.update(name for name, reference in self._weak.items() if reference() is None)
        return found | (before.keys() - after.keys())


def _idents(values: Mapping[str, Any]) -> dict[str, int]:
    return dict(zip(values, map(identity, values.values())))  # noqa: B905 - Python 3.9


def allows_references(kind: type) -> bool:
    """Return whether objects of a type can be known without being kept alive."""
    return bool(type.__getattribute__(kind, "__weakrefoffset__"))
