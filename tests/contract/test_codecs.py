"""What every codec promises: what comes back is what was stored, or nothing comes back."""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import functools
import pathlib
import pickle
import subprocess
import sys
import threading
import uuid
import zoneinfo
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sameness import assert_same
from scipy import sparse
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.codec_writing import Encoded, encode

N = 12
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
PLAIN: dict[str, Any] = {
    "none": None, "true": True, "int": -3, "huge": 2**5000, "float": 0.1, "minus zero": -0.0,
    "nan": float("nan"), "inf": float("-inf"), "text": "ä\0\ud800", "bytes": b"\0\xff",
    "tuple": (1, (2, [3])), "list": [1, 2.0, "x", None], "keys": {1: "a", (1, 2): "b", None: {}},
    "texts": {"b": 1, "a": [True]}, "set": {1, "x"}, "frozen": frozenset({(1,)}), "complex": 1 - 0j,
    "bytearray": bytearray(b"ab"), "date": dt.date(2020, 2, 29), "range": range(3, 9, 2),
    "time": dt.datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=BERLIN),
    "utc": dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "delta": dt.timedelta(-1, 5, 7),
    "offset": dt.time(1, 2, 3, 4, dt.timezone(dt.timedelta(hours=5, minutes=30))),
    "decimal": decimal.Decimal("1.10"), "fraction": fractions.Fraction(-1, 3),
    "uuid": uuid.UUID(int=5), "slice": slice(1, None, -1), "dots": ...,
    "path": pathlib.PurePosixPath("a/b"), "f4": np.float32(0.1), "i8": np.int64(-1),
    "m8": np.datetime64("2020-01-01T00:00:00.5", "ms"), "bool_": np.bool_(True),
    "str_": np.str_("é"),
}  # fmt: skip
ARRAYS: dict[str, Any] = {
    "c": np.arange(24.0).reshape(2, 3, 4),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "turned": np.arange(24).reshape(2, 3, 4).transpose(1, 2, 0),
    "swapped": np.arange(24).reshape(2, 3, 4).transpose(0, 2, 1),
    "step": np.arange(20)[::3],
    "backwards": np.arange(5)[::-1],
    "zero": np.array(3.5),
    "empty": np.empty((0, 3), "f4"),
    "half": np.array([1, np.nan, -0.0], "f2"),
    "texts": np.array(["a", "bcd"]),
    "bytes": np.array([b"a", b"bc\0"]),
    "dates": np.array(["2020-01-01", "NaT"], "M8[D]"),
    "foreign": np.array([1, 2], ">i4"),
    "bool": np.array([True, False]),
    "complex": np.array([1j, np.nan]),
    "record": np.array([(1, 2.5, "x")], [("a", "i2"), ("b", "f8"), ("c", "U3")]),
    "locked": np.arange(3),
}
ARRAYS["locked"].flags.writeable = False
OTHER_ARRAYS: dict[str, Any] = {
    "broadcast": np.broadcast_to(np.arange(3), (4, 3)),
    "objects": np.array([1, "a", None, [2]], dtype=object),
    "aligned": np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    "masked": np.ma.masked_array([1, 2], [True, False]),
}


