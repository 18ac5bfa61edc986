"""What is an Arrow value: its type and values, whatever its chunks, offsets and spare bytes?

Fixed-width values and texts are read from their buffers, chunk after chunk into one digest; bits of
validity are read as values, and what lies under a null counts as zero. Types without such a layout
(unions, views, run-end encoding) are read as Python values: slower, and as exact.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from typing import Any

from .fingerprint_atoms import encode_text
from .fingerprint_columns import encode_columns
from .fingerprint_digest import MemoryDigest, combine
from .fingerprint_node import Node, ReaderTable, Visit


def encode_arrow(values: Any, *, any_width: bool = False) -> bytes:
    """Return the digest of an Array or ChunkedArray.

    `any_width` takes texts of 32-bit and 64-bit offsets as one type, as pandas does.
    """
    pyarrow = sys.modules["pyarrow"]
    chunks = values.chunks if isinstance(values, pyarrow.ChunkedArray) else [values]
    kind = "text" if any_width else str(values.type)
    return combine(b"arrow", [encode_text(kind), *_encode_chunks(chunks, values.type)])


def _encode_chunks(chunks: list[Any], kind: Any) -> list[bytes]:
    """Return the parts of chunks of one type: their nulls, then their values."""
    types = sys.modules["pyarrow"].types
    n_values = sum(len(chunk) for chunk in chunks)
    n_nulls = sum(chunk.null_count for chunk in chunks)
    known = [b"%d %d" % (n_values, n_nulls)]
    if n_nulls == n_values:
        return known
    if n_nulls:
        validity = MemoryDigest()
        for chunk in chunks:
            validity.update(_to_bytes(chunk.is_valid()))
        known.append(validity.digest())
    if types.is_dictionary(kind):
        return [*known, *_encode_dictionary(chunks, kind)]
    if types.is_boolean(kind):
        return [*known, _stream(_to_bytes(_fill(chunk, False)) for chunk in chunks)]
    if _is_fixed(kind, types):
        return [*known, _stream(_fixed_bytes(chunk, kind) for chunk in chunks)]
    if _is_text(kind, types):
        return [*known, *_encode_texts(chunks, kind, types)]
    if types.is_list(kind) or types.is_large_list(kind) or types.is_map(kind):
        lengths = (_lengths(chunk, kind, types) for chunk in chunks)
        inner = [chunk.flatten() if not types.is_map(kind) else _entries(chunk) for chunk in chunks]
        return [*known, _stream(lengths), *_encode_chunks(inner, inner[0].type)]
    if types.is_struct(kind):
        flat = [chunk.flatten() for chunk in chunks]
        fields = range(kind.num_fields)
        return [*known, *(part for at in fields for part in _encode_field(flat, kind, at))]
    return [*known, *_encode_as_python(chunks)]


def _encode_field(flat: list[Any], kind: Any, at: int) -> list[bytes]:
    columns = [one[at] for one in flat]
    return [encode_text(kind.field(at).name), *_encode_chunks(columns, kind.field(at).type)]


def _is_fixed(kind: Any, types: Any) -> bool:
    return bool(
        types.is_primitive(kind) or types.is_decimal(kind) or types.is_fixed_size_binary(kind)
    )


def _is_text(kind: Any, types: Any) -> bool:
    return bool(
        types.is_string(kind) or types.is_large_string(kind)
        or types.is_binary(kind) or types.is_large_binary(kind)
    )  # fmt: skip


def _stream(pieces: Any) -> bytes:
    digest = MemoryDigest()
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


def _to_bytes(flags: Any) -> Any:
    """Return one byte per element of a boolean array without nulls."""
    octets = flags.cast(sys.modules["pyarrow"].uint8())
    return memoryview(octets.buffers()[1] or b"")[octets.offset : octets.offset + len(octets)]


def _fill(chunk: Any, value: Any) -> Any:
    return chunk.fill_null(value) if chunk.null_count else chunk


def _fixed_bytes(chunk: Any, kind: Any) -> Any:
    """Return the bytes of fixed-width values, those under a null as zero."""
    width = kind.bit_width // 8
    buffer = chunk.buffers()[1]
    if buffer is None:
        return b""
    start = chunk.offset * width
    view = memoryview(buffer)[start : start + len(chunk) * width]
    if not chunk.null_count:
        return view
    numpy = sys.modules["numpy"]
    cleared = numpy.frombuffer(view, "u1").reshape(len(chunk), width).copy()
    missing = numpy.frombuffer(_to_bytes(chunk.is_null()), "u1").astype(bool)
    cleared[missing] = 0
    return cleared.reshape(-1)


def _offsets(chunk: Any, *, wide: bool) -> Any:
    numpy = sys.modules["numpy"]
    buffer = chunk.buffers()[1]
    if buffer is None or not len(chunk):
        return numpy.zeros(1, "i8")
    offsets = numpy.frombuffer(buffer, "<i8" if wide else "<i4")
    return offsets[chunk.offset : chunk.offset + len(chunk) + 1]


def _encode_texts(chunks: list[Any], kind: Any, types: Any) -> list[bytes]:
    numpy = sys.modules["numpy"]
    wide = types.is_large_string(kind) or types.is_large_binary(kind)
    empty = "" if types.is_string(kind) or types.is_large_string(kind) else b""
    lengths, content = MemoryDigest(), MemoryDigest()
    for chunk in chunks:
        filled = _fill(chunk, empty)
        offsets = _offsets(filled, wide=wide)
        lengths.update(numpy.diff(offsets).astype("<i8"))
        buffer = filled.buffers()[2]
        if buffer is not None and len(filled):
            content.update(memoryview(buffer)[int(offsets[0]) : int(offsets[-1])])
    return [lengths.digest(), content.digest()]


def _lengths(chunk: Any, kind: Any, types: Any) -> Any:
    numpy = sys.modules["numpy"]
    lengths = numpy.diff(_offsets(chunk, wide=types.is_large_list(kind))).astype("<i8")
    if chunk.null_count and len(chunk):
        missing = numpy.frombuffer(_to_bytes(chunk.is_null()), "u1").astype(bool)
        lengths = numpy.where(missing, 0, lengths)
    return lengths


def _entries(chunk: Any) -> Any:
    """Return the entries of a map array's valid slots as one struct array."""
    pyarrow = sys.modules["pyarrow"]
    valid = chunk.drop_null() if chunk.null_count else chunk
    fields = [chunk.type.key_field, chunk.type.item_field]
    offsets = _offsets(valid, wide=False)
    first, last = int(offsets[0]), int(offsets[-1])
    parts = [valid.keys.slice(first, last - first), valid.items.slice(first, last - first)]
    return pyarrow.StructArray.from_arrays(parts, fields=fields)


