"""Which metrics are functions of means over rows? Those are resampled without being called.

A metric such as F1 depends on the rows only through the means of a few columns (here: how often a
label is there, is said, and is both). A bootstrap resample is then a vector of counts, a
thousand of them one matrix product, and rows that are alike are counted once. The influence of each
row on the value (infinitesimal jackknife; Efron and Tibshirani, "An Introduction to the Bootstrap",
1993, chapter 22) comes from the same columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlops_nb.registry.answers import Answers

Array = np.ndarray[Any, Any]
_MAX_CLASSES = 30
_STEP = 1e-6
_PIECE = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """A metric as a function of means.

    Attributes
    ----------
    columns : ndarray of shape (n_rows, n_columns)
        Numbers or flags.
    combine : callable
        Means of shape (..., n_columns) to values of shape (...,).
    """

    columns: Array
    combine: Callable[[Array], Array]

    @property
    def value(self) -> float:
        """Return the metric of all rows."""
        return float(self.combine(self.columns.mean(axis=0)))

    def influences(self) -> Array:
        """Return what each row moves the value by, times the number of rows; they sum to 0."""
        means = self.columns.mean(axis=0)
        steps = _STEP * np.maximum(np.abs(means), _STEP)
        shifts = np.diag(steps)
        with np.errstate(all="ignore"):
            slopes = (self.combine(means + shifts) - self.combine(means - shifts)) / (2 * steps)
        slopes = np.nan_to_num(slopes)
        parts = [  # in pieces, since flags would become eight times as large
            self.columns[at : at + _PIECE].astype(float) @ slopes - means @ slopes
            for at in range(0, len(self.columns), _PIECE)
        ]
        return np.concatenate(parts)


def moments_of(metric: str, target: Array, answers: Answers) -> Moments | None:
    """Return `metric` as a function of means; None if it is not one of those we know.

    Parameters
    ----------
    metric : str
        A name in `pipeline.gates.metrics.METRICS`.
    target : ndarray of shape (n_rows,)
    answers : Answers
    """
    if target.ndim != 1 or answers.methods["predict"].ndim != 1:
        return None
    predicted = answers.methods["predict"]
    if metric in _ERRORS:
        if not {target.dtype.kind, predicted.dtype.kind} <= set("iufb"):
            return None
        return _ERRORS[metric](target.astype(float), predicted.astype(float))
    if metric in _OF_CELLS:
        return _of_confusion(metric, target, predicted)
    if metric in ("log_loss", "neg_log_loss", "brier", "neg_brier_score"):
        return _of_probabilities(metric, target, answers)
    return None


def _mean_of(column: Array, shape: Callable[[Array], Array] = lambda mean: mean) -> Moments:
    return Moments(columns=column[:, None], combine=lambda means: shape(means[..., 0]))


def _explained(target: Array, predicted: Array, *, centred: bool) -> Moments:
    """Return 1 - (variance of residuals, or their mean square) / variance of the target."""
    origin = target.mean()  # against cancellation; the value does not depend on it
    moved, residual = target - origin, target - predicted

    def combine(means: Array) -> Array:
        left = means[..., 0] - (means[..., 3] ** 2 if centred else 0.0)
        return np.asarray(1 - left / (means[..., 2] - means[..., 1] ** 2))

    columns = np.column_stack([residual**2, moved, moved**2, residual])
    return Moments(columns=columns, combine=combine)


def _log_gap(target: Array, predicted: Array) -> Array:
    return np.asarray(np.square(np.log1p(target) - np.log1p(predicted)))


def _relative(target: Array, predicted: Array) -> Array:
    return np.asarray(np.abs(target - predicted) / np.maximum(np.abs(target), np.finfo(float).eps))


_ERRORS: dict[str, Callable[[Array, Array], Moments]] = {
    "mae": lambda y, p: _mean_of(np.abs(y - p)),
    "mse": lambda y, p: _mean_of((y - p) ** 2),
    "rmse": lambda y, p: _mean_of((y - p) ** 2, np.sqrt),
    "mape": lambda y, p: _mean_of(_relative(y, p)),
    "msle": lambda y, p: _mean_of(_log_gap(y, p)),
    "rmsle": lambda y, p: _mean_of(_log_gap(y, p), np.sqrt),
    "r2": lambda y, p: _explained(y, p, centred=False),
    "explained_variance": lambda y, p: _explained(y, p, centred=True),
}


def _average(rates: Array, present: Array, weights: Array | None = None) -> Array:
    """Return the mean rate over the classes that are present; 0/0 counts as 0."""
    rates = np.where(present, np.nan_to_num(rates), 0.0)
    shares = np.where(present, 1.0, 0.0) if weights is None else weights
    return np.asarray((rates * shares).sum(axis=-1) / shares.sum(axis=-1))


def _of_cells(metric: str, hits: Array, true: Array, said: Array) -> Array:
    """Return a metric from the diagonal and the margins of confusion matrices."""
    if metric == "balanced_accuracy":
        return _average(hits / true, true > 0)
    name, _, average = metric.rpartition("_")
    rates = {"recall": hits / true, "precision": hits / said, "f1": 2 * hits / (true + said)}
    present = (true > 0) | (said > 0)
    return _average(rates[name], present, true if average == "weighted" else None)


def _binary(metric: str, hits: Array, true: Array, said: Array) -> Array:
    both = true[..., 1] + said[..., 1]
    tp = hits[..., 1]
    return np.asarray(2 * tp / both if metric == "f1" else tp / (both - tp))


_OF_CELLS = frozenset(
    {"balanced_accuracy", "f1", "jaccard"}
    | {f"{n}_{a}" for n in ("recall", "precision", "f1") for a in ("macro", "weighted")}
)


def _of_confusion(metric: str, target: Array, predicted: Array) -> Moments | None:
    labels = np.unique(np.concatenate([target, predicted]))
    k = len(labels)
    is_binary = metric in ("f1", "jaccard")
    if k > _MAX_CLASSES or (is_binary and not set(labels.tolist()) <= {0, 1}):
        return None
    if is_binary:
        labels, k = np.array([0, 1]), 2
    is_true, is_said = (target[:, None] == labels), (predicted[:, None] == labels)
    columns = np.column_stack([is_true & is_said, is_true, is_said])

    def combine(means: Array) -> Array:
        hits, true, said = means[..., :k], means[..., k : 2 * k], means[..., 2 * k :]
        shape = _binary if is_binary else _of_cells
        with np.errstate(invalid="ignore", divide="ignore"):
            return shape(metric, hits, true, said)

    return Moments(columns=columns, combine=combine)


def _of_probabilities(metric: str, target: Array, answers: Answers) -> Moments | None:
    chances, classes = answers.methods.get("predict_proba"), answers.classes
    if chances is None or classes is None or not np.isin(target, classes).all():
        return None
    order = np.argsort(classes)
    place = order[np.searchsorted(classes[order], target)]
    sign = -1.0 if metric.startswith("neg") else 1.0
    if metric.endswith("log_loss"):
        own = chances[np.arange(len(target)), place].astype(float)
        least = np.finfo(chances.dtype).eps
        return _mean_of(-sign * np.log(np.clip(own, least, 1 - least)))
    if len(classes) != 2:
        return None
    return _mean_of(sign * (chances[:, 1].astype(float) - (place == 1)) ** 2)
