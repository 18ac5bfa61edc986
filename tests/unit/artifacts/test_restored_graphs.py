"""Restored values go on as the ones they were made of: whatever is changed in place through one of
them is changed in the same others, and in nothing else."""

from __future__ import annotations

import collections
import functools
import random
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.codec_writing import encode
from mlops_nb.artifacts.fingerprint import Fingerprinter
from mlops_nb.artifacts.memory_sharing import sharing

Values = dict[str, Any]
N_SEEDS = 60
N_CHANGES = 5
# Few and many elements: large memory is mapped, or lies outside the pickle.
SIZES = (4, 3000)


class Node:
    """An object of the notebook."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Slots:
    """One whose attributes are no dict."""

    __slots__ = ("one", "two")

    def __init__(self, one: Any, two: Any) -> None:
        self.one, self.two = one, two


def make_frame(n: int) -> pd.DataFrame:
    """Return a frame with a column of each kind; `n` is even."""
    half = n // 2
    return pd.DataFrame({
        "a": np.arange(float(n)),
        "b": np.arange(float(n)) * 2,
        "i": np.arange(n),
        "text": ["x", "y"] * half,
        "category": pd.Categorical(["u", "v"] * half),
        "day": pd.date_range("2020-01-01", periods=n),
        "zoned": pd.date_range("2020-01-01", periods=n, tz="UTC"),
        "maybe": pd.array([1, None] * half, dtype="Int64"),
        "is": [True, False] * half,
        "object": pd.Series([[1], {}] * half, dtype=object),
    })  # fmt: skip


MAKERS: dict[str, Callable[[int], Any]] = {
    "array": lambda n: np.arange(float(n)),
    "matrix": lambda n: np.arange(2.0 * n).reshape(-1, 2),
    "records": lambda n: np.zeros(n, [("a", "f8"), ("b", "i4")]),
    "objects": lambda n: np.array([[1], {}, None], dtype=object),
    "frame": make_frame,
    "series": lambda n: pd.Series(np.arange(5), index=list("abcde")),
    "sparse": lambda n: scipy.sparse.csr_matrix(np.eye(min(n, 40))),
    "list": lambda n: [1, 2, [3]],
    "dict": lambda n: {"x": 1, "y": [2]},
    "set": lambda n: {1, 2},
    "bytes": lambda n: bytearray(b"abcdef"),
    "deque": lambda n: collections.deque([1, 2]),
    "generator": lambda n: np.random.default_rng(1),
}
# What a cell makes of one value; it raises, or gives None, where it fits no such value.
DERIVED: tuple[Callable[[Any], Any], ...] = (
    lambda v: v[1:] if isinstance(v, np.ndarray) else None,
    lambda v: v[::2] if isinstance(v, np.ndarray) else None,
    lambda v: v.T if isinstance(v, np.ndarray) else None,
    lambda v: v.reshape(-1) if isinstance(v, np.ndarray) else None,
    lambda v: v.view("u1") if isinstance(v, np.ndarray) and v.dtype.kind == "f" else None,
    lambda v: v["b"] if isinstance(v, np.ndarray) and v.dtype.names else None,
    lambda v: pd.Series(v) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else None,
    lambda v: pd.DataFrame({"a": v}, copy=False) if isinstance(v, np.ndarray) else None,
    *(functools.partial(lambda name, v: v[name] if isinstance(v, pd.DataFrame) else None, name)
      for name in ("a", "text", "category", "day", "zoned", "maybe")),
    lambda v: v[["a", "b"]] if isinstance(v, pd.DataFrame) else None,
    lambda v: v.iloc[1:] if isinstance(v, (pd.DataFrame, pd.Series)) else None,
    lambda v: v.copy(deep=False) if isinstance(v, (pd.DataFrame, pd.Series)) else None,
    lambda v: v.copy() if isinstance(v, (pd.DataFrame, pd.Series)) else None,
    lambda v: v.set_index("i") if isinstance(v, pd.DataFrame) else None,
    lambda v: v.rename(columns={"a": "c"}) if isinstance(v, pd.DataFrame) else None,
    lambda v: v.data if isinstance(v, scipy.sparse.csr_matrix) else None,
    lambda v: v[2] if isinstance(v, list) else None,
)  # fmt: skip
HELD: tuple[Callable[[Any, Any], Any], ...] = (
    lambda one, two: [one, two],
    lambda one, two: {"k": one, "l": two},
    lambda one, two: (one, two),
    lambda one, two: Node(one=one, two=[two]),
    lambda one, two: SimpleNamespace(one=one, two=two),
    Slots,
    lambda one, two: functools.partial(print, one, two),
)


def draw_values(draw: random.Random) -> Values:
    """Return values that hold, overlap and alias each other."""
    found = [MAKERS[draw.choice(list(MAKERS))](draw.choice(SIZES)) for _ in range(2)]
    found.append(make_frame(draw.choice(SIZES)))
    for _ in range(draw.randrange(3, 10)):
        if draw.random() < 0.35:
            found.append(draw.choice(HELD)(draw.choice(found), draw.choice(found)))
            continue
        try:
            made = draw.choice(DERIVED)(draw.choice(found))
        except (KeyError, ValueError, TypeError, IndexError):
            made = None
        found += [] if made is None else [made]
    return {f"v{number}": value for number, value in enumerate(found)}


def change(value: Any, draw: random.Random) -> str:
    """Change a value in place; return what was raised."""
    try:
        _change(value, draw)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        return type(error).__name__
    return ""


def _change(value: Any, draw: random.Random) -> None:
    if isinstance(value, np.ndarray) and value.dtype.names:
        value["a"][0] += 1
    elif isinstance(value, np.ndarray):
        first = (0,) * value.ndim
        value[first] = [1] if value.dtype.hasobject else value[first] + 1
    elif isinstance(value, pd.DataFrame):
        _change_frame(value, draw)
    elif isinstance(value, pd.Series):
        to, source = draw.choice([(0, 1), (-1, 0)])
        value.iloc[to] = value.iloc[source]
    elif isinstance(value, (list, bytearray, collections.deque)):
        value.append(1)
    elif isinstance(value, dict):
        value[f"n{len(value)}"] = 2
    elif isinstance(value, set):
        value.add(len(value) + 10)
    elif isinstance(value, np.random.Generator):
        value.random()
    elif isinstance(value, scipy.sparse.csr_matrix):
        value.data[0] += 1
    elif isinstance(value, (Node, Slots, SimpleNamespace)):
        value.one = 3


def _change_frame(frame: pd.DataFrame, draw: random.Random) -> None:
    column = draw.randrange(frame.shape[1])
    kind = draw.randrange(4)
    if kind == 0:
        frame.iloc[0, column] = frame.iloc[1, column]
    elif kind == 1:
        frame["a"] += 1
    elif kind == 2:
        frame[f"new {frame.shape[1]}"] = 1
    else:
        frame.attrs["n"] = frame.attrs.get("n", 0) + 1


def digests(values: Values) -> dict[str, str | None]:
    with Fingerprinter() as fingerprinter:
        return {name: fingerprinter.fingerprint(value).digest for name, value in values.items()}


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> BlobFolder:
    return BlobFolder(tmp_path_factory.mktemp("store"), fsync=False)


@pytest.mark.parametrize("seed", range(N_SEEDS))
def test_a_change_reaches_the_same_of_restored_values_as_of_those_they_were(
    seed: int, blobs: BlobFolder
) -> None:
    draw = random.Random(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        values = draw_values(draw)
        for _ in range(2):  # what was restored is stored in its turn
            stored = encode(values, blobs=blobs, sharing=sharing(values))
            if stored.obstacles:
                return
            found = decode(stored.manifest, blobs=blobs).values
            restored = {name: found[name] for name in values}
            assert digests(restored) == digests(values)
            for _ in range(N_CHANGES):
                name, how = draw.choice(list(values)), draw.randrange(1 << 30)
                one = change(values[name], random.Random(how))
                assert change(restored[name], random.Random(how)) == one
                assert digests(restored) == digests(values), f"{name} was changed"
            values = restored
