from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_evidence import (
    CANDIDATE,
    CHAMPION,
    EVIDENCE,
    FEATURES,
    FIRST,
    GOOD,
    RECORD,
    RUN,
    TARGET,
    answered,
    with_answers,
    with_rows,
)

from mlops_nb.packaging.profile import profile_rows
from mlops_nb.registry.answers import Answers
from mlops_nb.registry.drift import kolmogorov_smirnov, psi
from mlops_nb.registry.evidence import Evidence, TestResult
from mlops_nb.registry.row_overlap import rows_in_common
from mlops_nb.registry.signature_breaks import find_breaks


def predicting(by_sex: dict[str, float]) -> Evidence:
    """Return evidence of a model that selects these shares of each sex."""
    predicted = np.zeros(400, dtype=int)
    for sex, share in by_sex.items():
        rows = np.flatnonzero(FEATURES["sex"] == sex)
        predicted[rows[: round(share * len(rows))]] = 1
    return with_answers(Answers(methods={"predict": predicted}, classes=np.array([0, 1])))


def profiled(features: Any) -> Evidence:
    """Return evidence of a champion that was made with other rows."""
    return replace(EVIDENCE, champion=replace(CHAMPION, profile=profile_rows(features)))


def run(**said: Any) -> Evidence:
    return replace(EVIDENCE, run=replace(RUN, **said))


def recorded(**said: Any) -> Evidence:
    return run(record=replace(RECORD, **said))


RNG = np.random.default_rng(0)
MOVED = FEATURES.assign(age=FEATURES["age"] + 30)
OTHER_CODES = FEATURES.assign(sex="X")
PLAIN = FEATURES[["age", "code"]]
SKIPPED = tuple(
    replace(stage, action="skip") for stage in (RUN.record.stages if RUN.record else ())
)


@dataclass(frozen=True)
class Case:
    gate: str
    verdict: str
    says: str
    evidence: Evidence = EVIDENCE


