"""What is a pandas value: labels, dtypes and values by column, whatever the blocks are?

How columns are laid out in blocks and Arrow chunks does not count, nor bytes under a missing
value; class and dtype, order and names of labels, ``freq``, ``attrs`` and flags do, and a
RangeIndex is not an Index of the same numbers. An Index is immutable, so sharing one is invisible.
Levels and codes of a MultiIndex count as they are, since a program can see them.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from .fingerprint_atoms import encode_text
from .fingerprint_columns import encode_columns
from .fingerprint_digest import combine
from .fingerprint_node import Node, ReaderTable, Visit
from .fingerprint_objects import read_object
from .fingerprint_pandas_columns import Column, read_blocks, read_values

_FRAME_PARTS = frozenset({
    "_mgr", "_attrs", "_flags", "_name", "_item_cache", "_is_copy", "_cacher", "_typ", "_metadata",
})  # fmt: skip


class _Parts:
    """Known parts and children of a node, with the places of the children."""

    def __init__(self) -> None:
        self.known: list[bytes] = []
        self.children: list[Any] = []
        self.places: list[str] = []
        self.fresh = False

    def add(self, place: str, child: Any) -> None:
        self.places.append(place)
        self.children.append(child)

    def add_column(self, place: str, column: Column) -> None:
        self.known.append(column.part)
        self.known.append(b"%d" % len(column.children))
        self.fresh |= bool(column.children)
        for inner, child in column.children:
            self.add(place + inner, child)

    def node(self, tag: bytes, *, mutable: bool) -> Node:
        return Node(
            tag,
            self.known,
            self.children,
            label=self.places.__getitem__,
            mutable=mutable,
            fresh=self.fresh,
            heavy=True,
        )


def _add_face(parts: _Parts, value: Any) -> None:
    """Add what frames and series have in common: class, attrs, flags, attributes set on them."""
    others = {k: v for k, v in vars(value).items() if k not in _FRAME_PARTS}
    parts.add("", type(value))
    parts.add(".attrs", dict(value.attrs) if value.attrs else None)
    parts.add("", others or None)
    parts.known.append(b"%d" % value.flags.allows_duplicate_labels)
    parts.fresh |= bool(value.attrs or others)


def read_frame(frame: Any, visit: Visit) -> Node:
    """Read a DataFrame."""
    parts = _Parts()
    _add_face(parts, frame)
    parts.add(".index", frame.index)
    parts.add(".columns", frame.columns)
    columns = read_blocks(frame._mgr, visit)
    parts.known.append(b"%d" % len(columns))
    for at, column in enumerate(columns):
        parts.add_column(f".iloc[:, {at}]", column)
    return parts.node(b"DataFrame", mutable=True)


def read_series(series: Any, visit: Visit) -> Node:
    """Read a Series."""
    parts = _Parts()
    _add_face(parts, series)
    parts.add(".index", series.index)
    parts.add(".name", series.name)
    parts.add_column(".array", read_values(series._values, visit))
    return parts.node(b"Series", mutable=True)


def read_index(index: Any, visit: Visit) -> Node:
    """Read an Index, RangeIndex or MultiIndex."""
    pandas = sys.modules["pandas"]
    parts = _Parts()
    parts.add("", type(index))
    parts.add(".names", tuple(index.names))
    parts.fresh = True
    if isinstance(index, pandas.RangeIndex):
        parts.known.extend(encode_columns([index.start, index.stop, index.step]) or ())
    elif isinstance(index, pandas.MultiIndex):
        parts.known.extend(encode_columns([index.nlevels]) or ())
        for at, (level, codes) in enumerate(zip(index.levels, index.codes)):  # noqa: B905 - Python 3.9
            parts.add(f".levels[{at}]", level)
            parts.add_column(f".codes[{at}]", read_values(codes, visit))
    else:
        parts.known.append(encode_text(str(getattr(index, "freqstr", None))))
        parts.add_column(".array", read_values(index._values, visit))
    return parts.node(b"Index", mutable=False)


def read_extension_array(array: Any, visit: Visit) -> Node | bytes:
    """Read an array of pandas, or of a library that extends it, on its own."""
    column = read_values(array, visit)
    if any(child is array for _, child in column.children):
        return read_object(array, visit)
    parts = _Parts()
    parts.add("", type(array))
    parts.known.append(encode_text(str(getattr(array, "freqstr", None))))
    parts.add_column("", column)
    return parts.node(b"pandas array", mutable=True)


def read_dtype(dtype: Any, visit: Visit) -> Node:
    """Read a dtype of pandas."""
    pandas = sys.modules["pandas"]
    parts = _Parts()
    parts.add("", type(dtype))
    if isinstance(dtype, pandas.CategoricalDtype):
        parts.known.extend(encode_columns([dtype.ordered]) or ())
        parts.add(".categories", dtype.categories)
    else:
        parts.known.extend((encode_text(str(dtype)), encode_text(repr(dtype))))
        parts.add(".tz", getattr(dtype, "tz", None))
    return parts.node(b"pandas dtype", mutable=False)


def _by_parts(tag: bytes, take: Callable[[Any], list[Any]], child: str = "") -> Any:
    """Return a reader of scalars that are told by a few plain values and one object."""

    def read(value: Any, visit: Visit) -> Node | bytes:
        columns = encode_columns(take(value)) or [b"?"]
        if not child:
            return b"#" + combine(tag, columns)
        return Node(
            tag, columns, [getattr(value, child)], label=lambda at: "." + child, mutable=False
        )

    return read


def _read_interval(value: Any, visit: Visit) -> Node:
    known = [encode_text(value.closed)]
    places = (".left", ".right")
    return Node(
        b"Interval",
        known,
        [value.left, value.right],
        label=places.__getitem__,
        mutable=False,
        fresh=True,
    )


def readers(pandas: Any) -> ReaderTable:
    """Return the readers of the types of pandas."""
    timestamp = _by_parts(b"Timestamp", lambda v: [v._value, v.unit, v.fold], "tz")
    extensions = pandas.api.extensions
    return [
        (pandas.DataFrame, read_frame),
        (pandas.Series, read_series),
        (pandas.Index, read_index),
        (extensions.ExtensionArray, read_extension_array),
        (extensions.ExtensionDtype, read_dtype),
        (type(pandas.NaT), _by_parts(b"NaT", lambda v: [])),
        (type(pandas.NA), _by_parts(b"NA", lambda v: [])),
        (pandas.Timestamp, timestamp),
        (pandas.Timedelta, _by_parts(b"Timedelta", lambda v: [v._value, v.unit])),
        (pandas.Period, _by_parts(b"Period", lambda v: [v.ordinal, v.freqstr])),
        (pandas.Interval, _read_interval),
    ]
