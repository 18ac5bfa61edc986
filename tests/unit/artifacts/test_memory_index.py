"""What is known of memory from before is what looking again would find."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from mlops_nb.artifacts import memory_index
from mlops_nb.artifacts.identity import identity
from mlops_nb.artifacts.memory_index import SharingIndex
from mlops_nb.artifacts.memory_sharing import sharing

NAMES = "abcde"
# Each step binds a name to a list of some of eight lists, or deletes it.
STEPS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.none() | st.frozensets(st.integers(0, 7), max_size=3)),
    max_size=12,
)


@given(STEPS, st.data(), st.sampled_from([(1, 3), (2, 1), (3, 8), (20_000, 8)]))
def test_names_that_are_bound_again_leave_the_others_as_they_are(
    steps: Any, data: Any, apart: tuple[int, int]
) -> None:
    with mock.patch.multiple(memory_index, _MANY=apart[0], _MOST_APART=apart[1]):
        _bind_again(steps, data)


def _bind_again(steps: Any, data: Any) -> None:
    pool = [[number] for number in range(8)]
    index, values = SharingIndex(), dict[str, Any]()
    for name, members in steps:
        if members is None:
            values.pop(name, None)
        else:
            values[name] = [pool[at] for at in sorted(members)]
        if data.draw(st.booleans()):
            index.leave([name])
        else:
            index.forget([name])
        if data.draw(st.booleans()):
            assert index.partition(values) == SharingIndex().partition(values)
    assert index.partition(values) == SharingIndex().partition(values)


# Lists of a forest of four trees that are changed in place as well; names bound to some of them.
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.none() | st.frozensets(st.integers(0, 15), max_size=3),
        st.none() | st.tuples(st.integers(0, 15), st.integers(0, 15)),
    ),
    max_size=10,
)


@given(CHANGES, st.sampled_from([(1, 3), (3, 8), (20_000, 8)]))
def test_names_that_lean_on_others_share_what_looking_at_each_alone_would_find(
    steps: Any, apart: tuple[int, int]
) -> None:
    pool: list[list[Any]] = []
    for number in range(16):
        pool.append([number, *pool[number - 4 : number - 3]])
    with mock.patch.multiple(memory_index, _MANY=apart[0], _MOST_APART=apart[1]):
        index, values = SharingIndex(), dict[str, Any]()
        for name, members, change in steps:
            if change is not None:
                changed, added = change
                near = {one for one, value in values.items() if _leads_to(value, pool[changed])}
                pool[changed].append(pool[added])
                index.leave(n for part in index.partition(values) if near & {*part} for n in part)
            if members is None:
                values.pop(name, None)
            else:
                values[name] = [pool[at] for at in sorted(members)]
                index.leave([name])
            together = [part for part in index.partition(values) if len(part) > 1]
            assert together == sorted(tuple(sorted(part)) for part in sharing(values))


def _leads_to(value: Any, wanted: Any) -> bool:
    todo, seen = [value], set[int]()
    while todo:
        one = todo.pop()
        if one is wanted:
            return True
        if isinstance(one, list) and id(one) not in seen:
            seen.add(id(one))
            todo += one
    return False


def test_what_leans_on_a_name_that_is_bound_again_is_looked_at_again() -> None:
    inner = [1]
    values: dict[str, Any] = {"first": {"x": inner}, "second": [inner, [2]], "third": [inner]}
    index = SharingIndex()
    assert index.partition(values) == [("first", "second", "third")]
    assert index.ids(["second"]) >= {identity(inner)}
    values["first"] = {"x": [1]}
    index.leave(["first"])
    assert index.partition(values) == [("first",), ("second", "third")]
    del values["second"]
    assert index.partition(values) == [("first",), ("third",)]
    assert index.ids(["third"]) == {identity(values["third"]), identity(inner)}


def test_memory_of_the_name_on_which_another_leans_is_its_own_too() -> None:
    held = [np.arange(3.0)]
    index = SharingIndex()
    index.partition({"first": {"held": held}, "second": (held,)})
    assert index.has_memory("first")
    assert index.has_memory("second")


def _figure(values: Any) -> Figure:
    figure = Figure()
    for at in (1, 2):
        figure.add_subplot(1, 2, at).plot(values, marker="o")
    return figure


def test_figures_share_nothing_but_what_was_drawn_in_both() -> None:
    one, other, third = np.arange(5.0), np.arange(5.0), np.arange(3)
    figures = {"first": _figure(one), "second": _figure(other), "third": _figure(third)}
    assert sharing(figures) == ()
    assert sharing({**figures, "axes": figures["second"].axes}) == (("second", "axes"),)
    first, second = figures["first"], figures["second"]
    second.axes[0].lines[0].set_gid(first.axes)
    assert sharing(figures) == (("first", "second"),)
