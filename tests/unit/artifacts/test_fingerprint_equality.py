"""Which values are one value, and which are not: tables, and laws over generated values."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_nb.artifacts import fingerprint_digest
from mlops_nb.artifacts.fingerprint import Fingerprinter, fingerprint


def digest(value: Any) -> str:
    found = fingerprint(value)
    assert found.digest is not None, found.obstacle
    return found.digest


class Pair(NamedTuple):
    name: str
    first: Callable[[], Any]
    second: Callable[[], Any]


def _gappy(fill: int) -> Any:
    """Return a structured array with `fill` in the bytes between its fields."""
    dtype = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    raw = np.full(2 * dtype.itemsize, fill, "u1")
    found = raw.view(dtype)
    found["a"], found["b"] = 1, 2.0
    return found


def _spare(fill: int) -> Any:
    raw = np.full(32, fill, "u1")
    found = raw.view("g")
    found[:] = [1.5, 2.5]
    raw[10:16] = fill
    raw[26:32] = fill
    return found


def _under_null(hidden: float) -> Any:
    return pd.arrays.FloatingArray(np.array([1.0, hidden]), np.array([False, True]))


def _chunked(*sizes: int) -> pd.Series:
    words = [None if n % 5 == 0 else f"word {n}" for n in range(sum(sizes))]
    chunks, start = [], 0
    for size in sizes:
        chunks.append(pa.array(words[start : start + size], pa.large_string()))
        start += size
    return pd.Series(pd.array(pa.chunked_array(chunks), "string[pyarrow]"))


def _text(value: str) -> str:
    return "".join(value)


def _blocks_apart() -> pd.DataFrame:
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    frame["b"] = [3.0, 4.0]
    return frame


_X = [[1.0, 3.0], [2.0, 4.0]]
SAME = [
    Pair("texts interned or not", lambda: ["ab", "ab"], lambda: ["ab", _text("a") + _text("b")]),
    Pair(
        "tuples shared or not",
        lambda: (lambda t: [t, t])(((1, 2), "a")),
        lambda: [(tuple(range(1, 3)), "a") for _ in range(2)],
    ),
    Pair("sets by insertion", lambda: {1, 2, 1025}, lambda: {1025, 2, 1}),
    Pair("sets that were larger", lambda: {1}, lambda: (lambda s: (s.discard(2), s)[1])({1, 2})),
    Pair("padding of structures", lambda: _gappy(0), lambda: _gappy(255)),
    Pair("spare bytes of long doubles", lambda: _spare(0), lambda: _spare(255)),
    Pair("C's names of numbers", lambda: np.zeros(2, "q"), lambda: np.zeros(2, "l")),
    Pair("width of gaps", lambda: np.arange(9)[::2], lambda: np.arange(0, 9, 2).repeat(3)[::3]),
    Pair("gaps of one element", lambda: np.arange(20)[::10][:1], lambda: np.arange(1)),
    Pair("blocks of a frame", _blocks_apart, lambda: pd.DataFrame(_X, columns=["a", "b"])),
    Pair(
        "blocks in either order",
        lambda: pd.DataFrame(np.arange(3e5).reshape(-1, 3)),
        lambda: pd.DataFrame({n: np.arange(3e5)[n::3] for n in range(3)}),
    ),
    Pair("what lies under a missing value", lambda: _under_null(1.0), lambda: _under_null(np.nan)),
    Pair("chunks of texts", lambda: _chunked(40), lambda: _chunked(13, 0, 27)),
    Pair("a slice of texts", lambda: _chunked(40)[8:30].copy(), lambda: _chunked(8, 22, 10)[8:30]),
    Pair(
        "a slice of an Arrow array",
        lambda: pa.array([True, None, False, True, None])[1:4],
        lambda: pa.array([None, False, True]),
    ),
    Pair(
        "a slice of Arrow lists",
        lambda: pa.array([[9], [1, 2], None, [3]])[1:],
        lambda: pa.array([[1, 2], None, [3]]),
    ),
    Pair(
        "a slice of Arrow maps",
        lambda: pa.array([[("a", 1)], None, [("b", 2)]], pa.map_(pa.string(), pa.int8()))[1:],
        lambda: pa.array([None, [("b", 2)]], pa.map_(pa.string(), pa.int8())),
    ),
    Pair(
        "a slice of Arrow structures",
        lambda: pa.array([{"a": 1}, None, {"a": 3}])[1:],
        lambda: pa.array([None, {"a": 3}]),
    ),
    Pair(
        "a bitmap of validity without nulls",
        lambda: pa.array([1, 2, None])[:2],
        lambda: pa.array([1, 2]),
    ),
    Pair(
        "flags of a sparse matrix",
        lambda: scipy.sparse.csr_array(np.eye(2)),
        lambda: (lambda m: (m.has_canonical_format, m)[1])(scipy.sparse.csr_array(np.eye(2))),
    ),
    Pair(
        "a frame whose length was asked",
        lambda: pd.DataFrame(_X),
        lambda: (lambda f: (f.columns.is_unique, f.index.get_loc(1), f)[2])(pd.DataFrame(_X)),
    ),
    Pair(
        "empty Arrow chunks",
        lambda: pa.chunked_array([[1], []], pa.int64()),
        lambda: pa.chunked_array([[1]], pa.int64()),
    ),
    Pair(
        "a dict whose keys were replaced",
        lambda: {"a": 1, "b": 2},
        lambda: (lambda d: (d.update(b=2), d)[1])({"a": 1, "b": 3}),
    ),
]
DIFFERENT = [
    Pair(
        "gaps, which products over it show",
        lambda: np.arange(10)[::2],
        lambda: np.arange(10)[::2].copy(),
    ),
    Pair("negative strides", lambda: np.arange(3)[::-1], lambda: np.array([2, 1, 0])),
    Pair(
        "strides in three dimensions",
        lambda: np.arange(600_000).reshape(3, 400, 500)[:, ::3, 7:],
        lambda: np.arange(600_000).reshape(3, 400, 500)[:, ::3, 7:].copy(),
    ),
    Pair("an array by shape", lambda: np.arange(6), lambda: np.arange(6).reshape(2, 3)),
    Pair(
        "bits of another type", lambda: np.array([1.0], "f4"), lambda: np.array([1065353216], "i4")
    ),
    Pair("a number and its text", lambda: 1, lambda: "1"),
    Pair("aliasing", lambda: (lambda r: [r, r])([0]), lambda: [[0], [0]]),
    Pair(
        "aliasing of arrays",
        lambda: (lambda a: [a, a])(np.zeros(2)),
        lambda: [np.zeros(2), np.zeros(2)],
    ),
    Pair(
        "aliasing of columns",
        lambda: (lambda a: {"x": a, "y": a.T})(np.zeros((2, 2))),
        lambda: {"x": np.zeros((2, 2)), "y": np.zeros((2, 2)).T},
    ),
    Pair(
        "which one is shared",
        lambda: (lambda a, b: [a, b, a])([0], [0]),
        lambda: (lambda a, b: [a, b, b])([0], [0]),
    ),
    Pair("aliasing inside tuples", lambda: (lambda r: ((r,), (r,)))([0]), lambda: (([0],), ([0],))),
    Pair(
        "which generator is shared",
        lambda: (lambda g: [g, np.random.Generator(g.bit_generator)])(np.random.default_rng(0)),
        lambda: [np.random.default_rng(0), np.random.default_rng(0)],
    ),
    Pair("borders in nested lists", lambda: [[1, 2], []], lambda: [[1], [2]]),
    Pair("borders in texts", lambda: ["a", "bc"] * 9, lambda: ["ab", "c"] * 9),
    Pair("borders in bytes", lambda: [b"a", b"bc"] * 9, lambda: [b"ab", b"c"] * 9),
    Pair("borders in huge numbers", lambda: [2**70, 1] * 9, lambda: [1, 2**70] * 9),
    Pair("one element of many", lambda: list(range(10**5)), lambda: [*range(10**5 - 1), 0]),
    Pair("types of one element", lambda: [1] * 99, lambda: [1] * 98 + [True]),
    Pair("where a type stands", lambda: [1, "a"] * 20, lambda: ["a", 1] * 20),
    Pair("two words for nothing", lambda: pd.Series([pd.NA] * 20), lambda: pd.Series([None] * 20)),
    Pair(
        "an attribute set on a frame",
        lambda: pd.DataFrame(_X),
        lambda: (lambda f: (object.__setattr__(f, "note", 1), f)[1])(pd.DataFrame(_X)),
    ),
    Pair("a frame's rows", lambda: pd.DataFrame(_X), lambda: pd.DataFrame(_X[::-1])),
    Pair(
        "a frame's values by columns",
        lambda: pd.DataFrame(_X),
        lambda: pd.DataFrame(np.array(_X).T),
    ),
    Pair("nulls elsewhere", lambda: pa.array([None, 0]), lambda: pa.array([0, None])),
    Pair("a null and an empty text", lambda: pa.array(["", "a"]), lambda: pa.array([None, "a"])),
    Pair("a null and an empty list", lambda: pa.array([[], [1]]), lambda: pa.array([None, [1]])),
    Pair(
        "order of sparse entries",
        lambda: scipy.sparse.csr_array(([1.0, 2.0], [0, 1], [0, 2]), shape=(1, 2)),
        lambda: scipy.sparse.csr_array(([2.0, 1.0], [1, 0], [0, 2]), shape=(1, 2)),
    ),
    Pair(
        "times of one moment",
        lambda: pd.Timestamp("2024-01-01 12:00", tz="UTC"),
        lambda: pd.Timestamp("2024-01-01 13:00", tz="Europe/Vienna"),
    ),
]


@pytest.mark.parametrize("pair", SAME, ids=lambda pair: pair.name)
def test_what_nobody_can_see_does_not_count(pair: Pair) -> None:
    assert digest(pair.first()) == digest(pair.second())


@pytest.mark.parametrize("pair", DIFFERENT, ids=lambda pair: pair.name)
def test_what_a_program_can_see_counts(pair: Pair) -> None:
    assert digest(pair.first()) != digest(pair.second())


atoms = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.binary(max_size=5), st.complex_numbers(), st.decimals(allow_nan=False), st.dates(),
    st.datetimes(), st.uuids(), st.builds(np.float64, st.floats()),
)  # fmt: skip
keys = st.one_of(st.integers(), st.text(max_size=3), st.tuples(st.integers(), st.text(max_size=2)))
arrays = st.one_of(
    st.lists(st.integers(-9, 9), max_size=20).map(lambda items: np.array(items, "i8")),
    st.lists(st.floats(), max_size=20).map(lambda items: np.array(items).reshape(1, -1)),
    st.lists(st.text(max_size=3), max_size=4).map(lambda items: np.array(items, object)),
    st.lists(st.text(max_size=3), max_size=4).map(pd.Series),
)
values = st.recursive(
    st.one_of(atoms, arrays),
    lambda inner: st.one_of(
        st.lists(inner, max_size=20),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(keys, inner, max_size=5),
        st.frozensets(keys, max_size=5),
        st.sets(keys, max_size=5),
    ),
    max_leaves=20,
)


def changes(value: Any) -> list[Any]:
    """Return copies of `value`, each with one leaf changed."""
    if type(value) in (list, tuple):
        return [
            type(value)([*value[:at], changed, *value[at + 1 :]])
            for at, inner in enumerate(value)
            for changed in changes(inner)
        ] + [type(value)([*value, None])]
    if type(value) is dict:
        return [{**value, key: new} for key, inner in value.items() for new in changes(inner)]
    if isinstance(value, (np.ndarray, pd.Series)):
        return [value[:-1].copy()] if value.size and value.ndim == 1 else []
    if isinstance(value, (set, frozenset)):
        return [value | {"a new element"}]
    if type(value) is int:
        return [value + 1, float(value) if abs(value) < 2**53 else str(value)]
    if type(value) is str:
        return [value + "x", value.encode("utf-8", "surrogatepass")]
    return ["changed"]


@given(values)
@settings(max_examples=150)
def test_a_copy_is_the_same_value_and_a_changed_leaf_makes_another(value: Any) -> None:
    first = digest(value)
    assert digest(copy.deepcopy(value)) == first
    assert digest(pickle.loads(pickle.dumps(value))) == first
    for changed in changes(value)[:20]:
        assert digest(changed) != first


@given(st.lists(values, min_size=2, max_size=6), st.data())
@settings(max_examples=80)
def test_values_that_share_parts_have_one_digest_in_any_company(parts: Any, data: Any) -> None:
    mixed = [
        [data.draw(st.sampled_from(parts)) for _ in range(data.draw(st.integers(1, 4)))]
        for _ in range(3)
    ]
    mixed.append([mixed[0], mixed[1], mixed[0]])
    with Fingerprinter() as fingerprinter:
        together = [fingerprinter.fingerprint(value).digest for value in mixed]
    assert together == [digest(value) for value in mixed]
    assert digest(copy.deepcopy(mixed)) == digest(mixed)


_ECHO = """
import json, pickle, sys
from mlops_nb.artifacts.fingerprint import fingerprint
values = pickle.load(sys.stdin.buffer)
print(json.dumps([fingerprint(value).digest for value in values]))
"""


def test_another_process_agrees_on_generated_values() -> None:
    collected: list[Any] = []

    @given(values)
    @settings(max_examples=200, database=None, derandomize=True)
    def collect(value: Any) -> None:
        collected.append(value)

    collect()
    found = subprocess.run(
        [sys.executable, "-c", _ECHO],
        input=pickle.dumps(collected),
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "99"},
    )
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == [digest(value) for value in collected]


def test_without_xxhash_values_have_other_digests_under_another_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    array = np.arange(100_000)
    fast = digest(array)
    fingerprint_digest._memory_hash.cache_clear()
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "xxhash", None)
        slow = digest(array)
        assert slow == digest(array.copy())
    fingerprint_digest._memory_hash.cache_clear()
    assert (fast.split(":")[0], slow.split(":")[0]) == ("mnb2x", "mnb2s")
    assert fast.split(":")[1] != slow.split(":")[1]
    assert digest(array) == fast


@pytest.mark.parametrize("made", [[7], (7,), "a", range(1)], ids=lambda made: type(made).__name__)
def test_an_iterator_at_its_end_comes_back_as_what_it_was(made: Any) -> None:
    iterator = iter(made)
    assert next(iterator, None) != next(iterator, None)
    assert digest(pickle.loads(pickle.dumps(iterator))) == digest(iterator)


@pytest.mark.parametrize("size", [0, 1, (8 << 20) - 1, 8 << 20, (8 << 20) + 1, (70 << 20) + 5])
def test_a_stream_has_the_digest_of_its_bytes_however_they_come(size: int) -> None:
    content = np.random.default_rng(0).integers(0, 255, size, "u1")
    whole = fingerprint_digest.digest_memory(content)
    stream = fingerprint_digest.MemoryDigest()
    for start in range(0, size, 5_000_001):
        stream.update(content[start : start + 5_000_001])
    assert stream.digest() == whole


def test_nesting_of_100_000_levels_is_read() -> None:
    def nest(levels: int, leaf: Any) -> Any:
        found: Any = [leaf]
        for level in range(levels):
            found = {"a": found} if level % 2 else [found]
        return found

    assert fingerprint(nest(100_000, 1)).digest
    first, second = nest(5001, 1), nest(5001, 2)
    assert digest(first) != digest(second)
    with Fingerprinter() as fingerprinter:
        inner = fingerprinter.fingerprint(first[0])
        assert fingerprinter.fingerprint(first).digest == digest(first)
        assert inner.digest not in {None, digest(first)}


def test_tuples_that_share_tuples_are_not_read_again_and_again() -> None:
    pair: Any = ([], 1)
    for _ in range(200):
        pair = (pair, pair)
    assert digest(pair)


def test_sets_that_hold_themselves_are_read() -> None:
    class Member:
        def __init__(self) -> None:
            self.group: Any = None

    def group(size: int) -> Any:
        members = {Member() for _ in range(size)}
        for member in members:
            member.group = members
        return members

    assert digest(group(3)) != digest(group(4))
