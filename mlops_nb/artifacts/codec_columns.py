"""How do pandas' own arrays (zones, periods, intervals, nullable numbers, texts) come back exactly?

Each is taken apart into memory that Arrow carries as it is (`codec_fields`) and a recipe in JSON;
an array class that is not known here goes to the pickle codec.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from .blob_faults import NotStorableError
from .codec_fields import Columns, FieldWriter, read_numpy, write_numpy
from .codec_plain import decode_plain, encode_plain

Recipe = dict[str, Any]


class Writers:
    """Where parts go: `rows` has a field per column, `side` holds arrays of any length."""

    def __init__(self, n_rows: int) -> None:
        self.rows = FieldWriter(n_rows)
        self.side: list[Any] = []

    def aside(self, n_rows: int) -> FieldWriter:
        """Return a writer whose fields become side arrays."""
        return _SideWriter(n_rows, self.side)


class _SideWriter(FieldWriter):
    def __init__(self, n_rows: int, side: list[Any]) -> None:
        super().__init__(n_rows)
        self._side = side

    def add(self, array: Any) -> int:
        self._side.append(array)
        return -len(self._side)


def write_array(array: Any, to: FieldWriter, all_: Writers) -> Recipe:
    """Add a numpy or pandas array and return its recipe.

    Raises
    ------
    NotStorableError
        If it has no exact form here.
    """
    numpy = import_module("numpy")
    if type(array) is numpy.ndarray:
        return write_numpy(array, to)
    write = _WRITERS.get(type(array).__name__)
    if write is None or not type(array).__module__.startswith("pandas."):
        raise NotStorableError(f"Arrow has no exact form for {type(array).__name__}.")
    return {"pandas": type(array).__name__, **write(array, to, all_)}


def read_array(recipe: Recipe, columns: Columns) -> Any:
    """Return what `write_array` took."""
    if "numpy" in recipe:
        return read_numpy(recipe, columns)
    return _READERS[recipe["pandas"]](recipe, columns)


def _write_datetimes(array: Any, to: FieldWriter, all_: Writers) -> Recipe:
    numpy = import_module("numpy")
    recipe: Recipe = {"values": write_numpy(numpy.asarray(array._ndarray), to)}
    if getattr(array, "tz", None) is not None:
        recipe["zone"] = _write_zone(array.tz)
    return recipe


def _write_zone(zone: Any) -> str:
    """Return a time zone as plain text; NotStorableError if it is none of the standard library."""
    midnight = import_module("datetime").time(0, tzinfo=zone)
    return encode_plain(midnight).decode()


def _read_datetimes(recipe: Recipe, columns: Columns) -> Any:
    pandas = import_module("pandas")
    values = read_numpy(recipe["values"], columns)
    kind = getattr(pandas.arrays, recipe["pandas"])
    if "zone" not in recipe:
        return kind._simple_new(values, dtype=values.dtype)
    zone = decode_plain(recipe["zone"].encode()).tzinfo
    unit = import_module("numpy").datetime_data(values.dtype)[0]
    return kind._simple_new(values, dtype=pandas.DatetimeTZDtype(unit, zone))


def _write_periods(array: Any, to: FieldWriter, all_: Writers) -> Recipe:
    text = str(array.dtype)  # period[M]
    if import_module("pandas").PeriodDtype(text) != array.dtype:
        raise NotStorableError(f"Arrow has no exact form for {text}.")
    return {"values": write_numpy(array._ndarray, to), "dtype": text}


def _read_periods(recipe: Recipe, columns: Columns) -> Any:
    pandas = import_module("pandas")
    dtype = pandas.PeriodDtype(recipe["dtype"])
    return pandas.arrays.PeriodArray(read_numpy(recipe["values"], columns), dtype=dtype)


def _write_masked(array: Any, to: FieldWriter, all_: Writers) -> Recipe:
    return {"values": write_numpy(array._data, to), "mask": write_numpy(array._mask, to)}


def _read_masked(recipe: Recipe, columns: Columns) -> Any:
    kind = getattr(import_module("pandas").arrays, recipe["pandas"])
    return kind(read_numpy(recipe["values"], columns), read_numpy(recipe["mask"], columns))


def _write_intervals(array: Any, to: FieldWriter, all_: Writers) -> Recipe:
    ends = {name: write_array(getattr(array, f"_{name}"), to, all_) for name in ("left", "right")}
    return {**ends, "closed": array.closed}


def _read_intervals(recipe: Recipe, columns: Columns) -> Any:
    pandas = import_module("pandas")
    ends = (read_array(recipe[name], columns) for name in ("left", "right"))
    return pandas.arrays.IntervalArray.from_arrays(*ends, closed=recipe["closed"])


def _write_arrow(array: Any, to: FieldWriter, all_: Writers) -> Recipe:
    pandas = import_module("pandas")
    arrow = import_module("pyarrow")
    try:
        whole = array._pa_array.combine_chunks()
    except arrow.ArrowException as error:  # more text than one array of it may hold
        raise NotStorableError("It is too large for one Arrow array.") from error
    if isinstance(whole, arrow.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else arrow.array([], whole.type)
    if isinstance(whole.type, arrow.BaseExtensionType):
        raise NotStorableError("Its Arrow type is an extension.")
    recipe: Recipe = {"field": to.add(whole)}
    if isinstance(array.dtype, pandas.StringDtype):
        recipe["text"] = _text_dtype(array.dtype)
    return recipe


def _text_dtype(dtype: Any) -> list[str]:
    return [dtype.storage, "nan" if dtype.na_value is not import_module("pandas").NA else "NA"]


def _read_arrow(recipe: Recipe, columns: Columns) -> Any:
    pandas = import_module("pandas")
    array = columns[recipe["field"]]
    if "text" not in recipe:
        return pandas.ArrowDtype(array.type).__from_arrow__(array)
    storage, missing = recipe["text"]
    na_value = pandas.NA if missing == "NA" else float("nan")
    dtype = pandas.StringDtype(storage, na_value=na_value)
    return dtype.__from_arrow__(array)


def _write_texts(array: Any, to: FieldWriter, all_: Writers) -> Recipe:
    arrow = import_module("pyarrow")
    pandas = import_module("pandas")
    texts = [None if pandas.isna(value) else value for value in array._ndarray]
    try:
        field = to.add(arrow.array(texts, type=arrow.large_string()))
    except (ValueError, arrow.ArrowException) as error:
        raise NotStorableError("Its texts have no exact Arrow form.") from error
    return {"field": field, "text": _text_dtype(array.dtype)}


_MASKED = ("IntegerArray", "FloatingArray", "BooleanArray")
_TEXTS = ("StringArray", "StringArrayNumpySemantics")
_WRITERS: dict[str, Callable[[Any, FieldWriter, Writers], Recipe]] = {
    "DatetimeArray": _write_datetimes,
    "TimedeltaArray": _write_datetimes,
    "PeriodArray": _write_periods,
    "IntervalArray": _write_intervals,
    "ArrowExtensionArray": _write_arrow,
    "ArrowStringArray": _write_arrow,
    **dict.fromkeys(_MASKED, _write_masked),
    **dict.fromkeys(_TEXTS, _write_texts),
}
_READERS: dict[str, Callable[[Recipe, Any], Any]] = {
    "DatetimeArray": _read_datetimes,
    "TimedeltaArray": _read_datetimes,
    "PeriodArray": _read_periods,
    "IntervalArray": _read_intervals,
    "ArrowExtensionArray": _read_arrow,
    "ArrowStringArray": _read_arrow,
    **dict.fromkeys(_MASKED, _read_masked),
    **dict.fromkeys(_TEXTS, _read_arrow),
}
