"""How far apart may groups truly be? The interval of the largest difference, or smallest ratio, of
their rates.

Groups share no rows, so each pair is two independent shares: Newcombe's hybrid score interval of a
difference (Statistics in Medicine 17, 1998), and Donner and Zou's of a ratio (Statistical Methods
in Medical Research 21, 2012), both of Wilson's. What holds for all pairs holds for the worst one,
so the worst end over all pairs bounds the truth: a gate passes only where every pair does, which
needs no correction for their number (intersection-union test; Berger, Technometrics 24, 1982).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

from mlops_nb.registry.interval import Interval
from mlops_nb.registry.intervals import wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRate:
    """`hits` among the `n` rows of a group that its rate counts; `n` is positive."""

    name: str
    hits: int
    n: int

    @property
    def value(self) -> float:
        return self.hits / self.n


def gap_interval(groups: Sequence[GroupRate], *, confidence: float, is_ratio: bool) -> Interval:
    """Return the interval of the largest rate less the smallest, or of the smallest over the
    largest.

    Parameters
    ----------
    groups : sequence of GroupRate
        Two or more.
    confidence : float
        Of the two-sided interval of each pair.
    is_ratio : bool
    """
    between = ratio_interval if is_ratio else difference_interval
    found = _every_pair(groups, confidence, between)
    if is_ratio:
        worst = min(found, key=lambda one: one.low)
        return Interval(low=worst.low, high=min(worst.high, 1.0), method=worst.method)
    worst = max(found, key=lambda one: one.high)
    return Interval(low=max(worst.low, 0.0), high=worst.high, method=worst.method)


def difference_interval(one: GroupRate, two: GroupRate, *, confidence: float) -> Interval:
    """Return the interval of the rate of `one` less that of `two`.

    >>> left, right = GroupRate(name="a", hits=56, n=70), GroupRate(name="b", hits=48, n=80)
    >>> found = difference_interval(left, right, confidence=0.95)
    >>> round(found.low, 4), round(found.high, 4)  # the example of Newcombe's method 10
    (0.0524, 0.3339)
    """
    first = wilson(one.hits, one.n, confidence=confidence)
    second = wilson(two.hits, two.n, confidence=confidence)
    a, b = one.value, two.value
    return Interval(
        low=a - b - math.hypot(a - first.low, second.high - b),
        high=a - b + math.hypot(first.high - a, b - second.low),
        method="newcombe",
    )


def ratio_interval(one: GroupRate, two: GroupRate, *, confidence: float) -> Interval:
    """Return the interval of the rate of `one` over that of `two`, which may have no upper end."""
    first = wilson(one.hits, one.n, confidence=confidence)
    second = wilson(two.hits, two.n, confidence=confidence)
    return Interval(
        low=_ratio_end(one.value, first.low, two.value, second.high),
        high=_inverse(_ratio_end(two.value, second.low, one.value, first.high)),
        method="donner-zou",
    )


def _ratio_end(a: float, low: float, b: float, high: float) -> float:
    """Return the lower end of ``a / b`` from the lower end of `a` and the upper of `b`.

    Donner and Zou's formula, written so that nothing near zero divides.
    """
    top = low * (2 * a - low)
    if top <= 0:
        return 0.0
    inside = max((a * b) ** 2 - top * high * (2 * b - high), 0.0)
    return top / (a * b + math.sqrt(inside))


def _inverse(number: float) -> float:
    return math.inf if number == 0 else 1 / number


def _every_pair(
    groups: Sequence[GroupRate], confidence: float, between: Callable[..., Interval]
) -> list[Interval]:
    return [between(one, two, confidence=confidence) for one, two in permutations(groups, 2)]
