"""How are the elements of a numpy array read: without a copy where they lie in one piece?

Elements are read in C order, or in Fortran order where the array is contiguous in that order alone.
Strided views are read in slices through a small copy. Bytes that are no value (padding of
structures, the spare bytes of an x87 ``longdouble``) are left out.

Part of what is injected into kernels: standard library only, Python 3.9. Arrays bring numpy along.
"""

from __future__ import annotations

import sys
from typing import Any

from .fingerprint_digest import MemoryDigest, combine

_SLICE_BYTES = 1 << 20
_REMEMBERED_FROM_BYTES = 1 << 16
_X87_BYTES = 10

MemoryMemo = dict[Any, tuple[bytes, Any]]


def is_fortran(array: Any) -> bool:
    """Return whether the elements lie in Fortran order and in no other."""
    return bool(array.flags.f_contiguous and not array.flags.c_contiguous)


def layout_of(array: Any) -> str:
    """Return how an array lies in memory, as far as results of sums and products depend on it: C,
    F, or for other views the axes from the outermost, with where there are gaps and reversals."""
    if array.flags.c_contiguous or array.flags.f_contiguous:
        return "F" if is_fortran(array) else "C"
    axes = [axis for axis in range(array.ndim) if array.shape[axis] > 1]
    axes.sort(key=lambda axis: -abs(array.strides[axis]))
    told, step = [], array.itemsize
    for axis in reversed(axes):
        stride = array.strides[axis]
        told.append(f"{axis}{'-' if stride < 0 else ''}{'' if abs(stride) == step else '|'}")
        step = abs(stride) * array.shape[axis]
    return " ".join(reversed(told))


def digest_elements(array: Any, memo: MemoryMemo | None) -> bytes:
    """Return the digest of the elements of an ndarray without references (no object dtype).

    `memo` remembers large buffers by address for as long as it lives, and keeps them alive.
    """
    key = None
    if memo is not None and array.nbytes >= _REMEMBERED_FROM_BYTES:
        face = array.__array_interface__
        key = (face["data"][0], array.shape, array.strides, array.dtype)
        found = memo.get(key)
        if found is not None:
            return found[0]
    digest = _digest_dtype(array)
    if key is not None and memo is not None:
        memo[key] = (digest, array)
    return digest


def _digest_dtype(array: Any) -> bytes:
    dtype = array.dtype
    if dtype.names is not None:
        if _is_packed(dtype):
            return _digest_plain(array)
        return combine(b"fields", [_digest_dtype(array[name]) for name in dtype.names])
    if dtype.kind in "fc" and _spare_bytes(dtype):
        return _digest_x87(array)
    return _digest_plain(array)


def _is_packed(dtype: Any) -> bool:
    """Return whether every byte of a structure belongs to exactly one field, in order."""
    end = 0
    for name in dtype.names:
        field, offset = dtype.fields[name][:2]
        inner = field.base
        if offset != end or (inner.names is not None and not _is_packed(inner)):
            return False
        if inner.kind in "fc" and _spare_bytes(inner):
            return False
        end += field.itemsize
    return bool(end == dtype.itemsize)


def _spare_bytes(dtype: Any) -> int:
    """Return how many bytes of each real number are no part of it."""
    size = dtype.itemsize // (2 if dtype.kind == "c" else 1)
    return size - _X87_BYTES if dtype.char in "gG" and size in (12, 16) and _is_x87(dtype) else 0


def _is_x87(dtype: Any) -> bool:
    """Return whether a long double is the 80-bit format: one and a half ends in 0xc0 0xff 0x3f."""
    real = dtype if dtype.kind == "f" else dtype.type(0).real.dtype
    sample = real.newbyteorder("<").type(1.5).tobytes()
    return bool(sample[7:10] == b"\xc0\xff\x3f")


def _digest_x87(array: Any) -> bytes:
    numpy = sys.modules["numpy"]
    reals = 2 if array.dtype.kind == "c" else 1
    size = array.dtype.itemsize // reals
    whole = numpy.array(array, order="F" if is_fortran(array) else "C").view(numpy.ndarray)
    flat = (whole.T if is_fortran(whole) else whole).reshape(-1).view(numpy.uint8)
    big = array.dtype.byteorder == ">"
    cut = slice(size - _X87_BYTES, size) if big else slice(0, _X87_BYTES)
    digest = MemoryDigest()
    digest.update(numpy.ascontiguousarray(flat.reshape(-1, size)[:, cut]))
    return digest.digest()


def _digest_plain(array: Any) -> bytes:
    digest = MemoryDigest()
    for piece in _pieces(array):
        digest.update(piece)
    return digest.digest()


def _pieces(array: Any) -> Any:
    """Yield C-contiguous arrays of bytes that hold the elements in order."""
    if not array.size or not array.dtype.itemsize:
        return
    if is_fortran(array):
        array = array.T
    if array.flags.c_contiguous:
        yield array.reshape(-1).view("u1")
    elif array.ndim > 1 and array[0].nbytes > _SLICE_BYTES:
        for row in array:
            yield from _pieces_c(row)
    else:
        step = max(1, _SLICE_BYTES // max(1, array[:1].nbytes))
        for start in range(0, len(array), step):
            yield array[start : start + step].copy(order="C").reshape(-1).view("u1")


def _pieces_c(array: Any) -> Any:
    """Yield the pieces of a row, which is read in C order whatever its own order is."""
    if is_fortran(array) and array.ndim > 1:
        yield array.copy(order="C").reshape(-1).view("u1")
    else:
        yield from _pieces(array)
