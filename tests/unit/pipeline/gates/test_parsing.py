from __future__ import annotations

import pickle
from dataclasses import dataclass

import pytest
from gate_strategies import gates, positive
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.pipeline.gates.gate import (
    Bound,
    CleanRunGate,
    DriftGate,
    FairnessGate,
    Gate,
    LatencyGate,
    MetricGate,
    PytestGate,
    RowOverlapGate,
    SchemaGate,
    SizeGate,
    SliceColumn,
)
from mlops_nb.pipeline.gates.parsing import GateError, parse_gate
from mlops_nb.pipeline.gates.quantity import render_quantity

SEX, AGE = SliceColumn(name="sex"), SliceColumn(name="age_band")


def metric(name: str, operator: str, offset: float, **said: object) -> MetricGate:
    return MetricGate(metric=name, operator=operator, bound=Bound(offset=offset), **said)  # type: ignore[arg-type]


def against(name: str, operator: str, offset: float, factor: float = 1, **said: object) -> Gate:
    bound = Bound(offset=offset, factor=factor)
    return MetricGate(metric=name, operator=operator, bound=bound, **said)  # type: ignore[arg-type]


READ: dict[str, Gate] = {
    "accuracy >= 0.9": metric("accuracy", ">=", 0.9),
    "accuracy>=.9": metric("accuracy", ">=", 0.9),
    "  accuracy >= 90 %  # as agreed": metric("accuracy", ">=", 0.9),
    "profit > -1_000.5e-1": metric("profit", ">", -100.05),
    "val.loss <= 2e-3": metric("val.loss", "<=", 0.002),
    "'top-1 score' >= 99.9%": metric("top-1 score", ">=", 0.999),
    '"it\'s" < 3': metric("it's", "<", 3),
    "auc >= 0.8": metric("auc", ">=", 0.8),
    "auc >= champion": against("roc_auc", ">=", 0),
    "auc >= champion - 0.005 (ci 95%)": against("roc_auc", ">=", -0.005, confidence=0.95),
    "auc>=champion-0.005": against("roc_auc", ">=", -0.005),
    "auc ≥ champion − 0.005": against("roc_auc", ">=", -0.005),
    "RMSE <= champion * 1.02 + 3": against("rmse", "<=", 3, 1.02),
    "accuracy >= 0.9 (scored)": metric("accuracy", ">=", 0.9, scored=True),
    "recall >= 0.8 (positive 'will churn', scored)": metric(
        "recall", ">=", 0.8, positive="will churn", scored=True
    ),
    "accuracy <= 0.999 (sanity)": metric("accuracy", "<=", 0.999, sanity=True),
    "recall >= 0.8 by sex, age_band (min 30 rows)": metric(
        "recall", ">=", 0.8, by=((SEX,), (AGE,)), min_rows=30
    ),
    "recall >= 0.8 (min 30, ci 0.9) by sex * age_band": metric(
        "recall", ">=", 0.8, by=((SEX, AGE),), min_rows=30, confidence=0.9
    ),
    "recall >= 0.8 by sex = F * age_band": metric(
        "recall", ">=", 0.8, by=((SliceColumn(name="sex", value="F"), AGE),)
    ),
    "fairness selection_rate difference <= 0.1 by sex": FairnessGate(
        rate="selection_rate", comparison="difference", operator="<=", limit=0.1, by=((SEX,),)
    ),
    "fairness tpr ratio >= 80% by sex (positive 1, min 30 rows)": FairnessGate(
        rate="true_positive_rate",
        comparison="ratio",
        operator=">=",
        limit=0.8,
        by=((SEX,),),
        positive="1",
        min_rows=30,
    ),
    "latency_p95 <= 20 ms": LatencyGate(percentile=95, operator="<=", bound=Bound(offset=0.02)),
    "latency_p99.9 < 1.5s (batch 32 rows)": LatencyGate(
        percentile=99.9, operator="<", bound=Bound(offset=1.5), batch_rows=32
    ),
    "latency_p50 <= champion * 1.1 + 50 µs": LatencyGate(
        percentile=50, operator="<=", bound=Bound(offset=50e-6, factor=1.1)
    ),
    "size <= 50 MB": SizeGate(operator="<=", bound=Bound(offset=50e6)),
    "size <= 1.5mib": SizeGate(operator="<=", bound=Bound(offset=1572864)),
    "size <= champion + 2 MB": SizeGate(operator="<=", bound=Bound(offset=2e6, factor=1)),
    "schema compatible": SchemaGate(),
    "drift psi <= 0.2": DriftGate(statistic="psi", operator="<=", limit=0.2),
    "drift ks < 10%": DriftGate(statistic="ks", operator="<", limit=0.1),
    "clean_run": CleanRunGate(),
    "no_row_overlap train, eval": RowOverlapGate(seen="train", held_out="eval"),
    "no_row_overlap 'my train', X_test (at most 1%)": RowOverlapGate(
        seen="my train", held_out="X_test", at_most=0.01
    ),
    "pytest tests/test_model.py::test_monotone": PytestGate(
        node="tests/test_model.py::test_monotone"
    ),
    "pytest t.py::test_a[x-1]  # ours": PytestGate(node="t.py::test_a[x-1]"),
}


