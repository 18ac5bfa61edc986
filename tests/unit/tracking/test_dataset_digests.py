"""A digest changes when anything in the data changes, and with nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_nb.tracking.datasets import (
    describe_dataset,
    digest_array,
    digest_frame,
    digest_value,
    to_mlflow,
)


def a_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": np.arange(20_001, dtype="int64"),
            "float": np.linspace(0, 1, 20_001),
            "text": [f"row {n}" for n in range(20_001)],
            "flag": np.arange(20_001) % 2 == 0,
            "time": pd.date_range("2026-01-01", periods=20_001, freq="s"),
            "kind": pd.Categorical(["a", "b", "c"] * 6667),
        }
    )


def set_last(column: str, value: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[20_000, column] = value
        return frame

    return change


@dataclass(frozen=True)
class Change:
    name: str
    apply: Callable[[pd.DataFrame], pd.DataFrame]


CHANGES = (
    Change("last number", set_last("number", -1)),
    Change("last float to missing", set_last("float", np.nan)),
    Change("last text", set_last("text", "other")),
    Change("last flag", set_last("flag", False)),
    Change("last time", set_last("time", pd.Timestamp("2020-01-01"))),
    Change("last category", set_last("kind", "a")),
    Change("type", lambda f: f.astype({"number": "int32"})),
    Change("column name", lambda f: f.rename(columns={"number": "Number"})),
    Change("column name's type", lambda f: f.set_axis([0, *f.columns[1:]], axis=1)),
    Change("column order", lambda f: f[list(reversed(f.columns))]),
    Change("row order", lambda f: f.iloc[::-1].reset_index(drop=True)),
    Change("index", lambda f: f.set_index(f.index + 1)),
    Change("index name", lambda f: f.rename_axis("id")),
    Change("a row less", lambda f: f.iloc[:-1]),
    Change("unused category", lambda f: f.assign(kind=f.kind.cat.add_categories(["d"]))),
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_any_change_of_a_frame_changes_its_digest(change):
    assert digest_frame(a_frame()) != digest_frame(change.apply(a_frame()))


def test_the_digest_of_a_copy_is_the_same():
    frame = a_frame()

    assert digest_frame(frame) == digest_frame(frame.copy())
    assert digest_frame(frame) == digest_frame(frame.iloc[:])


def test_the_digest_is_the_same_in_another_process():
    program = (
        "import pandas as pd; from mlops_nb.tracking.datasets import digest_frame;"
        "print(digest_frame(pd.DataFrame({'a': [1, 2], 'b': ['x', None], 'c': [(1, 'y'), [2]]})))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)
    }

    assert len(found) == 1


@settings(max_examples=60)
@given(
    st.lists(st.floats(allow_nan=False), min_size=1, max_size=30),
    st.integers(min_value=0),
    st.floats(allow_nan=False),
)
def test_a_series_with_another_value_anywhere_has_another_digest(values, place, other):
    position = place % len(values)
    changed = [*values[:position], other, *values[position + 1 :]]
    same = values[position] == other

    assert (digest_value(pd.Series(values)) == digest_value(pd.Series(changed))) == same


@pytest.mark.parametrize(
    "other",
    [
        np.arange(6).reshape(3, 2),
        np.arange(6, dtype="float64").reshape(2, 3),
        np.arange(6, dtype=">i8").reshape(2, 3),
        np.array([[0, 1, 2], [3, 4, 6]]),
        np.arange(6).reshape(2, 3).astype(object),
    ],
    ids=["shape", "type", "byte order", "value", "objects"],
)
def test_arrays_differ_by_shape_type_and_value(other):
    assert digest_array(np.arange(6).reshape(2, 3)) != digest_array(other)


def test_an_array_has_one_digest_however_it_lies_in_memory():
    array = np.arange(12.0).reshape(3, 4)

    assert digest_array(array) == digest_array(np.asfortranarray(array))
    assert digest_array(array[:, :0]) != digest_array(array[:0])


def test_features_and_target_are_one_dataset_with_the_columns_of_both():
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    target = pd.Series([0, 1], name="y")

    found = describe_dataset((frame, target), name="X_test", role="eval", source="churn.ipynb")

    assert found is not None
    assert (found.rows, found.columns) == (2, (("a", "double"), ("y", "long")))
    assert len(found.digest) == 32
    other = describe_dataset((frame, target + 1), name="X_test", role="eval")
    assert other is not None
    assert other.digest != found.digest


def test_a_sparse_matrix_has_a_digest_and_a_model_has_none():
    sparse = pytest.importorskip("scipy.sparse")

    assert digest_value(sparse.eye(3).tocsr()) == digest_value(sparse.eye(3).tocsc())
    assert digest_value(sparse.eye(3)) != digest_value(sparse.eye(4))
    assert describe_dataset(object(), name="clf", role="train") is None


def test_mlflow_takes_the_record_as_a_dataset():
    record = describe_dataset(np.zeros((3, 2)), name="X", role="train", source="n.ipynb")

    assert record is not None
    found = to_mlflow(record)
    assert (found.dataset.name, found.dataset.digest) == ("X", record.digest)
    assert [(tag.key, tag.value) for tag in found.tags] == [("mlflow.data.context", "train")]
