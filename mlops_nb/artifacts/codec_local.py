"""Which lists, tables and arrays of a notebook's are those of a module beside it?

``s = config.SETTINGS``: a copy of the dictionary would look the same, but what is then set in it
would not be seen by the functions of the module. So it is stored as the place where the module
keeps it, as instances are (`codec_process`); a value that only holds such a collection is not
stored, and the cell that made it runs where it is needed.

Limits. Libraries are left out: what they keep in plain collections is not meant to be changed. Of
very large data, of a module's or of a value's, a part is looked at.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import enum
import sys
import types
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .blob_faults import NotStorableError
from .codec_process import SharedObjects, is_beside_notebook, reduce_shared
from .codec_stand_ins import rebuild_shared
from .identity import identity

_COLLECTIONS = (dict, list, set, bytearray, deque)
_TABLES = {"numpy": ("ndarray",), "pandas": ("DataFrame", "Series")}
_PARTS_AT_MOST = 5_000
_MAIN = "__main__"
_shared = SharedObjects()


class ModulesBeside:
    """Which loaded modules lie beside the notebook; looked for anew when some were loaded."""

    def __init__(self) -> None:
        self._loaded = (0, 0)
        self._names: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Return the names of the modules."""
        loaded = (len(sys.modules), identity(sys.modules[next(reversed(sys.modules))]))
        if loaded != self._loaded:
            self._loaded = loaded
            self._names = tuple(name for name in list(sys.modules) if is_beside_notebook(name))
        return self._names


_beside = ModulesBeside()


class StandIn:
    """What is pickled in the place of what a module keeps."""

    def __init__(self, place: tuple[str, str, str]) -> None:
        self._place = place

    def __reduce__(self) -> Any:
        return rebuild_shared, self._place


def with_stand_ins(members: Mapping[str, object]) -> Mapping[str, object]:
    """Return the values of a group, with a stand-in for each that a module beside the notebook
    keeps under a name.

    Raises
    ------
    NotStorableError
        If a value holds what such a module keeps, or is kept inside of something.
    """
    modules = _beside.names()
    if not modules:
        return members
    tops, inner = _kept_by(modules)
    for value in members.values():
        if identity(value) in tops:
            continue
        for part in (value, *_parts_of(value, is_own=True)):
            place = tops.get(identity(part)) or inner.get(identity(part))
            if place is not None:
                raise NotStorableError(
                    f"It holds what a module keeps, in {'.'.join(place)}.",
                    "Ask for it where it is used.",
                )
    told = {n: reduce_shared(v, tops[i]) for n, v in members.items() if (i := identity(v)) in tops}
    found = {name: StandIn(place) for name, place in told.items() if place is not None}
    return {**members, **found} if found else members


def _kept_by(modules: Iterable[str]) -> tuple[dict[int, Any], dict[int, Any]]:
    """Return the places of what these modules keep under a name, and of what that holds."""
    tops: dict[int, tuple[str, str]] = {}
    inner: dict[int, tuple[str, str]] = {}
    for module in modules:
        loaded = sys.modules.get(module)
        for name, value in list(vars(loaded).items()) if loaded is not None else ():
            if name.startswith("__"):
                continue
            if _can_change(value):
                tops.setdefault(identity(value), (module, name))
            elif isinstance(value, type) and value.__module__ != module:
                continue
            for part in _parts_of(value):
                inner.setdefault(identity(part), (module, name))
    return tops, inner


def _can_change(value: object) -> bool:
    kind = type(value)
    tables = _TABLES.get(kind.__module__.partition(".")[0], ())
    return issubclass(kind, _COLLECTIONS) or kind.__name__ in tables


def _parts_of(value: object, *, is_own: bool = False) -> Iterator[object]:
    """Yield what can change inside of a value: in collections, objects and classes of the
    notebook's and of modules beside it; of a value of the notebook's own not in what is pickled by
    name, as classes of modules and members of enumerations are."""
    level, met = [value], set[int]()
    while level and len(met) < _PARTS_AT_MOST:
        following = []
        for one in level:
            if identity(one) in met:
                continue
            met.add(identity(one))
            for part in () if is_own and _is_named(one) else _items_of(one):
                if _can_change(part):
                    yield part
                if type(part) not in _ATOMS:
                    following.append(part)
        level = following


_ATOMS = frozenset({bool, int, float, complex, str, bytes, type(None)})


def _is_named(one: object) -> bool:
    owner = one if isinstance(one, type) else type(one)
    is_code = isinstance(one, (type, types.FunctionType, enum.Enum))
    return owner.__module__ != _MAIN and (is_code or _shared.find(one) is not None)


def _items_of(one: object) -> list[Any]:
    kind = type(one)
    if issubclass(kind, dict):
        return list(dict.values(one))  # type: ignore[arg-type]
    if kind in (list, tuple, set, frozenset, deque):
        return [*one]  # type: ignore[misc]
    owner = one if isinstance(one, type) else kind
    if owner.__module__ == _MAIN or is_beside_notebook(owner.__module__):
        return list(getattr(one, "__dict__", {}).values())
    return []
