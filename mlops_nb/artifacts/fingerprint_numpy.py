"""What is a numpy value: type, dtype, shape, order in memory, elements, and can it be written to?

Byte order and alignment are part of the dtype, so ``>f8`` and ``<f8`` differ. Order is C, or F for
what is contiguous in Fortran order alone, or where a view has gaps (sums and products over them
differ in their last bits). Inside objects of libraries and in subclasses gaps do not count, nor
whether an array can be written to: their pickles forget it.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

from .fingerprint_columns import encode_columns
from .fingerprint_digest import combine
from .fingerprint_memory import is_fortran, layout_of
from .fingerprint_node import Node, ReaderTable, Unreadable, Visit
from .fingerprint_origin import find_named, library_version, name_part
from .process_state import global_random_state

_HEAVY_FROM_BYTES = 1 << 12
# Where a memory-mapped array comes from is the matter of who observes files.
_FILE_OF_MEMMAP = frozenset({"_mmap", "filename", "offset", "mode"})


def encode_dtype(dtype: Any) -> bytes:
    """Return the bytes of a dtype."""
    kind = dtype.type
    # C has several integers of one size (long, long long); pickles forget which one it was.
    is_plain = dtype.kind in "biufcmMSUO" and dtype.isbuiltin != 2
    if is_plain and dtype.subdtype is None and dtype.names is None and not dtype.metadata:
        return _encode_plain_dtype(dtype.str, dtype.itemsize)
    name = "" if is_plain else f"{kind.__module__}.{kind.__qualname__}"
    face: list[Any] = [dtype.str, name, dtype.itemsize]
    parts: list[bytes] = []
    if dtype.kind == "T":
        face.append(repr(dtype))
    if dtype.subdtype is not None:
        face.extend(dtype.shape)
        parts.append(encode_dtype(dtype.base))
    if dtype.names is not None:
        face.append(dtype.isalignedstruct)
        for name in dtype.names:
            field = dtype.fields[name]
            face.extend((name, field[1], repr(field[2:])))
            parts.append(encode_dtype(field[0]))
    if dtype.metadata:
        face.append(repr(sorted(dtype.metadata.items(), key=repr)))
    return combine(b"dtype", [*(encode_columns(face) or ()), *parts])


@lru_cache(maxsize=256)
def _encode_plain_dtype(text: str, size: int) -> bytes:
    """Return what `encode_dtype` does for numbers and texts: a frame has one for each column."""
    return combine(b"dtype", encode_columns([text, "", size]) or ())


def read_dtype(dtype: Any, visit: Visit) -> bytes:
    """Read a dtype."""
    return b"#" + encode_dtype(dtype)


def read_array(array: Any, visit: Visit) -> Node:
    """Read an ndarray or a subclass of it."""
    numpy = sys.modules["numpy"]
    kind = type(array)
    plain = array if kind is numpy.ndarray else array.view(numpy.ndarray)
    visit.note_array(plain)
    writable = "" if visit.foreign else "w" if array.flags.writeable else "r"
    is_own = kind is numpy.ndarray and not visit.foreign
    layout = layout_of(plain) if is_own else "F" if is_fortran(plain) else "C"
    face = [*plain.shape, layout, writable]
    known = [encode_dtype(plain.dtype), *(encode_columns(face) or ())]
    children: list[Any] = []
    places: list[str] = []
    is_plain = kind is numpy.ndarray or (kind is numpy.memmap and visit.foreign)
    if not is_plain:
        attributes = getattr(array, "__dict__", {})
        kept = {k: v for k, v in attributes.items() if k not in _FILE_OF_MEMMAP}
        children.extend((kind, kept))
        places.extend(("", ".__dict__"))
    fresh = not is_plain
    if not plain.dtype.hasobject and plain.dtype.kind != "T":
        known.append(visit.memory(plain))
    elif plain.dtype.names is not None:
        fresh = True
        for name in plain.dtype.names:
            children.append(plain[name])
            places.append(f"[{name!r}]")
    else:
        items = plain.ravel(order="F" if is_fortran(plain) else "C").tolist()
        columns = encode_columns(items)
        known.extend([b"objects"] if columns is None else columns)
        shape = plain.shape
        places.extend(
            f"[{_place(at, shape)}]" for at in range(len(items) if columns is None else 0)
        )
        children.extend(items if columns is None else ())
    heavy = plain.nbytes >= _HEAVY_FROM_BYTES
    tag = b"ndarray"
    return Node(tag, known, children, label=places.__getitem__, heavy=heavy, fresh=fresh)


def _place(at: int, shape: tuple[int, ...]) -> str:
    if len(shape) <= 1:
        return str(at) if shape else "()"
    numbers = []
    for size in reversed(shape):
        at, number = divmod(at, size)
        numbers.append(str(number))
    return ", ".join(reversed(numbers))


def read_masked(array: Any, visit: Visit) -> Node:
    """Read a masked array, with what lies under the mask."""
    numpy = sys.modules["numpy"]
    data = numpy.ma.getdata(array)
    mask = numpy.ma.getmask(array)
    children = [type(array), data, None if mask is numpy.ma.nomask else mask, array.fill_value]
    label = ("", ".data", ".mask", ".fill_value").__getitem__
    known = [b"hard" if array.hardmask else b"soft"]
    return Node(b"masked array", known, children, label=label, fresh=True)


def read_scalar(scalar: Any, visit: Visit) -> Node | bytes:
    """Read a numpy scalar."""
    numpy = sys.modules["numpy"]
    array = numpy.asarray(scalar)
    if array.dtype.hasobject:
        return Node(b"numpy scalar", (), [array], label=lambda at: "", fresh=True)
    known = [encode_dtype(array.dtype)]
    if array.dtype.kind == "V" or array.dtype.char in "gG":
        known.append(visit.memory(array))
    else:
        known.append(array.tobytes())
    return b"#" + combine(b"numpy scalar", known)


def read_ufunc(ufunc: Any, visit: Visit) -> bytes:
    """Read a universal function by its name in numpy or scipy."""
    name = ufunc.__name__
    for module in ("numpy", "scipy.special"):
        if find_named(module, name) is ufunc:
            return name_part(module, name, library_version(module) or "?")
    raise Unreadable(
        f"The universal function {name!r} was made at run time.",
        "Bind the Python function it was made of, and make it where it is used.",
    )


def read_bit_generator(generator: Any, visit: Visit) -> Node:
    """Read a bit generator: its state, and the seed its children will be spawned from."""
    seed = getattr(generator, "seed_seq", None) or getattr(generator, "_seed_seq", None)
    children = [type(generator), generator.state, seed]
    return Node(
        b"bit generator", (), children, label=("", ".state", ".seed_seq").__getitem__, fresh=True
    )


def read_generator(generator: Any, visit: Visit) -> Node:
    """Read a Generator: its bit generator, which others may share."""
    children = [type(generator), generator.bit_generator]
    return Node(b"generator", (), children, label=("", ".bit_generator").__getitem__)


def read_random_state(state: Any, visit: Visit) -> Node | bytes:
    """Read a RandomState.

    The one behind `numpy.random.rand`, which all distributions of scipy.stats hold, is read by its
    place: what was drawn of it is the random state of the process, which is watched as such.
    """
    if state is global_random_state():
        return name_part("numpy.random.mtrand", "_rand", library_version("numpy") or "?")
    children = [type(state), state.get_state(legacy=False)]
    return Node(b"RandomState", (), children, label=("", ".get_state()").__getitem__, fresh=True)


def read_seed_sequence(seed: Any, visit: Visit) -> Node:
    """Read a SeedSequence."""
    return Node(
        b"SeedSequence", (), [type(seed), seed.state], label=("", ".state").__getitem__, fresh=True
    )


def readers(numpy: Any) -> ReaderTable:
    """Return the readers of numpy's types, the more special first."""
    table: ReaderTable = [
        (numpy.ma.MaskedArray, read_masked),
        (numpy.ndarray, read_array),
        (numpy.generic, read_scalar),
        (numpy.dtype, read_dtype),
        (numpy.ufunc, read_ufunc),
    ]
    random = sys.modules.get("numpy.random")
    if random is not None:
        table += [
            (random.BitGenerator, read_bit_generator),
            (random.Generator, read_generator),
            (random.RandomState, read_random_state),
            (random.SeedSequence, read_seed_sequence),
        ]
    return table
