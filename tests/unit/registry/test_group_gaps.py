"""How far apart groups may be: laws of the interval, and what it covers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.registry.group_gaps import (
    GroupRate,
    difference_interval,
    gap_interval,
    ratio_interval,
)


@st.composite
def rates(draw: st.DrawFn) -> GroupRate:
    n = draw(st.integers(1, 500))
    return GroupRate(name="g", hits=draw(st.integers(0, n)), n=n)


@given(rates(), rates(), st.floats(0.5, 0.999))
def test_the_ends_are_around_what_was_measured(
    one: GroupRate, two: GroupRate, confidence: float
) -> None:
    found = difference_interval(one, two, confidence=confidence)
    turned = difference_interval(two, one, confidence=confidence)

    assert -1 - 1e-9 <= found.low <= one.value - two.value + 1e-9
    assert one.value - two.value - 1e-9 <= found.high <= 1 + 1e-9
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low))


@given(rates(), rates())
def test_a_ratio_has_ends_around_it_and_its_inverse_the_inverse_ends(
    one: GroupRate, two: GroupRate
) -> None:
    found = ratio_interval(one, two, confidence=0.95)
    turned = ratio_interval(two, one, confidence=0.95)
    value = one.value / two.value if two.hits else math.inf

    assert 0 <= found.low <= value * (1 + 1e-9) or not one.hits
    assert found.high >= value * (1 - 1e-9) or not (one.hits or two.hits)
    assert turned.low == pytest.approx(0 if found.high == math.inf else 1 / found.high)


@given(st.lists(rates(), min_size=2, max_size=5), st.booleans())
def test_more_groups_never_bring_the_worst_end_nearer(
    groups: list[GroupRate], is_ratio: bool
) -> None:
    every = gap_interval(groups, confidence=0.9, is_ratio=is_ratio)
    some = gap_interval(groups[:2], confidence=0.9, is_ratio=is_ratio)

    assert every.low <= some.low if is_ratio else every.high >= some.high


def test_a_gate_at_the_limit_passes_wrongly_no_more_often_than_it_says() -> None:
    rng, passed, tried = np.random.default_rng(0), 0, 2000
    for first, second in zip(
        rng.binomial(150, 0.30, tried), rng.binomial(100, 0.20, tried), strict=True
    ):
        groups = [
            GroupRate(name="a", hits=int(first), n=150),
            GroupRate(name="b", hits=int(second), n=100),
        ]
        found = gap_interval(groups, confidence=0.95, is_ratio=False)
        passed += found.high <= 0.1

    assert passed / tried <= 0.03  # 2.5 % but for chance
