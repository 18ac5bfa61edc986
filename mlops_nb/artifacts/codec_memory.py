"""How do arrays that share memory come back sharing it? Their memory is stored apart from them.

A pickle sees objects; two views of one array are two objects, and a plain pickle would give each
its own copy. Here every array is noted with the address range it covers, ranges that overlap are
stored once, as one extent, and arrays are rebuilt over the extents: `b = a[::2]` is again a view
of `a`. Extents are also what is kept outside the pickle and mapped when it is read.
"""

from __future__ import annotations

import array as packed
import ctypes
import pickle
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from .blob_faults import NotStorableError
from .blob_folder import BlobMemory
from .codec_array import (
    compact,
    compact_axes,
    has_gaps,
    is_plain_dtype,
    is_repeated,
    own_if_small,
    raw_bytes,
    spread,
)
from .codec_claims import Claims, address_range
from .identity import identity

ALIGNMENT = 64

# In place of an array's number.
_UNSHARED, _LENT = -1, -2


@dataclass(frozen=True)
class Extent:
    """A range of memory to store: its bytes, and what keeps them alive."""

    content: memoryview
    owner: Any


class MemoryNotes:
    """What a pickle leaves out: arrays and buffers, by number, in the order they were met."""

    def __init__(self) -> None:
        self._arrays: list[Any] = []
        self._buffers: list[Any] = []
        self._unshared: dict[int, Any] = {}
        self._lent: list[Any] = []
        self.claims = Claims()

    @property
    def n_arrays(self) -> int:
        return len(self._arrays)

    @property
    def buffer_sizes(self) -> list[int]:
        return [int(buffer.size) for buffer in self._buffers]

    def note_array(self, array: Any) -> tuple[int, Any, tuple[int, ...], tuple[int, ...], bool]:
        """Return what to pickle for a plain array: number, dtype, shape, strides, writeable.

        Raises
        ------
        NotStorableError
            If a change of the array would change a file: it is a map of one.
        """
        _refuse_file_maps(array)
        self._arrays.append(array)
        writeable = bool(array.flags.writeable)
        dtype = _name_own(array.dtype)
        return len(self._arrays) - 1, dtype, array.shape, array.strides, writeable

    def note_buffer(self, buffer: pickle.PickleBuffer) -> None:
        """Note a buffer that a library hands out of band."""
        numpy = import_module("numpy")
        self._buffers.append(numpy.frombuffer(buffer.raw(), dtype=numpy.uint8))

    def note_unshared(self, array: Any) -> None:
        """Note an array that is pickled its own way (objects, a subclass), which must not overlap
        any other. Raises NotStorableError for maps of files."""
        _refuse_file_maps(array)
        self._unshared[identity(array)] = array

    def note_lent(self, view: Any) -> None:
        """Note memory of what never writes, and is pickled its own way: it must not be that of an
        array that can be written to."""
        self._lent.append(view)

    def lay_out(self) -> tuple[list[Extent], bytes]:
        """Return the extents and the table that says where in them each array and buffer lies:
        the arrays first, then the buffers.

        Raises
        ------
        NotStorableError
            If memory is shared in a way that cannot be kept.
        """
        for array in self._arrays:
            self.claims.refuse_shared(array)
        members = [*self._arrays, *self._buffers]
        ranges = [(*address_range(array), number) for number, array in enumerate(members)]
        ranges += [(*address_range(array), _UNSHARED) for array in self._unshared.values()]
        ranges += [(*address_range(view), _LENT) for view in self._lent]
        extents: list[Extent] = []
        rows = [(0, 0, 0)] * len(members)
        for start, end, found in _clusters(sorted(ranges)):
            numbers = [number for number in found if number != _LENT]
            if len(numbers) < len(found) and any(
                n == _UNSHARED or members[n].flags.writeable for n in numbers
            ):
                _refuse_overlap(found)
            if _UNSHARED in numbers:
                _refuse_overlap(numbers)
            elif not numbers:
                continue
            elif len(numbers) == 1 and not is_repeated(members[numbers[0]]):
                rows[numbers[0]] = (len(extents), 0, 1)
                extents.append(_compacted(members[numbers[0]]))
            else:
                for number in numbers:
                    rows[number] = (len(extents), _first_address(members[number]) - start, 0)
                owners = [members[number] for number in numbers]
                extents.append(Extent(content=_memory(start, end), owner=owners))
        table = packed.array("q", [field for row in rows for field in row])
        if sys.byteorder == "big":
            table.byteswap()
        return extents, table.tobytes()