def frames() -> dict[str, Any]:
    mixed = pd.DataFrame(
        {
            "i": np.arange(N), "f": np.linspace(0, 1, N), "j": np.arange(N) * 2,
            "s": ["x", None, "z"] * (N // 3), "b": [True, False] * (N // 2),
            "z": pd.date_range("2020", periods=N, tz="Europe/Berlin"),
            "d": pd.date_range("2020", periods=N, unit="s"),
            "t": pd.timedelta_range("1s", periods=N),
            "c": pd.Categorical(["u", "v", None] * (N // 3), ["v", "w", "u"], ordered=True),
            "p": pd.period_range("2020", periods=N, freq="M"), "q": pd.cut(np.arange(N), 3),
            "I": pd.array([1, None] * (N // 2), "Int64"), "F": pd.array([0.5, None] * (N // 2)),
            "B": pd.array([True, None] * (N // 2), "boolean"),
            "py": pd.array(["a", None] * (N // 2), "string[python]"),
            "pa": pd.array(["a", None] * (N // 2), "string[pyarrow]"),
            "w": pd.array([[1], None] * (N // 2), pd.ArrowDtype(pa.list_(pa.int64()))),
            "o": pd.Series(["a", None] * (N // 2), dtype=object),
            "n": pd.Series(["a", np.nan] * (N // 2), dtype=object),
            "e": pd.Series(["a", 1, (2, 3)] * (N // 3), dtype=object),
            "x": np.arange(N) * 1j, "h": np.arange(N, dtype="f2"), "k": np.arange(N, dtype="i1"),
        }
    )  # fmt: skip
    noted = mixed[["i", "f"]].copy()
    noted.attrs = {"source": ("a", 1)}
    noted.flags.allows_duplicate_labels = False
    levels = pd.MultiIndex.from_product([["a", "b"], range(N // 2)], names=["k", None])
    return {
        "mixed": mixed,
        "noted": noted,
        "levels": pd.DataFrame({"v": np.arange(N)}, index=levels),
        "level columns": pd.DataFrame(np.ones((2, N)), columns=levels),
        "hours": pd.DataFrame({"v": 1}, index=pd.date_range("2020", periods=3, freq="h", name="w")),
        "row major": pd.DataFrame(np.random.default_rng(0).random((N, 3)), copy=False),
        "slice": mixed[["i", "j", "f"]].iloc[2:9],
        "steps": mixed[["i", "j", "f"]].iloc[::2],
        "empty": pd.DataFrame(),
        "no rows": mixed.iloc[:0],
        "no columns": pd.DataFrame(index=[3, 4]),
        "twice": pd.DataFrame(np.ones((2, 2)), columns=["a", "a"]),
        "odd labels": pd.DataFrame(np.ones((2, 3)), columns=[1, "a", (2, None)]),
        "odd bytes": pd.DataFrame(np.arange(9, dtype="i1").reshape(3, 3)),
        "series": pd.Series([1.5, np.nan, -0.0], name=("a", 1)),
        "unpickled": pickle.loads(pickle.dumps(pd.DataFrame({"a": [1.5]}))),
        "category": pd.Series(["a", "b"], dtype="category"),
        "index": pd.Index([3, 1, 2], name="n"),
        "category index": pd.CategoricalIndex(["a", "b"], name="n"),
        "intervals": pd.interval_range(0, 3),
    }


FRAMES = frames()
TABLE = pa.table({"a": [1, None], "b": ["x", "y"]}).replace_schema_metadata({"k": "v"})
TABLES: dict[str, Any] = {
    "table": TABLE,
    "slice": TABLE.slice(1),
    "batch": TABLE.to_batches()[0],
    "column": TABLE.column("b"),
    "array": pa.array([1.5, None]),
    "dictionary": pa.table({"d": pa.array(["a", "b", "a"]).dictionary_encode()}),
    "nothing": TABLE.slice(0, 0),
}
REST: dict[str, Any] = {
    "ordered": OrderedDict(b=1, a=2),
    "twice": [[1]] * 2,
    "sparse": pd.DataFrame({"s": pd.arrays.SparseArray([0, 0, 1])}),
    "timestamp": pd.Timestamp("2020-01-01", tz="UTC"),
    "large": list(range(30_000)),
    "function of a library": np.linalg.norm,
    "class": dict,
    "module": np,
}


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> BlobFolder:
    return BlobFolder(tmp_path_factory.mktemp("store"), fsync=False)


def there_and_back(values: dict[str, Any], blobs: BlobFolder, **options: Any) -> Any:
    stored = encode(values, blobs=blobs, **options)
    assert not stored.obstacles, stored.obstacles
    found = decode(stored.manifest, blobs=BlobFolder(blobs.root))
    assert not found.obstacles, found.obstacles
    assert list(found.values) == list(values) or options
    return stored, found.values


def cases() -> Iterator[Any]:
    for codec, table in (
        ("json", PLAIN),
        ("npy", ARRAYS),
        ("arrow", FRAMES),
        ("pyarrow", TABLES),
        ("pickle", OTHER_ARRAYS | REST),
    ):
        for name, value in table.items():
            yield pytest.param(codec, value, id=f"{codec}: {name}")


@pytest.mark.parametrize(("codec", "value"), list(cases()))
def test_a_value_comes_back_as_it_was(codec: str, value: Any, blobs: BlobFolder) -> None:
    stored, found = there_and_back({"v": value}, blobs)
    assert [group["codec"] for group in stored.manifest["groups"]] == [codec]
    assert_same(found["v"], value)
    if isinstance(value, pa.Table):
        assert found["v"].schema.equals(value.schema, check_metadata=True)


def test_polars_frames_come_back_as_they_were(blobs: BlobFolder) -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {
            "a": [1, None, 3],
            "c": pl.Series(["x", "y", "x"], dtype=pl.Categorical),
            "e": pl.Series(["p", "q", "p"], dtype=pl.Enum(["q", "p"])),
            "l": [[1], None, []],
            "t": [dt.datetime(2020, 1, 1), None, dt.datetime(2021, 1, 1)],
        }
    )
    stored, found = there_and_back({"f": frame, "s": frame["e"]}, blobs)
    assert [group["codec"] for group in stored.manifest["groups"]] == ["polars"] * 2
    assert found["f"].equals(frame)
    assert found["f"].schema == frame.schema
    assert found["s"].dtype == frame["e"].dtype


def test_estimators_and_sparse_matrices_come_back_as_they_were(blobs: BlobFolder) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.random((60, 4)), np.arange(60) % 2
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    _, found = there_and_back({"forest": forest, "m": sparse.csr_matrix(X > 0.5)}, blobs)
    np.testing.assert_array_equal(found["forest"].predict_proba(X), forest.predict_proba(X))
    assert (found["m"] != sparse.csr_matrix(X > 0.5)).nnz == 0


def test_what_loaders_of_data_sets_return_comes_back_whole(blobs: BlobFolder) -> None:
    bunch = load_breast_cancer(as_frame=True)
    stored, found = there_and_back(
        {"bunch": bunch, "rows": bunch.data}, blobs, sharing=[["bunch", "rows"]]
    )
    assert not stored.obstacles
    assert vars(found["bunch"]) == vars(bunch)
    assert found["bunch"].data is found["rows"]
    assert_same(dict(found["bunch"]), dict(bunch))


class Open(dict[str, Any]):
    """As statsmodels' data sets are."""

    def __init__(self, **items: Any) -> None:
        super().__init__(items)
        self.__dict__ = self


def test_items_that_are_attributes_are_so_when_they_come_back(blobs: BlobFolder) -> None:
    stored, found = there_and_back({"data": Open(name="sunspots", rows=np.arange(3))}, blobs)
    assert not stored.obstacles
    found["data"]["note"] = "new"
    assert found["data"].note == "new"
    assert found["data"].rows is found["data"]["rows"]


def test_what_shares_memory_comes_back_sharing_it(blobs: BlobFolder) -> None:
    a = np.arange(100_000.0)
    objects = np.array([[1], [2], [3]], dtype=object)
    same: list[Any] = [1]
    values = {
        "a": a, "view": a[10:20].reshape(2, 5), "steps": a[::2], "turned": a.reshape(2, -1).T,
        "l": same, "again": same, "inside": {"l": same, "a": a}, "o": objects, "tail": objects[1:],
        "frame": pd.DataFrame({"x": np.arange(3)}),
    }  # fmt: skip
    _, found = there_and_back(values, blobs, sharing=[values.keys()])
    found["a"][12] = -1.0
    assert found["view"][0, 2] == found["steps"][6] == found["turned"][12, 0] == -1.0
    assert found["inside"]["a"] is found["a"]
    assert found["l"] is found["again"] is found["inside"]["l"]
    found["o"][1] = "changed"
    assert found["tail"][0] == "changed"
    assert found["steps"].strides == a[::2].strides


def test_frames_that_copy_on_write_do_not_change_each_other_after_a_restore(
    blobs: BlobFolder,
) -> None:
    dates = pd.date_range("2020", periods=3)
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [4.0, 5.0, 6.0], "o": [[1], [2], [3]]})
    frame["when"] = dates
    family = {
        "frame": frame,
        "renamed": frame.rename(columns={"x": "z"}),
        "column": frame["x"],
        "objects": frame["o"],
        "rows": frame.iloc[1:],
        "labels": frame.set_index("when"),
        "values": pd.Series(dates),
        "dates": dates,
        "view": frame["y"].to_numpy()[:0],
    }
    for found in (
        there_and_back({"v": family}, blobs)[1]["v"],
        there_and_back(family, blobs, sharing=[family.keys()])[1],
    ):
        for name, value in family.items():
            assert_same(found[name], value)
        found["frame"].iloc[1, 0] = -1.0
        found["frame"].iat[1, 2] = "changed"
        found["values"].iloc[0] = pd.Timestamp("1999-01-01")
        for name in ("renamed", "column", "objects", "rows", "labels", "dates"):
            assert_same(found[name], family[name])


def test_an_array_over_the_memory_of_several_frames_is_told(blobs: BlobFolder) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    several = [frame, frame.rename(columns={"x": "z"}), frame["x"].to_numpy()]
    (obstacle,) = encode({"v": several}, blobs=blobs).obstacles
    assert "several frames" in obstacle.reason
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    found = there_and_back({"v": [frame, frame["x"].to_numpy()]}, blobs)[1]["v"]
    assert np.shares_memory(found[0]["x"].to_numpy(), found[1])


def test_what_polars_took_over_is_not_parted_from_what_is_written_to(blobs: BlobFolder) -> None:
    polars = pytest.importorskip("polars")
    array, frame = np.arange(3.0), pd.DataFrame({"x": [1.0, 2.0]})
    for values in (
        {"array": array, "column": polars.Series(array)},
        {"frame": frame, "table": polars.from_pandas(frame)},
        {"both": (array, polars.DataFrame({"a": array}))},
    ):
        (obstacle, *_) = encode(values, blobs=blobs, sharing=[tuple(values)]).obstacles
        assert "polars" in obstacle.reason
    column = polars.Series([1.0, 2.0])
    assert there_and_back({"v": [column, column.to_numpy(), column.clone()]}, blobs)[1]


def test_only_what_shares_is_one_group_and_overlapping_groups_are_united(blobs: BlobFolder) -> None:
    stored = encode(
        dict.fromkeys("abcdef", 1), blobs=blobs, sharing=[("a", "c"), ("c", "e"), ("zzz", "b")]
    )
    assert [group["names"] for group in stored.manifest["groups"]] == [
        ["a", "c", "e"], ["b"], ["d"], ["f"],
    ]  # fmt: skip
    found = decode(stored.manifest, ["e"], blobs=blobs)
    assert set(found.values) == {"a", "c", "e"}


def test_restored_memory_is_the_readers_own(blobs: BlobFolder) -> None:
    values = {"a": np.zeros(400_000), "df": pd.DataFrame({"x": np.zeros(400_000)})}
    stored, found = there_and_back(values, blobs)
    found["a"][:] = 1.0
    found["df"].iloc[0, 0] = 5.0
    again = decode(stored.manifest, blobs=blobs).values
    assert again["a"].sum() == 0.0
    assert again["df"]["x"].sum() == 0.0
    for digest in stored.digests:
        blobs.view(digest, is_fresh=True)


def test_small_arrays_own_their_memory_and_can_be_resized(blobs: BlobFolder) -> None:
    _, found = there_and_back({"a": np.arange(3), "d": {"a": np.arange(3)}}, blobs)
    for array in (found["a"], found["d"]["a"]):
        array.resize((5,), refcheck=False)  # the table here refers to it too
        assert array.tolist() == [0, 1, 2, 0, 0]


def test_what_code_pickles_of_restored_arrays_and_numbers_has_the_same_bytes(
    blobs: BlobFolder,
) -> None:
    X, y = np.arange(12.0).reshape(6, 2) % 5, np.arange(6.0)
    fitted = LinearRegression().fit(X, y)  # its intercept is a number of numpy's
    copied = pickle.loads(pickle.dumps(np.arange(3)))  # of a dtype of its own
    values = {"d": {"model": fitted}, "n": [copied, copied[0]], "c": [np.array([1j, 2]), X > 2]}
    _, found = there_and_back(values, blobs)
    assert {name: pickle.dumps(found[name]) for name in values} == {
        name: pickle.dumps(values[name]) for name in values
    }


def test_large_memory_is_stored_once_and_mapped(blobs: BlobFolder) -> None:
    a = np.random.default_rng(1).random(200_000)
    one = encode({"m": {"weights": a, "name": "x"}}, blobs=blobs)
    other = encode({"m": {"weights": a, "name": "y"}}, blobs=blobs)
    assert len(set(one.digests) & set(other.digests)) == 1
    found = decode(one.manifest, blobs=blobs).values["m"]["weights"]
    assert not found.flags.owndata
    assert found.flags.writeable


class Hostile:
    def __reduce__(self) -> Any:
        raise SystemExit(3)

    def __repr__(self) -> str:
        raise ValueError


class Liar:
    """Says it is an array of numpy."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return np.ndarray


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def with_attribute() -> pd.DataFrame:
    frame = pd.DataFrame({"a": [1]})
    object.__setattr__(frame, "note", "mine")
    return frame


def remembering() -> Any:
    made = functools.lru_cache(len)
    made.__module__ = "__main__"
    return made


def mapped(folder: Path) -> Any:
    return np.memmap(folder / "file.bin", mode="w+", shape=(4,))


OBSTACLES = {
    "a lock deep inside": (lambda _: {"m": [{"lock": threading.Lock()}]}, "v['m'][0]['lock']"),
    "a generator": (lambda _: (i for i in ()), "v"),
    "a hostile class": (lambda _: Hostile(), "v"),
    "a class that lies about itself": (lambda _: Liar(), "v"),
    "too deep": (lambda _: nested(100_000), "v"),
    "a function that remembers": (lambda _: remembering(), "v"),
    "a map of a file": (mapped, "v"),
    "a file": (lambda _: {"f": sys.stderr}, "v['f']"),
}


@pytest.mark.parametrize(("make", "path"), OBSTACLES.values(), ids=OBSTACLES.keys())
def test_what_cannot_be_stored_is_said_to_be_so_and_the_rest_is_stored(
    make: Any, path: str, blobs: BlobFolder, tmp_path: Path
) -> None:
    stored = encode({"v": make(tmp_path), "fine": 1}, blobs=blobs)
    (obstacle,) = stored.obstacles
    assert obstacle.name == "v"
    assert obstacle.path == path
    assert obstacle.type
    assert obstacle.reason.endswith(".")
    assert obstacle.remedy.endswith(".")
    assert decode(stored.manifest, blobs=blobs).values == {"fine": 1}
    assert not list((blobs.root / "drafts").glob("*"))


def test_what_was_set_on_a_frame_comes_back_with_it(blobs: BlobFolder) -> None:
    frame = with_attribute()
    for values in ({"v": frame}, {"v": frame, "also": [frame]}):
        stored = encode(values, blobs=blobs, sharing=[tuple(values)])
        found = decode(stored.manifest, blobs=blobs).values
        assert stored.obstacles == ()
        assert vars(found["v"])["note"] == "mine"
        assert found["v"].equals(frame)
    assert found["also"][0] is found["v"]


DEEP = """
import sys
sys.setrecursionlimit(int(sys.argv[2]))
from pathlib import Path
from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_writing import encode
value = []
for _ in range(int(sys.argv[3])):
    value = {"a": (value,)}
done = encode({"v": value, "w": 1}, blobs=BlobFolder(Path(sys.argv[1])), namespace={})
print([o.name for o in done.obstacles], [g["names"] for g in done.manifest["groups"]])
while value:
    value = value["a"][0]
"""


@pytest.mark.parametrize(
    ("limit", "depth", "stored"),
    [(1_000, 400_000, False), (1_000_000, 90_000, True), (400_000, 400_000, False),
     (2_000_000_000, 10, True)],
)  # fmt: skip
def test_a_deep_value_never_ends_the_kernel(
    limit: int, depth: int, stored: bool, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DEEP, str(tmp_path), str(limit), str(depth)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ("[] [['v'], ['w']]" if stored else "['v'] [['w']]")


MANIFESTS = {
    "another format": lambda m: {**m, "format": 99},
    "an unknown codec": lambda m: {**m, "groups": [{**m["groups"][0], "codec": "zip"}]},
    "another numpy": lambda m: {**m, "groups": [{**m["groups"][0], "needs": {"numpy": "0.1"}}]},
    "no digest": lambda m: {**m, "groups": [{**m["groups"][0], "blobs": ["../../etc/passwd"]}]},
}


@pytest.mark.parametrize("change", MANIFESTS.values(), ids=MANIFESTS.keys())
def test_what_cannot_be_read_is_a_miss_with_a_reason(change: Any, blobs: BlobFolder) -> None:
    stored = encode({"v": np.arange(3)}, blobs=blobs)
    found = decode(change(dict(stored.manifest)), blobs=blobs)
    assert not found.values
    assert found.obstacles[0].reason.endswith(".")


def test_pickles_of_unknown_origin_are_refused_and_the_rest_is_read(blobs: BlobFolder) -> None:
    values = {"j": 1, "a": np.arange(3), "f": pd.DataFrame({"x": [1]}), "p": OrderedDict()}
    stored = encode(values, blobs=blobs)
    found = decode(stored.manifest, blobs=blobs, may_run_code=False)
    assert set(found.values) == {"j", "a", "f"}
    assert [obstacle.name for obstacle in found.obstacles] == ["p"]
    assert "signature" in found.obstacles[0].reason


def everything(blobs: BlobFolder) -> tuple[dict[str, Any], Encoded]:
    values = {
        "plain": {"a": (1, 2.5)},
        "array": np.arange(40),
        "frame": FRAMES["mixed"],
        "table": TABLE,
        "rest": [[np.arange(5)]] * 2,
        "big": {"w": np.arange(40_000)},
    }
    return values, encode(values, blobs=blobs)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choice=st.randoms(use_true_random=False))
def test_a_changed_byte_anywhere_is_a_miss_never_another_value(choice: Any, tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path / "store", fsync=False)
    values, stored = everything(blobs)
    digest = choice.choice(sorted(stored.digests))
    path = blobs.path_of(digest)
    content = bytearray(path.read_bytes())
    at = choice.randrange(len(content))
    if choice.random() < 0.3:
        del content[at:]
    else:
        content[at] ^= 1 << choice.randrange(8)
    path.chmod(0o600)
    path.write_bytes(content)
    found = decode(stored.manifest, blobs=blobs)
    damaged = {
        name
        for group in stored.manifest["groups"]
        if digest in group["blobs"]
        for name in group["names"]
    }
    assert {obstacle.name for obstacle in found.obstacles} == damaged
    assert set(found.values) == set(values) - damaged
    for name, value in found.values.items():
        assert_same(value, values[name])
    healed = encode(values, blobs=blobs)
    assert not decode(healed.manifest, blobs=blobs).obstacles


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    | st.complex_numbers() | st.datetimes() | st.dates() | st.timedeltas() | st.decimals()
    | st.uuids(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner)
    | st.dictionaries(st.text() | st.integers() | st.tuples(st.integers()), inner),
    max_leaves=12,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=plain_values)
def test_any_plain_value_comes_back_as_it_was(value: Any, blobs: BlobFolder) -> None:
    assert_same(there_and_back({"v": value}, blobs)[1]["v"], value)


dtypes = (
    hnp.scalar_dtypes() | hnp.unicode_string_dtypes(min_len=1) | hnp.byte_string_dtypes(min_len=1)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draw=st.data())
def test_any_array_and_any_view_of_it_come_back_as_they_were(draw: Any, blobs: BlobFolder) -> None:
    array = draw.draw(hnp.arrays(dtypes, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0)))
    view = array[draw.draw(hnp.basic_indices(array.shape, allow_ellipsis=False))]
    if not isinstance(view, np.ndarray):
        view = array.T
    _, alone = there_and_back({"a": array, "v": view}, blobs)
    assert_same(alone["a"], array)
    assert_same(alone["v"], view)
    _, both = there_and_back({"a": array, "v": view}, blobs, sharing=[("a", "v")])
    assert_same(both["a"], array)
    assert_same(both["v"], view)
    assert np.shares_memory(both["a"], both["v"]) == np.shares_memory(array, view)


columns = st.sampled_from(
    ["i8", "f8", "i1", "f4", "bool", "M8[ns]", "m8[s]", "c16", "Int8", "str", "category", "object"]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(columns, max_size=6),
    n_rows=st.integers(0, 9),
    cut=st.slices(9),
    values=st.randoms(use_true_random=False),
)
def test_any_frame_comes_back_as_it_was(
    kinds: list[str], n_rows: int, cut: slice, values: Any, blobs: BlobFolder
) -> None:
    made = {}
    for place, kind in enumerate(kinds):
        numbers = [values.randrange(100) for _ in range(n_rows)]
        if kind in ("str", "category", "object"):
            made[place] = pd.Series([str(number) for number in numbers], dtype=kind)
        else:
            made[place] = pd.Series(np.array(numbers, "i8")).astype("i8").astype(kind)
    frame = pd.DataFrame(made, index=range(n_rows)).iloc[cut]
    stored, found = there_and_back({"v": frame}, blobs)
    assert stored.manifest["groups"][0]["codec"] == "arrow"
    assert_same(found["v"], frame)


def test_groups_that_were_stored_apart_come_back_with_a_class_each(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path, fsync=False)
    space: dict[str, Any] = {"__name__": "__main__"}
    exec("class Box: pass\nbox = Box()", space)
    together = {name: space[name] for name in ("Box", "box")}
    first = encode(together, blobs=blobs, sharing=[("Box", "box")], namespace=space)
    alone = encode({"Box": space["Box"]}, blobs=blobs, namespace=space)
    pair = decode(first.manifest, blobs=blobs, namespace={}).values
    other = decode(alone.manifest, blobs=blobs, namespace={}).values
    assert type(pair["box"]) is pair["Box"]
    assert other["Box"] is not pair["Box"]
