"""Which bytes stand for a plain value, and for a million of them at once?

An atom is a value of an exact built-in type without parts: None, bool, int, float, complex, str,
bytes, Ellipsis, NotImplemented. Each is written with the letter of its type, so that 1, True, 1.0
and "1" differ; floats by their bits, so that 0.0 and -0.0 differ and NaN equals NaN of the same
bits. A sequence of atoms is written by columns, one per type: no Python code runs per element.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any

from .fingerprint_digest import digest_memory, little_endian

_LONGEST_INLINE = 1024


def encode_integer(number: int) -> bytes:
    """Return the bytes of an integer of any size."""
    return number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)


def encode_text(text: str) -> bytes:
    """Return the bytes of a text, lone surrogates included."""
    return text.encode("utf-8", "surrogatepass")


def _shorten(letter: bytes, content: bytes) -> bytes:
    if len(content) <= _LONGEST_INLINE:
        return letter + content
    return letter.upper() + digest_memory(content)


def _encode_float(number: float) -> bytes:
    return b"f" + struct.pack("<d", number)


def _encode_complex(number: complex) -> bytes:
    return b"c" + struct.pack("<dd", number.real, number.imag)


ATOMS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda value: b"n",
    bool: lambda value: b"b1" if value else b"b0",
    int: lambda value: _shorten(b"i", encode_integer(value)),
    float: _encode_float,
    complex: _encode_complex,
    str: lambda value: _shorten(b"s", encode_text(value)),
    bytes: lambda value: _shorten(b"y", value),
    type(Ellipsis): lambda value: b"e",
    type(NotImplemented): lambda value: b"o",
}
_CODES = {kind: code for code, kind in enumerate(ATOMS)}
_ATOM_KINDS = frozenset(ATOMS)


def encode_atom(value: Any) -> bytes | None:
    """Return the bytes of an atom with the letter of its type, or None for any other value."""
    encode = ATOMS.get(type(value))
    return None if encode is None else encode(value)


def encode_columns(items: Sequence[Any]) -> list[bytes] | None:
    """Return the parts that stand for a sequence of atoms, or None if one is no atom.

    The first part holds the number of items, so that parts of two sequences can follow each other.
    """
    kinds = set(map(type, items))
    if not kinds <= _ATOM_KINDS:
        return None
    parts = [b"%d" % len(items)]
    if len(kinds) == 1:
        (kind,) = kinds
        parts.extend((b"%d" % _CODES[kind], _column(kind, items)))
    elif kinds:
        codes = bytes(map(_CODES.__getitem__, map(type, items)))
        parts.append(_short(codes))
        for kind in sorted(kinds, key=_CODES.__getitem__):
            code = _CODES[kind]
            chosen = list(compress(items, map(code.__eq__, codes)))
            parts.append(_column(kind, chosen))
    return parts


def _column(kind: type, items: Sequence[Any]) -> bytes:
    if kind is str:
        joined = encode_text("".join(items))
        return _short(little_endian("q", map(len, items))) + b"|" + _short(joined)
    if kind is float:
        return _short(little_endian("d", items))
    if kind is int:
        return _integers(items)
    if kind is bool:
        return _short(bytes(items))
    if kind is complex:
        halves = [half for item in items for half in (item.real, item.imag)]
        return _short(little_endian("d", halves))
    if kind is bytes:
        return _short(little_endian("q", map(len, items))) + b"|" + _short(b"".join(items))
    return b""


def _integers(items: Sequence[int]) -> bytes:
    try:
        return b"q" + _short(little_endian("q", items))
    except OverflowError:
        encoded = [encode_integer(item) for item in items]
        return b"z" + _short(little_endian("q", map(len, encoded))) + _short(b"".join(encoded))


def _short(content: bytes) -> bytes:
    """Return `content` so that what follows cannot be taken for a part of it."""
    head = len(content).to_bytes(8, "little")
    return head + (content if len(content) <= _LONGEST_INLINE else digest_memory(content))
