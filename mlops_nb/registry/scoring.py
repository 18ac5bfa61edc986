"""What is the metric, and how sure is it? One model's value, and a candidate's beside a champion's.

What a metric is made of decides how its interval is found (`intervals`). Resamples are seeded from
the rows and answers themselves, so that the same evidence gives the same report.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlops_nb.pipeline.gates.metrics import METRICS
from mlops_nb.registry.answers import Answers, LabelError, binarise
from mlops_nb.registry.interval import Interval
from mlops_nb.registry.intervals import (
    area_interval,
    bca_interval,
    normal_interval,
    percentile_interval,
    resample_means,
    square_and_add,
    wilson,
)
from mlops_nb.registry.moments import Moments, moments_of
from mlops_nb.registry.proportions import Share, share_of
from mlops_nb.registry.ranking import Ranking, rank_area

Array = np.ndarray[Any, Any]

RESAMPLES = 2000
SCORER_RESAMPLES = 500
_MANY_ROWS = 50_000
_BINARY = frozenset({"f1", "precision", "recall", "jaccard", "average_precision", "roc_auc"}) | {
    "brier",
    "neg_brier_score",
    "d2_brier_score",
    "positive_likelihood_ratio",
    "negative_likelihood_ratio",
    "neg_negative_likelihood_ratio",
}


_OF_ANY_LABELS = frozenset({"accuracy", "recall_micro", "precision_micro", "f1_micro"})


class UnscorableError(Exception):
    """A metric that cannot be computed; the text is a full sentence for the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One model's metric on some rows.

    Attributes
    ----------
    metric : str
    value : float
    made_of : Share, Ranking, Moments or None
        None: the scorer knows it only as a whole.
    target : ndarray
    answers : Answers
        Both with labels 0 and 1 if the metric asks for a positive one.
    """

    metric: str
    value: float
    made_of: Share | Ranking | Moments | None
    target: Array
    answers: Answers

    def resampled(self, rows: Array) -> float:
        """Return the metric of the rows that are given by number; NaN where it has none."""
        try:
            return _call_scorer(self.metric, self.target[rows], self.answers.take(rows))
        except UnscorableError:
            return float("nan")


def score(metric: str, target: Array, answers: Answers, *, positive: str | None = None) -> Scored:
    """Return the metric of one model on all rows given.

    Raises
    ------
    UnscorableError
        If it has no value there, with the reason.
    """
    if not len(target):
        raise UnscorableError("There are no rows.")
    try:
        if positive is not None or (metric in _BINARY and _is_two_labels(target, answers)):
            target, answers = binarise(target, answers, positive=positive)
    except LabelError as error:
        raise UnscorableError(str(error)) from error
    made_of = _find_parts(metric, target, answers)
    value = made_of.value if made_of is not None else _call_scorer(metric, target, answers)
    if not np.isfinite(value):
        raise UnscorableError(f"{metric} has no value on these rows.")
    return Scored(metric=metric, value=value, made_of=made_of, target=target, answers=answers)


def interval_of(scored: Scored, *, confidence: float) -> Interval:
    """Return the interval of one model's metric."""
    part = scored.made_of
    n = len(scored.target)
    match part:
        case Share():
            return wilson(
                int((part.hits & part.counted).sum()),
                int(part.counted.sum()),
                confidence=confidence,
            )
        case Ranking():
            return area_interval(
                part.value,
                part.parts,
                n_positive=part.n_positive,
                n_negative=part.n_negative,
                confidence=confidence,
            )
        case Moments():
            influences = part.influences()
            if n > _MANY_ROWS:
                return normal_interval(part.value, influences, confidence=confidence)
            if _are_nothing(influences, beside=part.value):
                return _without_variance(scored, part.value, confidence=confidence)
            values = resample_means(
                part.columns, part.combine, resamples=RESAMPLES, seed=_seed(scored)
            )
            return bca_interval(values, part.value, influences, confidence=confidence)
    values = _resample_scorers(scored)
    return percentile_interval(values, n, confidence=confidence)


def difference_interval(
    candidate: Scored, champion: Scored, *, confidence: float, factor: float = 1.0
) -> Interval:
    """Return the interval of ``candidate - factor * champion`` on the same rows."""
    one, two = candidate.made_of, champion.made_of
    n = len(candidate.target)
    if isinstance(one, Share | Ranking) and isinstance(two, Share | Ranking):
        return square_and_add(
            (candidate.value, interval_of(candidate, confidence=confidence), one.influences()),
            (champion.value, interval_of(champion, confidence=confidence), two.influences()),
            factor=factor,
        )
    difference = candidate.value - factor * champion.value
    if isinstance(one, Moments) and isinstance(two, Moments):
        influences = one.influences() - factor * two.influences()
        if n > _MANY_ROWS:
            return normal_interval(difference, influences, confidence=confidence)
        if _are_nothing(influences, beside=abs(candidate.value) + abs(champion.value)):
            return _without_variance(candidate, difference, confidence=confidence)
        split = one.columns.shape[1]

        def combine(means: Array) -> Array:
            return one.combine(means[..., :split]) - factor * two.combine(means[..., split:])

        values = resample_means(
            np.column_stack([one.columns, two.columns]),
            combine,
            resamples=RESAMPLES,
            seed=_seed(candidate, champion),
        )
    else:
        values = _resample_scorers(candidate, champion, factor=factor)
    return percentile_interval(values, n, confidence=confidence)


