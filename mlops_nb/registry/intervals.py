"""How far may the truth be from what was measured? Intervals for a metric and for a difference.

The method of each kind of metric is the one that covered best, or as well and narrower, in
``tests/benchmarks/bench_gate_intervals.py``, above all where it is hard: 50 rows, few of them
positive, values near 1.

===================  =========================================  =================================
metric               one model                                  candidate less champion, paired
===================  =========================================  =================================
share of rows        Wilson's score interval                    Newcombe's square-and-add of the
                                                                two, with their correlation
area under ROC       logit of DeLong's                          the same
function of means    bootstrap, BCa                             bootstrap of the difference,
                                                                percentiles
any other scorer     bootstrap, percentiles                     the same
===================  =========================================  =================================

Both models are resampled by the same rows. Bootstrap quantiles are moved outwards as Student's t
asks (Hesterberg, The American Statistician 69, 2015); BCa: Efron, JASA 82 (1987); square-and-add:
Newcombe, Statistics in Medicine 17 (1998), generalised by Zou and Donner, ibid. 27 (2008). Rows are
taken as independent: several rows of one customer make the truth less certain than told here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri, stdtrit

from mlops_nb.registry.interval import Interval

Array = np.ndarray[Any, Any]

_CHUNK = 250


def wilson(hits: int, n: int, *, confidence: float) -> Interval:
    """Return Wilson's score interval of a share (Wilson, JASA 22, 1927).

    >>> found = wilson(50, 50, confidence=0.95)
    >>> round(found.low, 3), found.high
    (0.929, 1.0)
    """
    z = float(ndtri((1 + confidence) / 2))
    centre = (hits + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * float(np.sqrt(hits * (n - hits) / n + z * z / 4))
    low, high = (0.0 if hits == 0 else centre - half), (1.0 if hits == n else centre + half)
    return Interval(low=max(low, 0.0), high=min(high, 1.0), method="wilson")


def area_interval(
    area: float, parts: Array, *, n_positive: int, n_negative: int, confidence: float
) -> Interval:
    """Return the interval of an area under the ROC curve on the scale of its logit.

    Where no pair is ranked wrongly, or all are, there is no variance: the end is then where so many
    rows of the rarer kind would all be right by chance.
    """
    n = len(parts)
    spread = float(np.sqrt((parts**2).sum() / n / max(n - 1, 1)))
    if spread == 0 or not 0 < area < 1:
        reach = ((1 - confidence) / 2) ** (1 / min(n_positive, n_negative))
        low, high = (reach, 1.0) if area >= 0.5 else (0.0, 1 - reach)
        return Interval(low=min(low, area), high=max(high, area), method="delong")
    half = float(ndtri((1 + confidence) / 2)) * spread / (area * (1 - area))
    return Interval(
        low=float(expit(logit(area) - half)), high=float(expit(logit(area) + half)), method="delong"
    )


def square_and_add(
    candidate: tuple[float, Interval, Array],
    champion: tuple[float, Interval, Array],
    *,
    factor: float = 1.0,
) -> Interval:
    """Return the interval of ``candidate - factor * champion`` from the two and their correlation.

    Parameters
    ----------
    candidate, champion : tuple of (value, interval, influences)
        The influences of the rows, which are the same for both, give the correlation.
    factor : float
        Positive.
    """
    (a, one, parts), (b, two, other) = candidate, champion
    b, low, high = b * factor, two.low * factor, two.high * factor
    scale = float(np.sqrt((parts**2).sum() * (other**2).sum()))
    together = float((parts * other).sum()) / scale if scale > 0 else 0.0

    def reach(down: float, up: float) -> float:
        return float(np.sqrt(max(down**2 + up**2 - 2 * together * down * up, 0.0)))

    return Interval(
        low=a - b - reach(a - one.low, high - b),
        high=a - b + reach(one.high - a, b - low),
        method=f"{one.method}, paired",
    )


def widened_tail(confidence: float, n: int) -> float:
    """Return the share of resamples beyond one end, moved outwards for `n` rows."""
    if n < 2:
        return 0.0
    reach = float(stdtrit(n - 1, (1 + confidence) / 2)) * float(np.sqrt(n / (n - 1)))
    return float(ndtr(-reach))


def percentile_interval(resampled: Array, n: int, *, confidence: float) -> Interval:
    """Return the ends between which the resampled values lie."""
    tail = widened_tail(confidence, n)
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Interval(low=float(low), high=float(high), method="bootstrap")


def bca_interval(
    resampled: Array, value: float, influences: Array, *, confidence: float
) -> Interval:
    """Return the bias-corrected and accelerated interval; the influences give the acceleration."""
    n, squares = len(influences), float((influences**2).sum())
    below = float((resampled < value).sum() + 0.5 * (resampled == value).sum()) / len(resampled)
    edge = 0.5 / len(resampled)
    bias = float(ndtri(min(max(below, edge), 1 - edge)))
    skew = float((influences**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0
    reach = -float(ndtri(widened_tail(confidence, n))) if n > 1 else float("inf")

    def quantile(z: float) -> float:
        return float(ndtr(bias + z / (1 - skew * z)))

    low, high = np.quantile(resampled, [quantile(bias - reach), quantile(bias + reach)])
    return Interval(low=float(low), high=float(high), method="bca")


def normal_interval(value: float, influences: Array, *, confidence: float) -> Interval:
    """Return value and Student's t times the standard error: for very many rows."""
    n = len(influences)
    error = float(np.sqrt((influences**2).sum() / n / max(n - 1, 1)))
    half = float(stdtrit(max(n - 1, 1), (1 + confidence) / 2)) * error
    return Interval(low=value - half, high=value + half, method="normal")


def resample_means(
    columns: Array, combine: Callable[[Array], Array], *, resamples: int, seed: int
) -> Array:
    """Return `combine` of the means of `resamples` bootstrap samples; those not finite are left
    out.

    Rows that are alike are drawn as one with a count. Cost: resamples times distinct rows.
    """
    rng = np.random.default_rng(seed)
    n = len(columns)
    distinct, counts = np.unique(columns, axis=0, return_counts=True)
    grouped = len(distinct) <= n // 4
    values = []
    for start in range(0, resamples, _CHUNK):
        batch = min(_CHUNK, resamples - start)
        if grouped:
            drawn = rng.multinomial(n, counts / n, size=batch)
            means = drawn @ distinct.astype(float) / n
        else:
            rows = rng.integers(0, n, size=(batch, n))
            drawn = np.stack([np.bincount(one, minlength=n) for one in rows])
            means = drawn @ columns.astype(float) / n
        with np.errstate(all="ignore"):
            values.append(combine(means))
    found = np.concatenate(values)
    return np.asarray(found[np.isfinite(found)])
