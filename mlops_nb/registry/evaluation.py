"""Is the model good enough? Every gate decided on the same evidence, in one place.

A gate that cannot be evaluated fails, with the reason; a comparison without a champion is skipped,
and says so. Nothing here reads a file or a clock: the same evidence gives the same report.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlops_nb.pipeline.gates import gate as kinds
from mlops_nb.pipeline.gates.gate import Gate
from mlops_nb.registry.drift import judge_drift
from mlops_nb.registry.evidence import Evidence
from mlops_nb.registry.fairness import judge_fairness
from mlops_nb.registry.measured_verdicts import (
    judge_clean_run,
    judge_latency,
    judge_size,
    judge_test,
)
from mlops_nb.registry.metric_verdicts import judge_metric
from mlops_nb.registry.report import GateOutcome, GateReport
from mlops_nb.registry.row_overlap import judge_row_overlap
from mlops_nb.registry.signatures import judge_schema


def evaluate_gates(gates: Sequence[Gate], evidence: Evidence) -> GateReport:
    """Return how `gates` turn out for the candidate, in their order."""
    champion, evaluation = evidence.champion, evidence.evaluation
    return GateReport(
        candidate=evidence.candidate.name,
        candidate_digest=evidence.candidate.digest,
        champion="" if champion is None else champion.name,
        champion_digest="" if champion is None else champion.digest,
        evaluation_digest="" if evaluation is None else evaluation.digest,
        n_rows=0 if evaluation is None else evaluation.n_rows,
        outcomes=tuple(judge(gate, evidence) for gate in gates),
    )


def judge(gate: Gate, evidence: Evidence) -> GateOutcome:
    """Return how one gate turns out; whatever keeps it from being evaluated fails it."""
    try:
        return _judge(gate, evidence)
    except Exception as error:
        told = (str(error).splitlines() or [""])[0].removesuffix(".")
        reason = f"It cannot be evaluated: {type(error).__name__}: {told}."
        return GateOutcome(gate=str(gate), verdict="failed", reason=reason)


def _judge(gate: Gate, evidence: Evidence) -> GateOutcome:
    match gate:
        case kinds.MetricGate():
            return judge_metric(gate, evidence)
        case kinds.FairnessGate():
            return judge_fairness(gate, evidence)
        case kinds.LatencyGate():
            return judge_latency(gate, evidence)
        case kinds.SizeGate():
            return judge_size(gate, evidence)
        case kinds.SchemaGate():
            return judge_schema(gate, evidence)
        case kinds.DriftGate():
            return judge_drift(gate, evidence)
        case kinds.CleanRunGate():
            return judge_clean_run(gate, evidence)
        case kinds.RowOverlapGate():
            return judge_row_overlap(gate, evidence)
        case kinds.PytestGate():
            return judge_test(gate, evidence)
