"""What a cell did to values is seen through aliases, views and functions, and in no other names."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_nb.artifacts.cell_changes import Changes
from mlops_nb.artifacts.changes import NO_DIGEST, ValueWatch
from mlops_nb.artifacts.memory_index import SharingIndex
from mlops_nb.artifacts.memory_sharing import sharing


@dataclass(frozen=True)
class Case:
    """A cell after a set-up: what analysis says of it, and what it must be seen to have done."""

    before: str
    cell: str
    reads: str
    touches: str
    written: str
    also_read: str = ""
    groups: str = ""


CASES = {
    "bound": Case("", "x = 1", "", "x", "x", groups="x"),
    "bound again to the same object": Case("x = 1", "x = 1", "", "x", "x", "x", "x"),
    "bound again to another": Case("x = 1", "x = 2", "", "x", "x", groups="x"),
    "not bound on this path": Case("x = [1]", "if False: x = 2", "", "x", "x", "x", "x"),
    "deleted": Case("x = 1", "del x", "x", "x", "x"),
    "read only": Case("x = [1]", "len(x)", "x", "", ""),
    "changed in place": Case("x = [1]", "x.append(2)", "x", "x", "x", groups="x"),
    "changed back": Case("x = [1]", "x.append(2); x.pop()", "x", "", ""),
    "changed through an alias": Case("x = [1]; y = x", "x.append(2)", "x", "x", "x y", "y", "x y"),
    "an alias is made": Case("x = [1]", "y = x", "x", "y", "x y", groups="x y"),
    "an alias is made inside": Case(
        "x = [1]; d = {'a': [1]}", "d['a'] = x", "x d", "d", "d x", groups="d x"
    ),
    "an alias inside is undone": Case(
        "x = [1]; d = {'a': x}", "d['a'] = [1]", "d", "d", "d x", "x", "d|x"
    ),
    "an index of two is renamed": Case(
        "import pandas as pd; x = pd.Series([1]); y = x + 1; z = x.head()",
        "x.index.name = 'k'",
        "x",
        "x",
        "x y",
        "y",
        "x|y",
    ),
    "changed by a function": Case(
        "log = []\ndef note(v): log.append(v)", "note(3)", "note", "", "log", "log", "log"
    ),
    "bound by a function": Case(
        "def note(v):\n    global log\n    log = v", "note(3)", "note", "log", "log", groups="log"
    ),
    "changed by a function called by another": Case(
        "log = []\ndef one(v): log.append(v)\ndef two(v): one(v)",
        "two(3)",
        "two",
        "",
        "log",
        "one log",
        "log",
    ),
    "a mutable default": Case(
        "def count(seen=[]):\n    seen.append(1)", "count()", "count", "", "count", groups="count"
    ),
    "a closure's variable": Case(
        "def make():\n    n = [0]\n    def step(): n[0] += 1\n    return step\nstep = make()",
        "step()",
        "step",
        "",
        "step",
        groups="step",
    ),
    "an array through a view": Case(
        "a = np.zeros(9); v = a[2:5]", "v[0] = 1", "v", "v", "a v", "a", "a v"
    ),
    "a view is made": Case("a = np.zeros(9)", "v = a[2:5]", "a", "v", "a v", groups="a v"),
    "a copy is made": Case("a = np.zeros(9)", "v = a.copy()", "a", "v", "v", groups="v"),
    "views beside each other": Case(
        "a = np.zeros(9); l, r = a[:4], a[5:]; del a", "l[0] = 1", "l", "l", "l", groups="l"
    ),
    "a column": Case(
        "df = pd.DataFrame({'a': [1, 2]})", "df['b'] = df.a * 2", "df", "df", "df", groups="df"
    ),
    "a frame in a list": Case(
        "df = pd.DataFrame({'a': [1]}); all_ = [df]",
        "df.loc[0, 'a'] = 5",
        "df",
        "df",
        "df all_",
        "all_",
        "all_ df",
    ),
    "a slice of a frame is a copy": Case(
        "df = pd.DataFrame({'a': [1, 2]}); head = df.head(1)",
        "head.loc[0, 'a'] = 5",
        "head",
        "head",
        "head",
        groups="head",
    ),
    "an object of the notebook's class": Case(
        "class Box: pass\nbox = Box()", "box.size = 3", "box", "box", "Box box", "Box", "Box box"
    ),
    "the class itself": Case(
        "class Box: pass\nbox = Box()", "Box.size = 3", "Box", "Box", "Box box", "box", "Box box"
    ),
    "names of the shell are not told": Case("", "_ = 1; _3 = 2; In = []", "", "", ""),
    "names that begin with a line are": Case(
        "", "_cache = {}", "", "_cache", "_cache", groups="_cache"
    ),
}


def watch(case: Case) -> tuple[Changes, dict[str, Any]]:
    space: dict[str, Any] = {"__name__": "__main__", "np": np, "pd": pd}
    exec(case.before, space)
    watch = ValueWatch(space)
    watch.start(case.reads.split())
    exec(case.cell, space)
    return watch.stop(case.touches.split()), space


@pytest.mark.parametrize("name", CASES)
def test_what_a_cell_did_is_seen(name: str) -> None:
    case = CASES[name]
    changes, space = watch(case)
    assert set(changes.writes) == set(case.written.split())
    assert set(changes.reads) == {*case.reads.split(), *case.also_read.split()}
    groups = {tuple(sorted(group.split())) for group in case.groups.split("|") if group}
    assert {tuple(sorted(group)) for group in changes.groups} == groups
    assert {n for n, d in changes.writes.items() if d is None} == set(changes.writes) - set(space)


def test_a_value_without_a_fingerprint_counts_as_changed_by_whoever_could_change_it() -> None:
    space: dict[str, Any] = {"__name__": "__main__", "rows": (n for n in range(3)), "x": 1}
    watch = ValueWatch(space)
    watch.start(["x"])
    other = watch.stop([])
    watch.start(["rows"])
    changes = watch.stop([])
    first, second = changes.reads["rows"], changes.writes["rows"]
    assert "rows" not in other.writes
    assert str(first).startswith(NO_DIGEST)
    assert str(second).startswith(NO_DIGEST)
    assert first != second
    assert "generator" in changes.obstacles["rows"]


def test_a_mark_stays_as_long_as_nobody_could_have_changed_the_value() -> None:
    space: dict[str, Any] = {"__name__": "__main__", "rows": (n for n in range(3)), "x": [1]}
    watch = ValueWatch(space)
    before = watch.digests(["rows"])
    watch.start(["x"])
    space["x"].append(2)
    watch.stop([])
    assert watch.digests(["rows", "gone"]) == {**before, "gone": None}


def test_what_is_loaded_behind_the_back_of_cells_is_looked_at_again() -> None:
    space: dict[str, Any] = {"__name__": "__main__", "x": [1]}
    watch = ValueWatch(space)
    before = watch.digests(["x"])
    space["x"].append(2)
    watch.changed(["x"])
    assert watch.digests(["x"]) != before


def test_a_large_value_is_not_kept_alive_by_being_watched() -> None:
    space: dict[str, Any] = {"__name__": "__main__", "a": np.zeros(10)}
    alive = weakref.ref(space["a"])
    watch = ValueWatch(space)
    watch.start(["a"])
    space["a"] = space["a"] + 1
    assert alive() is None
    watch.stop(["a"])


def test_names_share_memory_as_if_they_were_looked_at_anew_after_every_change() -> None:
    space: dict[str, Any] = {}
    index = SharingIndex()
    steps = [
        ("a = [1]", "a"), ("b = a", "b"), ("c = [a]", "c"), ("c[0] = [1]", "c"),
        ("d = [b, c]", "d"),
        ("a = 1", "a"), ("x = np.zeros(9)", "x"), ("y = x[3:]", "y"), ("z = [y[:2]]", "z"),
        ("del y", "y"), ("x = x + 1", "x"), ("d.clear()", "d"), ("e = [c]", "e"),
        ("del c", "c"),
    ]  # fmt: skip
    for cell, changed in steps:
        exec(cell, {"np": np}, space)
        index.forget([changed])
        together = [set(group) for group in index.partition(space) if len(group) > 1]
        assert together == [set(group) for group in sorted(map(sorted, sharing(space)))], cell


def test_a_name_between_double_underscores_is_the_users_unless_the_shell_put_it_there() -> None:
    space: dict[str, Any] = {"__name__": "__main__", "__builtins__": {}}
    watch = ValueWatch(space)
    watch.start([])
    space["__version__"] = "1.0"
    space["__annotations__"] = {}
    assert set(watch.stop(["__version__"]).writes) == {"__version__"}


UNASKED = {
    "bound": ("x = [1]", "x = [2]", ""),
    "changed in place": ("x = [[1]]", "x[0].append(2)", "x"),
    "changed through an alias": ("x = [[1]]; y = x[0]", "y.append(2)", "y"),
    "changed by a function": ("x = [[1]]\ndef note(v): x.append(v)", "note(3)", "note"),
    "changed through a view": ("x = np.zeros(3); y = x[1:]", "y[0] = 2", "y"),
}


@pytest.mark.parametrize("name", UNASKED)
@pytest.mark.parametrize("only_data", [False, True])
def test_what_a_cell_that_nobody_asks_about_may_have_changed_is_read_anew(
    name: str, only_data: bool
) -> None:
    before, cell, reads = UNASKED[name]
    space: dict[str, Any] = {"np": np, "still": [[4]]}
    exec(before, space)
    watch = ValueWatch(space)
    names = ["x", "still"]
    then = watch.digests(names)
    watch.start_unasked(reads.split())
    exec(cell, space)
    watch.stop_unasked(["x"] if name == "bound" else [], only_data=only_data)
    now = watch.digests(names)
    assert now["still"] == then["still"]
    assert now["x"] != then["x"]
    assert now == ValueWatch(space).digests(names)


def test_what_a_library_may_hold_too_does_not_stand_where_only_data_does() -> None:
    holder = _Held()
    space: dict[str, Any] = {"held": holder}
    watch = ValueWatch(space)
    before = watch.digests(["held"])
    watch.start_unasked([])
    holder.value = 2
    watch.stop_unasked([], only_data=True)
    assert watch.digests(["held"]) != before


class _Held:
    value = 1


@pytest.mark.parametrize(
    ("cell", "stands"),
    [
        ("for row in rows: pass", True),
        ("rows[0] = dict(rows[0])", False),
        ("rows = [*rows]", False),
    ],
)
def test_plain_values_are_known_to_be_the_same_objects(cell: str, stands: bool) -> None:
    space: dict[str, Any] = {"rows": [{"a": 1}, {"a": 2}]}
    watch = ValueWatch(space)
    numbers = []
    for code in ("for row in rows: pass", cell):
        watch.start(["rows"])
        exec(code, space)
        numbers.append(watch.stop(["row", "rows"]).plain["rows"])
    assert (numbers[0] == numbers[1]) is stands


@pytest.mark.parametrize(
    ("cell", "reads"),
    [
        ("total = len(rows)", {"rows", "total"}),
        ("rows.append(2)", {"rows", "other"}),
        ("part = rows", {"rows", "other", "part"}),
        ("rows = 1", {"rows", "other"}),
    ],
)
def test_names_that_share_memory_are_read_where_the_cell_changed_it(
    cell: str, reads: set[str]
) -> None:
    space: dict[str, Any] = {"rows": [1]}
    space["other"] = {"rows": space["rows"]}
    watch = ValueWatch(space)
    watch.start(["rows"])
    exec(cell, space)
    changes = watch.stop({cell.partition(" ")[0]} & set(space) - {"rows"})
    assert set(changes.reads) | set(changes.writes) >= reads
    assert changes.mingles is ("other" in reads)
    assert ("other" in changes.reads) is changes.mingles
