"""Are two values the same to any program: types, content, order, memory layout, flags?"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa


def assert_same(found: Any, expected: Any) -> None:
    """Fail unless `found` is what `expected` is."""
    assert type(found) is type(expected), (type(found), type(expected))
    if isinstance(expected, np.ndarray):
        _same_array(found, expected)
    elif isinstance(expected, pd.DataFrame):
        _same_frame(found, expected)
    elif isinstance(expected, pd.Series):
        _same_labels(found.index, expected.index)
        assert_same(found.name, expected.name)
        _same_extension(found._mgr.blocks[0].values, expected._mgr.blocks[0].values)
        assert found.attrs == expected.attrs
        assert found.flags == expected.flags
    elif isinstance(expected, pd.Index):
        _same_labels(found, expected)
    elif isinstance(expected, float):
        assert struct.pack("d", found) == struct.pack("d", expected)
    elif isinstance(expected, dict):
        assert len(found) == len(expected)
        for left, right in zip(found.items(), expected.items(), strict=True):
            assert_same(left[0], right[0])
            assert_same(left[1], right[1])
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for left, right in zip(found, expected, strict=True):
            assert_same(left, right)
    elif isinstance(expected, np.generic):
        assert found.dtype == expected.dtype
        assert found.tobytes() == expected.tobytes()
    elif isinstance(expected, complex):
        assert repr(found) == repr(expected)
    elif isinstance(expected, set | frozenset | pa.Table | pa.RecordBatch | pa.Array):
        assert found == expected
    elif isinstance(expected, pa.ChunkedArray):
        assert found.type == expected.type
        assert found == expected
    else:
        assert repr(found) == repr(expected)


def _same_array(found: Any, expected: Any) -> None:
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    for flag in ("writeable", "c_contiguous", "f_contiguous"):
        if not _has_gaps(expected):
            assert getattr(found.flags, flag) == getattr(expected.flags, flag), flag
    if expected.dtype.hasobject or expected.dtype.names is not None:
        assert_same(found.tolist(), expected.tolist())  # what lies in padding is no value
    else:
        assert found.tobytes() == expected.tobytes()


def _has_gaps(array: Any) -> bool:
    return array.size > 1 and not (array.flags.c_contiguous or array.flags.f_contiguous)


def _same_frame(found: Any, expected: Any) -> None:
    _same_labels(found.index, expected.index)
    _same_labels(found.columns, expected.columns)
    assert list(found.dtypes) == list(expected.dtypes)
    for left, right in zip(found._mgr.blocks, expected._mgr.blocks, strict=True):
        assert list(left.mgr_locs) == list(right.mgr_locs)
        _same_extension(left.values, right.values)
    assert_same(dict(found.attrs), dict(expected.attrs))
    assert found.flags == expected.flags


def _same_labels(found: Any, expected: Any) -> None:
    assert type(found) is type(expected)
    assert found.dtype == expected.dtype
    assert_same(list(found.names), list(expected.names))
    assert getattr(found, "freq", None) == getattr(expected, "freq", None)
    if isinstance(expected, pd.MultiIndex):
        for left, right in zip(found.levels, expected.levels, strict=True):
            _same_labels(left, right)
        assert [list(c) for c in found.codes] == [list(c) for c in expected.codes]
    elif isinstance(expected, pd.RangeIndex):
        assert found._range == expected._range
    else:
        assert_same(found.tolist(), expected.tolist())


def _same_extension(found: Any, expected: Any) -> None:
    if isinstance(expected, np.ndarray):
        _same_array(found, expected)
        return
    assert type(found) is type(expected)
    assert found.dtype == expected.dtype
    if isinstance(expected, pd.Categorical):
        _same_labels(found.categories, expected.categories)
        _same_array(np.asarray(found.codes), np.asarray(expected.codes))
    elif hasattr(expected, "_ndarray") and expected.dtype.kind in "Mm":
        _same_array(found._ndarray, expected._ndarray)
    else:
        assert_same(list(found), list(expected))
