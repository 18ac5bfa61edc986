"""How are values of the standard library read that are no collections: times, paths, numbers?

By what they mean and show, not by how they are stored: a path keeps caches in its slots, a fraction
and a decimal have parts of their own.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import datetime
import fractions
import io
import pathlib
import random
import re
import sys
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from .fingerprint_atoms import encode_text
from .fingerprint_columns import encode_columns
from .fingerprint_digest import combine
from .fingerprint_node import Node, Reader, Unreadable, Visit

Encode = Callable[[Any], list[Any]]


def _immutable(tag: bytes, encode: Encode) -> Reader:
    """Return a reader of values that are told by a few plain values."""

    def read(value: Any, visit: Visit) -> bytes:
        columns = encode_columns(encode(value))
        assert columns is not None
        return b"#" + combine(tag, columns)

    return read


def _clock(tag: bytes, names: tuple[str, ...]) -> Reader:
    """Return a reader of times; the time zone is visited."""

    def read(value: Any, visit: Visit) -> Node:
        columns = encode_columns([getattr(value, name) for name in names]) or []
        return Node(tag, columns, [value.tzinfo], label=lambda at: ".tzinfo", mutable=False)

    return read


def _read_zone(zone: Any, visit: Visit) -> bytes:
    if zone.key is None:
        raise Unreadable("It is a time zone without a name.", "Use ZoneInfo(name).")
    return b"#" + combine(b"ZoneInfo", [encode_text(zone.key)])


def _read_namespace(space: SimpleNamespace, visit: Visit) -> Node:
    attributes = dict(vars(space))
    names = list(attributes)
    return Node(
        b"SimpleNamespace",
        encode_columns(names) or [],
        list(attributes.values()),
        label=lambda at: f".{names[at]}",
    )


def _read_random(generator: random.Random, visit: Visit) -> Node:
    return Node(b"Random", (), [generator.getstate()], label=lambda at: ".getstate()", fresh=True)


def _read_stream(stream: Any, visit: Visit) -> Node:
    if stream.closed:
        return Node(b"closed stream", [encode_text(type(stream).__name__)])
    face = [type(stream).__name__, stream.getvalue(), stream.tell()]
    return Node(b"stream", encode_columns(face) or [])


def _read_weak_reference(reference: Any, visit: Visit) -> Node:
    return Node(b"weakref", (), [reference()], label=lambda at: "()", mutable=False)


def _read_partial(function: Any, visit: Visit) -> Node:
    names = ("func", "args", "keywords", "__dict__")
    children = [type(function), *(getattr(function, name) for name in names)]
    return Node(b"partial", (), children, label=lambda at: "." + ("", *names)[at])


def _read_logger(logger: Any, visit: Visit) -> bytes:
    return b"#" + combine(b"logger", [encode_text(logger.name)])


_DATE = ("year", "month", "day")
_TIME = ("hour", "minute", "second", "microsecond", "fold")

READERS: list[tuple[type, Reader]] = [
    (datetime.datetime, _clock(b"datetime", _DATE + _TIME)),
    (datetime.time, _clock(b"time", _TIME)),
    (datetime.date, _immutable(b"date", lambda v: [v.toordinal()])),
    (datetime.timedelta, _immutable(b"timedelta", lambda v: [v.days, v.seconds, v.microseconds])),
    (datetime.timezone, _immutable(b"timezone", lambda v: [*_zone_offset(v), v.tzname(None)])),
    (fractions.Fraction, _immutable(b"Fraction", lambda v: [v.numerator, v.denominator])),
    (pathlib.PurePosixPath, _immutable(b"posix path", lambda v: [str(v)])),
    (pathlib.PosixPath, _immutable(b"path", lambda v: [str(v)])),
    (pathlib.PureWindowsPath, _immutable(b"windows path", lambda v: [str(v)])),
    (pathlib.WindowsPath, _immutable(b"path", lambda v: [str(v)])),
    (re.Pattern, _immutable(b"pattern", lambda v: [v.pattern, v.flags])),
    (SimpleNamespace, _read_namespace),
    (random.Random, _read_random),
    (io.BytesIO, _read_stream),
    (io.StringIO, _read_stream),
    (weakref.ref, _read_weak_reference),
]
# Of modules that may not be loaded: (module, class, reader).
NAMED_READERS: list[tuple[str, str, Reader]] = [
    ("decimal", "Decimal", _immutable(b"Decimal", lambda v: [str(v)])),
    ("uuid", "UUID", _immutable(b"UUID", lambda v: [v.int, str(v.is_safe)])),
    ("ipaddress", "IPv4Address", _immutable(b"IPv4Address", lambda v: [str(v)])),
    ("ipaddress", "IPv6Address", _immutable(b"IPv6Address", lambda v: [str(v)])),
    ("ipaddress", "IPv4Network", _immutable(b"IPv4Network", lambda v: [str(v)])),
    ("ipaddress", "IPv6Network", _immutable(b"IPv6Network", lambda v: [str(v)])),
    ("ipaddress", "IPv4Interface", _immutable(b"IPv4Interface", lambda v: [str(v)])),
    ("ipaddress", "IPv6Interface", _immutable(b"IPv6Interface", lambda v: [str(v)])),
    ("zoneinfo", "ZoneInfo", _read_zone),
    ("functools", "partial", _read_partial),
    ("logging", "Logger", _read_logger),
    ("logging", "RootLogger", _read_logger),
]


def _zone_offset(zone: datetime.timezone) -> list[int]:
    offset = zone.utcoffset(None)
    return [offset.days, offset.seconds, offset.microseconds]


def plain_readers() -> list[tuple[type, Reader]]:
    """Return the readers of exact types, of modules that are loaded."""
    found = list(READERS)
    for module, name, reader in NAMED_READERS:
        kind = getattr(sys.modules.get(module), "__dict__", {}).get(name)
        if isinstance(kind, type):
            found.append((kind, reader))
    return found


def read_exception(error: BaseException, visit: Visit) -> Node:
    """Read an exception: what it pickles (its C attributes too) and its cause; no traceback."""
    children = [type(error), error.__reduce_ex__(4), error.__cause__]
    return Node(
        b"exception",
        [b"%d" % error.__suppress_context__],
        children,
        label=("", ".__reduce__()", ".__cause__").__getitem__,
        fresh=True,
    )
