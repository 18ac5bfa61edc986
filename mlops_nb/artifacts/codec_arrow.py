"""How are pyarrow's and polars' own tables kept? As Arrow IPC files, mapped when they are read.

pyarrow's arrays and tables cannot be changed, so they need no copy. polars writes its own IPC
files, which know its categories.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from .blob_faults import NotStorableError

_ARROW = ("Table", "RecordBatch", "ChunkedArray")


def is_arrow(value: Any) -> bool:
    """Return whether `value` is a pyarrow table, batch or array."""
    arrow = sys.modules.get("pyarrow")
    if arrow is None or not type(value).__module__.startswith("pyarrow"):
        return False
    return isinstance(value, (arrow.Table, arrow.RecordBatch, arrow.ChunkedArray, arrow.Array))


def is_polars(value: Any) -> bool:
    """Return whether `value` is a polars frame or series."""
    polars = sys.modules.get("polars")
    return polars is not None and type(value) in (polars.DataFrame, polars.Series)


def encode_arrow(value: Any, blobs: Any) -> tuple[list[Any], dict[str, Any]]:
    """Write a pyarrow object and return its blob and meta.

    Raises
    ------
    NotStorableError
        If Arrow's file cannot hold it exactly.
    OSError
        If the store cannot be written.
    """
    arrow, ipc = import_module("pyarrow"), import_module("pyarrow.ipc")
    kind = next((name for name in _ARROW if isinstance(value, getattr(arrow, name))), "Array")
    if kind == "ChunkedArray":
        table = arrow.table([value], names=["values"])
    elif kind == "Array":
        table = arrow.table([arrow.chunked_array([value])], names=["values"])
    elif kind == "RecordBatch":
        table = arrow.Table.from_batches([value])
    else:
        table = value
    if any(isinstance(kind_, arrow.BaseExtensionType) for kind_ in table.schema.types):
        raise NotStorableError("One of its types is an extension of Arrow's.")
    with blobs.draft() as draft:
        try:
            with ipc.new_file(draft, table.schema) as file:
                file.write_table(table)
        except arrow.ArrowException as error:  # dictionaries that differ from chunk to chunk
            raise NotStorableError("Arrow's file format cannot hold it.") from error
        return [draft.commit()], {"kind": kind}


def decode_arrow(digests: list[str], meta: dict[str, Any], blobs: Any, *, is_trusted: bool) -> Any:
    """Return the pyarrow object. Raises BlobError, or what Arrow raises."""
    arrow, ipc = import_module("pyarrow"), import_module("pyarrow.ipc")
    reader = ipc.open_file(arrow.py_buffer(blobs.view(digests[0])))
    table = reader.read_all()
    if not is_trusted:
        table.validate(full=True)
    if meta["kind"] == "Table":
        return table
    if meta["kind"] == "RecordBatch":
        batches = table.to_batches()
        empty = [arrow.array([], kind) for kind in table.schema.types]
        return batches[0] if batches else arrow.RecordBatch.from_arrays(empty, schema=table.schema)
    column = table.column(0)
    if meta["kind"] == "ChunkedArray":
        return column
    return column.chunk(0) if column.num_chunks else arrow.array([], column.type)


def encode_polars(value: Any, blobs: Any) -> tuple[list[Any], dict[str, Any]]:
    """Write a polars frame or series and return its blob and meta.

    Raises
    ------
    NotStorableError
        If polars cannot write it (columns of Python objects).
    OSError
        If the store cannot be written.
    """
    polars = import_module("polars")
    is_series = isinstance(value, polars.Series)
    frame = value.to_frame() if is_series else value
    if any(dtype == polars.Object for dtype in frame.schema.values()):
        raise NotStorableError("It has a column of Python objects.")
    with blobs.draft() as draft:
        frame.write_ipc(draft, compression="uncompressed")
        blob = draft.commit()
    return [blob], {"series": is_series, "schema": repr(frame.schema), "height": frame.height}


def decode_polars(digests: list[str], meta: dict[str, Any], blobs: Any) -> Any:
    """Return the polars object; NotStorableError if this polars reads another schema."""
    polars = import_module("polars")
    frame = polars.read_ipc(bytes(blobs.view(digests[0])))
    if repr(frame.schema) != meta["schema"] or frame.height != meta["height"]:
        raise NotStorableError("This polars reads it with another schema than it was written.")
    return frame.to_series() if meta["series"] else frame
