"""Which way is better? Metrics by name: scikit-learn's scorers, and what people call them.

Errors are kept in their natural sign: ``rmse`` is 3.2 and lower is better, although scikit-learn's
scorer ``neg_root_mean_squared_error`` gives -3.2. The scorer's own name means scikit-learn's sign.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric that scikit-learn can compute from predictions.

    Attributes
    ----------
    name : str
        What a gate is written with.
    scorer : str
        scikit-learn's name of the scorer.
    sign : {1, -1}
        What the scorer's value is multiplied by.
    greater_is_better : bool
    low, high : float
        What the value can be, both included.
    """

    name: str
    scorer: str
    sign: int
    greater_is_better: bool
    low: float
    high: float


_UNIT = """
    accuracy average_precision f1 f1_macro f1_micro f1_samples f1_weighted jaccard jaccard_macro
    jaccard_micro jaccard_samples jaccard_weighted precision precision_macro precision_micro
    precision_samples precision_weighted recall recall_macro recall_micro recall_samples
    recall_weighted roc_auc roc_auc_ovo roc_auc_ovo_weighted roc_auc_ovr roc_auc_ovr_weighted
    top_k_accuracy balanced_accuracy rand_score fowlkes_mallows_score homogeneity_score
    completeness_score v_measure_score normalized_mutual_info_score
"""
_AT_MOST_ONE = """
    r2 explained_variance d2_absolute_error_score d2_brier_score d2_log_loss_score
    matthews_corrcoef adjusted_rand_score adjusted_mutual_info_score
"""
_UNBOUNDED = "mutual_info_score positive_likelihood_ratio"
_ERRORS = {
    "brier": "neg_brier_score",
    "log_loss": "neg_log_loss",
    "mae": "neg_mean_absolute_error",
    "mape": "neg_mean_absolute_percentage_error",
    "max_error": "neg_max_error",
    "mean_gamma_deviance": "neg_mean_gamma_deviance",
    "mean_poisson_deviance": "neg_mean_poisson_deviance",
    "median_absolute_error": "neg_median_absolute_error",
    "mse": "neg_mean_squared_error",
    "msle": "neg_mean_squared_log_error",
    "negative_likelihood_ratio": "neg_negative_likelihood_ratio",
    "rmse": "neg_root_mean_squared_error",
    "rmsle": "neg_root_mean_squared_log_error",
}
_ALIASES = {
    "acc": "accuracy",
    "accuracy_score": "accuracy",
    "ap": "average_precision",
    "auc": "roc_auc",
    "auprc": "average_precision",
    "auroc": "roc_auc",
    "average_precision_score": "average_precision",
    "balanced_accuracy_score": "balanced_accuracy",
    "brier_score": "brier",
    "brier_score_loss": "brier",
    "cross_entropy": "log_loss",
    "explained_variance_score": "explained_variance",
    "f1_score": "f1",
    "logloss": "log_loss",
    "matthews": "matthews_corrcoef",
    "mcc": "matthews_corrcoef",
    "mean_absolute_error": "mae",
    "mean_absolute_percentage_error": "mape",
    "mean_squared_error": "mse",
    "mean_squared_log_error": "msle",
    "medae": "median_absolute_error",
    "nll": "log_loss",
    "pr_auc": "average_precision",
    "precision_score": "precision",
    "r2_score": "r2",
    "r_squared": "r2",
    "recall_score": "recall",
    "roc_auc_score": "roc_auc",
    "root_mean_squared_error": "rmse",
    "root_mean_squared_log_error": "rmsle",
    "rsquared": "r2",
    "sensitivity": "recall",
    "tpr": "recall",
}


def _list_metrics() -> Iterator[Metric]:
    for words, low, high in (
        (_UNIT, 0.0, 1.0),
        (_AT_MOST_ONE, -math.inf, 1.0),
        (_UNBOUNDED, 0.0, math.inf),
    ):
        for name in words.split():
            yield Metric(name=name, scorer=name, sign=1, greater_is_better=True, low=low, high=high)
    for name, scorer in _ERRORS.items():
        high = 1.0 if name == "brier" else math.inf
        yield Metric(name=name, scorer=scorer, sign=-1, greater_is_better=False, low=0.0, high=high)
        yield Metric(
            name=scorer, scorer=scorer, sign=1, greater_is_better=True, low=-high, high=0.0
        )


METRICS = {metric.name: metric for metric in _list_metrics()}


def find_metric(name: str) -> Metric | None:
    """Return the metric that `name` means, by any of its names; None if it is none of ours.

    Case does not matter, and ``-`` and spaces are as good as ``_``.

    >>> find_metric("AUC").name, find_metric("logloss").greater_is_better
    ('roc_auc', False)
    """
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    return METRICS.get(_ALIASES.get(plain, plain))


def metric_names() -> list[str]:
    """Return every name that `find_metric` knows, sorted."""
    return sorted({*METRICS, *_ALIASES})
