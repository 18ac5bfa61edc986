"""Which verdicts on record still stand."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from mlops_nb.pipeline.gates.parsing import parse_gate
from mlops_nb.registry.recorded_report import standing_verdicts
from mlops_nb.registry.report import GateOutcome, GateReport

GATES = {
    "scored": "roc_auc >= champion - 0.005 (ci 95%)",
    "fair": "fairness selection_rate difference <= 0.1 by sex",
    "drift": "drift psi <= 0.2",
    "overlap": "no_row_overlap X_train, eval",
    "logged": "accuracy >= 0.8",
    "slow": "latency_p95 <= 20 ms",
    "small": "size <= 5 MB",
    "schema": "schema compatible",
    "mine": "pytest tests/test_model.py",
    "clean": "clean_run",
}
PARSED = [parse_gate(text) for text in GATES.values()]
NOW = {"candidate_digest": "sha256:two", "champion_digest": "sha256:one", "judged_with": "A 1"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What differs from the report on record, and whose verdicts stand."""

    change: dict[str, str] = field(default_factory=dict)
    stands: set[str]


CASES = {
    "nothing": Case(stands={"scored", "fair", "drift", "overlap"}),
    "champion": Case(change={"champion_digest": "sha256:other"}, stands={"overlap"}),
    "no champion": Case(change={"champion_digest": ""}, stands={"overlap"}),
    "libraries": Case(change={"judged_with": "A 2"}, stands={"overlap"}),
    "package": Case(change={"candidate_digest": "sha256:other"}, stands=set()),
    "no package": Case(change={"candidate_digest": ""}, stands=set()),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_verdict_stands_while_all_that_it_rests_on_is_the_same(case: Case) -> None:
    outcomes = tuple(
        GateOutcome(gate=str(gate), verdict="failed", reason="r", value=0.5) for gate in PARSED
    )
    report = GateReport(candidate="churn@2", outcomes=outcomes, **NOW)

    found = standing_verdicts(report, PARSED, **{**NOW, **case.change})

    assert set(found) == {
        str(gate) for name, gate in zip(GATES, PARSED, strict=True) if name in case.stands
    }
    assert all(one.recorded and one.verdict == "failed" for one in found.values())


def test_a_gate_that_was_not_judged_then_has_no_verdict_that_stands() -> None:
    report = GateReport(candidate="churn@2", **NOW)

    assert standing_verdicts(report, PARSED, **NOW) == {}
    assert standing_verdicts(None, PARSED, **NOW) == {}
