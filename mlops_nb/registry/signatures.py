"""Does the gate ``schema compatible`` hold? The signatures of candidate and champion."""

from __future__ import annotations

from mlops_nb.pipeline.gates.gate import SchemaGate
from mlops_nb.registry.evidence import Evidence
from mlops_nb.registry.metric_verdicts import NO_CHAMPION
from mlops_nb.registry.report import GateOutcome
from mlops_nb.registry.signature_breaks import find_breaks

_SHOWN = 5


def judge_schema(gate: SchemaGate, evidence: Evidence) -> GateOutcome:
    """Return whether candidate and champion are compatible."""

    def failed(reason: str) -> GateOutcome:
        return GateOutcome(gate=str(gate), verdict="failed", reason=reason)

    candidate, champion = evidence.candidate, evidence.champion
    if champion is None:
        return GateOutcome(gate=str(gate), verdict="skipped", reason=NO_CHAMPION)
    for model in (candidate, champion):
        if model.fault:
            return failed(model.fault)
        if model.signature is None:
            return failed(f"{model.name} has no signature. Name input rows with --example.")
    found = list(find_breaks(champion.signature or {}, candidate.signature or {}))
    if not found:
        return GateOutcome(
            gate=str(gate),
            verdict="passed",
            reason="It takes what the champion takes, and answers alike.",
        )
    more = f" And {len(found) - _SHOWN} more." if len(found) > _SHOWN else ""
    return failed(" ".join(found[:_SHOWN]) + more)
