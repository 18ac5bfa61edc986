"""How does a column, or a block of columns, become Arrow fields and come back bit for bit?

Arrow's own conversion makes ``nan`` a null and forgets blocks. Here numpy memory is given to Arrow
as it is, without validity bitmaps: a block of k columns that lies together in memory is k fields
that lie together in the file, so the block is mapped back in one piece. ``bool`` is written as
bytes and ``NaT`` as the number it is. What pandas keeps in Arrow memory goes as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from .blob_faults import NotStorableError
from .codec_array import is_plain_dtype
from .codec_nan import name_nan
from .codec_plain import decode_plain, encode_plain

_NUMBERS = {
    "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64",
    "u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64",
    "f2": "float16", "f4": "float32", "f8": "float64", "b1": "uint8",
}  # fmt: skip
_UNITS = ("s", "ms", "us", "ns")
_PLAIN_AT_MOST = 10_000


class FieldWriter:
    """Collects Arrow arrays of one length; `table` is what is written."""

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows
        self._arrays: list[Any] = []

    def add(self, array: Any) -> int:
        """Take an Arrow array and return the number of its field."""
        if len(array) != self.n_rows:
            raise NotStorableError("Its parts differ in length.")
        self._arrays.append(array)
        return len(self._arrays) - 1

    def schema(self, names: Sequence[str], metadata: dict[bytes, bytes]) -> Any:
        """Return the schema, with fields called `names`, or by number where those do not do."""
        arrow = import_module("pyarrow")
        usable = len(names) == len(set(names)) and len(names) == len(self._arrays)
        called = list(names) if usable else [str(i) for i in range(len(self._arrays))]
        fields = [arrow.field(called[i], array.type) for i, array in enumerate(self._arrays)]
        return arrow.schema(fields, metadata=metadata)

    def batch(self, schema: Any) -> Any:
        """Return everything as one record batch."""
        return import_module("pyarrow").record_batch(self._arrays, schema=schema)


class Columns:
    """Arrow arrays that were read, by number, and the memory they lie in.

    Parameters
    ----------
    rows, side : sequence
        Fields, and side arrays, which have negative numbers.
    views : sequence of memoryview
        The files: numpy arrays are made over them, since Arrow's own buffers are read-only.
    is_trusted : bool
        Whether codes may be believed to be within their categories.
    """

    def __init__(
        self, rows: Sequence[Any], side: Sequence[Any], views: Sequence[Any], *, is_trusted: bool
    ) -> None:
        numpy = import_module("numpy")
        self.is_trusted = is_trusted
        self._rows, self._side = rows, side
        flat = [numpy.frombuffer(view, dtype="u1") for view in views]
        self._places = [(int(f.__array_interface__["data"][0]), f.nbytes, f) for f in flat]

    def __getitem__(self, number: int) -> Any:
        return self._rows[number] if number >= 0 else self._side[-number - 1]

    def memory(self, buffer: Any, offset: int, size: int) -> Any:
        """Return `size` bytes of an Arrow buffer from `offset`, writable, as numpy bytes."""
        numpy = import_module("numpy")
        for start, length, flat in self._places:
            at = buffer.address - start + offset
            if at >= 0 and at + size <= length:
                return flat[at : at + size]
        copied = numpy.frombuffer(buffer, dtype="u1")[offset : offset + size]
        return copied.copy()


def write_numpy(array: Any, writer: FieldWriter) -> dict[str, Any]:
    """Add a numpy array of one axis, or of (columns, rows), and return how it is read again.

    Raises
    ------
    NotStorableError
        If Arrow has no exact form for its dtype.
    """
    numpy = import_module("numpy")
    if array.dtype.kind == "O":
        return _write_objects(array, writer)
    code = array.dtype.str[1:]
    if not array.dtype.isnative or array.dtype.metadata:
        raise NotStorableError(f"Arrow has no exact form for {array.dtype}.")
    recipe = {"numpy": array.dtype.str, "writeable": bool(array.flags.writeable)}
    if array.ndim == 1:
        rows = [numpy.ascontiguousarray(array)]
        return {**recipe, "fields": [writer.add(_to_arrow(row, code)) for row in rows]}
    if array.shape[0] > 1 and abs(array.strides[0]) < abs(array.strides[1]):
        turned = numpy.ascontiguousarray(array.T)
        arrow = import_module("pyarrow")
        flat = _to_arrow(turned.reshape(-1), code)
        rows_field = arrow.FixedSizeListArray.from_arrays(flat, array.shape[0])
        return {**recipe, "rows": writer.add(rows_field), "width": array.shape[0]}
    block = numpy.ascontiguousarray(array)
    return {**recipe, "block": [writer.add(_to_arrow(row, code)) for row in block]}


def read_numpy(recipe: dict[str, Any], columns: Columns) -> Any:
    """Return what `write_numpy` took."""
    numpy = import_module("numpy")
    dtype = numpy.dtype(recipe["numpy"])
    if "objects" in recipe:
        return _read_objects(recipe, columns)
    if not is_plain_dtype(dtype):
        raise NotStorableError("Its elements are not plain bytes.")
    if "fields" in recipe:
        array = _from_arrow(columns[recipe["fields"][0]], dtype, columns)
    elif "rows" in recipe:
        inner = columns[recipe["rows"]]
        start = inner.offset * recipe["width"]
        flat = _from_arrow(inner.values, dtype, columns)
        array = flat[start : start + len(inner) * recipe["width"]]
        array = array.reshape(len(inner), recipe["width"]).T
    else:
        array = _join([_from_arrow(columns[i], dtype, columns) for i in recipe["block"]], dtype)
    if not recipe["writeable"]:
        array.flags.writeable = False
    return array


def _to_arrow(array: Any, code: str) -> Any:
    """Return a contiguous array of one axis as Arrow, without a copy."""
    arrow = import_module("pyarrow")
    buffer = arrow.py_buffer(array.view("u1") if array.size else b"")
    return arrow.Array.from_buffers(_arrow_type(arrow, code), len(array), [None, buffer])


def _arrow_type(arrow: Any, code: str) -> Any:
    if code in _NUMBERS:
        return getattr(arrow, _NUMBERS[code])()
    if code in ("c8", "c16"):
        return arrow.binary(int(code[1:]))
    for letter, make in (("M8", arrow.timestamp), ("m8", arrow.duration)):
        for unit in _UNITS:
            if code == f"{letter}[{unit}]":
                return make(unit)
    raise NotStorableError(f"Arrow has no exact form for dtype {code!r}.")


def _from_arrow(column: Any, dtype: Any, columns: Columns) -> Any:
    """Return the memory of an Arrow array as numpy."""
    numpy = import_module("numpy")
    buffer = column.buffers()[1]
    if len(column) == 0 or buffer is None:
        return numpy.empty(len(column), dtype)
    size = dtype.itemsize
    if column.type.bit_width != 8 * size:
        raise NotStorableError("A stored column has elements of another size than its dtype.")
    return columns.memory(buffer, column.offset * size, len(column) * size).view(dtype)


def _join(rows: list[Any], dtype: Any) -> Any:
    """Return rows as one array: a view where they lie together in memory, else a copy."""
    numpy = import_module("numpy")
    if not rows:
        return numpy.empty((0, 0), dtype)
    first, size = rows[0], rows[0].nbytes
    address = first.__array_interface__["data"][0]
    steps = [row.__array_interface__["data"][0] - address for row in rows]
    if size == 0 or steps != [i * size for i in range(len(rows))]:
        return numpy.stack(rows)
    shape, strides = (len(rows), len(first)), (size, dtype.itemsize)
    return numpy.lib.stride_tricks.as_strided(first, shape, strides)


def _write_objects(array: Any, writer: FieldWriter) -> dict[str, Any]:
    """Write exact texts with one kind of missing value, or a few plain values."""
    if array.ndim == 2:
        rows = [_write_objects(row, writer) for row in array]
        return {"numpy": "O", "objects": "rows", "rows": rows, "writeable": True}
    kinds = {type(value) for value in array.tolist()}
    missing = kinds - {str}
    if missing <= {type(None)} or (missing == {float} and _are_nan(array)):
        arrow = import_module("pyarrow")
        texts = [value if type(value) is str else None for value in array.tolist()]
        try:
            field = writer.add(arrow.array(texts, type=arrow.large_string()))
        except (ValueError, arrow.ArrowException) as error:  # half of a surrogate pair
            raise NotStorableError("Its texts have no exact Arrow form.") from error
        null = "nan" if float in missing else "none"
        return {"numpy": "O", "objects": "texts", "field": field, "null": null, "writeable": True}
    if array.size > _PLAIN_AT_MOST:
        raise NotStorableError("It holds objects of several types.")
    plain = encode_plain(array.tolist()).decode()
    return {"numpy": "O", "objects": "plain", "plain": plain, "writeable": True}


def _are_nan(array: Any) -> bool:
    return all(name_nan(value) == "numpy" for value in array.tolist() if type(value) is float)


def _read_objects(recipe: dict[str, Any], columns: Columns) -> Any:
    numpy = import_module("numpy")
    if recipe["objects"] == "rows":
        rows = [_read_objects(row, columns) for row in recipe["rows"]]
        return numpy.stack(rows) if rows else numpy.empty((0, 0), object)
    if recipe["objects"] == "plain":
        values = decode_plain(recipe["plain"].encode())
    else:
        null = None if recipe["null"] == "none" else numpy.nan
        values = [null if v is None else v for v in columns[recipe["field"]].to_pylist()]
    array = numpy.empty(len(values), object)
    array[:] = values
    return array
