"""How often does a 95 % interval hold the truth? Prints coverage by simulation; run it by hand.

    python tests/benchmarks/bench_gate_intervals.py [SIMULATIONS]

Two models of known kind answer samples drawn from one population, whose truth is measured on two
million rows. For the metric of one model and for the paired difference of the two: how often the
interval holds the truth, how often it lies wholly above it (a gate would pass wrongly: 2.5 % are
expected) or below it, and how wide it is, beside the plain percentile bootstrap. ``hard`` has
30 % positives and an area of 0.95; ``even`` 50 % and 0.8. Residuals of the regression have the
heavy tails of Student's t with five degrees of freedom.

The second table is of fairness: groups with known rates, the largest difference of which is 0.1 or
the smallest ratio 0.8. How often the end that a gate is decided by holds the truth (97.5 % and more
are asked for), how far it lies from it, and the same of the percentile bootstrap of the largest
difference itself, which is biased upwards and never sees that a rate of 0 may be chance.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from mlops_nb.registry.answers import Answers
from mlops_nb.registry.group_gaps import GroupRate, gap_interval
from mlops_nb.registry.intervals import resample_means
from mlops_nb.registry.moments import Moments
from mlops_nb.registry.scoring import Scored, difference_interval, interval_of, score

Array = np.ndarray[Any, Any]
Sample = tuple[Array, Answers, Answers]
METRICS = {
    "hard": ("accuracy", "recall", "precision", "roc_auc", "f1", "log_loss"),
    "even": ("accuracy", "recall", "roc_auc", "f1"),
    "tails": ("rmse", "r2", "mae"),
}
SIZES = (50, 200, 1000)
GROUPS = {
    "difference": ((0.3, 0.2), (0.1, 0.0), (0.55, 0.45), (0.3, 0.2, 0.25, 0.2)),
    "ratio": ((0.5, 0.4), (0.25, 0.2), (0.05, 0.04), (0.5, 0.4, 0.45, 0.5)),
}


def draw_labels(rng: np.random.Generator, n: int, *, positive: float, skill: float) -> Sample:
    """Return labels and two classifiers' answers that share much of their error."""
    target = (rng.random(n) < positive).astype(int)
    shared = 0.8 * rng.standard_normal(n)
    answers = []
    for strength, noise in ((1.3, 0.5), (1.15, 0.6)):
        score_ = skill * strength * (2 * target - 1) + shared + noise * rng.standard_normal(n)
        chance = 1 / (1 + np.exp(-score_))
        methods = {
            "predict": (chance > 0.5).astype(int),
            "predict_proba": np.column_stack([1 - chance, chance]),
        }
        answers.append(Answers(methods=methods, classes=np.array([0, 1])))
    return target, answers[0], answers[1]


def draw_numbers(rng: np.random.Generator, n: int) -> Sample:
    """Return a target with heavy tails and two regressors' answers."""
    x = rng.standard_normal(n)
    target = 2 * x + rng.standard_t(5, n)
    one = Answers(methods={"predict": 2 * x + 0.3 * rng.standard_normal(n)})
    two = Answers(methods={"predict": 1.9 * x + 0.5 * rng.standard_normal(n)})
    return target, one, two


DRAWS: dict[str, Callable[[np.random.Generator, int], Sample]] = {
    "hard": lambda rng, n: draw_labels(rng, n, positive=0.3, skill=1.0),
    "even": lambda rng, n: draw_labels(rng, n, positive=0.5, skill=0.6),
    "tails": draw_numbers,
}


def main() -> None:
    """Print the table; seconds are of processor time per interval."""
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"{'':28}{'chosen':>34}    {'percentiles':>14}")
    print(f"{'data':6}{'metric':11}{'n':>5}  {'of':6}", end="")
    print(f"{'covers':>8}{'above':>7}{'below':>7}{'width':>8}{'ms':>7}{'covers':>10}{'width':>8}")
    for data, metrics in METRICS.items():
        for metric in metrics:
            truths = find_truths(data, metric)
            for n in SIZES:
                for paired in (False, True):
                    report(data, metric, n, paired, truths[paired], simulations)
    print(f"\n{'fairness':12}{'rates':26}{'n':>14}{'holds':>8}{'off by':>8}", end="")
    print(f"{'bootstrap':>11}{'off by':>8}")
    for comparison, cases in GROUPS.items():
        for rates in cases:
            for sizes in ((50,) * len(rates), (2000,) + (1000,) * (len(rates) - 1)):
                report_gap(comparison, rates, sizes, simulations)


