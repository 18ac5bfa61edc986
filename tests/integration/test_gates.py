"""Gates on real packages: both models answer the same rows in processes of their own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mlops_nb.packaging import PackageRequest, build_package
from mlops_nb.packaging.metadata import read_package
from mlops_nb.pipeline.gates.parsing import parse_gate
from mlops_nb.registry.evaluation import evaluate_gates
from mlops_nb.registry.evaluation_rows import stored_rows
from mlops_nb.registry.gathering import (
    PackagedModel,
    Surroundings,
    gather_evidence,
)
from mlops_nb.registry.infra import InfraLimits, infra_report
from mlops_nb.registry.report import GateOutcome, GateReport
from mlops_nb.registry.trials import TrialOrder, try_packages

RNG = np.random.default_rng(0)
N = 400
ROWS = pd.DataFrame(
    {
        "age": RNG.normal(40, 10, 2 * N),
        "spend": RNG.gamma(2, 50, 2 * N),
        "sex": RNG.choice(["F", "M"], 2 * N),
    }
)
_CHANCE = 1 / (1 + np.exp(-(ROWS["age"] - 40) / 4 + (ROWS["spend"] - 100) / 80))
LABELS = pd.Series(np.where(RNG.random(2 * N) < _CHANCE, "stay", "churn"))
TRAIN, TEST = slice(0, N), slice(N, 2 * N)


def fitted(*columns: str) -> Any:
    encoder = make_column_transformer(
        (OneHotEncoder(), [name for name in columns if name == "sex"]), remainder="passthrough"
    )
    model = make_pipeline(encoder, LogisticRegression(max_iter=2000))
    return model.fit(ROWS[list(columns)][TRAIN], LABELS[TRAIN])


def packaged(model: Any, folder: Path, *, columns: list[str]) -> Path:
    request = PackageRequest(
        variable="clf",
        stage="train",
        evaluation=(
            ROWS[columns][TEST].reset_index(drop=True),
            LABELS[TEST].reset_index(drop=True),
        ),
        evaluation_names=("X_test", "y_test"),
    )
    return build_package(model, folder, request=request).directory


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("packages")
    columns = list(ROWS.columns)
    return {
        "good": packaged(fitted(*columns), folder / "good", columns=columns),
        "poor": packaged(fitted("spend", "sex"), folder / "poor", columns=["spend", "sex"]),
    }


TESTS = """
import pytest

def test_probabilities(mlops_model, mlops_champion, mlops_evaluation):
    X, y, slices = mlops_evaluation
    assert mlops_model.predict_proba(X).shape == (len(y), 2)
    assert mlops_champion.predict(X).shape == y.shape

def test_monotone(mlops_model, mlops_evaluation):
    X, _, _ = mlops_evaluation
    older = mlops_model.predict_proba(X.assign(age=X.age + 10))[:, 0]
    assert (older >= mlops_model.predict_proba(X)[:, 0]).all(), "not monotone"

@pytest.mark.skip(reason="too slow")
def test_skipped():
    pass
