"""How is one plain numpy array kept? As a ``.npy`` file, whose data are mapped when it is read.

Shape, dtype, strides and the writeable flag come back: a product over every second element has
other last bits than one over elements side by side. Gaps are not stored; a view that lies in far
more memory than its elements need comes back with smaller ones. Arrays of objects, subclasses and
broadcast arrays go to another codec.
"""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any

from .blob_faults import NotStorableError

_KINDS = "biufcmMSUV"
_MAPPED_FROM_BYTES = 1 << 20
# How much room gaps may take when they come back.
_ROOM_BYTES = 1 << 24
_ROOM_TIMES = 4


def is_plain_dtype(dtype: Any) -> bool:
    """Return whether elements of `dtype` are bytes and nothing else."""
    return bool(dtype.kind in _KINDS and dtype.itemsize and not dtype.hasobject)


def compact_axes(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, ...]:
    """Return the axes from the outermost in memory to the innermost; ties in their own order.

    >>> compact_axes((3, 4), (8, 24))
    (1, 0)
    """
    return tuple(sorted(range(len(shape)), key=lambda axis: -abs(strides[axis])))


def compact(array: Any) -> Any:
    """Return `array` with its axes sorted as in memory, contiguous; a copy only where it has gaps.

    `restore_axes` takes the sorting back.
    """
    turned = array.transpose(compact_axes(array.shape, array.strides))
    return turned if turned.flags.c_contiguous else turned.copy(order="C")


def restore_axes(array: Any, axes: tuple[int, ...]) -> Any:
    """Return what was transposed by `axes` as it was before."""
    if list(axes) == sorted(axes):
        return array
    back = [0] * len(axes)
    for position, axis in enumerate(axes):
        back[axis] = position
    return array.transpose(back)


def has_gaps(shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int) -> bool:
    """Return whether elements lie apart, or backwards, in memory.

    >>> has_gaps((3, 4), (8, 24), 8), has_gaps((3, 2), (32, 8), 8)
    (False, True)
    """
    step = itemsize
    for axis in reversed(compact_axes(shape, strides)):
        if shape[axis] > 1 and strides[axis] != step:
            return 0 not in shape
        step *= max(shape[axis], 1)
    return False


def spread(array: Any, strides: tuple[int, ...]) -> Any:
    """Return a copy of `array` with these strides, or with smaller ones that have gaps at the same
    axes, where these would take far more room than the elements."""
    numpy = import_module("numpy")
    shape, itemsize = array.shape, array.itemsize
    if _room(shape, strides, itemsize) > max(_ROOM_BYTES, _ROOM_TIMES * array.nbytes):
        strides = _narrow(shape, strides, itemsize)
    memory = numpy.zeros(_room(shape, strides, itemsize), dtype=numpy.uint8)
    first = -sum((n - 1) * s for n, s in zip(shape, strides) if s < 0)  # noqa: B905 - Python 3.9
    made = numpy.ndarray(shape, array.dtype, memory, first, strides)
    made[...] = array
    return made


def _room(shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int) -> int:
    """Return how many bytes there are from the first to the last element."""
    steps = zip(shape, strides)  # noqa: B905 - Python 3.9
    return sum((n - 1) * abs(s) for n, s in steps) + itemsize


def _narrow(shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Return strides with a gap of one element wherever there is a gap."""
    found, expected, step = list(strides), itemsize, itemsize
    for axis in reversed(compact_axes(shape, strides)):
        if shape[axis] <= 1:
            continue
        own = abs(strides[axis])
        step += itemsize if own != expected else 0
        found[axis] = step if strides[axis] > 0 else -step
        expected, step = own * shape[axis], step * shape[axis]
    return tuple(found)


def own_if_small(array: Any) -> Any:
    """Return a copy of a small array: one that owns its memory can be resized in place."""
    return array.copy(order="K") if array.nbytes < _MAPPED_FROM_BYTES else array


def raw_bytes(array: Any) -> memoryview:
    """Return the memory of a C-contiguous array of any plain dtype."""
    numpy = import_module("numpy")
    return memoryview(array.reshape(-1).view(numpy.uint8) if array.size else b"")


def is_repeated(array: Any) -> bool:
    """Return whether elements share memory: the array was broadcast."""
    return array.size > 0 and any(
        array.strides[axis] == 0 and size > 1 for axis, size in enumerate(array.shape)
    )


def encode_array(array: Any, draft: Any) -> dict[str, Any]:
    """Write `array` to `draft` and return what its bytes do not say.

    Raises
    ------
    NotStorableError
        If it is not plain, or its memory is repeated (broadcast).
    OSError
        If `draft` cannot be written.
    """
    numpy = import_module("numpy")
    if type(array) is not numpy.ndarray or not is_plain_dtype(array.dtype):
        raise NotStorableError("Its elements are not plain bytes.")
    if is_repeated(array):
        raise NotStorableError("Its memory is repeated along an axis.")
    axes = compact_axes(array.shape, array.strides)
    packed = compact(array)
    draft.write(_header(numpy, packed))
    draft.write(raw_bytes(packed))
    meta = {"axes": list(axes), "writeable": bool(array.flags.writeable)}
    if has_gaps(array.shape, array.strides, array.itemsize):
        meta["strides"] = list(array.strides)
    return meta


def decode_array(view: memoryview, meta: dict[str, Any]) -> Any:
    """Return the array in `view`, which stays its memory."""
    numpy = import_module("numpy")
    head = io.BytesIO(bytes(view[: 1 << 16]))
    version = numpy.lib.format.read_magic(head)
    read = {
        (1, 0): numpy.lib.format.read_array_header_1_0,
        (2, 0): numpy.lib.format.read_array_header_2_0,
    }[version]
    shape, _, dtype = read(head)
    if not is_plain_dtype(dtype):  # somebody else wrote this file
        raise NotStorableError("Its elements are not plain bytes.")
    array = numpy.ndarray(shape, dtype, buffer=view, offset=head.tell())
    axes = tuple(meta["axes"])
    if sorted(axes) != list(range(array.ndim)):
        raise NotStorableError("Its record names other axes than it has.")
    if "strides" in meta:
        strides = tuple(int(step) for step in meta["strides"])
        if len(strides) != array.ndim or 0 in strides:
            raise NotStorableError("Its record names other strides than it has.")
        array = spread(restore_axes(array, axes), strides)
    else:
        array = restore_axes(own_if_small(array), axes)
    array.flags.writeable = bool(meta["writeable"])
    return array


def _header(numpy: Any, packed: Any) -> bytes:
    layout = numpy.lib.format
    if packed.dtype.metadata:
        raise NotStorableError("Its dtype carries metadata.")
    descr = layout.dtype_to_descr(packed.dtype)
    back = layout.descr_to_dtype(descr)
    if back != packed.dtype or back.isalignedstruct != packed.dtype.isalignedstruct:
        raise NotStorableError("Its dtype has no plain form.")
    fields = {"descr": descr, "fortran_order": False, "shape": packed.shape}
    head = io.BytesIO()
    try:
        layout.write_array_header_1_0(head, fields)
    except ValueError as error:  # too many fields, or names beyond Latin-1
        raise NotStorableError("Its dtype has no plain form.") from error
    return head.getvalue()
