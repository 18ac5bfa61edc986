"""What differs between two versions, and which way is better."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from mlops_nb.registry.comparison.differences import compare
from mlops_nb.registry.comparison.directions import greater_is_better
from mlops_nb.registry.comparison.facts import DataFacts, ModelFacts
from mlops_nb.registry.interval import Interval
from mlops_nb.registry.report import GateOutcome, GateReport


def made(version: int, **facts: Any) -> ModelFacts:
    digest = facts.pop("digest", f"sha256:{version:064x}")
    return ModelFacts(name="churn", version=version, digest=digest, **facts)


@dataclass(frozen=True)
class Case:
    name: str
    candidate: float | None
    champion: float | None
    judged: str


CASES = [
    Case("accuracy", 0.9, 0.8, "better"),
    Case("accuracy", 0.8, 0.9, "worse"),
    Case("val_rmse", 3.0, 4.0, "better"),
    Case("test_loss", 0.4, 0.3, "worse"),
    Case("neg_log_loss", -0.3, -0.4, "better"),
    Case("f1", 0.5, 0.5 + 1e-16, "same"),
    Case("clicks", 3.0, 4.0, ""),
    Case("accuracy", None, 0.9, ""),
    Case("accuracy", float("nan"), 0.9, ""),
    Case("rows_seen", 10.0, 10.0, "same"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_change_is_better_or_worse_only_where_the_metric_tells_which_way_is_up(
    case: Case,
) -> None:
    sides = [{} if v is None else {case.name: v} for v in (case.candidate, case.champion)]
    (change,) = compare(made(2, metrics=sides[0]), made(1, metrics=sides[1])).logged
    assert change.judged == case.judged


def test_words_for_the_rows_are_taken_off_the_name_and_nothing_else_is_guessed() -> None:
    assert greater_is_better("mean_test_roc_auc") is True
    assert greater_is_better("mean_squared_error") is False
    assert greater_is_better("test") is None
    assert greater_is_better("") is None


def test_metrics_of_stages_and_of_the_system_are_no_metrics_of_the_model() -> None:
    metrics = {"stage/seconds": 1.0, "system/cpu": 2.0, "f1": 0.5}
    assert [m.name for m in compare(made(2, metrics=metrics), made(1)).logged] == ["f1"]


def test_what_gates_scored_against_this_champion_comes_with_its_interval() -> None:
    champion = made(1)
    interval = Interval(low=-0.01, high=0.03, method="delong")
    outcomes = (
        GateOutcome(
            gate="roc_auc >= champion - 0.01 (ci 95%)",
            verdict="passed",
            reason="",
            value=0.91,
            champion=0.9,
            interval=interval,
            n_rows=400,
        ),
        GateOutcome(gate="size <= champion", verdict="passed", reason="", value=1, champion=2),
        GateOutcome(gate="no gate at all (", verdict="failed", reason="", value=1, champion=2),
    )
    report = GateReport(
        candidate="churn@2", champion="churn@1", champion_digest=champion.digest, outcomes=outcomes
    )
    (change,) = compare(made(2, report=report), champion).scored
    assert (change.name, change.judged, change.n_rows) == ("roc_auc", "better", 400)
    assert change.interval == interval
    assert compare(made(2, report=report), made(3)).scored == ()


def test_parameters_data_and_pins_that_differ_are_told_and_the_others_counted() -> None:
    candidate = made(
        2,
        params={"depth": "3", "seed": "1"},
        requirements=("numpy==2.4.6", "scikit-learn==1.9.1"),
        evaluation=(DataFacts(name="X", role="features", n_rows=9, digest="sha256:aa"),),
    )
    champion = made(
        1,
        params={"depth": "2", "seed": "1", "old": "x"},
        requirements=("numpy==2.4.6", "pandas"),
        evaluation=(DataFacts(name="X", role="features", n_rows=8, digest="sha256:bb"),),
    )
    found = compare(candidate, champion)
    assert [(c.name, c.candidate, c.champion) for c in found.params] == [
        ("depth", "3", "2"),
        ("old", None, "x"),
    ]
    assert found.n_params_alike == 1
    assert [(c.name, c.candidate) for c in found.pins] == [
        ("pandas", None),
        ("scikit-learn", "1.9.1"),
    ]
    assert found.has_same_data is False
    assert found.data[0].candidate == "X, 9 rows, aa"
    assert compare(made(2), champion).has_same_data is None


def test_columns_that_callers_would_stumble_over_are_told_as_such() -> None:
    def signature(*fields: tuple[str, str, bool]) -> dict[str, Any]:
        inputs = [{"name": n, "type": t, "required": r} for n, t, r in fields]
        return {"inputs": inputs, "outputs": [{"type": "long"}]}

    found = compare(
        made(2, signature=signature(("age", "double", True), ("city", "string", True))),
        made(1, signature=signature(("age", "long", True), ("zip", "string", False))),
    )
    assert [change.name for change in found.columns] == [
        "takes 'age'",
        "takes 'city'",
        "takes 'zip'",
    ]
    assert found.columns[2].champion == "string, may be missing"
    assert any("'city'" in sentence for sentence in found.breaks)


def test_a_comparison_is_json_whatever_numbers_it_holds() -> None:
    found = compare(made(2, metrics={"f1": float("nan"), "x": 1e400}), made(1, metrics={"f1": 1.0}))
    content = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert content["schema"] == 1
    assert content["logged"][0]["change"] is None
    assert content["candidate"]["uri"] == "models:/churn/2"
    assert not found.is_same_package
