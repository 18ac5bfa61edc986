"""What is a polars value: names, dtypes, nulls and values, whatever its chunks are?

Read through numpy where values are fixed-width, through one joined text for strings; nested and
object columns are read as Python values. pyarrow is not needed, so that a digest does not depend on
whether it is loaded.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from typing import Any

from .fingerprint_atoms import encode_text
from .fingerprint_columns import encode_columns
from .fingerprint_digest import combine, digest_memory
from .fingerprint_memory import digest_elements
from .fingerprint_node import Node, ReaderTable, Unreadable, Visit

_NESTED = ("List", "Array", "Struct", "Object", "Binary", "Null", "Unknown", "Int128", "UInt128")


def read_series(series: Any, visit: Visit) -> Node:
    """Read a Series."""
    known, children = _read_values(series, visit)
    known.append(encode_text(series.name))
    return Node(b"polars Series", known, children, fresh=bool(children), heavy=True)


def read_frame(frame: Any, visit: Visit) -> Node:
    """Read a DataFrame."""
    known = [b"%d %d" % frame.shape]
    children: list[Any] = []
    places: list[str] = []
    for series in frame.get_columns():
        parts, found = _read_values(series, visit)
        known.extend((encode_text(series.name), *parts))
        children.extend(found)
        places.extend(f"[{series.name!r}]" for _ in found)
    label = places.__getitem__
    return Node(b"polars", known, children, label=label, fresh=bool(children), heavy=True)


def read_lazy_frame(frame: Any, visit: Visit) -> Node:
    """Refuse a LazyFrame: a plan may read files and run code when it is collected."""
    raise Unreadable(
        "A LazyFrame is a plan, and what it will read is not in it.", "Bind .collect()."
    )


def read_dtype(dtype: Any, visit: Visit) -> Node:
    """Read a dtype."""
    return Node(b"polars dtype", [encode_text(repr(dtype))], mutable=False)


def _read_values(series: Any, visit: Visit) -> tuple[list[bytes], list[Any]]:
    """Return the parts of a series without its name, and what has to be visited."""
    dtype = series.dtype
    face = encode_columns([repr(dtype), len(series), series.null_count()]) or []
    kind = type(dtype).__name__
    if kind == "Enum":
        face += encode_columns(dtype.categories.to_list()) or []
    if series.null_count() == len(series):
        return face, []
    if kind.startswith(_NESTED):
        items = series.to_list()
        columns = encode_columns(items)
        return ([*face, *columns], []) if columns is not None else ([*face, b"objects"], [items])
    parts = [digest_memory(_bytes(series.is_null()))] if series.null_count() else []
    if kind in ("String", "Utf8", "Categorical", "Enum"):
        texts = series.cast(sys.modules["polars"].String).fill_null("")
        parts.append(digest_memory(texts.str.len_bytes().to_numpy()))
        parts.append(digest_memory(encode_text("".join(texts.to_list()))))
        return [*face, combine(b"texts", parts)], []
    values = series.to_physical()
    if kind == "Boolean":
        return [
            *face,
            combine(b"flags", [*parts, digest_memory(_bytes(values.fill_null(False)))]),
        ], []
    if kind.startswith("Decimal"):
        return [*face, *(encode_columns([str(item) for item in series.to_list()]) or ())], []
    filled = values.fill_null(0) if series.null_count() else values
    parts.append(digest_elements(filled.rechunk().to_numpy(), None))
    return [*face, combine(b"values", parts)], []


def _bytes(flags: Any) -> Any:
    return flags.cast(sys.modules["polars"].UInt8).to_numpy()


def readers(polars: Any) -> ReaderTable:
    """Return the readers of the types of polars."""
    if not hasattr(polars, "LazyFrame"):
        return []
    return [
        (polars.DataFrame, read_frame),
        (polars.Series, read_series),
        (polars.LazyFrame, read_lazy_frame),
        (polars.DataType, read_dtype),
    ]