def report_gap(
    comparison: str, rates: tuple[float, ...], sizes: tuple[int, ...], simulations: int
) -> None:
    """Simulate one row of the table of fairness and print it."""
    is_ratio = comparison == "ratio"
    truth = min(rates) / max(rates) if is_ratio else max(rates) - min(rates)
    rng = np.random.default_rng(0)
    ends, plain = [], []
    for _ in range(simulations):
        drawn = rng.binomial(sizes, rates)
        if is_ratio and not drawn.any():
            continue
        groups = [
            GroupRate(name="", hits=int(hits), n=n) for hits, n in zip(drawn, sizes, strict=True)
        ]
        found = gap_interval(groups, confidence=0.95, is_ratio=is_ratio)
        ends.append(found.low if is_ratio else found.high)
        again = rng.binomial(sizes, drawn / sizes, size=(1000, len(sizes))) / sizes
        with np.errstate(all="ignore"):
            low, high = again.min(axis=1), again.max(axis=1)
            gaps = low / high if is_ratio else high - low
        plain.append(np.nanquantile(gaps, 0.025 if is_ratio else 0.975))
    print(f"{comparison:12}{'/'.join(map(str, rates)):26}{'/'.join(map(str, sizes)):>14}", end="")
    for values in (np.array(ends), np.array(plain)):
        held = values <= truth if is_ratio else values >= truth
        print(f"{100 * held.mean():7.1f}%{abs(values - truth).mean():8.3f}", end="   ")
    print(flush=True)


def find_truths(data: str, metric: str) -> tuple[float, float]:
    """Return the truth of one model's metric and of the difference."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(10):
        target, one, two = DRAWS[data](rng, 200_000)
        a, b = (score(metric, target, answers).value for answers in (one, two))
        found.append((a, a - b))
    first, second = np.mean(found, axis=0)
    return float(first), float(second)


def report(data: str, metric: str, n: int, paired: bool, truth: float, simulations: int) -> None:
    """Simulate one row of the table and print it."""
    rng = np.random.default_rng([n, len(metric), paired])
    chosen, plain, seconds = [], [], 0.0
    for number in range(simulations):
        target, one, two = DRAWS[data](rng, n)
        if data != "tails" and not 0 < target.sum() < n:
            continue
        a, b = (score(metric, target, answers) for answers in (one, two))
        started = time.process_time()
        interval = (
            difference_interval(a, b, confidence=0.95)
            if paired
            else interval_of(a, confidence=0.95)
        )
        seconds += time.process_time() - started
        chosen.append((interval.low, interval.high))
        if number < simulations // 4 and metric != "roc_auc":
            plain.append(percentiles([a, b] if paired else [a], seed=number))
    low, high = np.array(chosen).T
    held = (low <= truth) & (truth <= high)
    print(f"{data:6}{metric:11}{n:5}  {'pair' if paired else 'one':6}", end="")
    print(f"{100 * held.mean():7.1f}%{100 * (low > truth).mean():6.1f}%", end="")
    print(f"{100 * (high < truth).mean():6.1f}%{(high - low).mean():8.3f}", end="")
    print(f"{1000 * seconds / len(chosen):7.1f}", end="")
    if plain:
        low, high = np.array(plain).T
        covers = 100 * ((low <= truth) & (truth <= high)).mean()
        print(f"{covers:9.1f}%{(high - low).mean():8.3f}", end="")
    print(flush=True)


def percentiles(scored: list[Scored], *, seed: int) -> tuple[float, float]:
    """Return the plain percentile interval of 1,000 bootstrap resamples."""
    parts = [as_moments(one) for one in scored]
    split = parts[0].columns.shape[1]

    def combine(means: Array) -> Array:
        value = parts[0].combine(means[..., :split])
        return value if len(parts) == 1 else value - parts[1].combine(means[..., split:])

    columns = np.column_stack([part.columns for part in parts])
    values = resample_means(columns, combine, resamples=1000, seed=seed)
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def as_moments(scored: Scored) -> Moments:
    """Return a share of rows as a function of means, too."""
    part = scored.made_of
    if isinstance(part, Moments):
        return part
    assert part is not None
    columns = np.column_stack([part.hits & part.counted, part.counted]).astype(float)  # type: ignore[union-attr]
    return Moments(columns=columns, combine=lambda means: means[..., 0] / means[..., 1])


if __name__ == "__main__":
    main()