def _encode_dictionary(chunks: list[Any], kind: Any) -> list[bytes]:
    pyarrow = sys.modules["pyarrow"]
    whole = pyarrow.chunked_array(chunks, type=kind).unify_dictionaries()
    indices = [chunk.indices for chunk in whole.chunks]
    used = whole.chunks[0].dictionary
    return [*_encode_chunks(indices, kind.index_type), *_encode_chunks([used], kind.value_type)]


def _encode_as_python(chunks: list[Any]) -> list[bytes]:
    """Return the digest of values of a type without a plain layout."""
    items = [item for chunk in chunks for item in chunk.to_pylist()]
    columns = encode_columns(items)
    return columns if columns is not None else [encode_text(repr(items))]


def _schema_parts(schema: Any) -> list[bytes]:
    parts: list[bytes] = []
    for field in schema:
        metadata = sorted((field.metadata or {}).items())
        face = [field.name, str(field.type), field.nullable, repr(metadata)]
        parts.extend(encode_columns(face) or ())
    metadata = sorted((schema.metadata or {}).items())
    return [b"%d" % len(schema), *parts, encode_text(repr(metadata))]


def read_table(table: Any, visit: Visit) -> Node:
    """Read a Table or RecordBatch."""
    columns = [encode_arrow(table.column(at)) for at in range(table.num_columns)]
    known = [*_schema_parts(table.schema), b"%d" % table.num_rows, *columns]
    return Node(b"arrow " + type(table).__name__.encode(), known, mutable=False, heavy=True)


def read_arrow_array(values: Any, visit: Visit) -> Node:
    """Read an Array or ChunkedArray."""
    tag = b"arrow chunks" if hasattr(values, "chunks") else b"arrow array"
    return Node(tag, [encode_arrow(values)], mutable=False, heavy=True)


def read_schema(schema: Any, visit: Visit) -> Node:
    """Read a Schema."""
    return Node(b"arrow schema", _schema_parts(schema), mutable=False)


def read_type(kind: Any, visit: Visit) -> Node:
    """Read a DataType."""
    return Node(b"arrow type", [encode_text(str(kind))], mutable=False)


def read_scalar(scalar: Any, visit: Visit) -> Node:
    """Read a Scalar."""
    array = sys.modules["pyarrow"].array([scalar.as_py()], type=scalar.type)
    return Node(b"arrow scalar", [encode_arrow(array)], mutable=False)


def readers(pyarrow: Any) -> ReaderTable:
    """Return the readers of the types of pyarrow."""
    if not hasattr(pyarrow, "Table"):
        return []
    return [
        (pyarrow.Table, read_table),
        (pyarrow.RecordBatch, read_table),
        (pyarrow.ChunkedArray, read_arrow_array),
        (pyarrow.Array, read_arrow_array),
        (pyarrow.Schema, read_schema),
        (pyarrow.DataType, read_type),
        (pyarrow.Scalar, read_scalar),
    ]
