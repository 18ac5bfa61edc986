"""How is a pandas frame kept? As an Arrow IPC file, block by block, mapped when it is read.

The file is a table that every Arrow reader opens; what Arrow does not say (blocks, labels, dtypes,
attrs) is a recipe in its metadata. Nothing in it can run code. Labels of other lengths than the
frame, and categories, lie in a second file. What has no exact form here, older pandas without
`create_dataframe_from_blocks`, subclasses and columns of arbitrary objects go to the pickle codec.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from .blob_faults import NotStorableError
from .codec_columns import Recipe, Writers
from .codec_fields import Columns
from .codec_index import read_column, read_index, write_column, write_index
from .codec_plain import decode_plain, encode_plain

_META = b"mlops_nb"
_COLUMNS_NAMED = 2_000
# What pandas itself keeps there; the last two, as its class has them, since it was unpickled.
_KEPT = {
    "_mgr", "_attrs", "_flags", "_item_cache", "_name", "_cache", "_cacher", "_typ", "_metadata",
}  # fmt: skip


def encode_frame(value: Any, blobs: Any) -> tuple[list[Any], dict[str, Any]]:
    """Write a DataFrame, Series or Index and return its blobs and meta.

    Raises
    ------
    NotStorableError
        If it would not come back exactly.
    OSError
        If the store cannot be written.
    """
    _require_blocks()
    pandas = import_module("pandas")
    writers = Writers(len(value))
    if isinstance(value, pandas.Index):
        recipe: Recipe = {"index": write_index(value, writers.rows, writers)}
        names: list[str] = []
    else:
        recipe = _write_frame(value, writers)
        names = _names(value, recipe)
    recipe["type"] = type(value).__name__
    content = json.dumps(recipe, separators=(",", ":"), allow_nan=False).encode()
    stored = [_write_file(blobs, writers.rows, names, {_META: content})]
    if writers.side:
        stored.append(_write_side(blobs, writers.side))
    return stored, {}


def decode_frame(digests: list[str], blobs: Any, *, is_trusted: bool) -> Any:
    """Return the frame, series or index; its memory is the blobs'.

    Raises
    ------
    BlobError
        If a blob is missing or damaged.
    Exception
        Whatever pandas or Arrow raise for a file of another version.
    """
    _require_blocks()
    views = [blobs.view(digest) for digest in digests]
    rows, schema = _read_file(views[0], is_trusted=is_trusted)
    lists = _read_file(views[1], is_trusted=is_trusted)[0] if len(views) > 1 else []
    recipe = json.loads(schema.metadata[_META])
    side = [column.values for column in lists]
    columns = Columns(rows, side, views, is_trusted=is_trusted)
    if recipe["type"] not in ("DataFrame", "Series"):
        return read_index(recipe["index"], columns)
    return _read_frame(recipe, columns)


def _require_blocks() -> None:
    try:
        import_module("pandas.api.internals")
        import_module("pyarrow.ipc")
    except ImportError:
        raise NotStorableError("pandas 3 and pyarrow are needed for it.") from None


def _write_frame(value: Any, writers: Writers) -> Recipe:
    pandas = import_module("pandas")
    kind = type(value)
    if kind is not pandas.DataFrame and kind is not pandas.Series:
        raise NotStorableError(f"Arrow has no exact form for {kind.__name__}.")
    refuse_attributes(value)
    recipe: Recipe = {
        "attrs": encode_plain(value.attrs).decode(),
        "unique": not value.flags.allows_duplicate_labels,
        "labels": write_index(value.index, writers.rows, writers),
    }
    if kind is pandas.Series:
        array = value._mgr.blocks[0].values
        column = write_column(array, writers.rows, writers)
        return {**recipe, "name": encode_plain(value.name).decode(), "column": column}
    side = writers.aside(len(value.columns))
    recipe["columns"] = write_index(value.columns, side, writers)
    recipe["blocks"] = [
        [[int(at) for at in block.mgr_locs], write_column(block.values, writers.rows, writers)]
        for block in value._mgr.blocks
    ]
    return recipe


def refuse_attributes(value: Any) -> None:
    """Refuse a frame that somebody gave an attribute: pandas itself forgets it when stored.

    Raises
    ------
    NotStorableError
    """
    extra = sorted(set(getattr(value, "__dict__", ())) - _KEPT)
    if extra:
        raise NotStorableError(
            f"Somebody set its attribute {extra[0]!r}, which pandas forgets when it is stored.",
            f"Keep it in .attrs[{extra[0]!r}], or in a variable of its own.",
        )


def _read_frame(recipe: Recipe, columns: Columns) -> Any:
    pandas = import_module("pandas")
    index = read_index(recipe["labels"], columns)
    if recipe["type"] == "Series":
        name = decode_plain(recipe["name"].encode())
        array = read_column(recipe["column"], columns)
        value = pandas.Series(array, index=index, name=name, dtype=array.dtype, copy=False)
    else:
        numpy = import_module("numpy")
        blocks = [
            (read_column(block, columns), numpy.array(at, dtype="int64"))
            for at, block in recipe["blocks"]
        ]
        labels = read_index(recipe["columns"], columns)
        _compare_blocks(blocks, len(index), len(labels))
        create = import_module("pandas.api.internals").create_dataframe_from_blocks
        value = create(blocks, index, labels)
    value.attrs.update(decode_plain(recipe["attrs"].encode()))
    if recipe["unique"]:
        value.flags.allows_duplicate_labels = False
    return value


def _compare_blocks(blocks: list[Any], n_rows: int, n_columns: int) -> None:
    """Refuse blocks that do not make up a frame: pandas believes what it is given here."""
    placed = sorted(int(at) for _, places in blocks for at in places)
    fits = all(
        values.shape in ((len(places), n_rows), (n_rows,)) and len(places) > 0
        for values, places in blocks
    )
    if placed != list(range(n_columns)) or not fits:
        raise NotStorableError("A stored frame's parts do not make up a frame.")


def _names(value: Any, recipe: Recipe) -> list[str]:
    """Return names of the fields for other readers, if each column is exactly one field."""
    pandas = import_module("pandas")
    if type(value) is not pandas.DataFrame or len(value.columns) > _COLUMNS_NAMED:
        return []
    places = [at for at, block in recipe["blocks"] for at in at]
    labels = [str(value.columns[at]) for at in places]
    return [*([] if recipe["labels"]["index"] == "RangeIndex" else ["index"]), *labels]


def _write_file(blobs: Any, writer: Any, names: list[str], meta: dict[bytes, bytes]) -> Any:
    ipc = import_module("pyarrow.ipc")
    schema = writer.schema(names, meta)
    batch = writer.batch(schema)
    options = ipc.IpcWriteOptions(allow_64bit=True)
    with blobs.draft() as draft:
        with ipc.new_file(draft, schema, options=options) as file:
            file.write_batch(batch)
        return draft.commit()


def _write_side(blobs: Any, arrays: list[Any]) -> Any:
    """Write arrays of any length as one row of lists."""
    arrow, ipc = import_module("pyarrow"), import_module("pyarrow.ipc")
    lists = [
        arrow.LargeListArray.from_arrays(arrow.array([0, len(array)], type=arrow.int64()), array)
        for array in arrays
    ]
    batch = arrow.record_batch(lists, names=[str(i) for i in range(len(lists))])
    with blobs.draft() as draft:
        with ipc.new_file(draft, batch.schema) as file:
            file.write_batch(batch)
        return draft.commit()


def _read_file(view: memoryview, *, is_trusted: bool) -> tuple[list[Any], Any]:
    arrow, ipc = import_module("pyarrow"), import_module("pyarrow.ipc")
    reader = ipc.open_file(arrow.py_buffer(view))
    batch = reader.get_batch(0)
    if not is_trusted:
        batch.validate(full=True)
    return list(batch.columns), reader.schema
