from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from mlops_nb.packaging.rows import digest_rows, n_rows, read_rows, store_rows, take_rows

FRAME = pd.DataFrame(
    {
        "age": [1, 2, 3],
        "income": [1.5, np.nan, 3.0],
        "city": ["a", None, "c"],
        "kind": pd.Categorical(["x", "y", "x"], categories=["y", "x", "z"]),
        "when": pd.to_datetime(["2020-01-01", "2021-01-01", None]),
        "ok": [True, False, True],
        "n": pd.array([1, None, 3], dtype="Int64"),
    },
    index=[7, 8, 9],
)


@dataclass(frozen=True)
class Case:
    value: Any
    kind: str
    equal: Callable[[Any, Any], bool]


def frames_equal(left: pd.DataFrame, right: pd.DataFrame) -> bool:
    pd.testing.assert_frame_equal(left, right)
    return True


def series_equal(left: pd.Series[Any], right: pd.Series[Any]) -> bool:
    pd.testing.assert_series_equal(left, right)
    return True


def arrays_equal(left: Any, right: Any) -> bool:
    return left.dtype == right.dtype and np.array_equal(left, right)


CASES = {
    "a table of many types": Case(FRAME, "frame", frames_equal),
    "a table with numbered columns": Case(pd.DataFrame(np.eye(2)), "frame", frames_equal),
    "a named column": Case(FRAME["income"], "series", series_equal),
    "a nameless column": Case(pd.Series([1, 2]), "series", series_equal),
    "numbers": Case(np.eye(3, dtype="float32"), "array", arrays_equal),
    "booleans": Case(np.array([True, False]), "array", arrays_equal),
    "texts": Case(np.array(["a", "bé"], dtype=object), "text", arrays_equal),
    "a sparse matrix": Case(sparse.csr_matrix(np.eye(3)), "sparse", lambda a, b: (a != b).nnz == 0),
    "a list of texts": Case(["a", "b"], "json", lambda a, b: a == b),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_reading_gives_back_what_was_stored(case: Case, tmp_path: Path) -> None:
    stored = store_rows(case.value, tmp_path, "X")

    assert stored["kind"] == case.kind
    assert case.equal(read_rows(tmp_path, stored), case.value)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_storing_does_not_change_the_digest(case: Case, tmp_path: Path) -> None:
    back = read_rows(tmp_path, store_rows(case.value, tmp_path, "X"))

    assert digest_rows(back) == digest_rows(case.value)


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"a": [1, "x", object()]}),
        np.array([object(), 1], dtype=object),
        np.array(["a", None], dtype=object),
        object(),
        [object()],
    ],
    ids=["mixed column", "objects", "texts with none", "an object", "list of objects"],
)
def test_what_needs_a_pickle_is_not_stored_and_says_why(value: Any, tmp_path: Path) -> None:
    stored = store_rows(value, tmp_path, "X")

    assert set(stored) == {"reason"}
    assert "does not fit a safe format" in stored["reason"]


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (FRAME.assign(income=[1.5, np.nan, 3.1]), "a value"),
        (FRAME.rename(columns={"age": "Age"}), "a name"),
        (FRAME.astype({"age": "int32"}), "a type"),
        (FRAME.iloc[::-1], "the order of rows"),
        (FRAME[list(FRAME.columns[::-1])], "the order of columns"),
        (FRAME.assign(ok=[True, False, False]), "a boolean"),
        (FRAME.assign(when=pd.to_datetime(["2020-01-01", "2021-01-02", None])), "a date"),
    ],
)
def test_the_digest_sees_every_kind_of_change(other: pd.DataFrame, what: str) -> None:
    assert digest_rows(other) != digest_rows(FRAME), what


def test_the_digest_sees_the_last_row_of_a_long_table() -> None:
    long = pd.DataFrame({"x": np.zeros(50_000)})
    other = long.copy()
    other.iloc[-1, 0] = 1.0

    assert digest_rows(long) != digest_rows(other)


def test_row_labels_do_not_count() -> None:
    assert digest_rows(FRAME.reset_index(drop=True)) == digest_rows(FRAME)


@given(values=st.lists(st.floats(allow_nan=False), min_size=1), n=st.integers(1, 10))
def test_taking_rows_takes_at_most_so_many_from_the_front(values: list[float], n: int) -> None:
    for rows in (np.array(values), pd.Series(values), pd.DataFrame({"x": values}), values):
        taken = take_rows(rows, n)
        assert type(taken) is type(rows)
        assert n_rows(taken) == min(n, len(values))
        assert np.asarray(taken).ravel().tolist() == values[:n]