def _find_parts(metric: str, target: Array, answers: Answers) -> Share | Ranking | Moments | None:
    if target.ndim != 1 or "predict" not in answers.methods:
        return None
    predicted = answers.methods["predict"]
    has_labels = answers.classes is not None or target.dtype.kind != "f"
    is_coded = answers.classes is not None and set(answers.classes.tolist()) == {0, 1}
    if has_labels and (is_coded or metric in _OF_ANY_LABELS):
        share = share_of(metric, target, predicted)
        if share is not None and not share.counted.any():
            lacking = "predicted positive" if metric == "precision" else "positive"
            raise UnscorableError(f"{metric} has no value: no row is {lacking}.")
        if share is not None:
            return share
    if metric == "roc_auc" and is_coded:
        scores = answers.methods.get("decision_function")
        if scores is None and "predict_proba" in answers.methods:
            scores = answers.methods["predict_proba"][:, 1]
        return rank_area(target == 1, scores) if scores is not None else None
    return moments_of(metric, target, answers)


def _is_two_labels(target: Array, answers: Answers) -> bool:
    if answers.classes is not None:
        return len(answers.classes) == 2
    return target.ndim == 1 and len(np.unique(target)) <= 2


def _call_scorer(metric: str, target: Array, answers: Answers) -> float:
    """Return what scikit-learn's scorer says, in our sign."""
    from sklearn.exceptions import UndefinedMetricWarning
    from sklearn.metrics import get_scorer

    from mlops_nb.registry.replayed import replay

    known = METRICS[metric]
    rows = np.arange(len(target))[:, None]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # scikit-learn gives a made-up 0 where a metric is not defined.
            warnings.simplefilter("error", UndefinedMetricWarning)
            return known.sign * float(get_scorer(known.scorer)(replay(answers), rows, target))
    except (Exception, Warning) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnscorableError(f"scikit-learn cannot compute {metric}: {reason}") from error


def _resample_scorers(
    candidate: Scored, champion: Scored | None = None, *, factor: float = 1.0
) -> Array:
    from sklearn import config_context

    parts = [candidate] if champion is None else [candidate, champion]
    rng = np.random.default_rng(_seed(*parts))
    n = len(candidate.target)
    values = np.empty(SCORER_RESAMPLES)
    # The rows were checked when they were scored as a whole.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        for index in range(SCORER_RESAMPLES):
            rows = rng.integers(0, n, size=n)
            values[index] = candidate.resampled(rows)
            if champion is not None:
                values[index] -= factor * champion.resampled(rows)
    found = values[np.isfinite(values)]
    if len(found) < SCORER_RESAMPLES // 2:
        raise UnscorableError(
            f"{candidate.metric} has no value on {len(values) - len(found)} of {len(values)}"
            " resamples of these rows: there are too few rows for an interval."
        )
    return found


def _are_nothing(influences: Array, *, beside: float) -> bool:
    """Return whether no row moves the value, but for what rounding leaves."""
    return bool(np.abs(influences).max() <= 1e-7 * abs(beside))


def _without_variance(scored: Scored, value: float, *, confidence: float) -> Interval:
    """Return the interval where no row differs: what so many rows would hide by chance.

    Of labels only: where none of n rows is wrong, up to ``1 - tail ** (1 / n)`` of all may be.
    """
    reach = 0.0
    if METRICS[scored.metric].high == 1 and scored.answers.classes is not None:
        rarest = int(np.unique(scored.target, return_counts=True)[1].min())
        reach = 1 - ((1 - confidence) / 2) ** (1 / rarest)
    return Interval(low=value - reach, high=value + reach, method="no variance")


def _seed(*parts: Scored) -> int:
    digest = hashlib.sha256(parts[0].metric.encode())
    for part in parts:
        for array in (part.target, *(got for _, got in sorted(part.answers.methods.items()))):
            plain = np.ascontiguousarray(array)
            digest.update(f"{plain.dtype.str} {plain.shape}".encode())
            digest.update(plain.tobytes())
    return int.from_bytes(digest.digest()[:8], "big")
