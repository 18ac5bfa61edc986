"""What pandas shares until the first write comes back so that writing to one leaves the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.codec_writing import encode
from mlops_nb.artifacts.fingerprint import fingerprint

COLUMNS: dict[str, Callable[[], Any]] = {
    "text": lambda: ["a", "b", "c"],
    "texts of Python": lambda: pd.array(["a", "b", None], dtype="string[python]"),
    "numbers": lambda: [1.5, 2.5, 3.5],
    "objects": lambda: pd.Series([1, "x", None], dtype=object),
    "numbers or missing": lambda: pd.array([1, None, 3], dtype="Int64"),
    "arrow numbers": lambda: pd.array([1, 2, 3], dtype="int64[pyarrow]"),
    "categories": lambda: pd.Categorical(["a", "b", "a"]),
    "moments": lambda: pd.date_range("2020", periods=3, tz="UTC"),
    "months": lambda: pd.period_range("2020", periods=3, freq="M"),
    "intervals": lambda: pd.interval_range(0, 3),
}


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> BlobFolder:
    return BlobFolder(tmp_path_factory.mktemp("store"), fsync=False)


def _again(blobs: BlobFolder, **values: Any) -> list[Any]:
    """Return values after they were stored as one group and read."""
    stored = encode(values, blobs=blobs, sharing=[tuple(values)])
    assert not stored.obstacles, stored.obstacles
    found = decode(stored.manifest, blobs=blobs).values
    for name, value in values.items():
        assert fingerprint(found[name]).digest == fingerprint(value).digest, name
    return [found[name] for name in values]


@pytest.mark.parametrize("kind", COLUMNS)
def test_writing_to_a_column_taken_out_leaves_the_frame_alone(kind: str, blobs: BlobFolder) -> None:
    frame = pd.DataFrame({"a": COLUMNS[kind](), "n": [1, 2, 3]})
    found, column = _again(blobs, frame=frame, column=frame["a"])
    column.iloc[0] = column.iloc[1]
    assert found.equals(frame)
    column = found["a"].copy()
    found.loc[0, "a"] = found.loc[1, "a"]
    assert column.equals(frame["a"])


@pytest.mark.parametrize("kind", COLUMNS)
def test_writing_to_a_column_leaves_the_one_it_was_made_from_alone(
    kind: str, blobs: BlobFolder
) -> None:
    frame = pd.DataFrame({"a": COLUMNS[kind]()})
    frame["b"] = frame["a"]
    (found, _) = _again(blobs, frame=frame, other=[1])
    found.loc[0, "b"] = found.loc[1, "b"]
    assert found["a"].equals(frame["a"])
    assert not found["b"].equals(frame["b"])


def test_writing_to_a_series_leaves_the_labels_it_was_made_from_alone(blobs: BlobFolder) -> None:
    labels = pd.Index(["a", "b", "c"])
    found, series = _again(blobs, labels=labels, series=pd.Series(labels))
    series.iloc[0] = "z"
    assert found.tolist() == ["a", "b", "c"]


def test_the_ends_of_intervals_that_lie_in_one_array_are_stored(blobs: BlobFolder) -> None:
    breaks = np.arange(4.0)
    array = pd.arrays.IntervalArray.from_breaks(breaks)
    series, other = _again(blobs, series=pd.Series(array), other=[1])
    assert series.tolist() == list(array)
    assert other == [1]


def test_a_resampler_goes_on_seeing_what_is_written_to_its_frame(blobs: BlobFolder) -> None:
    times = pd.date_range("2020", periods=4, freq="12h")
    for made in (pd.Series([1, 2, 3, 4], index=times), pd.DataFrame({"a": [1, 2, 3, 4]}, times)):
        found, days = _again(blobs, frame=made, days=made.resample("D"))
        found.iloc[0] = 7
        assert days.sum().to_numpy().ravel().tolist() == [9, 7]


def test_frames_that_are_one_below_are_not_stored_beside_a_third(blobs: BlobFolder) -> None:
    times = pd.date_range("2020", periods=4, freq="12h")
    other = pd.Series([1, 2, 3, 4], index=times)
    made = other[:]
    values = {"other": other, "made": made, "days": made.resample("D")}
    stored = encode(values, blobs=blobs, sharing=[tuple(values)])
    assert "Copy it" in str(stored.obstacles)
