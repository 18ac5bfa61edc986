"""Which bytes stand for a plain value?

An atom is a value of an exact built-in type without parts: None, bool, int, float, complex, str,
bytes, Ellipsis, NotImplemented. Each is written with the letter of its type, so that 1, True, 1.0
and "1" differ; floats by their bits, so that 0.0 and -0.0 differ and NaN equals NaN of the same
bits.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from .fingerprint_digest import digest_memory

LONGEST_INLINE = 1024
_pack_float = struct.Struct("<d").pack
_pack_complex = struct.Struct("<dd").pack


def encode_integer(number: int) -> bytes:
    """Return the bytes of an integer of any size."""
    return number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)


def encode_text(text: str) -> bytes:
    """Return the bytes of a text, lone surrogates included."""
    return text.encode("utf-8", "surrogatepass")


def _encode_int(number: int) -> bytes:
    if -(1 << 63) <= number < 1 << 63:
        return b"i%d" % number
    return _shorten(b"z", encode_integer(number))


def _encode_str(text: str) -> bytes:
    return _shorten(b"s", text.encode("utf-8", "surrogatepass"))


def _shorten(letter: bytes, content: bytes) -> bytes:
    if len(content) <= LONGEST_INLINE:
        return letter + content
    return letter.upper() + digest_memory(content)


ATOMS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda value: b"n",
    bool: lambda value: b"b1" if value else b"b0",
    int: _encode_int,
    float: lambda value: b"f" + _pack_float(value),
    complex: lambda value: b"c" + _pack_complex(value.real, value.imag),
    str: _encode_str,
    bytes: lambda value: _shorten(b"y", value),
    type(Ellipsis): lambda value: b"e",
    type(NotImplemented): lambda value: b"o",
}


def encode_atom(value: Any) -> bytes | None:
    """Return the bytes of an atom with the letter of its type, or None for any other value."""
    encode = ATOMS.get(type(value))
    return None if encode is None else encode(value)
