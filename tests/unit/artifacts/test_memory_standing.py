"""Whether a value stands as it stood is told without a fingerprint, never too seldom."""

from __future__ import annotations

import collections
import copy
import functools
import threading
from collections.abc import Callable
from typing import Any, ClassVar

import numpy
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.artifacts.fingerprint import fingerprint
from mlops_nb.artifacts.memory_standing import Standing, stand


class Slotted:
    __slots__ = ("__hidden", "shown")

    def __init__(self) -> None:
        self.shown, self.__hidden = [1], [2]

    def hide(self) -> None:
        self.__hidden.append(3)


class Thing:
    kinds: ClassVar[list[int]] = []

    def __init__(self) -> None:
        self.rows = [{"a": 1.5}, {"a": 2.5}]


class Rows(list[int]):
    pass


def shown(value: Any) -> int:
    return len(LIMITS) + int(value)


LIMITS = [1]


def read(one: Any) -> str | None:
    return fingerprint(one).digest


def standing(value: Any, kept: list[Any], was: Standing | None = None) -> Standing | None:
    return stand(value, read, kept, was_plain=None if was is None else was.is_plain)


def twice(rows: list[list[int]]) -> None:
    rows[1] = rows[0]


def call(value: Any, name: str, *given: Any) -> None:
    getattr(value, name)(*given)


# What makes a value, and what changes it.
CHANGES: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "an element": (lambda: [1, [2.5]], lambda v: v[1].append(3)),
    "another number": (lambda: {"a": [1.5]}, lambda v: v["a"].__setitem__(0, 2.5)),
    "another type": (lambda: [[1], 1], lambda v: v.__setitem__(1, 1.0)),
    "a key": (lambda: {"a": {"b": 1}}, lambda v: v["a"].__setitem__("c", v["a"].pop("b"))),
    "the order of keys": (lambda: {"a": 1, "b": 2}, lambda v: v.__setitem__("a", v.pop("a"))),
    "what stands where": (lambda: [[1], [2, 3]], lambda v: v[0].append(v[1].pop(0))),
    "one list twice": (lambda: [[1], [1]], twice),
    "a set": (lambda: {"s": {1, 2}}, lambda v: v["s"].add(3)),
    "an attribute": (Thing, lambda v: v.rows[1].__setitem__("a", 3.5)),
    "another attribute": (Thing, lambda v: setattr(v, "more", 1)),
    "a slot": (Slotted, lambda v: v.shown.append(2)),
    "a private slot": (Slotted, lambda v: v.hide()),
    "another class": (lambda: [Thing()], lambda v: setattr(v[0], "__class__", Other)),
    "what a class holds": (lambda: [Thing], lambda v: v[0].kinds.append(1)),
    "an element of what is like a list": (lambda: [Rows([1])], lambda v: v[0].append(2)),
    "an array": (lambda: [numpy.zeros(3)], lambda v: v[0].__setitem__(1, 1)),
    "the type of an array": (lambda: [numpy.zeros(3)], lambda v: v.__setitem__(0, v[0].view("i8"))),
    "a frame": (lambda: {"f": pandas.DataFrame({"a": [1]})}, lambda v: v["f"].insert(0, "b", 2)),
    "a queue": (lambda: [collections.deque([1])], lambda v: v[0].append(1)),
    "a default": (
        lambda: collections.defaultdict(int),
        lambda v: setattr(v, "default_factory", str),
    ),
    "a function's default": (
        lambda: [functools.partial(shown, [1]).func],
        lambda v: setattr(v[0], "__defaults__", (4,)),
    ),
    "what a function looks up": (lambda: [shown], lambda v: LIMITS.append(2)),
    "beside a lock": (lambda: {"lock": threading.Lock(), "rows": [1]}, lambda v: v["rows"].pop()),
}  # fmt: skip


class Other(Thing):
    pass


@pytest.mark.parametrize(("made", "change"), CHANGES.values(), ids=CHANGES)
def test_what_was_changed_does_not_stand_as_it_stood(
    made: Callable[[], Any], change: Callable[[Any], Any]
) -> None:
    kept: list[Any] = []
    value = made()
    before = standing(value, kept)
    assert before is not None
    assert standing(value, kept, before) == before
    change(value)
    try:
        assert standing(value, kept, before) != before
    finally:
        shown.__defaults__ = None


def test_a_lock_that_is_taken_is_the_lock_it_was() -> None:
    kept: list[Any] = []
    value = [threading.Lock(), [1]]
    before = standing(value, kept)
    with value[0]:
        assert standing(value, kept, before) == before


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=2), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


@given(PLAIN, PLAIN, st.booleans())
def test_values_told_apart_by_fingerprint_do_not_stand_alike(
    first: Any, second: Any, is_plain: bool
) -> None:
    kept: list[Any] = []
    place = [first]
    before = stand(place, read, kept, was_plain=is_plain)
    one = fingerprint(place).digest
    place[0] = copy.deepcopy(second)
    if fingerprint(place).digest != one:
        assert stand(place, read, kept, was_plain=is_plain) != before