"""
GATES = {
    "auc >= 0.8 (scored, positive churn)": "passed",
    "auc >= champion - 0.005 (ci 95%, positive churn)": "passed",
    "recall >= 0.7 by sex (min 30 rows, positive churn)": "passed",
    "recall >= 0.99 by sex (positive churn)": "failed",
    "fairness selection_rate difference <= 0.5 by sex (positive churn)": "passed",
    "latency_p95 <= 5 s": "passed",
    "latency_p50 <= 1 us (batch 8 rows)": "failed",
    "size <= 5 MB": "passed",
    "schema compatible": "failed",
    "drift psi <= 0.2": "passed",
    "no_row_overlap train, eval": "passed",
    "train_loss <= 0.5": "passed",
    "clean_run": "failed",
    "pytest test_model.py::test_probabilities": "passed",
    "pytest test_model.py::test_monotone": "failed",
    "pytest test_model.py::test_skipped": "failed",
    "pytest test_model.py::test_nothing": "failed",
}


@pytest.fixture(scope="module")
def report(packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> GateReport:
    folder = tmp_path_factory.mktemp("tests")
    (folder / "test_model.py").write_text(TESTS, encoding="utf-8")
    gates = [parse_gate(text) for text in GATES]
    around = Surroundings(
        metrics={"train_loss": 0.4}, datasets={"train": ROWS[TRAIN]}, folder=folder
    )
    gathered = gather_evidence(
        gates,
        PackagedModel(name="churn@2", package=packages["good"]),
        PackagedModel(name="churn@1", package=packages["poor"]),
        around=around,
    )
    return evaluate_gates(gates, gathered.evidence)


def outcome_of(report: GateReport, gate: str) -> GateOutcome:
    return report.outcomes[list(GATES).index(gate)]


def test_every_gate_turns_out_as_the_models_are(report: GateReport) -> None:
    told = {gate: outcome_of(report, gate) for gate in GATES}

    assert {gate: found.verdict for gate, found in told.items()} == GATES, told


def test_values_are_those_of_the_models_themselves(
    report: GateReport, packages: dict[str, Path]
) -> None:
    model = fitted(*ROWS.columns)
    X, y = ROWS[TEST], LABELS[TEST] == "churn"
    area = roc_auc_score(y, model.predict_proba(X)[:, 0])

    scored = outcome_of(report, "auc >= 0.8 (scored, positive churn)")
    assert scored.value == pytest.approx(area)
    by_sex = outcome_of(report, "recall >= 0.99 by sex (positive churn)")
    women = X["sex"] == "F"
    assert by_sex.slices[0].value == recall_score(y[women], model.predict(X)[women] == "churn")


def test_reasons_name_what_is_wrong(report: GateReport) -> None:
    def reason(gate: str) -> str:
        return outcome_of(report, gate).reason

    assert "needs the column 'age'" in reason("schema compatible")
    assert "is not <= 1 us" in reason("latency_p50 <= 1 us (batch 8 rows)")
    assert reason("pytest test_model.py::test_monotone").startswith(
        "test_monotone failed: AssertionError: not monotone"
    )
    assert reason("pytest test_model.py::test_skipped") == "test_skipped was skipped: too slow."
    missing = reason("pytest test_model.py::test_nothing")
    assert missing.startswith("test_model.py::test_nothing: there is no such test in /")


def test_a_champion_that_cannot_answer_the_rows_says_so(packages: dict[str, Path]) -> None:
    rows = stored_rows(read_package(packages["poor"]))

    (trial,) = try_packages([TrialOrder(package=packages["good"], name="churn@2", rows=rows)])

    assert trial.fault == ""
    assert trial.rows_fault.startswith("churn@2 does not answer the rows: ")
    assert "age" in trial.rows_fault


def test_a_package_that_serves_passes_the_check_and_limits_are_held(
    packages: dict[str, Path],
) -> None:
    order = TrialOrder(package=packages["good"], name="churn@2", with_stored=True)
    (trial,) = try_packages([order])
    limits = InfraLimits(load_s=1e-6, memory_bytes=1000)

    report = infra_report(trial, packages["good"], digest="", limits=limits)

    slow, large = report.problems
    assert "to load, more than 1 us" in slow
    assert "more than 1 kB" in large
    assert report.notes == ()


def test_nothing_of_a_changed_package_is_believed(
    packages: dict[str, Path], tmp_path: Path
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(packages["good"], changed)
    (changed / "mlops_nb" / "evaluation" / "y_test.parquet").write_bytes(b"forged")
    gates = [
        parse_gate(text)
        for text in ("accuracy >= 0.1 (scored)", "size <= 1 GB", "schema compatible", "clean_run")
    ]
    good = PackagedModel(name="churn@1", package=packages["good"])
    for pair in (
        (PackagedModel(name="churn@2", package=changed), good),
        (good, PackagedModel(name="churn@2", package=packages["good"], digest="sha256:other")),
    ):
        evidence = gather_evidence(gates[1:], *pair, around=Surroundings()).evidence
        _, schema, _ = evaluate_gates(gates[1:], evidence).outcomes
        assert schema.verdict == "failed"
        assert schema.reason.startswith("The package of churn@2 is not what was built. ")
    gathered = gather_evidence(
        gates, PackagedModel(name="churn@2", package=changed), None, around=Surroundings()
    )
    report = evaluate_gates(gates, gathered.evidence)
    assert [one.verdict for one in report.outcomes] == ["failed", "failed", "skipped", "failed"]
