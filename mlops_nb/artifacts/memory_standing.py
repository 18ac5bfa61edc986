"""Does a value stand as it stood, down to its last part? Told without a fingerprint of it.

A tree of plain collections is written out by Python's own marshal, which a fingerprint cannot use:
what it writes depends on who else holds a part. It says too often that something changed, never too
seldom, and takes a tenth of the time.

Anything else is what it was if it holds the very objects that it held, in their order, and each of
these is what it was: the addresses of all that it refers to are compared, level by level. Only what
holds more than references (arrays, frames, objects of libraries) is read. What cannot change is
kept alive, so that nothing else gets its address. Collections are not: one that is gone may be
followed by another at its address, which then holds the same objects.

Limits. Of what cannot be read at all (a lock, a connection) the type alone is compared.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import logging
import marshal
import pathlib
import re
import types
import uuid
from collections.abc import Callable, Iterable
from itertools import chain, compress
from typing import Any, NamedTuple

from .fingerprint_code import reached_names
from .fingerprint_origin import is_library, module_name
from .identity import identity
from .memory_levels import by_type

_FIXED = frozenset({
    type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented), range,
    slice, types.CodeType, types.BuiltinFunctionType, re.Pattern, uuid.UUID, decimal.Decimal,
    fractions.Fraction, datetime.date, datetime.datetime, datetime.time, datetime.timedelta,
    datetime.timezone, pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath,
    pathlib.WindowsPath,
})  # fmt: skip
_LEAVES = frozenset({type(None), bool, int, float, complex, str, bytes, type(Ellipsis)})
_PLAIN = _LEAVES | {list, dict, tuple, set, frozenset}
_MOST_LEVELS = 32
_FORMAT = 4  # the first that tells what stands twice
_TABLES = frozenset({dict, collections.OrderedDict, collections.defaultdict})
_ROWS = frozenset({list, tuple, set, frozenset, collections.deque})
Read = Callable[[Any], "str | None"]


class Standing(NamedTuple):
    """How a value stands; equal to another one's as long as nothing in it was changed.

    Attributes
    ----------
    n_parts : int
        How many references it holds, or about so many bytes.
    trail : tuple of int
        What tells apart all that it refers to, and how many each collection holds.
    read : tuple of str
        Digests, or the types, of what is more than references.
    is_plain : bool
        Whether it is a tree of plain collections.
    """

    n_parts: int
    trail: tuple[int, ...]
    read: tuple[str, ...] = ()
    is_plain: bool = False


def stand(
    value: Any, read: Read, kept: list[Any], *, was_plain: bool | None = None
) -> Standing | None:
    """Return how a value stands now; None if another thread changes it.

    Parameters
    ----------
    value : object
    read : callable
        Returns the digest of an object, or None if it has none.
    kept : list
        What must live as long as the result is compared is added.
    was_plain : bool, optional
        Whether it was a tree of plain collections when it was last looked at.

    Examples
    --------
    >>> kept = []
    >>> table = {"rows": [[1, 2], [3]]}
    >>> before = stand(table, repr, kept)
    >>> table["rows"][1].append(4)
    >>> stand(table, repr, kept) == before
    False
    """
    try:
        is_plain = _is_plain(value) if was_plain is None else was_plain
        written = _write(value) if is_plain else None
        return _follow(value, read, kept) if written is None else written
    except RuntimeError:  # it changes while it is looked at
        return None


def _is_plain(value: Any) -> bool:
    level = [value]
    for _ in range(_MOST_LEVELS):
        kinds = set(map(type, level))
        if not kinds <= _PLAIN:
            return False
        below: list[Any] = []
        for kind in kinds - _LEAVES:
            group: list[Any] = [one for one in level if type(one) is kind]
            below += chain.from_iterable(group)
            below += (part for one in group for part in one.values()) if kind is dict else ()
        if not below:
            return True
        level = below
    return False


def _write(value: Any) -> Standing | None:
    """Return how a tree stands; None if it holds what cannot be written."""
    try:
        written = marshal.dumps(value, _FORMAT)
    except ValueError:
        return None
    return Standing(len(written) // 4, (hash(written),), is_plain=True)


def _follow(value: Any, read: Read, kept: list[Any]) -> Standing:
    n_parts, trail, found, seen = 0, list[int](), list[str](), set[int]()
    level = [value]
    while level:
        n_parts += len(level)
        trail.append(hash(tuple(map(identity, level))))
        kept += compress(level, map(_FIXED.__contains__, map(type, level)))
        below: list[Any] = []
        for kind, group in by_type(level, seen, _FIXED):
            if kind in _ROWS or kind in _TABLES:
                trail.append(hash(tuple(map(len, group))))
            inside = _inside(group, kind)
            if inside is None:
                found += [_tell(one, read) for one in group]
            else:
                below += inside
        level = below
    return Standing(n_parts, tuple(trail), tuple(found))


def _tell(one: Any, read: Read) -> str:
    return f"{type(one).__module__}.{type(one).__qualname__} {read(one)}"


def _inside(group: list[Any], kind: type) -> Iterable[Any] | None:
    """Return what objects of one type refer to; None if they are more than that."""
    if kind in _TABLES:
        factories = [one.default_factory for one in group if hasattr(one, "default_factory")]
        return chain(chain.from_iterable(group), *map(dict.values, group), factories)
    if kind in _ROWS:
        return chain.from_iterable(group)
    if issubclass(kind, (types.ModuleType, type)):
        own = [one for one in group if not is_library(_home(one))]
        return [part for one in own for part in (*one.__dict__, *one.__dict__.values())]
    if kind is types.FunctionType:
        return [part for one in group for part in _in_function(one)]
    if issubclass(kind, logging.Logger):
        return ()
    if not is_library(kind.__module__) and _is_written_in_python(kind):
        slots = _slots(kind)
        spaces = [getattr(one, "__dict__", None) for one in group]
        return chain([kind], spaces, (getattr(one, s, None) for one in group for s in slots))
    return None


def _home(one: Any) -> str:
    return module_name(one) if isinstance(one, types.ModuleType) else str(one.__module__)


def _in_function(function: types.FunctionType) -> list[Any]:
    """Return what a function is made of, and the globals it reads, unless it is a library's."""
    space = function.__globals__
    inside: list[Any] = [
        function.__code__, function.__defaults__, function.__kwdefaults__, vars(function),
        *(cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)),
    ]  # fmt: skip
    if not is_library(space.get("__name__")):
        inside += [space.get(name) for name in sorted(reached_names(function.__code__))]
    return inside


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _is_written_in_python(kind: type) -> bool:
    """Return whether objects of a class have nothing but attributes and slots."""
    return all(
        "__slots__" in vars(one) or {"__dict__", "__weakref__"} <= _spaces(one)
        for one in kind.__mro__[:-1]
    )


def _spaces(kind: type) -> set[str]:
    return {
        name for one in kind.__mro__ for name in ("__dict__", "__weakref__") if name in vars(one)
    }


def _slots(kind: type) -> list[str]:
    found = []
    for one in kind.__mro__:
        names = vars(one).get("__slots__", ())
        found += [
            f"_{one.__name__.lstrip('_')}{name}"
            if name.startswith("__") and name[-2:] != "__"
            else name
            for name in ((names,) if isinstance(names, str) else names)
            if name not in ("__dict__", "__weakref__")
        ]
    return found
