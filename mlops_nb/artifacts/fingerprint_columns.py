"""Which bytes stand for a million plain values at once?

A sequence of atoms, or of dates, decimals and numpy's numbers, is written by columns, one per type,
so that no Python code runs per element; a short one atom by atom. What is a column depends on the
types and the number of elements alone, never on how the walk came to them.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any, NamedTuple

from .fingerprint_atoms import ATOMS, LONGEST_INLINE, encode_integer, encode_text
from .fingerprint_digest import digest_memory, little_endian

_FEW = 16
_ORDERED = frozenset({bool, int, str, bytes})


class _Column(NamedTuple):
    """How values of one type are written: the type's name, and the bytes of many of them.

    The bytes are None where one of them does not fit.
    """

    name: bytes
    encode: Callable[[Sequence[Any]], bytes | None]


def encode_columns(items: Sequence[Any]) -> list[bytes] | None:
    """Return the parts that stand for a sequence of plain values, or None if one is not plain.

    The first part holds the number of items, so that parts of two sequences can follow each other.
    """
    if len(items) < _FEW:
        try:
            return [b"%d" % len(items), *[ATOMS[type(item)](item) for item in items]]
        except KeyError:
            return None
    kinds = set(map(type, items))
    if len(kinds) > _FEW:
        return None
    found = {kind: _COLUMNS.get(kind) or _find_column(kind) for kind in kinds}
    columns = {kind: column for kind, column in found.items() if column is not None}
    if len(columns) < len(found):
        return None
    parts = [b"%d" % len(items)]
    if len(kinds) == 1:
        chosen = [(column, items) for column in columns.values()]
    else:
        ordered = sorted(kinds, key=lambda kind: columns[kind].name)
        numbers = {kind: number for number, kind in enumerate(ordered)}
        codes = bytes(map(numbers.__getitem__, map(type, items)))
        parts.append(short(codes))
        chosen = [
            (columns[kind], list(compress(items, map(numbers[kind].__eq__, codes))))
            for kind in ordered
        ]
    for column, values in chosen:
        encoded = column.encode(values)
        if encoded is None:
            return None
        parts.extend((column.name, encoded))
    return parts


def sort_plain(items: Sequence[Any]) -> list[Any] | None:
    """Return the elements of a set in an order of their own, or None if one is no atom."""
    kinds = set(map(type, items))
    if not kinds <= ATOMS.keys():
        return None
    ordered: list[Any] = []
    for kind in ATOMS:
        if kind in kinds:
            found = items if len(kinds) == 1 else [item for item in items if type(item) is kind]
            # NaN has no place among numbers, and complex numbers and constants have no order.
            ordered.extend(sorted(found, key=None if kind in _ORDERED else ATOMS[kind]))
    return ordered


def short(content: bytes) -> bytes:
    """Return `content`, or its digest, so that what follows cannot be taken for a part of it."""
    head = len(content).to_bytes(8, "little")
    return head + (content if len(content) <= LONGEST_INLINE else digest_memory(content))


def _texts(items: Sequence[str]) -> bytes:
    return short(little_endian("q", map(len, items))) + short(encode_text("".join(items)))


def _bytes(items: Sequence[bytes]) -> bytes:
    return short(little_endian("q", map(len, items))) + short(b"".join(items))


def _integers(items: Sequence[int]) -> bytes:
    try:
        return b"q" + short(little_endian("q", items))
    except OverflowError:
        return b"z" + _bytes([encode_integer(item) for item in items])


def _complex(items: Sequence[complex]) -> bytes:
    return short(little_endian("d", [half for one in items for half in (one.real, one.imag)]))


def _times(items: Sequence[Any]) -> bytes | None:
    if any(item.tzinfo is not None for item in items):
        return None
    return _texts([item.isoformat() for item in items]) + short(bytes(one.fold for one in items))


def _timestamps(items: Sequence[Any]) -> bytes | None:
    if any(item.tzinfo is not None for item in items):
        return None
    folds = short(bytes(item.fold for item in items))
    values = little_endian("q", [item._value for item in items])
    return short(values) + folds + _texts([item.unit for item in items])


def _numpy_numbers(items: Sequence[Any]) -> bytes | None:
    array = sys.modules["numpy"].array(items, dtype=items[0].dtype.newbyteorder("<"))
    return short(array.tobytes())


_COLUMNS: dict[type, _Column] = {
    type(None): _Column(b"None", lambda items: b""),
    bool: _Column(b"bool", lambda items: short(bytes(items))),
    int: _Column(b"int", _integers),
    float: _Column(b"float", lambda items: short(little_endian("d", items))),
    complex: _Column(b"complex", _complex),
    str: _Column(b"str", _texts),
    bytes: _Column(b"bytes", _bytes),
    type(Ellipsis): _Column(b"Ellipsis", lambda items: b""),
    type(NotImplemented): _Column(b"NotImplemented", lambda items: b""),
}
# Of modules that may not be loaded.
_NAMED: dict[tuple[str, str], Callable[[Sequence[Any]], bytes | None]] = {
    ("datetime", "date"): lambda items: short(
        little_endian("q", (item.toordinal() for item in items))
    ),
    ("datetime", "datetime"): _times,
    ("datetime", "time"): _times,
    ("decimal", "Decimal"): lambda items: _texts(list(map(str, items))),
    ("pandas._libs.missing", "NAType"): lambda items: b"",
    ("pandas._libs.tslibs.nattype", "NaTType"): lambda items: b"",
    ("pandas._libs.tslibs.timestamps", "Timestamp"): _timestamps,
    ("uuid", "UUID"): lambda items: _bytes([item.bytes for item in items]),
    **{
        ("numpy", name): _numpy_numbers
        for name in (
            *("bool", "bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"),
            *("uint64", "float16", "float32", "float64", "complex64", "complex128"),
        )
    },
}


def _find_column(kind: type) -> _Column | None:
    key = (kind.__module__, kind.__name__)
    encode = _NAMED.get(key)
    if encode is None or getattr(sys.modules.get(key[0]), "__dict__", {}).get(key[1]) is not kind:
        return None
    column = _COLUMNS[kind] = _Column(encode_text(".".join(key)), encode)
    return column
