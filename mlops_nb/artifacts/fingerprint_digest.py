"""How do bytes become a digest, fast for large memory and without ambiguity for small parts?

Two hashes. Memory (arrays, columns, long texts) is hashed in pieces of 8 MiB by XXH3-128 where the
kernel has ``xxhash``, else by SHA-256; whatever the order of calls, pieces are cut at the same
places, so that one buffer and a stream of slices give one digest, and pieces can be hashed by
several threads (both hashes release Python's lock). Structure is hashed by BLAKE2b over a type tag,
the number of parts, their lengths and the parts, so that no two structures give the same bytes.

The name of the algorithm says which hash read the memory; digests of different names are never
equal, and say nothing about the values. XXH3 is not cryptographic: it guards against accident, not
against someone who makes two arrays collide on purpose.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from typing import Any

PIECE_BYTES = 8 << 20
SIZE_BYTES = 16
_FROM_BYTES_THREADED = 64 << 20
_MOST_THREADS = 8


@cache
def _memory_hash() -> tuple[str, Any]:
    try:
        return "mnb2x", importlib.import_module("xxhash").xxh3_128
    except Exception:  # not installed, or its library does not load
        return "mnb2s", hashlib.sha256


def algorithm() -> str:
    """Return the name before the colon of a digest: which hash reads memory, and format 2."""
    return _memory_hash()[0]


class MemoryDigest:
    """Digest of a stream of bytes that depends on the bytes alone, not on how they come in."""

    __slots__ = ("_filled", "_open", "_pieces", "_size")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._open: Any = None
        self._filled = 0
        self._size = 0

    def update(self, chunk: Any) -> None:
        """Add the bytes of `chunk`, any C-contiguous buffer."""
        view = memoryview(chunk).cast("B")
        self._size += len(view)
        start = 0
        if not self._filled and len(view) >= PIECE_BYTES:
            start = len(view) - len(view) % PIECE_BYTES
            self._pieces.extend(_hash_pieces(view[:start]))
        while start < len(view):
            if self._open is None:
                self._open = _memory_hash()[1]()
            piece = view[start : start + PIECE_BYTES - self._filled]
            self._open.update(piece)
            start += len(piece)
            self._filled += len(piece)
            if self._filled == PIECE_BYTES:
                self._close_piece()

    def _close_piece(self) -> None:
        self._pieces.append(self._open.digest())
        self._open = None
        self._filled = 0

    def digest(self) -> bytes:
        """Return the digest of what came in so far; call once, at the end."""
        if self._open is not None:
            self._close_piece()
        return combine(b"memory", [self._size.to_bytes(8, "little"), *self._pieces])


def digest_memory(buffer: Any) -> bytes:
    """Return the digest of one C-contiguous buffer."""
    size = memoryview(buffer).nbytes
    if 0 < size <= PIECE_BYTES:
        piece = _memory_hash()[1](buffer).digest()
        return combine(b"memory", [size.to_bytes(8, "little"), piece])
    digest = MemoryDigest()
    digest.update(buffer)
    return digest.digest()


def _hash_pieces(view: memoryview) -> list[bytes]:
    new = _memory_hash()[1]

    def hash_piece(start: int) -> bytes:
        found: bytes = new(view[start : start + PIECE_BYTES]).digest()
        return found

    starts = range(0, len(view), PIECE_BYTES)
    threads = min(os.cpu_count() or 1, _MOST_THREADS)
    if threads < 2 or len(view) < _FROM_BYTES_THREADED:
        return [hash_piece(start) for start in starts]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(hash_piece, starts))


def combine(tag: bytes, parts: Sequence[bytes]) -> bytes:
    """Return the digest of a structure: its type's `tag` and its `parts` in order."""
    n_parts = len(parts)
    if n_parts < _FEW_PARTS:
        content = b"".join((_head(tag, n_parts), _PACK[n_parts](*map(len, parts)), *parts))
    else:
        lengths = little_endian("Q", map(len, parts))
        content = b"".join((_head(tag, n_parts), lengths, *parts))
    return hashlib.blake2b(content, digest_size=SIZE_BYTES).digest()


_FEW_PARTS = 64
_PACK = [struct.Struct(f"<{n_parts}Q").pack for n_parts in range(_FEW_PARTS)]


@lru_cache(maxsize=4096)
def _head(tag: bytes, n_parts: int) -> bytes:
    return len(tag).to_bytes(2, "little") + tag + n_parts.to_bytes(8, "little")


def little_endian(code: str, numbers: Iterable[float]) -> bytes:
    """Return `numbers` as packed little-endian machine numbers of array type `code`.

    Raises
    ------
    OverflowError
        If a number does not fit.
    """
    packed = array(code, numbers)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()
