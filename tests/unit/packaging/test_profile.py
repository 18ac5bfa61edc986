from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_nb.packaging.profile import count_rows, profile_rows, read_profile, write_profile

FRAME = pd.DataFrame(
    {
        "number": np.append(np.arange(99.0), np.nan),
        "whole": pd.array([*range(99), None], dtype="Int64"),
        "flag": [True, False] * 50,
        "kind": pd.Categorical(["a"] * 60 + ["b"] * 40),
        "text": ["x", None] * 50,
        "id": [f"id{n}" for n in range(100)],
        "day": pd.date_range("2020-01-01", periods=100, tz="UTC"),
    }
)


def test_a_profile_counts_every_row_once_in_each_column() -> None:
    profile = profile_rows(FRAME)

    assert profile is not None
    assert [c["name"] for c in profile["columns"]] == list(FRAME.columns)
    for column in profile["columns"]:
        counted = column.get("counts") or [*column["values"].values(), column["other"]]
        assert sum(counted) + column["missing"] == 100
        if column["kind"] == "number":
            assert len(column["counts"]) == len(column["edges"]) + 1
            assert sum(column["fine_counts"]) == sum(column["counts"])
    assert json.loads(json.dumps(profile)) == profile


def test_the_same_rows_have_the_same_counts() -> None:
    profile = profile_rows(FRAME)
    assert profile is not None

    counts = count_rows(FRAME, profile)

    for column in profile["columns"]:
        for key, value in counts[column["name"]].items():
            assert value == column[key]


def test_ids_leave_no_value_in_the_profile() -> None:
    profile = profile_rows(FRAME)
    assert profile is not None
    (ids,) = [column for column in profile["columns"] if column["name"] == "id"]

    assert (ids["values"], ids["other"]) == ({}, 100)


def test_words_where_numbers_were_count_as_missing() -> None:
    profile = profile_rows(FRAME[["number"]])
    assert profile is not None

    counts = count_rows(pd.DataFrame({"number": ["1", "many"]}), profile)

    assert counts["number"]["missing"] == 1


@pytest.mark.parametrize("rows", [["a", "b"], [1, 2], None, np.array(["a"]), pd.DataFrame()])
def test_what_is_no_table_has_no_profile(rows: object, tmp_path: Path) -> None:
    (tmp_path / "mlops_nb").mkdir()
    write_profile(tmp_path, rows)

    assert read_profile(tmp_path) is None


def test_a_profile_is_read_back_and_one_of_another_schema_is_none(tmp_path: Path) -> None:
    (tmp_path / "mlops_nb").mkdir()
    write_profile(tmp_path, np.arange(10.0).reshape(5, 2))
    profile = read_profile(tmp_path)

    assert profile is not None
    assert [column["name"] for column in profile["columns"]] == ["0", "1"]
    file = tmp_path / "mlops_nb" / "profile.json"
    file.write_text(json.dumps({**profile, "schema": 2}), encoding="utf-8")
    assert read_profile(tmp_path) is None


def test_entries_of_every_kind_are_counted() -> None:
    frame = pd.DataFrame({"lists": [[1], [1], None], "spans": pd.timedelta_range("1h", periods=3)})
    sparse = pd.DataFrame({"s": pd.arrays.SparseArray([0.0, 0.0, 1.0])})
    twice = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])

    for rows in (frame, sparse, twice):
        profile = profile_rows(rows)
        assert profile is not None
        assert len(profile["columns"]) == rows.shape[1]


def test_a_column_that_cannot_be_counted_is_a_note_and_no_failure(tmp_path: Path) -> None:
    class Strange:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    (tmp_path / "mlops_nb").mkdir()
    note = write_profile(tmp_path, pd.DataFrame({"s": [Strange(), Strange()]}))

    assert note == "No reference profile, so no drift can be told: RuntimeError: no text"