@pytest.mark.parametrize("text", READ)
def test_a_gate_is_read(text: str) -> None:
    assert parse_gate(text) == READ[text]


WRITTEN = {
    "auc>=champion-.005(ci .95)": "roc_auc >= champion - 0.005 (ci 95%)",
    "recall>=80% by sex=F*age (positive 1,min 30)": (
        "recall >= 0.8 by sex = F * age (min 30 rows, positive 1)"
    ),
    "RMSE <= champion*1.020": "rmse <= champion * 1.02",
    "latency_p99 <= 1500ms (batch 8)": "latency_p99 <= 1.5 s (batch 8 rows)",
    "latency_p95 <= 250 µs": "latency_p95 <= 250 us",
    "size <= 52428800 B": "size <= 50 MiB",
    "fairness tpr difference <= 10% by sex": "fairness true_positive_rate difference <= 0.1 by sex",
    "no_row_overlap 'train', eval (at most .5%)": "no_row_overlap train, eval (at most 0.5%)",
    "accuracy >= 0.9 (ci 99.9%)": "accuracy >= 0.9 (ci 99.9%)",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_gate_is_written_plainly(text: str) -> None:
    assert str(parse_gate(text)) == WRITTEN[text]


@given(gate=gates)
def test_what_a_gate_is_written_as_reads_back_as_the_same_gate(gate: Gate) -> None:
    if isinstance(gate, MetricGate) and not gate.is_scored:
        assert parse_gate(str(gate)) == gate
        return
    written = str(gate)
    assert parse_gate(written) == gate
    assert str(parse_gate(written)) == written


@given(text=st.text(max_size=40) | st.from_regex(r"[a-z_ ><=0-9.%()'\",*-]{0,40}", fullmatch=True))
def test_any_text_is_a_gate_or_an_error_that_points_into_it(text: str) -> None:
    try:
        gate = parse_gate(text)
    except GateError as refused:
        error = refused
    else:
        assert parse_gate(str(gate)) == gate
        return
    start, end = error.span
    assert 0 <= start <= end <= len(text)
    assert error.fault.endswith(".")


@given(number=positive)
def test_a_quantity_is_written_without_rounding(number: float) -> None:
    seconds = parse_gate(f"latency_p95 <= {render_quantity(number, 'duration')}")
    assert isinstance(seconds, LatencyGate)
    assert seconds.bound.offset == number


@dataclass(frozen=True)
class Refused:
    text: str
    code: str
    at: str
    says: str


REFUSED = [
    Refused("", "MNB701", "", "accuracy >= 0.9"),
    Refused("accuracy", "MNB701", "", "operator"),
    Refused("accuracy => 0.9", "MNB701", "=>", "'>='"),
    Refused("accuracy == 0.9", "MNB701", "==", "bound"),
    Refused("accuracy 0.9", "MNB701", "0.9", "operator"),
    Refused("accuracy >= ", "MNB701", "", "a number"),
    Refused("accuracy >= high", "MNB702", "high", "champion"),
    Refused("accuracy >= 0,9", "MNB701", "0", "0.9"),
    Refused("accuracy >= 1e999", "MNB701", "1e999", "large"),
    Refused("accuracy >= 0.9 and f1 >= 0.8", "MNB701", "and", "gate of its own"),
    Refused("0.8 <= accuracy <= 0.9", "MNB701", "0.8", "accuracy >= 0.8"),
    Refused("0.5 < accuracy", "MNB701", "0.5", "accuracy > 0.5"),
    Refused("'accuracy >= 0.9", "MNB701", "'accuracy >= 0.9", "quotation"),
    Refused("accuracy >= 0.9 $", "MNB701", "$", "language"),
    Refused("acuracy >= champion", "MNB702", "acuracy", "'accuracy'"),
    Refused("profit >= champion", "MNB702", "profit", "evaluation data"),
    Refused("rmse >= 3", "MNB703", ">=", "rmse <= 3"),
    Refused("accuracy <= champion + 0.01", "MNB703", "<=", "accuracy >= champion + 0.01"),
    Refused("auc >= champion - 0.5%", "MNB705", "0.5", "champion * 0.995"),
    Refused("auc >= champion * 0", "MNB705", "0", "positive factor"),
    Refused("accuracy >= 90 (scored)", "MNB705", "90", "90%"),
    Refused("accuracy >= 0.9 ci 95%", "MNB701", "ci", "parentheses"),
    Refused("accuracy >= 0.9 (ci 95)", "MNB705", "95", "95%"),
    Refused("accuracy >= 0.9 (ci 100%)", "MNB705", "100", "between 0 and 1"),
    Refused("accuracy >= 0.9 (cl 95%)", "MNB702", "cl", "'ci'"),
    Refused("accuracy >= 0.9 (ci 95%", "MNB701", "", "parenthesis"),
    Refused("accuracy >= 0.9 (ci 95%, ci 90%)", "MNB701", "ci", "twice"),
    Refused("accuracy >= 0.9 (min 30 rows)", "MNB704", "accuracy", "scored"),
    Refused("accuracy >= 0.9 (positive yes)", "MNB704", "accuracy", "scored"),
    Refused("accuracy >= 0.9 (sanity)", "MNB704", "accuracy", "sanity"),
    Refused("profit >= 0.9 (sanity)", "MNB704", "profit", "sanity"),
    Refused("recall >= 0.8 by", "MNB701", "", "a column"),
    Refused("recall >= 0.8 by sex, sex", "MNB701", "sex", "twice"),
    Refused("recall >= 0.8 by sex * sex", "MNB701", "sex", "itself"),
    Refused("recall >= 0.8 by sex by age", "MNB701", "by", "twice"),
    Refused("recall >= 0.8 by sex (min 0 rows)", "MNB701", "0", "number of rows"),
    Refused("fairness luck difference <= 0.1 by sex", "MNB702", "luck", "no rate"),
    Refused("fairness tpr difference >= 0.1 by sex", "MNB703", ">=", "<="),
    Refused("fairness tpr ratio <= 0.8 by sex", "MNB703", "<=", ">="),
    Refused("fairness tpr ratio >= 80 by sex", "MNB705", "80", "between 0 and 1"),
    Refused("fairness tpr ratio >= 0.8", "MNB701", "", "by sex"),
    Refused("fairness tpr ratio >= 0.8 by sex = F", "MNB701", "tpr", "without a value"),
    Refused("fairness tpr ratio >= champion by sex", "MNB704", "champion", "a number"),
    Refused("fairness tpr ratio >= 0.8 by sex (scored)", "MNB704", "scored", "no effect"),
    Refused("latency <= 20 ms", "MNB702", "latency", "latency_p95"),
    Refused("latency_p0 <= 20 ms", "MNB702", "latency_p0", "percentile"),
    Refused("latency_p95 >= 20 ms", "MNB703", ">=", "<="),
    Refused("latency_p95 <= 20", "MNB701", "20", "20 ms"),
    Refused("latency_p95 <= 20 msec", "MNB702", "msec", "'ms'"),
    Refused("latency_p95 <= 0 ms", "MNB705", "0", "positive"),
    Refused("size <= 50", "MNB701", "50", "50 MB"),
    Refused("size <= 50 kg", "MNB702", "kg", "MiB"),
    Refused("schema", "MNB702", "", "compatible"),
    Refused("schema >= 1", "MNB702", ">=", "compatible"),
    Refused("drift <= 0.2", "MNB702", "<=", "'psi'"),
    Refused("drift psi <= -1", "MNB705", "-", "between 0"),
    Refused("clean run", "MNB702", "clean", "clean_run"),
    Refused("clean_run >= 1", "MNB701", ">=", "alone"),
    Refused("no-row-overlap train, eval", "MNB702", "no-row-overlap", "no_row_overlap"),
    Refused("no_row_overlap train", "MNB701", "", "comma"),
    Refused("no_row_overlap train, train", "MNB705", "train", "itself"),
    Refused("pytest", "MNB701", "pytest", "no test"),
    Refused("pytest test_model", "MNB701", "test_model", "test_monotone"),
    Refused("pytest a.py::", "MNB701", "a.py::", "test_monotone"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.text)
def test_what_is_no_gate_is_refused_with_its_place_and_a_remedy(case: Refused) -> None:
    with pytest.raises(GateError) as caught:
        parse_gate(case.text, place="--gate")

    error = caught.value
    start, end = error.span
    assert (error.code, case.text[start:end]) == (case.code, case.at)
    assert case.says in str(error)


def test_an_error_shows_the_gate_and_a_caret_and_survives_another_process() -> None:
    with pytest.raises(GateError) as caught:
        parse_gate("rmse >= 3", place="--gate")

    assert str(pickle.loads(pickle.dumps(caught.value))) == (
        "MNB703 --gate: less is better of 'rmse', and '>=' asks for the other.\n"
        "    rmse >= 3\n"
        "         ^^\n"
        "Write rmse <= 3, or add the option 'sanity' if a better one would be too good to be true."
    )
