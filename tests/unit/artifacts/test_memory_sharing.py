"""Names that share memory which can change are one group; those that merely look alike are none."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import Any

import comm
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.tree import DecisionTreeClassifier

from mlops_nb.artifacts.memory_sharing import sharing

Make = Callable[[], tuple[Any, Any]]


class Model:
    def __init__(self, table: Any) -> None:
        self.table = table


class Slotted:
    __slots__ = ("table",)

    def __init__(self, table: Any) -> None:
        self.table = table


def _pair(make: Callable[[Any], tuple[Any, Any]], value: Any) -> tuple[Any, Any]:
    return make(value)


def _frame() -> pd.DataFrame:
    return pd.DataFrame({"a": np.arange(5.0), "b": list("abcde")})


def _closures() -> tuple[Any, Any]:
    count = 0

    def increase() -> None:
        nonlocal count
        count += 1

    return increase, lambda: count


def _tree_and_values() -> tuple[Any, Any]:
    tree = DecisionTreeClassifier().fit([[0], [1]], [0, 1])
    return tree, tree.tree_.value


def _object_column() -> tuple[Any, Any]:
    row = [1]
    return pd.DataFrame({"rows": [row, [2]]}), row


def _days() -> pd.DataFrame:
    times = pd.date_range("2020", periods=4, freq="12h")
    return pd.DataFrame({"a": [1, 2, 3, 4]}, index=times)


def _mapped() -> tuple[Any, Any]:
    memory = bytearray(80)
    return np.frombuffer(memory), np.frombuffer(memory, offset=40)


def _halves(array: Any) -> tuple[Any, Any]:
    return array[:5], array[3:]


SHARE: dict[str, Make] = {
    "one list": lambda: _pair(lambda v: (v, v), []),
    "a list in a dict": lambda: _pair(lambda v: (v, {"a": (1, v)}), []),
    "lists in tuples": lambda: _pair(lambda v: ((v,), (v,)), []),
    "an attribute": lambda: _pair(lambda v: (v, Model(v)), {}),
    "a slot": lambda: _pair(lambda v: (v, Slotted(v)), {}),
    "a default": lambda: _pair(lambda v: (v, lambda x=v: x), []),
    "a method": lambda: _pair(lambda v: (v, v.append), []),
    "a deque": lambda: _pair(lambda v: (v, collections.deque([v])), []),
    "a shared cell": _closures,
    "a mark that is told by what it is": lambda: _pair(lambda v: (v, lambda x=v: x), object()),
    "views": lambda: _halves(np.arange(10)),
    "a view and its base": lambda: _pair(lambda v: (v, v.T), np.zeros((2, 2))),
    "a view of a view": lambda: _pair(lambda v: (v[1:][:3], [v[2:]]), np.arange(10)),
    "a reversed view": lambda: _pair(lambda v: (v[::-1][:2], v[8:]), np.arange(10)),
    "a field": lambda: _pair(lambda v: (v, v["f0"]), np.zeros(3, "i1,f8")),
    "a memoryview": lambda: _pair(lambda v: (v, memoryview(v)), bytearray(5)),
    "an array over bytes": _mapped,
    "a mask": lambda: _pair(lambda v: (v, v.mask), np.ma.array([1, 2], mask=[0, 1])),
    "elements of object arrays": lambda: _pair(lambda v: (np.array([v, 1], object), v), {}),
    "a frame's array": lambda: _pair(lambda v: (v, v["a"].to_numpy()), _frame()),
    "a frame over an array": lambda: _pair(
        lambda v: (v, pd.DataFrame(v, copy=False)), np.zeros((2, 2))
    ),
    "a column's array": lambda: _pair(lambda v: (v, v.array), pd.Series([1, None], dtype="Int64")),
    "an object in a frame": _object_column,
    "attrs": lambda: _pair(lambda v: (v, v.attrs), _frame()),
    "one frame": lambda: _pair(lambda v: (v, {"f": v}), _frame()),
    "a frame and its resampler": lambda: _pair(lambda v: (v, v.resample("D")), _days()),
    "a fitted tree": _tree_and_values,
    "an Arrow array over numpy": lambda: _pair(lambda v: (v, pa.table({"a": v})), np.arange(9.0)),
    "one class of the notebook": lambda: (Model(1), Model(2)),
    "one function of the notebook": lambda: ([_frame], {"f": _frame}),
    "a generator": lambda: _pair(lambda v: (v, v.bit_generator), np.random.default_rng(0)),
}
APART: dict[str, Make] = {
    "equal lists": lambda: ([1], [1]),
    "one tuple": lambda: _pair(lambda v: (v, [v]), (1, ("a", 2))),
    "one text": lambda: _pair(lambda v: ([v], [v]), "text"),
    "copies": lambda: _pair(lambda v: (v, v.copy()), np.arange(10)),
    "halves": lambda: _pair(lambda v: (v[:5], v[5:]), np.arange(10)),
    "columns of one array": lambda: _pair(lambda v: (v[:, 0], v[:, 1]), np.zeros((5, 2))),
    "even and odd": lambda: _pair(lambda v: (v[::2], v[1::2]), np.arange(10)),
    "frames that copy on write": lambda: _pair(lambda v: (v, v[:]), _frame()),
    "a frame and its column": lambda: _pair(lambda v: (v, v["a"]), _frame()),
    "frames with one index": lambda: _pair(
        lambda v: (pd.Series([1, 2], v), pd.Series([3, 4], v)), pd.Index(["a", "b"])
    ),
    "one library class": lambda: (collections.deque([1]), collections.deque([2])),
    "one library function": lambda: ([np.sum], {"f": np.sum}),
    "a function's global": lambda: (_frame, SHARE),
    "a library's mark": lambda: _pair(lambda v: ([v], {"v": v}), vars(functools)["_NOT_FOUND"]),
    "dtypes": lambda: _pair(lambda v: ([v], [v]), np.dtype("i4")),
    "empty arrays": lambda: _pair(lambda v: (v[:0], v[1:1]), np.arange(3)),
}


@pytest.mark.parametrize("name", SHARE)
def test_shared_memory_is_found(name: str) -> None:
    first, second = SHARE[name]()
    assert sharing({"x": first, "other": [0], "y": second}) == (("x", "y"),)
    assert sharing({"y": second, "x": first}) == (("y", "x"),)


@pytest.mark.parametrize("name", APART)
def test_memory_that_is_not_shared_or_cannot_change_makes_no_group(name: str) -> None:
    first, second = APART[name]()
    assert sharing({"x": first, "y": second}) == ()


def test_groups_run_through_names_that_share_with_both() -> None:
    array, row = np.arange(9), [1]
    found = sharing({"a": array[:3], "b": row, "c": [array, row], "d": {}, "e": array[5:]})
    assert found == (("a", "b", "c", "e"),)


def test_cycles_and_depth_are_no_trouble() -> None:
    first: Any = []
    first.append(first)
    deep: Any = first
    for _ in range(100_000):
        deep = [deep]
    assert sharing({"a": first, "b": deep}) == (("a", "b"),)


def _comm(kernel: object) -> Any:
    made: Any = comm.DummyComm()
    made.kernel = kernel
    return made


def test_all_that_is_shown_on_a_page_does_not_share_the_kernel() -> None:
    kernel = {"user_ns": {"rows": [1]}}
    one, other = {"comm": _comm(kernel)}, {"comm": _comm(kernel)}
    values = {"one": one, "other": other, "rows": kernel["user_ns"]["rows"], "way": one["comm"]}
    assert sharing(values) == (("one", "way"),)


def test_what_is_called_when_a_page_answers_is_shared() -> None:
    rows, way = [1], _comm(None)
    way.on_msg(rows.append)
    assert sharing({"way": way, "rows": rows, "other": [1]}) == (("way", "rows"),)


def test_a_copy_does_not_share_with_its_original() -> None:
    frame = _frame()
    values = {"frame": frame, "copy": frame.copy(), "model": Model(np.arange(3)), "n": 5}
    assert sharing(values) == ()


@pytest.mark.extras
def test_tensors_on_one_storage_share() -> None:
    torch = pytest.importorskip("torch")
    tensor, array = torch.zeros(9), np.zeros(9, "f4")
    model = torch.nn.Linear(2, 2)
    values = {
        "tensor": tensor,
        "view": tensor[2:4],
        "copy": tensor.clone(),
        "array": array,
        "over": torch.from_numpy(array),
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters()),
        "state": model.state_dict(),
    }
    assert sharing(values) == (
        ("tensor", "view"),
        ("array", "over"),
        ("model", "optimizer", "state"),
    )


def test_polars_frames_that_share_buffers_do_not_see_each_other_s_changes() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": [1, 2]})
    assert sharing({"a": frame, "b": frame.clone()}) == ()
    assert sharing({"a": frame, "b": [frame]}) == (("a", "b"),)


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_what_arrow_and_polars_take_over_shows_what_is_written_to_it(library: str) -> None:
    made = pytest.importorskip(library)
    is_polars = library == "polars"
    array, frame = np.arange(5.0), _frame()
    given = {"array": array, "frame": frame, "other": _frame()}
    column = made.Series(array) if is_polars else made.array(array)
    table = made.from_pandas(frame) if is_polars else made.Table.from_pandas(frame)
    assert sharing({**given, "column": column, "table": table}) == (
        ("array", "column"),
        ("frame", "table"),
    )
    array[0] = frame.loc[0, "a"] = 7.0
    assert column.to_numpy()[0] == table["a"].to_numpy()[0] == 7.0


def test_polars_columns_with_gaps_and_in_parts_are_looked_at_too() -> None:
    polars = pytest.importorskip("polars")
    frame = pd.DataFrame({"a": [1.0, np.nan], "t": [pd.Timestamp(1), pd.NaT]})
    parts = polars.concat([polars.from_pandas(frame)["a"]] * 2, rechunk=False)
    assert sharing({"frame": frame, "parts": parts}) == (("frame", "parts"),)


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_an_array_that_nobody_can_write_to_shares_nothing_with_what_never_writes(
    library: str,
) -> None:
    made = pytest.importorskip(library)
    column = made.Series([1.0, 2.0]) if library == "polars" else made.array([1.0, 2.0])
    view = column.to_numpy()
    assert not view.flags.writeable
    assert sharing({"column": column, "view": view}) == ()
    texts = made.Series(["a"]) if library == "polars" else made.array(["a"])
    assert sharing({"texts": texts, "more": [1]}) == ()
