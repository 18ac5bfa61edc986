from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from scored_data import binary, numbers, several
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from mlops_nb.pipeline.gates.metrics import METRICS
from mlops_nb.registry import scoring
from mlops_nb.registry.answers import Answers
from mlops_nb.registry.moments import Moments
from mlops_nb.registry.proportions import Share
from mlops_nb.registry.ranking import Ranking
from mlops_nb.registry.scoring import (
    UnscorableError,
    _call_scorer,
    difference_interval,
    interval_of,
    score,
)

CLASSIFIED = [
    "accuracy", "balanced_accuracy", "f1_macro", "f1_micro", "f1_weighted", "log_loss",
    "precision_macro", "precision_weighted", "recall_macro", "recall_weighted", "recall_micro",
]  # fmt: skip
OF_TWO = [
    *CLASSIFIED,
    "f1",
    "recall",
    "precision",
    "jaccard",
    "roc_auc",
    "brier",
    "neg_brier_score",
]
REGRESSED = [
    "mae", "mape", "mse", "rmse", "r2", "msle", "rmsle", "explained_variance",
]  # fmt: skip


def named(value: Any) -> str:
    return str(getattr(value, "__name__", value))


DATA: list[tuple[str, Any]] = [
    *[(name, binary) for name in OF_TWO],
    *[(name, several) for name in CLASSIFIED],
    *[(name, numbers) for name in REGRESSED],
]


@pytest.mark.parametrize(
    ("metric", "draw"), DATA, ids=lambda value: getattr(value, "__name__", value)
)
def test_what_is_computed_from_rows_is_what_scikit_learn_says(metric: str, draw: Any) -> None:
    for seed, n in enumerate((30, 50, 200)):
        target, answers = draw(n, seed)

        found = score(metric, target, answers)

        assert isinstance(found.made_of, Share | Ranking | Moments)
        assert found.value == pytest.approx(_call_scorer(metric, target, answers), rel=1e-9)


@pytest.mark.parametrize(
    ("metric", "draw"), DATA, ids=lambda value: getattr(value, "__name__", value)
)
def test_influences_are_what_leaving_a_row_out_shows(metric: str, draw: Any) -> None:
    target, answers = draw(150, 3)
    found = score(metric, target, answers)
    assert found.made_of is not None

    without = [found.resampled(np.delete(np.arange(150), row)) for row in range(0, 150, 10)]

    jackknife = 149 * (found.value - np.array(without))
    np.testing.assert_allclose(
        found.made_of.influences()[::10], jackknife, atol=0.06 * np.ptp(jackknife) + 1e-9
    )


def test_every_metric_for_predictions_is_computed_or_refused_with_a_reason() -> None:
    for metric in METRICS:
        for target, answers in (binary(40), several(40), numbers(40)):
            with suppress(UnscorableError):  # any other error is ours
                assert np.isfinite(score(metric, target, answers).value)


def test_metrics_are_in_their_natural_sign() -> None:
    target, answers = numbers(60)
    predicted = answers.methods["predict"]

    assert score("rmse", target, answers).value == pytest.approx(
        root_mean_squared_error(target, predicted)
    )
    assert score("r2", target, answers).value == pytest.approx(r2_score(target, predicted))
    assert score("neg_root_mean_squared_error", target, answers).value < 0


def words(target: Any, answers: Answers) -> tuple[Any, Answers]:
    """Return the same data with 'yes' for 1 and 'no' for 0."""
    names = np.array(["no", "yes"])
    methods = {**answers.methods, "predict": names[answers.methods["predict"]]}
    return names[target], Answers(methods=methods, classes=names)


@pytest.mark.parametrize("metric", ["recall", "precision", "f1", "roc_auc", "brier"])
def test_the_positive_label_is_named_where_labels_are_words(metric: str) -> None:
    target, answers = binary(50)
    target_words, answers_words = words(target, answers)

    with pytest.raises(UnscorableError, match=r"Which of 'no' and 'yes' is positive\? Add"):
        score(metric, target_words, answers_words)
    named = score(metric, target_words, answers_words, positive="yes")
    assert named.value == pytest.approx(score(metric, target, answers).value)


def test_the_negative_label_may_be_the_one_that_counts() -> None:
    target, answers = binary(50)
    flipped = score("recall", target, answers, positive="0")

    assert flipped.value == recall_score(target, answers.methods["predict"], pos_label=0)
    assert score("roc_auc", target, answers, positive="0").value == pytest.approx(
        roc_auc_score(target == 0, answers.methods["predict_proba"][:, 0])
    )
    with pytest.raises(UnscorableError, match="no label 'maybe'; the labels are '0', '1'"):
        score("recall", target, answers, positive="maybe")


