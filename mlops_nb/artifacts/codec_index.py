"""How do the labels of a frame come back: ranges, dates with a frequency, levels, categories?"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .blob_faults import NotStorableError
from .codec_columns import Recipe, Writers, read_array, write_array
from .codec_fields import Columns, FieldWriter, read_numpy, write_numpy
from .codec_plain import decode_plain, encode_plain

_SIMPLE = ("Index", "DatetimeIndex", "TimedeltaIndex", "PeriodIndex", "IntervalIndex")


def write_column(array: Any, to: FieldWriter, all_: Writers) -> Recipe:
    """Add a numpy array, a pandas array or a Categorical and return its recipe.

    Raises
    ------
    NotStorableError
        If it has no exact form here.
    """
    pandas = import_module("pandas")
    if type(array) is not pandas.Categorical:
        return write_array(array, to, all_)
    return {
        "codes": write_numpy(array._ndarray, to),
        "categories": write_index(array.categories, all_.aside(len(array.categories)), all_),
        "ordered": bool(array.ordered),
    }


def read_column(recipe: Recipe, columns: Columns) -> Any:
    """Return what `write_column` took."""
    if "codes" not in recipe:
        return read_array(recipe, columns)
    pandas = import_module("pandas")
    categories = read_index(recipe["categories"], columns)
    dtype = pandas.CategoricalDtype(categories, ordered=recipe["ordered"])
    codes = read_numpy(recipe["codes"], columns)
    return pandas.Categorical.from_codes(codes, dtype=dtype, validate=not columns.is_trusted)


def write_index(index: Any, to: FieldWriter, all_: Writers) -> Recipe:
    """Add an index and return its recipe.

    Raises
    ------
    NotStorableError
        If it has no exact form here.
    """
    pandas = import_module("pandas")
    kind = type(index).__name__
    if type(index) is not getattr(pandas, kind, None):
        raise NotStorableError(f"Arrow has no exact form for {kind}.")
    if kind == "MultiIndex":
        return _write_levels(index, to, all_)
    recipe: Recipe = {"index": kind, "name": _plain(index.name)}
    if kind == "RangeIndex":
        return {**recipe, "range": [index.start, index.stop, index.step]}
    if kind == "CategoricalIndex":
        return {**recipe, "values": write_column(index.array, to, all_)}
    if kind not in _SIMPLE:
        raise NotStorableError(f"Arrow has no exact form for {kind}.")
    if kind in ("DatetimeIndex", "TimedeltaIndex") and index.freq is not None:
        recipe["freq"] = _write_freq(index.freq)
    is_numpy = type(index.dtype).__module__.startswith("numpy") and kind == "Index"
    values = index.to_numpy() if is_numpy else index.array
    return {**recipe, "values": write_array(values, to, all_)}


def read_index(recipe: Recipe, columns: Columns) -> Any:
    """Return what `write_index` took."""
    pandas = import_module("pandas")
    kind = recipe["index"]
    if kind == "MultiIndex":
        return pandas.MultiIndex(
            levels=[read_index(level, columns) for level in recipe["levels"]],
            codes=[read_numpy(codes, columns) for codes in recipe["codes"]],
            names=decode_plain(recipe["names"].encode()),
            sortorder=recipe["sortorder"],
            verify_integrity=not columns.is_trusted,
        )
    name = decode_plain(recipe["name"].encode())
    if kind == "RangeIndex":
        return pandas.RangeIndex(*recipe["range"], name=name)
    if kind not in (*_SIMPLE, "CategoricalIndex"):  # the name of a function of pandas, perhaps
        raise NotStorableError(f"A stored value has labels of the unknown kind {kind!r}.")
    values = read_column(recipe["values"], columns)
    if kind == "Index":
        return pandas.Index(values, dtype=values.dtype, name=name, copy=False)
    index = getattr(pandas, kind)(values, name=name)
    if "freq" in recipe:
        # Checked when it was written; checking again would compute every label.
        index = index._with_freq(pandas.tseries.frequencies.to_offset(recipe["freq"]))
    return index


def _write_levels(index: Any, to: FieldWriter, all_: Writers) -> Recipe:
    levels = [write_index(level, all_.aside(len(level)), all_) for level in index.levels]
    numpy = import_module("numpy")
    codes = [write_numpy(numpy.asarray(code), to) for code in index.codes]
    return {
        "index": "MultiIndex",
        "levels": levels,
        "codes": codes,
        "names": _plain(list(index.names)),
        "sortorder": index.sortorder,
    }


def _write_freq(freq: Any) -> str:
    pandas = import_module("pandas")
    text = str(freq.freqstr)
    try:
        same = pandas.tseries.frequencies.to_offset(text) == freq
    except ValueError:
        same = False
    if not same:
        raise NotStorableError(f"The frequency {text!r} has no exact form.")
    return text


def _plain(value: Any) -> str:
    return encode_plain(value).decode()
