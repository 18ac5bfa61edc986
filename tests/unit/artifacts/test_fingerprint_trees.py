"""Trees of plain collections, which are read as a whole."""

from __future__ import annotations

import contextlib
import copy
import marshal
import random
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlops_nb.artifacts.fingerprint import Fingerprinter, fingerprint
from mlops_nb.artifacts.fingerprint_trees import (
    LONG,
    EarlierTrees,
    Surveys,
    encode_tree,
    look_through,
)
from mlops_nb.artifacts.identity import identity

ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary()
TREES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


def _rows(n: int = LONG) -> list[dict[str, Any]]:
    return [{"id": at, "tags": [at % 3, "a"], "at": (at, None)} for at in range(n)]


def test_all_lists_and_dicts_of_a_tree_are_found() -> None:
    rows = _rows(2)
    expected = [rows, *rows, rows[0]["tags"], rows[1]["tags"]]
    found = look_through(rows)
    assert found is not None
    assert found.ids == list(map(identity, expected))
    assert found.once == set(found.ids)


shared: list[int] = [1]
around = ([1],)
knot: list[Any] = [[2]]
knot.append(knot)
doubled: Any = ()
for _ in range(40):
    doubled = (doubled, doubled)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([shared, shared], id="one list twice"),
        pytest.param([(shared,), {"a": shared}], id="one list in two"),
        pytest.param([around, around], id="one list in a tuple that stands twice"),
        pytest.param([(around,), [around]], id="one list in a tuple in two"),
        pytest.param(knot, id="a cycle"),
        pytest.param([[1], {1, 2}], id="a set"),
        pytest.param([[bytearray(b"1")]], id="a buffer"),
        pytest.param([[random.Random()]], id="an object"),
        pytest.param([[1], compile("1", "", "eval")], id="code"),
    ],
)
def test_all_else_is_no_tree(value: object) -> None:
    assert look_through(value) is None


def test_what_others_hold_too_is_a_tree_all_the_same() -> None:
    rows = _rows(2000)
    alone = look_through(rows)
    others = [rows[:7], [row["tags"] for row in rows[5:]], [row["at"] for row in rows]]
    assert alone is not None
    assert look_through(rows) == alone
    del others


def test_among_many_the_one_that_stands_twice_is_found() -> None:
    rows = _rows(3000)
    rows[2999]["tags"] = rows[3]["tags"]
    assert look_through(rows) is None
    rows[2999]["tags"] = list(rows[3]["tags"])
    assert look_through(rows) is not None
    rows[1] = rows[0]
    assert look_through(rows) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([[1]], [[True]]),
        ([[1]], [[1.0]]),
        ([[0.0]], [[-0.0]]),
        ([[1]], [(1,)]),
        ([["a"]], [[b"a"]]),
        ([{"a": 1, "b": 2}], [{"b": 2, "a": 1}]),
        ([[1], [2]], [[1, 2], []]),
        ([{}], [[]]),
    ],
)
def test_trees_of_other_content_have_other_digests(one: object, other: object) -> None:
    assert fingerprint(one).digest != fingerprint(other).digest


@given(TREES)
def test_a_copy_has_the_digest_of_its_tree(value: object) -> None:
    assert fingerprint(copy.deepcopy(value)).digest == fingerprint(value).digest


ALIKE = st.sampled_from(
    [0, 1, -1, -2, 2**31, 0.0, -0.0, 1.0, True, False, None, "", "1", b"", b"1"]
)
NEARLY_EQUAL = st.recursive(
    ALIKE,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.lists(inner, max_size=2).map(tuple)
        | st.dictionaries(st.sampled_from(["", "1", b"1", 1, None]), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=300)
@given(NEARLY_EQUAL, NEARLY_EQUAL)
def test_two_trees_have_one_digest_if_python_writes_them_alike(one: object, other: object) -> None:
    is_same = marshal.dumps(one, 2) == marshal.dumps(other, 2)
    assert (encode_tree(one) == encode_tree(other)) is is_same


def test_the_digest_does_not_depend_on_what_was_read_before() -> None:
    rows = _rows()
    values = {
        "rows": rows,
        "row": rows[3],
        "held": {"rows": rows, "names": {1, 2}},
        "held with a row": [rows[3], rows, {1}],
        "held before a row": [{1}, rows, rows[3]],
    }
    alone = {name: fingerprint(value).digest for name, value in values.items()}
    for order in permutations(values):
        with Fingerprinter() as fingerprinter:
            for name in order:
                assert fingerprinter.fingerprint(values[name]).digest == alone[name]
    assert len(set(alone.values())) == len(alone)


def test_an_inner_list_that_stands_elsewhere_too_is_seen_beside_a_tree() -> None:
    rows, other = _rows(), _rows()
    same, equal = [{1}, rows, rows[3]], [{1}, rows, other[3]]
    assert fingerprint(same).digest != fingerprint(equal).digest


def test_tuples_within_tuples_are_no_trap() -> None:
    # Written out it would have 2 to the power of 40 elements.
    assert fingerprint(doubled).digest == fingerprint(doubled).digest


# What a cell does to many rows.
EDITS = {
    "nothing": "pass",
    "another content": "rows[1]['id'] = -1",
    "equal rows that are others": "rows[2] = dict(rows[2])",
    "one row twice": "rows[3] = rows[4]",
    "two rows exchanged": "rows[5], rows[6] = rows[6], rows[5]",
    "bytes": "rows[7]['id'] = b'12345678'",
    "a buffer that is written as bytes are": "rows[7]['id'] = bytearray(b'12345678')",
    "a number that is written as bytes are": "rows[7]['id'] = np.frombuffer(b'12345678')[0]",
    "a list in a row": "rows[8]['id'] = [1]",
    "the same list in another row": "rows[9]['id'] = rows[8]['id']",
    "one row less": "rows.pop()",
    "the list in itself": "rows[10]['id'] = rows",
    "no rows": "rows[:] = range(2000)",
    "an object": "rows[11] = object()",
}


@settings(max_examples=12)
@example(edits=["the list in itself"], by_key=False)
@given(st.lists(st.sampled_from(sorted(EDITS)), max_size=6), st.booleans())
def test_what_trees_were_earlier_makes_no_difference(edits: list[str], by_key: bool) -> None:
    rows: Any = [{"id": at, "name": str(at)} for at in range(1500)]
    if by_key:
        rows = dict(enumerate(rows))
    earlier = EarlierTrees()
    for edit in ["nothing", *edits, "nothing"]:
        with contextlib.suppress(Exception):  # after other edits it may not work
            exec(EDITS[edit], {"rows": rows, "np": np})
        surveys = Surveys(earlier)
        assert surveys.of(rows) == look_through(rows)
        if surveys.of(rows) is not None:
            assert surveys.part(rows) == encode_tree(rows)
        with Fingerprinter(surveys=Surveys(earlier)) as fingerprinter:
            assert fingerprinter.fingerprint(rows) == fingerprint(rows)
        earlier.keep([rows])