def test_labels_of_minus_one_and_one_are_understood() -> None:
    target, answers = binary(50)
    signed = Answers(
        methods={**answers.methods, "predict": answers.methods["predict"] * 2 - 1},
        classes=np.array([-1, 1]),
    )

    assert score("f1", target * 2 - 1, signed).value == pytest.approx(
        f1_score(target, answers.methods["predict"])
    )


def test_labels_are_enough_of_a_model_that_names_no_classes() -> None:
    target, answers = binary(50)
    bare = Answers(methods={"predict": answers.methods["predict"]})

    predicted = answers.methods["predict"]
    assert score("accuracy", target, bare).value == accuracy_score(target, predicted)
    assert score("recall", target, bare).value == recall_score(target, predicted)
    with pytest.raises(UnscorableError, match="cannot compute log_loss"):
        score("log_loss", target, bare)


UNDEFINED = {
    "recall": (np.zeros(5, int), "recall"),
    "roc_auc": (np.zeros(5, int), "roc_auc"),
}


@pytest.mark.parametrize("metric", UNDEFINED)
def test_a_metric_without_a_value_is_refused_and_not_made_up(metric: str) -> None:
    _, answers = binary(5)
    with pytest.raises(UnscorableError):
        score(metric, UNDEFINED[metric][0], answers)


def test_no_rows_have_no_metric() -> None:
    target, answers = binary(5)
    with pytest.raises(UnscorableError, match="no rows"):
        score("accuracy", target[:0], answers.take(np.arange(0)))


@pytest.fixture
def _few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scorer is called once per resample: here it is right or wrong by more than their noise."""
    monkeypatch.setattr(scoring, "SCORER_RESAMPLES", 100)


INTERVALS = ["accuracy", "recall", "roc_auc", "f1", "balanced_accuracy", "log_loss"]


@pytest.mark.usefixtures("_few_resamples")
@pytest.mark.parametrize("metric", [*INTERVALS, "average_precision"])
def test_an_interval_holds_the_value_and_repeats(metric: str) -> None:
    target, answers = binary(120)
    found = score(metric, target, answers)

    interval = interval_of(found, confidence=0.95)

    assert interval.low < found.value < interval.high
    assert interval == interval_of(score(metric, target, answers), confidence=0.95)
    wider = interval_of(found, confidence=0.99)
    assert wider.low <= interval.low < interval.high <= wider.high


@pytest.mark.usefixtures("_few_resamples")
@pytest.mark.parametrize("metric", [*INTERVALS, "average_precision", "precision"])
def test_a_difference_is_paired(metric: str) -> None:
    target, good = binary(200, 1, skill=2.0)
    nearly = {name: got.copy() for name, got in good.methods.items()}
    nearly["predict"][:6] = 1 - nearly["predict"][:6]
    other = binary(200, 2)[1].methods["predict_proba"]
    nearly["predict_proba"] = 0.9 * nearly["predict_proba"] + 0.1 * other
    champion = Answers(methods=nearly, classes=good.classes)
    one, two = score(metric, target, good), score(metric, target, champion)

    paired = difference_interval(one, two, confidence=0.95)

    assert paired.low <= one.value - two.value <= paired.high
    alone = interval_of(one, confidence=0.95)
    assert paired.high - paired.low < 0.8 * (alone.high - alone.low)


@pytest.mark.parametrize("metric", ["accuracy", "roc_auc", "f1"])
def test_what_is_never_wrong_is_not_surely_never_wrong(metric: str) -> None:
    target, _ = binary(40)
    methods = {"predict": target, "predict_proba": np.column_stack([1.0 - target, target])}
    perfect = score(metric, target, Answers(methods=methods, classes=np.array([0, 1])))

    interval = interval_of(perfect, confidence=0.95)

    assert perfect.value == 1
    assert 0.6 < interval.low < 0.95


def test_many_rows_that_are_alike_and_many_that_are_not_give_the_same_interval() -> None:
    target, answers = binary(3000, skill=1.5)
    alike = interval_of(score("f1", target, answers), confidence=0.95)
    target, answers = binary(60_000, skill=1.5)
    many = interval_of(score("f1", target, answers), confidence=0.95)

    shrunk = (alike.high - alike.low) / (many.high - many.low)
    assert shrunk == pytest.approx(np.sqrt(20), rel=0.15)


def test_scores_of_whole_samples_are_scikit_learns() -> None:
    target, answers = binary(50)

    assert score("average_precision", target, answers).value == pytest.approx(
        average_precision_score(target, answers.methods["predict_proba"][:, 1])
    )
    assert score("balanced_accuracy", target, answers).value == pytest.approx(
        balanced_accuracy_score(target, answers.methods["predict"])
    )
    assert score("log_loss", target, answers).value == pytest.approx(
        log_loss(target, answers.methods["predict_proba"])
    )
