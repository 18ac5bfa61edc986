"""Do latency, size, the run and the user's own tests hold?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from mlops_nb.pipeline.gates.gate import CleanRunGate, LatencyGate, PytestGate, SizeGate
from mlops_nb.pipeline.gates.quantity import Kind
from mlops_nb.registry.evidence import Evidence, ModelEvidence, RunEvidence
from mlops_nb.registry.metric_verdicts import NO_CHAMPION
from mlops_nb.registry.report import GateOutcome, Verdict
from mlops_nb.registry.verdicts import compare_text, holds, limit_of


def judge_latency(gate: LatencyGate, evidence: Evidence) -> GateOutcome:
    """Return how a gate on the time of a call turns out."""
    return _judge(gate, evidence, "duration", lambda model: _latency(gate, model))


def judge_size(gate: SizeGate, evidence: Evidence) -> GateOutcome:
    """Return how a gate on the package's size turns out."""

    def size(model: ModelEvidence) -> float | str:
        if model.size_bytes is None:
            return model.fault or f"The size of {model.name} is not known."
        return float(model.size_bytes)

    return _judge(gate, evidence, "size", size)


def judge_clean_run(gate: CleanRunGate, evidence: Evidence) -> GateOutcome:
    """Return whether a complete headless run of a committed notebook made the model."""
    faults = (
        ["The run that made the model is not known."]
        if evidence.run is None
        else list(_unclean(evidence.run))
    )
    return GateOutcome(
        gate=str(gate),
        verdict="failed" if faults else "passed",
        reason=" ".join(faults) or "A complete headless run of a committed notebook made it.",
    )


def judge_test(gate: PytestGate, evidence: Evidence) -> GateOutcome:
    """Return how a test of the user's own turns out."""
    result = evidence.tests.get(gate.node)
    if result is None:
        reason = "The test was not run: the project's folder is not known here."
        return GateOutcome(gate=str(gate), verdict="failed", reason=reason)
    verdict: Verdict = "passed" if result.passed else "failed"
    return GateOutcome(gate=str(gate), verdict=verdict, reason=result.reason)


def _judge(
    gate: LatencyGate | SizeGate,
    evidence: Evidence,
    unit: Kind,
    measure: Callable[[ModelEvidence], float | str],
) -> GateOutcome:
    """Return a gate on something of a model that is a number, or a sentence why it is none."""
    bound = f"{gate.operator} {gate.bound.render(unit)}"

    def outcome(reason: str) -> GateOutcome:
        return GateOutcome(gate=str(gate), verdict="failed", reason=reason, bound=bound, unit=unit)

    champion: float | None = None
    if gate.bound.factor is not None:
        if evidence.champion is None:
            return GateOutcome(
                gate=str(gate), verdict="skipped", reason=NO_CHAMPION, bound=bound, unit=unit
            )
        measured = measure(evidence.champion)
        if isinstance(measured, str):
            return outcome(measured)
        champion = measured
    value = measure(evidence.candidate)
    if isinstance(value, str):
        return outcome(value)
    limit = limit_of(gate.bound, champion)
    return GateOutcome(
        gate=str(gate),
        verdict="passed" if holds(value, gate.operator, limit) else "failed",
        reason=compare_text(value, gate.operator, limit, unit) + ".",
        value=value,
        champion=champion,
        bound=bound,
        unit=unit,
    )


def _latency(gate: LatencyGate, model: ModelEvidence) -> float | str:
    if model.fault:
        return model.fault
    seconds = model.latencies_s.get(gate.batch_rows)
    if seconds is None or not len(seconds):
        return f"No call of {gate.batch_rows} rows was timed on {model.name}."
    return float(np.percentile(seconds, gate.percentile, method="higher"))


def _unclean(run: RunEvidence) -> Iterator[str]:
    if run.door != "headless":
        yield "The model was made in a live kernel, not by a headless run."
    if not run.commit:
        yield "The notebook's commit is not known: it is in no repository, or git did not answer."
    elif run.is_dirty:
        shown = ", ".join(run.changed[:3]) + (", …" if len(run.changed) > 3 else "")
        where = f": {shown}" if shown else ""
        yield f"The working tree differed from commit {run.commit[:10]}{where}."
    if run.record is None:
        yield "The run has no record."
        return
    if run.record.status != "completed":
        yield f"The run ended as {run.record.status!r}."
    left = [s.name for s in run.record.stages if s.action == "skip" or s.status == "not run"]
    if left:
        yield f"The run left out the stages {', '.join(left)}."
