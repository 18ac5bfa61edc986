"""Does a gate on a metric hold: logged, scored, against the champion, by slice, with confidence?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mlops_nb.errors import nearest
from mlops_nb.pipeline.gates.gate import MetricGate
from mlops_nb.pipeline.gates.metrics import find_metric
from mlops_nb.registry.evidence import EvaluationRows, Evidence, ModelEvidence
from mlops_nb.registry.interval import Interval
from mlops_nb.registry.report import GateOutcome, SliceOutcome, Verdict
from mlops_nb.registry.row_slices import RowSlice, SliceError, slice_rows
from mlops_nb.registry.scoring import (
    Scored,
    UnscorableError,
    difference_interval,
    interval_of,
    score,
)
from mlops_nb.registry.verdicts import compare_text, holds, limit_of, show

Array = np.ndarray[Any, Any]
NO_CHAMPION = "There is no champion to compare with."


def judge_metric(gate: MetricGate, evidence: Evidence) -> GateOutcome:
    """Return how a gate on a metric turns out."""
    bound = f"{gate.operator} {gate.bound.render()}"
    if not gate.is_scored:
        return _judge_logged(gate, evidence, bound=bound)
    if gate.bound.factor is not None and evidence.champion is None:
        return GateOutcome(gate=str(gate), verdict="skipped", reason=NO_CHAMPION, bound=bound)
    evaluation = evidence.evaluation
    if fault := scoring_fault(evidence, with_champion=gate.bound.factor is not None):
        return GateOutcome(gate=str(gate), verdict="failed", reason=fault, bound=bound)
    if evaluation is None:
        raise AssertionError("without evaluation data there is a fault")
    if not gate.by:
        whole = RowSlice(name="", rows=np.ones(evaluation.n_rows, dtype=bool))
        found = judge_rows(gate, whole, evidence, evaluation)
        return GateOutcome(
            gate=str(gate),
            verdict=found.verdict,
            reason=found.reason,
            value=found.value,
            champion=found.champion,
            interval=found.interval,
            bound=bound,
            n_rows=found.n_rows,
        )
    try:
        slices = [one for slicing in gate.by for one in slice_rows(slicing, evaluation)]
    except SliceError as error:
        return GateOutcome(gate=str(gate), verdict="failed", reason=str(error), bound=bound)
    outcomes = tuple(judge_rows(gate, one, evidence, evaluation) for one in slices)
    return _unite(gate, outcomes, bound=bound, n_rows=evaluation.n_rows)


def scoring_fault(evidence: Evidence, *, with_champion: bool) -> str:
    """Return why nothing can be scored; empty if it can."""
    if evidence.evaluation is None:
        return evidence.evaluation_fault or (
            "The model has no evaluation data. Name them with --eval X_test,y_test."
        )
    models: list[ModelEvidence] = [evidence.candidate]
    if with_champion and evidence.champion is not None:
        models.append(evidence.champion)
    for model in models:
        if model.answers is None:
            return model.fault or f"{model.name} was not asked about the evaluation data."
        if model.answers.n_rows != evidence.evaluation.n_rows:
            return (
                f"{model.name} gives {model.answers.n_rows} answers"
                f" to {evidence.evaluation.n_rows} rows."
            )
    return ""


def judge_rows(
    gate: MetricGate, rows: RowSlice, evidence: Evidence, evaluation: EvaluationRows
) -> SliceOutcome:
    """Return how a gate turns out on some of the evaluation rows."""

    def outcome(verdict: Verdict, reason: str, **said: Any) -> SliceOutcome:
        return SliceOutcome(
            name=rows.name, n_rows=rows.n_rows, verdict=verdict, reason=reason, **said
        )

    if rows.n_rows == 0:
        return outcome("failed", "No row of the evaluation data belongs to it.")
    if gate.min_rows is not None and rows.n_rows < gate.min_rows:
        return outcome("failed", f"{rows.n_rows} rows are fewer than {gate.min_rows}.")
    target = evaluation.target[rows.rows]
    models = [evidence.candidate]
    if gate.bound.factor is not None and evidence.champion is not None:
        models.append(evidence.champion)
    scored = []
    for model in models:
        if model.answers is None:
            raise AssertionError("asked before")
        answers = model.answers.take(rows.rows)
        try:
            scored.append(score(gate.metric, target, answers, positive=gate.positive))
        except UnscorableError as error:
            whose = f"{model.name}: " if len(models) > 1 else ""
            return outcome("failed", f"{whose}{error}")
    return _judge_scored(gate, rows, scored, is_same=_is_same_model(evidence))


def _is_same_model(evidence: Evidence) -> bool:
    """Return whether the candidate is the champion: then no rows could tell them apart."""
    champion = evidence.champion
    return champion is not None and champion.digest == evidence.candidate.digest != ""


def _judge_scored(
    gate: MetricGate, rows: RowSlice, scored: Sequence[Scored], *, is_same: bool
) -> SliceOutcome:
    """Return how a gate turns out for what candidate and, if asked for, champion score."""
    value, champion = scored[0].value, scored[1].value if len(scored) > 1 else None
    found = SliceOutcome(
        name=rows.name, n_rows=rows.n_rows, verdict="failed", value=value, champion=champion
    )
    if gate.confidence is None:
        limit = limit_of(gate.bound, champion)
        verdict: Verdict = "passed" if holds(value, gate.operator, limit) else "failed"
        return replace(
            found, verdict=verdict, reason=compare_text(value, gate.operator, limit) + "."
        )
    try:
        if is_same and champion is not None and gate.bound.factor == 1:
            interval = Interval(low=0.0, high=0.0, method="same model")
        else:
            interval = _interval(gate, scored, gate.confidence)
    except UnscorableError as error:
        return replace(found, reason=str(error))
    end = interval.low if gate.operator.startswith(">") else interval.high
    verdict = "passed" if holds(end, gate.operator, gate.bound.offset) else "failed"
    measured = value if champion is None else value - (gate.bound.factor or 1.0) * champion
    reason = _explain(gate, end, measured=measured, is_difference=champion is not None)
    return replace(found, verdict=verdict, reason=reason, interval=interval)


def _interval(gate: MetricGate, scored: Sequence[Scored], confidence: float) -> Interval:
    if len(scored) == 1:
        return interval_of(scored[0], confidence=confidence)
    candidate, champion = scored
    factor = gate.bound.factor or 1.0
    return difference_interval(candidate, champion, confidence=confidence, factor=factor)


def _explain(gate: MetricGate, end: float, *, measured: float, is_difference: bool) -> str:
    side = "lower" if gate.operator.startswith(">") else "upper"
    level = f"{100 * (gate.confidence or 0):g}%"
    of = "of the difference " if is_difference else ""
    told = compare_text(end, gate.operator, gate.bound.offset)
    fails = not holds(end, gate.operator, gate.bound.offset)
    hint = ""
    if fails and holds(measured, gate.operator, gate.bound.offset):
        what = "difference" if is_difference else "value"
        hint = f" The {what}, {show(measured)}, would be enough if more rows made it surer."
    return f"The {side} end {of}({level}): {told}.{hint}"


def _unite(
    gate: MetricGate, outcomes: Sequence[SliceOutcome], *, bound: str, n_rows: int
) -> GateOutcome:
    """Return the gate's outcome from its slices: all must pass; the worst is shown."""
    failed = [outcome for outcome in outcomes if outcome.verdict == "failed"]
    if failed:
        named = "; ".join(
            f"{one.name} ({one.n_rows} rows): {one.reason[:-1]}" for one in failed[:3]
        )
        more = f"; and {len(failed) - 3} more" if len(failed) > 3 else ""
        reason = f"{len(failed)} of {len(outcomes)} slices fail. {named}{more}."
    else:
        reason = f"All {len(outcomes)} slices pass."
    metric = find_metric(gate.metric)
    sign = -1.0 if metric is not None and not metric.greater_is_better else 1.0
    known = [one for one in (failed or outcomes) if one.value is not None]
    worst = min(known, key=lambda one: sign * (one.value or 0.0), default=None)
    return GateOutcome(
        gate=str(gate),
        verdict="failed" if failed or not outcomes else "passed",
        reason=reason,
        value=None if worst is None else worst.value,
        champion=None if worst is None else worst.champion,
        interval=None if worst is None else worst.interval,
        bound=bound,
        n_rows=n_rows,
        slices=tuple(outcomes),
    )


def _judge_logged(gate: MetricGate, evidence: Evidence, *, bound: str) -> GateOutcome:
    value = evidence.metrics.get(gate.metric)
    if value is None:
        hint = nearest(gate.metric, evidence.metrics) or "The run logged no metrics."
        computed = ""
        if find_metric(gate.metric) is not None:
            computed = " To compute it on the evaluation data, add the option 'scored'."
        reason = f"The run logged no metric {gate.metric!r}. {hint}{computed}"
        return GateOutcome(gate=str(gate), verdict="failed", reason=reason, bound=bound)
    if not math.isfinite(value):
        reason = f"The run logged {value} as {gate.metric!r}."
        return GateOutcome(gate=str(gate), verdict="failed", reason=reason, bound=bound)
    passed = holds(value, gate.operator, gate.bound.offset)
    return GateOutcome(
        gate=str(gate),
        verdict="passed" if passed else "failed",
        reason=compare_text(value, gate.operator, gate.bound.offset) + ".",
        value=value,
        bound=bound,
    )
