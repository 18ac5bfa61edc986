"""How is one column of pandas read, be it numbers, categories, times with zones or Arrow texts?

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from .fingerprint_arrow import encode_arrow
from .fingerprint_atoms import encode_text
from .fingerprint_columns import encode_columns
from .fingerprint_digest import MemoryDigest, combine
from .fingerprint_memory import digest_elements, is_fortran
from .fingerprint_node import Visit
from .fingerprint_numpy import encode_dtype

_SLICE_BYTES = 1 << 20


class Column(NamedTuple):
    """A column: its part, and what has to be visited beside it, each with its place."""

    part: bytes
    children: list[tuple[str, Any]]


def read_blocks(manager: Any, visit: Visit) -> list[Column]:
    """Return the columns of a frame's block manager in their order."""
    found: dict[int, Column] = {}
    for block in manager.blocks:
        places = block.mgr_locs.as_array.tolist()
        values = block.values
        if values.ndim == 1:
            found[places[0]] = read_values(values, visit)
        elif _lies_by_rows(values):
            found.update(zip(places, _read_strided(values)))  # noqa: B905 - Python 3.9
        else:
            found.update(zip(places, (read_values(row, visit) for row in values)))  # noqa: B905 - Python 3.9
    return [found[at] for at in range(len(found))]


def _lies_by_rows(values: Any) -> bool:
    """Return whether a block of plain numbers holds the frame row by row."""
    numpy = sys.modules["numpy"]
    return (
        isinstance(values, numpy.ndarray)
        and values.dtype.kind in "biufcmM"
        and values.dtype.char not in "gG"
        and len(values) > 1
        and (is_fortran(values) or not values[0].flags.c_contiguous)
    )


def _read_strided(values: Any) -> list[Column]:
    """Read the columns of a block that lies row by row, through copies of a few rows each."""
    numpy = sys.modules["numpy"]
    digests = [MemoryDigest() for _ in values]
    step = max(1, _SLICE_BYTES // max(1, values[:, :1].nbytes))
    for start in range(0, values.shape[1], step):
        copied = numpy.ascontiguousarray(values[:, start : start + step])
        for digest, row in zip(digests, copied.view(numpy.uint8)):  # noqa: B905 - Python 3.9
            digest.update(row)
    face = _face(values[0])
    return [Column(combine(b"column", [*face, digest.digest()]), []) for digest in digests]


def _face(values: Any) -> list[bytes]:
    return [encode_dtype(values.dtype), *(encode_columns(values.shape) or ())]


def read_values(values: Any, visit: Visit) -> Column:
    """Return the column that an ndarray or an extension array is."""
    numpy, pandas = sys.modules["numpy"], sys.modules["pandas"]
    arrays = pandas.arrays
    if isinstance(values, numpy.ndarray):
        return _read_ndarray(values, visit)
    if isinstance(values, pandas.Categorical):
        codes = _read_ndarray(values.codes, visit)
        known = [b"ordered" if values.ordered else b"unordered", codes.part]
        return Column(combine(b"categories", known), [(".categories", values.categories)])
    if isinstance(values, arrays.IntervalArray):
        known = [encode_text(values.closed)]
        return Column(
            combine(b"intervals", known), [(".left", values.left), (".right", values.right)]
        )
    if isinstance(values, arrays.SparseArray):
        return _read_sparse(values, visit)
    kind = _dtype_part(values.dtype)
    if hasattr(values, "_pa_array"):
        texts = type(values).__name__ in ("ArrowStringArray", "ArrowStringArrayNumpySemantics")
        return Column(
            combine(b"arrow", [kind, encode_arrow(values._pa_array, any_width=texts)]), []
        )
    if hasattr(values, "_mask") and hasattr(values, "_data"):
        return Column(combine(b"masked", [kind, *_read_masked(values, visit)]), [])
    if isinstance(values, arrays.StringArray):
        return Column(combine(b"texts", [kind, *_read_texts(values, visit)]), [])
    inner = getattr(values, "_ndarray", None)
    if isinstance(inner, numpy.ndarray):  # times, periods, numpy's own in pandas' clothes
        column = _read_ndarray(inner, visit)
        zone = getattr(values.dtype, "tz", None)
        children = [*column.children, *([] if zone is None else [(".tz", zone)])]
        return Column(combine(b"numpy in pandas", [kind, column.part]), children)
    return Column(combine(b"other", [kind]), [("", values)])  # of a library we do not know


def _read_ndarray(values: Any, visit: Visit) -> Column:
    if not values.dtype.hasobject and values.dtype.kind != "T":
        return Column(combine(b"column", [*_face(values), visit.memory(values)]), [])
    items = values.tolist()
    columns = encode_columns(items)
    if columns is not None:
        return Column(combine(b"objects", columns), [])
    return Column(combine(b"objects", []), [("", items)])


def _dtype_part(dtype: Any) -> bytes:
    face = [type(dtype).__name__, str(dtype), getattr(dtype, "storage", None)]
    face.append(repr(getattr(dtype, "na_value", None)))
    face.append(getattr(dtype, "unit", None))
    return combine(b"pandas dtype", encode_columns(face) or [])


def _read_masked(values: Any, visit: Visit) -> list[bytes]:
    data, mask = values._data, values._mask
    missing = _read_ndarray(mask, visit).part
    if not mask.any():
        return [_read_ndarray(data, visit).part, missing]
    data = data.copy()
    data[mask] = 0  # what lies under a missing value is nobody's
    return [combine(b"column", [*_face(data), digest_elements(data, None)]), missing]


def _read_texts(values: Any, visit: Visit) -> list[bytes]:
    missing = values.isna()
    items = values._ndarray.tolist()
    if missing.any():
        items = ["" if gone else item for item, gone in zip(items, missing.tolist())]  # noqa: B905 - Python 3.9
    return [*(encode_columns(items) or ()), _read_ndarray(missing, visit).part]


def _read_sparse(values: Any, visit: Visit) -> Column:
    known = [
        combine(b"fill", encode_columns([repr(values.fill_value), str(values.dtype)]) or []),
        encode_text(type(values.sp_index).__name__),
        _read_ndarray(values.sp_index.to_int_index().indices, visit).part,
        b"%d" % len(values),
    ]
    stored = _read_ndarray(values.sp_values, visit)
    return Column(combine(b"sparse", [*known, stored.part]), stored.children)