CASES = [
    Case(
        "fairness selection_rate difference <= 0.1 by sex",
        "failed",
        "sex: 0.3 is not <= 0.1 (sex = F: 0.5, sex = M: 0.2).",
        predicting({"F": 0.5, "M": 0.2}),
    ),
    Case(
        "fairness selection_rate ratio >= 0.8 by sex",
        "passed",
        "0.9 >= 0.8",
        predicting({"F": 0.5, "M": 0.45}),
    ),
    Case(
        "fairness selection_rate ratio >= 0.8 by sex",
        "failed",
        "has no ratio",
        predicting({"F": 0, "M": 0}),
    ),
    Case(
        "fairness selection_rate difference <= 0.1 by sex (ci 95%)",
        "failed",
        "is not <= 0.1 (sex = F: 0.5, sex = M: 0.45)."
        " The value, 0.05, would be enough if more rows made it surer.",
        predicting({"F": 0.5, "M": 0.45}),
    ),
    Case(
        "fairness selection_rate ratio >= 0.7 by sex (ci 95%)",
        "passed",
        "The lower end (95%): 0.7",
        predicting({"F": 0.5, "M": 0.45}),
    ),
    Case("fairness equalized_odds difference <= 0.1 by sex", "passed", "<= 0.1"),
    Case("fairness equalized_odds difference <= 0.01 by sex (ci 90%)", "failed", "upper end (90%)"),
    Case("fairness accuracy difference <= 0.1 by sex, flag", "passed", "flag: "),
    Case("fairness tpr difference <= 0.1 by sex (min 300 rows)", "failed", "200 rows, fewer"),
    Case("fairness tpr difference <= 0.1 by sx", "failed", "nearest valid word is 'sex'"),
    Case(
        "fairness tpr difference <= 0.1 by sex",
        "failed",
        "no row that true_positive_rate counts",
        with_rows(target=np.where(FEATURES["sex"] == "F", 0, TARGET)),
    ),
    Case(
        "fairness tpr difference <= 0.1 by sex",
        "failed",
        "one group only",
        with_rows(features=FEATURES.assign(sex="F")),
    ),
    Case(
        "fairness tpr difference <= 0.1 by sex",
        "failed",
        "Gone.",
        with_answers(None, fault="Gone."),
    ),
    Case("latency_p95 <= 100 ms", "passed", "<= 100 ms"),
    Case("latency_p50 <= 20 ms", "failed", "is not <= 20 ms"),
    Case("latency_p50 <= champion * 1.1", "passed", "<= 55 ms"),
    Case("latency_p50 <= champion", "skipped", "no champion", FIRST),
    Case("latency_p50 <= 20 ms (batch 8 rows)", "failed", "No call of 8 rows was timed"),
    Case("size <= 50 MB", "passed", "2 MB <= 50 MB"),
    Case("size <= champion + 500 kB", "failed", "2 MB is not <= 1.5 MB"),
    Case("size <= champion", "skipped", "no champion", FIRST),
    Case(
        "size <= 1 MB",
        "failed",
        "not known",
        replace(EVIDENCE, candidate=replace(CANDIDATE, size_bytes=None)),
    ),
    Case("drift psi <= 0.2", "passed", "<= 0.2", profiled(FEATURES)),
    Case("drift psi <= 0.2", "failed", "age: ", profiled(MOVED)),
    Case("drift psi <= 0.2", "failed", "sex: ", profiled(OTHER_CODES)),
    Case("drift ks <= 0.1", "passed", "<= 0.1", profiled(FEATURES)),
    Case("drift ks <= 0.1", "failed", "age: ", profiled(MOVED)),
    Case("drift ks <= 0.1", "failed", "no column that ks", profiled(FEATURES[["sex"]])),
    Case("drift psi <= 0.2", "failed", "columns 'more'", profiled(FEATURES.assign(more=1))),
    Case("drift psi <= 0.2", "failed", "no reference profile"),
    Case("drift psi <= 0.2", "skipped", "no champion", FIRST),
    Case(
        "drift psi <= 0.01",
        "failed",
        "chance alone",
        replace(
            profiled(pd.DataFrame({"x": RNG.normal(size=5000)})),
            evaluation=replace(
                EVIDENCE.evaluation,  # type: ignore[type-var]
                features=pd.DataFrame({"x": RNG.normal(size=100)}),
            ),
        ),
    ),
    Case("clean_run", "passed", "complete headless run"),
    Case("clean_run", "failed", "live kernel", run(door="interactive")),
    Case("clean_run", "failed", "commit is not known", run(commit="")),
    Case("clean_run", "failed", "differed from commit aaaaaaaaaa", run(is_dirty=True)),
    Case("clean_run", "failed", "no record", run(record=None)),
    Case("clean_run", "failed", "ended as 'failed'", recorded(status="failed")),
    Case("clean_run", "failed", "left out the stages train", recorded(stages=SKIPPED)),
    Case("clean_run", "failed", "not known", replace(EVIDENCE, run=None)),
    Case(
        "no_row_overlap train, eval",
        "passed",
        "0 of 400 rows of eval are in train.",
        replace(EVIDENCE, datasets={"train": MOVED[["age"]] + 100}),
    ),
    Case(
        "no_row_overlap train, X_test",
        "failed",
        "3 of 400 rows of X_test are in train (0.75%). The first is row 7.",
        replace(EVIDENCE, datasets={"train": FEATURES[7:10].assign(y=1)}),
    ),
    Case(
        "no_row_overlap train, eval (at most 1%)",
        "passed",
        "3 of 400 rows",
        replace(EVIDENCE, datasets={"train": FEATURES[7:10]}),
    ),
    Case("no_row_overlap train, eval", "failed", "no data called 'train'"),
    Case(
        "no_row_overlap train, eval",
        "failed",
        "no column in common",
        replace(EVIDENCE, datasets={"train": np.zeros((3, 2))}),
    ),
    Case("pytest t.py::test_a", "failed", "folder is not known"),
    Case(
        "pytest t.py::test_a",
        "passed",
        "1 test passed.",
        replace(EVIDENCE, tests={"t.py::test_a": TestResult(passed=True, reason="1 test passed.")}),
    ),
    Case("schema compatible", "skipped", "no champion", FIRST),
    Case("schema compatible", "failed", "churn@2 has no signature"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.gate}: {case.says[:40]}")
def test_a_gate_turns_out(case: Case) -> None:
    outcome = answered(case.gate, case.evidence)

    assert (outcome.verdict, case.says in outcome.reason) == (case.verdict, True), outcome


def field(name: str, type_: str = "double", *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "type": type_, "required": required}


def tensor(dtype: str, *shape: int) -> dict[str, Any]:
    return {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": list(shape)}}


@dataclass(frozen=True)
class Change:
    before: list[dict[str, Any]]
    now: list[dict[str, Any]]
    says: str
    part: str = "inputs"


CHANGES = [
    Change([field("a")], [field("a")], ""),
    Change([field("a"), field("b")], [field("a")], ""),
    Change([field("a")], [field("a"), field("b", required=False)], ""),
    Change([field("a")], [field("a"), field("b")], "needs the column 'b'"),
    Change([field("a", required=False)], [field("a")], "may be missing for the champion"),
    Change([field("a")], [field("a", required=False)], ""),
    Change([field("a", "integer")], [field("a", "long")], ""),
    Change([field("a", "integer")], [field("a", "double")], ""),
    Change([field("a", "long")], [field("a", "double")], "was long and must be double"),
    Change([field("a", "long")], [field("a", "integer")], "was long"),
    Change([field("a", "string")], [field("a", "any")], ""),
    Change([field("a", "string")], [field("a", "long")], "was string"),
    Change([{"type": "double"}], [{"type": "double"}], ""),
    Change([{"type": "double"}], [{"type": "double"}] * 2, "takes 2 columns"),
    Change([{"type": "double"}], [field("a")], "had names before"),
    Change([tensor("float64", -1, 4)], [tensor("float64", -1, 4)], ""),
    Change([tensor("float64", -1, 4)], [tensor("float64", -1, 5)], "shape (any, 5)"),
    Change([tensor("float64", -1, 4)], [tensor("float64", -1, -1)], ""),
    Change([tensor("float32", -1, 4)], [tensor("float64", -1, 4)], "float64"),
    Change([tensor("int64", -1)], [tensor("int64", -1)], "", "outputs"),
    Change([tensor("int64", -1)], [tensor("int32", -1)], "", "outputs"),
    Change([tensor("int64", -1)], [tensor("float64", -1)], "answers float64", "outputs"),
    Change([tensor("int64", -1)], [tensor("object", -1)], "answers object", "outputs"),
    Change([tensor("int64", -1)], [tensor("int64", -1, 2)], "answers int64 of shape", "outputs"),
    Change([field("p")], [field("q")], "other names", "outputs"),
    Change([field("p")], [field("p"), field("q")], "answers in 2 columns", "outputs"),
    Change([field("k", "long")], [], "parameter 'k' is gone", "params"),
    Change([field("k", "long")], [field("k", "string")], "long before, string now", "params"),
    Change([], [field("k", "string")], "", "params"),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.part}: {change.says}")
def test_a_change_of_the_signature_breaks_callers_or_does_not(change: Change) -> None:
    found = " ".join(find_breaks({change.part: change.before}, {change.part: change.now}))

    assert change.says in found
    assert bool(found) is bool(change.says)


counts = st.lists(st.integers(0, 1000), min_size=2, max_size=12)


@given(counts=counts, other=counts)
def test_psi_is_nothing_for_equal_histograms_and_symmetric(
    counts: list[int], other: list[int]
) -> None:
    one, two = counts[: len(other)], other[: len(counts)]

    assert psi(one, one) == 0
    assert psi(one, two) == pytest.approx(psi(two, one))
    assert psi(one, two) >= 0


@given(counts=counts, scale=st.integers(1, 5))
def test_ks_sees_shares_and_not_numbers(counts: list[int], scale: int) -> None:
    counts[0] += 1
    scaled = [scale * n for n in counts]

    assert kolmogorov_smirnov(counts, scaled) == pytest.approx(0, abs=1e-12)


@given(
    seen=st.lists(st.integers(0, 20), min_size=1),
    held_out=st.lists(st.integers(0, 20), min_size=1),
)
def test_rows_in_common_are_those_that_are_equal(seen: list[int], held_out: list[int]) -> None:
    one = pd.DataFrame({"n": seen, "t": [str(n) for n in seen], "more": 1})
    two = pd.DataFrame({"t": [str(n) for n in held_out], "n": [float(n) for n in held_out]})

    assert rows_in_common(one, two).tolist() == [n in seen for n in held_out]


def test_a_fair_model_is_fair_by_every_rate() -> None:
    perfect = with_answers(Answers(methods={"predict": TARGET}, classes=np.array([0, 1])))
    for rate in ("true_positive_rate", "false_positive_rate", "equalized_odds", "precision"):
        outcome = answered(f"fairness {rate} difference <= 0 by sex", perfect)
        assert (outcome.verdict, outcome.value) == ("passed", 0), outcome
    assert GOOD.n_rows == 400


def test_whatever_keeps_a_gate_from_being_evaluated_fails_it() -> None:
    broken = with_rows(target=np.array([object()] * 400))

    outcome = answered("balanced_accuracy >= 0.5 (scored)", broken)

    assert outcome.verdict == "failed"
    assert outcome.reason.startswith(("It cannot be evaluated: ", "scikit-learn cannot compute"))
