"""A list of objects stands as long as its classes do, unless a cell comes to it by another way."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_nb.artifacts.changes import ValueWatch

BEFORE = """
import functools, weakref
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
class Base(ABC):
    limit = 3
    known = []
    alive = weakref.WeakSet()
    def __init__(self, x):
        self.x = x
        self.items = [x]
    @abstractmethod
    def run(self): ...
    @classmethod
    @functools.lru_cache
    def cached(cls, x):
        return cls(x)
class Row(Base):
    def run(self):
        state.n = state.n + 1
        return self.items
class Other(Base):
    registry = {}
    def run(self):
        return other_state
@dataclass
class Point:
    x: int
    tags: list = field(default_factory=list)
    def double(self):
        return Point(self.x * 2)
def shift(point, by=[1]):
    return Point(point.x + by[0])
class State:
    n = 0
class Meta(type):
    made = []
class Made(metaclass=Meta):
    pass
state, other_state = State(), Row(9)
rows = [Row(n) for n in range(3)]
more = [Row(n) for n in range(3)]
others = [Other(n) for n in range(3)]
points = [Point(n) for n in range(3)]
many = {"points": [Point(n) for n in range(3)], "rows": rows[:1]}
made = [Made()]
plain = [1]
"""
NAMES = (
    *("Base", "Row", "Other", "Point", "State", "Made", "shift", "state", "other_state"),
    *("rows", "more", "others", "points", "many", "made", "plain"),
)
# What a cell does, and the names it is known to read.
DONE = {
    "Row.limit = 4": "Row",
    "Base.limit = 4": "Base",
    "Point.double = lambda self: 1": "Point",
    "fresh = Point(1)": "Point",
    "Base.known.append(3)": "Base",
    "Base.known.append(plain); plain.append(1)": "Base plain",
    "Base.known = list(Base.known)": "Base",
    "plain = Base.known; plain.append(4)": "Base",
    "Base.known.append(rows[0])": "Base rows",
    "Base.known[-1:] and setattr(Base.known[-1], 'x', 5)": "Base",
    "Base.alive.add(rows[1])": "Base rows",
    "[setattr(one, 'x', 7) for one in Base.alive]": "Base",
    "more[0] = Row.cached(5)": "Row more",
    "Row.cached(5).items.append(1)": "Row",
    "Other.registry['a'] = points[1]": "Other points",
    "Base.__subclasses__()[1].registry.clear()": "Base",
    "[setattr(p, 'x', 8) for p in Base.__subclasses__()[1].registry.values()]": "Base",
    "[one(3).run() for one in Base.__subclasses__()]": "Base",
    "Base.__subclasses__()[1](3).run().items.append(2)": "Base",
    "Row(1).run()": "Row",
    "rows[0].items.append(3)": "rows",
    "points[0].tags.append(plain)": "points plain",
    "class Point(Point):\n    y: int = 1": "Point",
    "points = [shift(p) for p in points]": "points shift",
    "shift.__defaults__[0].append(2)": "shift",
    "shift.seen = points[2]": "shift points",
    "shift.seen = getattr(shift, 'seen', None); shift.seen and shift.seen.tags.append(1)": "shift",
    "type(Made).made.append(made[0])": "Made made",
    "[setattr(one, 'x', 1) for one in type(Made).made]": "Made",
    "Row.bound = rows[0].run": "Row rows",
    "getattr(Row, 'bound', lambda: [])() .append(6)": "Row",
    "state.n = 5": "state",
}


def _watched(cells: list[str]) -> None:
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(BEFORE, space)
    watch = ValueWatch(space)
    watch.start([])
    watch.stop([])
    for cell in cells:
        before = watch.digests(NAMES)
        watch.start(DONE[cell].split())
        with contextlib.suppress(Exception):  # after other cells it may not work: a cell, too
            exec(cell, space)
        changes = watch.stop([])
        now = watch.digests(NAMES)
        assert now == ValueWatch(space).digests(NAMES), cell
        assert {n for n in NAMES if now[n] != before[n]} <= set(changes.writes), cell


@pytest.mark.parametrize("cell", DONE)
def test_what_a_cell_did_by_a_class_is_seen(cell: str) -> None:
    _watched([cell])


@settings(max_examples=15)
@given(st.lists(st.sampled_from(sorted(DONE)), min_size=2, max_size=6))
def test_what_is_known_after_cells_is_what_looking_again_would_find(cells: list[str]) -> None:
    _watched(cells)


@pytest.mark.parametrize(
    ("cell", "reads", "is_read"),
    [
        ("fresh = State()", "State", False),
        ("fresh = State().n + states[0].n", "State states", True),
        ("State.n = State.n + 1", "State", True),
        ("State.alive.add(State())", "State", True),
    ],
)
def test_objects_are_read_again_only_where_more_than_their_class_was_at_hand(
    cell: str, reads: str, *, is_read: bool
) -> None:
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(BEFORE, space)
    if "alive" in cell:
        exec("State.alive = weakref.WeakSet()", space)
    space["states"] = [space["State"]() for _ in range(3)]
    for state in space["states"]:
        state.counting = _Counting()
    watch = ValueWatch(space)
    for _ in range(2):
        watch.start(reads.split())
        _Counting.read = 0
        exec(cell, space)
        watch.stop([])
    assert bool(_Counting.read) == is_read


class _Counting:
    read = 0

    def __getstate__(self) -> Any:
        _Counting.read += 1
        return {}
