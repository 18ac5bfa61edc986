from __future__ import annotations

import pytest
from sklearn.metrics import get_scorer, get_scorer_names

from mlops_nb.pipeline.gates.metrics import METRICS, find_metric, metric_names


@pytest.mark.parametrize("name", get_scorer_names())
def test_every_scorer_of_scikit_learn_is_a_metric_under_its_own_name(name: str) -> None:
    metric = find_metric(name)

    assert metric is not None
    assert (metric.scorer, metric.sign, metric.greater_is_better) == (name, 1, True)


@pytest.mark.parametrize("name", [name for name in METRICS if METRICS[name].sign < 0])
def test_an_error_has_its_natural_sign(name: str) -> None:
    metric = METRICS[name]

    assert not metric.greater_is_better
    assert metric.scorer.startswith("neg_")
    assert get_scorer(metric.scorer)._sign == -1


def test_every_name_means_a_metric() -> None:
    assert all(find_metric(name) for name in metric_names())
