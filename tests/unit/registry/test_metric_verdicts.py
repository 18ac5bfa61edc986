from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_evidence import (
    EVIDENCE,
    FEATURES,
    FIRST,
    GOOD,
    ROWS,
    TARGET,
    answered,
    with_answers,
    with_rows,
)
from sklearn.metrics import accuracy_score, recall_score

from mlops_nb.registry.answers import Answers
from mlops_nb.registry.evidence import Evidence
from mlops_nb.registry.verdicts import compare_text, holds


@dataclass(frozen=True)
class Case:
    gate: str
    verdict: str
    says: str
    evidence: Evidence = EVIDENCE


CASES = [
    Case("accuracy >= 0.9", "passed", "0.93 >= 0.9"),
    Case("accuracy >= 0.93", "passed", "0.93 >= 0.93"),
    Case("accuracy > 0.93", "failed", "0.93 is not > 0.93"),
    Case("val.loss <= 0.1", "failed", "0.2 is not <= 0.1"),
    Case("acuracy >= 0.9", "failed", "nearest valid word is 'accuracy'"),
    Case("f1 >= 0.9", "failed", "add the option 'scored'"),
    Case("broken >= 0.9", "failed", "logged nan"),
    Case("accuracy >= 0.9 (scored)", "passed", ">= 0.9"),
    Case("accuracy >= 0.99 (scored)", "failed", "is not >= 0.99"),
    Case("accuracy >= champion", "passed", ">= "),
    Case("accuracy >= champion + 0.5", "failed", "is not >= "),
    Case("auc >= champion - 0.005 (ci 95%)", "passed", "lower end of the difference (95%)"),
    Case("auc >= champion + 0.2 (ci 95%)", "failed", "is not >= 0.2"),
    Case("log_loss <= champion (ci 95%)", "passed", "upper end of the difference (95%)"),
    Case("log_loss <= champion * 0.2 (ci 95%)", "failed", "is not <= 0"),
    Case("accuracy >= 0.97 (ci 99%)", "failed", "would be enough if more rows"),
    Case("auc >= champion (ci 95%)", "skipped", "no champion", FIRST),
    Case("accuracy >= champion by sex", "skipped", "no champion", FIRST),
    Case("accuracy >= 0.9 (scored)", "passed", ">= 0.9", FIRST),
    Case("recall >= 0.8 by sex", "passed", "All 2 slices pass"),
    Case("accuracy >= 0.8 by sex, band * flag", "passed", "All 6 slices pass"),
    Case("recall >= 0.8 by sex (min 201 rows)", "failed", "200 rows are fewer than 201"),
    Case("recall >= 0.8 by band (min 30 rows)", "failed", "band = young (10 rows)"),
    Case("recall >= 0.8 by sex = F", "passed", "All 1 slices pass"),
    Case("recall >= 0.8 by sex = X", "failed", "No row of the evaluation data"),
    Case("recall >= 0.8 by code = 1", "passed", "All 1 slices pass"),
    Case("recall >= 0.8 by sx", "failed", "nearest valid word is 'sex'"),
    Case("recall >= 0.8 by region", "failed", "take comes third: --eval X,y,slices"),
    Case("recall >= 0.8 by age", "failed", "400 values"),
    Case("accuracy >= champion - 0.1 by sex (ci 95%)", "passed", "All 2 slices"),
    Case("accuracy >= 0.9 (scored)", "failed", "--eval", replace(EVIDENCE, evaluation=None)),
    Case(
        "accuracy >= 0.9 (scored)",
        "failed",
        "The data are gone.",
        replace(EVIDENCE, evaluation=None, evaluation_fault="The data are gone."),
    ),
    Case(
        "accuracy >= 0.9 (scored)",
        "failed",
        "It does not load.",
        with_answers(None, fault="It does not load."),
    ),
    Case(
        "accuracy >= 0.9 (scored)",
        "failed",
        "churn@2 gives 10 answers to 400 rows",
        with_answers(GOOD.take(np.arange(10))),
    ),
    Case("rmse <= 1 (scored)", "passed", "<= 1"),
    Case("recall >= 0.1 (scored, positive 7)", "failed", "no label '7'"),
    Case("recall >= 0.1 (scored)", "failed", "no row is positive", with_rows(target=TARGET * 0)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.gate}: {case.verdict}")
def test_a_gate_on_a_metric_turns_out(case: Case) -> None:
    outcome = answered(case.gate, case.evidence)

    assert (outcome.verdict, case.says in outcome.reason) == (case.verdict, True), outcome
    assert outcome.reason.endswith(".")


def test_candidate_and_champion_are_scored_on_the_same_rows() -> None:
    outcome = answered("accuracy >= champion (ci 95%)")

    assert EVIDENCE.champion is not None
    assert EVIDENCE.champion.answers is not None
    assert outcome.value == accuracy_score(TARGET, GOOD.methods["predict"])
    assert outcome.champion == accuracy_score(TARGET, EVIDENCE.champion.answers.methods["predict"])
    assert outcome.interval is not None
    assert outcome.interval.low < outcome.value - outcome.champion < outcome.interval.high
    assert outcome.n_rows == 400


def test_slices_have_their_counts_and_values() -> None:
    outcome = answered("recall >= 0.8 by sex, band")

    assert [(one.name, one.n_rows) for one in outcome.slices] == [
        ("sex = F", 200),
        ("sex = M", 200),
        ("band = old", 390),
        ("band = young", 10),
    ]
    rows = FEATURES["sex"] == "F"
    assert outcome.slices[0].value == recall_score(TARGET[rows], GOOD.methods["predict"][rows])
    assert outcome.value == min(one.value or 0 for one in outcome.slices)


def test_a_declared_value_that_no_row_has_is_a_missing_slice() -> None:
    features = FEATURES.assign(band=FEATURES["band"].cat.set_categories(["old", "young", "child"]))
    outcome = answered("recall >= 0.1 by band", with_rows(features=features))

    assert outcome.verdict == "failed"
    assert "band = child (0 rows): No row of the evaluation data" in outcome.reason


def test_rows_without_a_value_are_a_slice_of_their_own() -> None:
    features = FEATURES.assign(sex=FEATURES["sex"].where(FEATURES.index > 9))
    outcome = answered("accuracy >= 0 by sex", with_rows(features=features))

    assert [one.n_rows for one in outcome.slices if one.name == "sex = (missing)"] == [10]


@pytest.mark.parametrize(
    "slices",
    [
        pd.DataFrame({"region": ["N", "S"] * 200}),
        pd.Series(["N", "S"] * 200, name="region"),
        np.array(["N", "S"] * 200),
    ],
    ids=["frame", "series", "array"],
)
def test_slices_may_come_from_data_of_their_own(slices: object) -> None:
    names = ("X_test", "y_test", "region")
    outcome = answered("accuracy >= 0 by region", with_rows(slices=slices, names=names))

    assert [one.name for one in outcome.slices] == ["region = N", "region = S"]


def test_a_model_against_itself_is_not_inferior_by_any_real_margin() -> None:
    twin = replace(EVIDENCE, champion=EVIDENCE.candidate)

    assert answered("accuracy >= champion", twin).verdict == "passed"
    assert answered("log_loss <= champion + 0.001 (ci 95%)", twin).verdict == "passed"
    assert answered("auc >= champion - 0.03 (ci 95%)", twin).verdict == "passed"


def test_several_outputs_are_scored_where_scikit_learn_can() -> None:
    target = np.column_stack([np.arange(50.0), np.arange(50.0)])
    evidence = replace(
        with_answers(Answers(methods={"predict": target + 1})),
        evaluation=replace(ROWS, target=target, features=FEATURES[:50]),
    )

    assert answered("mae <= 1 (scored)", evidence).verdict == "passed"
    assert answered("mae <= 1.1 (ci 95%)", evidence).verdict == "passed"


@given(
    value=st.floats(-1e6, 1e6),
    limit=st.floats(-1e6, 1e6),
    operator=st.sampled_from([">=", "<=", ">", "<"]),
)
def test_a_comparison_and_its_sentence_agree(value: float, limit: float, operator: str) -> None:
    told = compare_text(value, operator, limit)  # type: ignore[arg-type]

    assert ("is not" not in told) is holds(value, operator, limit)  # type: ignore[arg-type]
    assert holds(value, ">=", limit) or holds(value, "<", limit)
    assert holds(value, ">", limit) is not holds(value, "<=", limit)


def test_a_champion_differs_from_itself_by_nothing_also_where_no_row_is_wrong() -> None:
    perfect = replace(
        GOOD,
        methods={"predict": TARGET, "predict_proba": np.column_stack([1 - TARGET, TARGET])},
    )
    itself = replace(EVIDENCE.candidate, answers=perfect)

    found = answered(
        "auc >= champion - 0.01 (ci 95%)", replace(EVIDENCE, candidate=itself, champion=itself)
    )

    assert found.verdict == "passed"
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (0.0, 0.0)