class MemoryShelf:
    """The extents of one stored group, from which arrays are rebuilt."""

    def __init__(self, extents: Sequence[memoryview], table: bytes | memoryview) -> None:
        self._extents = extents
        self._rows = packed.array("q")
        self._rows.frombytes(bytes(table))
        if sys.byteorder == "big":
            self._rows.byteswap()

    def _row(self, number: int) -> tuple[int, int, int]:
        extent, offset, is_compact = self._rows[3 * number : 3 * number + 3]
        return extent, offset, is_compact

    def array(
        self,
        number: int,
        dtype: Any,
        shape: tuple[int, ...],
        strides: tuple[int, ...],
        is_writeable: bool,
    ) -> Any:
        """Return array `number` over its extent; arguments as noted by `MemoryNotes`."""
        numpy = import_module("numpy")
        extent, offset, is_compact = self._row(number)
        dtype = numpy.dtype(dtype)
        here = _compact_strides(shape, strides, dtype.itemsize) if is_compact else strides
        rebuilt = numpy.ndarray(shape, dtype, self._extents[extent], offset, here)
        if is_compact:  # it shares with no other
            is_spread = has_gaps(shape, strides, dtype.itemsize)
            rebuilt = spread(rebuilt, strides) if is_spread else own_if_small(rebuilt)
        rebuilt.flags.writeable = is_writeable
        return rebuilt

    def buffers(self, first: int, sizes: Sequence[int]) -> list[memoryview]:
        """Return the out-of-band buffers; the first has number `first`."""
        found = []
        for number, size in enumerate(sizes, start=first):
            extent, offset, _ = self._row(number)
            found.append(self._extents[extent][offset : offset + size])
        return found


def _clusters(ranges: list[tuple[int, int, int]]) -> list[tuple[int, int, list[int]]]:
    """Return ranges that overlap, together: start, end and the numbers of their members."""
    found: list[tuple[int, int, list[int]]] = []
    for start, end, number in ranges:
        if found and start < found[-1][1] and start < end:
            first, last, numbers = found[-1]
            found[-1] = (first, max(last, end), [*numbers, number])
        else:
            found.append((start, end, [number]))
    return found


def _first_address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])


def _memory(start: int, end: int) -> memoryview:
    return memoryview((ctypes.c_ubyte * (end - start)).from_address(start)).cast("B")


def _compacted(array: Any) -> Extent:
    dense = compact(array)
    return Extent(content=raw_bytes(dense), owner=dense)


def _compact_strides(
    shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int
) -> tuple[int, ...]:
    """Return the strides `shape` has once it was compacted.

    >>> _compact_strides((3, 4), (8, 240), 8)
    (8, 24)
    """
    found = [0] * len(shape)
    step = itemsize
    for axis in reversed(compact_axes(shape, strides)):
        found[axis] = step
        step *= max(shape[axis], 1)
    return tuple(found)


def _refuse_overlap(numbers: list[int]) -> None:
    if len(numbers) > 1:
        raise NotStorableError(
            "It shares memory with an array of objects or of another class, or with what "
            "polars took over.",
            "Copy one of them: .copy().",
        )


def refuse_lent_memory(array: Any, *, is_group: bool) -> None:
    """Refuse an array that lies in the memory of a `bytearray` or the like, if another name may
    lead there: pickled, the two would part.

    Raises
    ------
    NotStorableError
    """
    base = array.base
    while is_group and type(base) is type(array):
        base = base.base
    if is_group and isinstance(base, (bytearray, memoryview, packed.array)):
        lender = base.obj if isinstance(base, memoryview) else base
        if not isinstance(lender, (bytes, BlobMemory)):
            raise NotStorableError(
                f"It lies in the memory of a {type(lender).__name__}.", "Copy it: .copy()."
            )


def _name_own(dtype: Any) -> Any:
    """Return the name of a dtype of which numpy has one object, else the dtype.

    As an object it would come back as a copy: what code pickles beside numbers would have other
    bytes than before.
    """
    name = dtype.str
    return name if import_module("numpy").dtype(name) is dtype else dtype


def _refuse_file_maps(array: Any) -> None:
    numpy = import_module("numpy")
    inner = array
    while isinstance(inner, numpy.ndarray):
        if isinstance(inner, numpy.memmap) and inner.mode in ("r+", "w+"):
            raise NotStorableError(
                "It maps a file: a change of it would change that file.",
                "Copy it: numpy.array(x).",
            )
        inner = inner.base


def is_plain_array(value: Any) -> bool:
    """Return whether `value` is an array whose elements are bytes and nothing else."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.ndarray and is_plain_dtype(value.dtype)
