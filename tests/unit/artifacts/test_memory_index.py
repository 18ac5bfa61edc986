"""What is known of memory from before is what looking again would find."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from mlops_nb.artifacts import memory_index
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
