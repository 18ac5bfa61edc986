"""Which values are written as JSON? Those that come back exactly: same types, same sharing.

JSON knows no tuples, no keys that are numbers, no ``nan``: such values are written with a tag,
``{"tuple": [1, 2]}``. What has no tag, or holds one mutable object twice, is not plain; it goes to
another codec. Nothing that is read here can run code.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import fractions
import json
import pathlib
import struct
import sys
import uuid
from collections.abc import Callable
from importlib import import_module
from typing import Any

from .blob_faults import NotStorableError
from .codec_nan import find_nan, name_nan
from .identity import identity

NODES_AT_MOST = 20_000
DEPTH_AT_MOST = 60
_INT_WRITTEN = 1 << 64
_TOO_LARGE = "It is too large to be written as plain text."
_UTC = datetime.timezone.utc  # noqa: UP017 - Python 3.9
_PATHS = {
    kind.__name__: kind
    for kind in (pathlib.PurePosixPath, pathlib.PureWindowsPath, type(pathlib.Path()))
}


def encode_plain(value: object) -> bytes:
    """Return `value` as JSON.

    Raises
    ------
    NotStorableError
        If it would not come back exactly, or is too large for this form.
    """
    if _is_large(value):
        raise NotStorableError(_TOO_LARGE)
    tree = _Writer().write(value, 0)
    return json.dumps(tree, separators=(",", ":"), allow_nan=False).encode("ascii")


def decode_plain(content: bytes | bytearray | memoryview) -> Any:
    """Return the value written by `encode_plain`.

    Raises
    ------
    NotStorableError
        If a tag is not known: a newer mlops_nb wrote it.
    """
    return _read(json.loads(bytes(content)))


def _is_large(value: object) -> bool:
    """Return whether a value is too large for this form, before any of it is written."""
    level, n_nodes = [value], 0
    while level:
        groups: list[Any] = [one for one in level if type(one) in _NESTED]
        n_nodes += sum(map(len, groups))
        if n_nodes > NODES_AT_MOST:
            return True
        level = [item for one in groups for item in (one.values() if type(one) is dict else one)]
    return False


class _Writer:
    """Writes one value; remembers which mutable objects it has met."""

    def __init__(self) -> None:
        self._met: set[int] = set()
        self._nodes = 0

    def write(self, value: Any, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > NODES_AT_MOST or depth > DEPTH_AT_MOST:
            raise NotStorableError(_TOO_LARGE)
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return value if abs(value) < _INT_WRITTEN else {"int": hex(value)}
        if kind is float:
            return value if value - value == 0 else _write_odd_float(value)
        if kind in _CONTAINERS:
            return self._container(value, kind, depth + 1)
        if kind in _LEAVES:
            tag, write, _ = _LEAVES[kind]
            return {tag: write(value)}
        return _write_rare(value)

    def _container(self, value: Any, kind: type, depth: int) -> Any:
        if kind in (list, dict, set, bytearray):
            if identity(value) in self._met:
                raise NotStorableError("It holds one mutable object twice.")
            self._met.add(identity(value))
        if kind is bytearray:
            return {"bytearray": base64.b64encode(value).decode()}
        if kind is dict:
            if all(type(key) is str for key in value):
                return {"map": {key: self.write(item, depth) for key, item in value.items()}}
            pairs = [
                [self.write(key, depth), self.write(item, depth)] for key, item in value.items()
            ]
            return {"dict": pairs}
        items = [self.write(item, depth) for item in value]
        return items if kind is list else {kind.__name__: items}


def _write_odd_float(value: float) -> dict[str, str]:
    name = name_nan(value)
    return {"float": struct.pack(">d", value).hex()} if name is None else {"nan": name}


def _write_rare(value: Any) -> Any:
    numpy = sys.modules.get("numpy")
    if numpy is not None and issubclass(type(value), numpy.generic):
        content = [value.dtype.str, numpy.array(value).tobytes().hex()]
        if value.dtype.kind in "biufcmMSU" and value.dtype.itemsize:
            back = _read_numpy(content)
            # Texts lose zeros at their end; `longlong` is another type than `int64`.
            if type(back) is type(value) and (back == value or value != value):
                return {"numpy": content}
    if type(value) in _PATHS.values():
        return {"path": [type(value).__name__, str(value)]}
    raise NotStorableError("Its type has no plain form.")


def _write_uuid(value: Any) -> str:
    if value.is_safe is not uuid.SafeUUID.unknown:
        raise NotStorableError("Its type has no plain form.")
    return str(value)


def _write_datetime(value: Any) -> list[Any]:
    fold = getattr(value, "fold", 0)
    zone = getattr(value, "tzinfo", None)
    naive = value.replace(tzinfo=None, fold=0) if zone is not None or fold else value
    return [naive.isoformat(), fold, _write_zone(zone)]


def _write_zone(zone: Any) -> Any:
    if zone is None:
        return None
    if type(zone) is datetime.timezone:
        offset, name = zone.utcoffset(None), zone.tzname(None)
        if zone is _UTC:
            return "utc"
        if name == datetime.timezone(offset).tzname(None):
            return offset.total_seconds()
    elif type(zone).__module__ == "zoneinfo" and zone is type(zone)(zone.key or "UTC"):
        return ["zoneinfo", zone.key]
    raise NotStorableError("Its time zone has no plain form.")


def _read_zone(content: Any) -> Any:
    if content is None:
        return None
    if content == "utc":
        return _UTC
    if isinstance(content, list):
        return import_module("zoneinfo").ZoneInfo(content[1])
    return datetime.timezone(datetime.timedelta(seconds=content))


def _read_datetime(kind: Any) -> Callable[[Any], Any]:
    def read(content: Any) -> Any:
        naive = kind.fromisoformat(content[0])
        zone = _read_zone(content[2])
        return naive.replace(tzinfo=zone, fold=content[1]) if zone or content[1] else naive

    return read


def _read_numpy(content: Any) -> Any:
    numpy = import_module("numpy")
    return numpy.frombuffer(bytes.fromhex(content[1]), dtype=numpy.dtype(content[0]))[0]


def _write_slice(value: Any) -> list[Any]:
    ends = [value.start, value.stop, value.step]
    if any(end is not None and type(end) is not int for end in ends):
        raise NotStorableError("Its type has no plain form.")
    return [None if end is None else hex(end) for end in ends]


def _read_slice(content: Any) -> slice:
    return slice(*(None if end is None else int(end, 16) for end in content))


# Type -> tag, how it is written, how it is read.
_LEAVES: dict[type, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    bytes: ("bytes", lambda v: base64.b64encode(v).decode(), base64.b64decode),
    complex: (
        "complex",
        lambda v: struct.pack(">dd", v.real, v.imag).hex(),
        lambda c: complex(*struct.unpack(">dd", bytes.fromhex(c))),
    ),
    datetime.datetime: ("datetime", _write_datetime, _read_datetime(datetime.datetime)),
    datetime.time: ("time", _write_datetime, _read_datetime(datetime.time)),
    datetime.date: ("date", lambda v: v.isoformat(), datetime.date.fromisoformat),
    datetime.timedelta: (
        "timedelta",
        lambda v: [v.days, v.seconds, v.microseconds],
        lambda c: datetime.timedelta(*c),
    ),
    datetime.timezone: ("timezone", _write_zone, _read_zone),
    decimal.Decimal: ("decimal", str, decimal.Decimal),
    fractions.Fraction: (
        "fraction",
        lambda v: [hex(v.numerator), hex(v.denominator)],
        lambda c: fractions.Fraction(int(c[0], 16), int(c[1], 16)),
    ),
    uuid.UUID: ("uuid", _write_uuid, uuid.UUID),
    range: (
        "range",
        lambda v: [hex(v.start), hex(v.stop), hex(v.step)],
        lambda c: range(*(int(end, 16) for end in c)),
    ),
    slice: ("slice", _write_slice, _read_slice),
    type(Ellipsis): ("ellipsis", lambda v: 0, lambda c: Ellipsis),
    type(NotImplemented): ("not implemented", lambda v: 0, lambda c: NotImplemented),
}
_NESTED = frozenset({list, tuple, dict, set, frozenset})
_CONTAINERS = _NESTED | {bytearray}
_READERS: dict[str, Callable[[Any], Any]] = {
    **{tag: read for tag, _, read in _LEAVES.values()},
    "int": lambda c: int(c, 16),
    "float": lambda c: struct.unpack(">d", bytes.fromhex(c))[0],
    "nan": find_nan,
    "bytearray": lambda c: bytearray(base64.b64decode(c)),
    "tuple": lambda c: tuple(map(_read, c)),
    "set": lambda c: set(map(_read, c)),
    "frozenset": lambda c: frozenset(map(_read, c)),
    "map": lambda c: {key: _read(item) for key, item in c.items()},
    "dict": lambda c: {_read(key): _read(item) for key, item in c},
    "numpy": _read_numpy,
    "path": lambda c: _PATHS[c[0]](c[1]),
}


def _read(content: Any) -> Any:
    if isinstance(content, list):
        return [_read(item) for item in content]
    if not isinstance(content, dict):
        return content
    ((tag, inner),) = content.items()
    if tag not in _READERS:
        raise NotStorableError(f"A stored value has the unknown tag {tag!r}.")
    return _READERS[tag](inner)
