"""How far apart are groups? The largest rate less the smallest, or the smallest over the largest.

As fairlearn defines it (`MetricFrame.difference` and `.ratio` between groups); equalized odds are
the worse of true and false positive rate. A group in which a rate has no value fails the gate.
"""

from __future__ import annotations

from mlops_nb.pipeline.gates.gate import FairnessGate, Slicing, render_slicing
from mlops_nb.registry.answers import LabelError, binarise
from mlops_nb.registry.evidence import EvaluationRows, Evidence
from mlops_nb.registry.metric_verdicts import scoring_fault
from mlops_nb.registry.proportions import Share, share_of
from mlops_nb.registry.report import GateOutcome, SliceOutcome
from mlops_nb.registry.row_slices import RowSlice, SliceError, slice_rows
from mlops_nb.registry.verdicts import compare_text, holds, show

_PARTS = {"equalized_odds": ("true_positive_rate", "false_positive_rate")}


class UnequalError(Exception):
    """Groups that cannot be compared; the text is a full sentence for the report."""


def judge_fairness(gate: FairnessGate, evidence: Evidence) -> GateOutcome:
    """Return how a gate on fairness turns out; of several slicings the worst decides."""
    bound = f"{gate.operator} {gate.limit:g}"
    evaluation = evidence.evaluation
    fault = scoring_fault(evidence, with_champion=False)
    if fault or evaluation is None:
        return GateOutcome(gate=str(gate), verdict="failed", reason=fault, bound=bound)
    values: list[float] = []
    reasons: list[str] = []
    groups: list[SliceOutcome] = []
    passed = True
    for slicing in gate.by:
        try:
            value, told, found = _compare_groups(gate, slicing, evidence, evaluation)
        except (UnequalError, SliceError, LabelError) as error:
            passed = False
            reasons.append(f"{render_slicing(slicing)}: {error}")
            continue
        values.append(value)
        groups += found
        passed &= holds(value, gate.operator, gate.limit)
        told = f"{compare_text(value, gate.operator, gate.limit)} {told}"
        reasons.append(f"{render_slicing(slicing)}: {told}")
    worst = max if gate.comparison == "difference" else min
    return GateOutcome(
        gate=str(gate),
        verdict="passed" if passed else "failed",
        reason=" ".join(reasons),
        value=worst(values) if values else None,
        bound=bound,
        n_rows=evaluation.n_rows,
        slices=tuple(groups),
    )


def _compare_groups(
    gate: FairnessGate, slicing: Slicing, evidence: Evidence, evaluation: EvaluationRows
) -> tuple[float, str, list[SliceOutcome]]:
    """Return the worst comparison of a slicing, a sentence on it, and the groups' rates."""
    answers = evidence.candidate.answers
    if answers is None:
        raise AssertionError("asked before")
    groups = slice_rows(slicing, evaluation)
    if len(groups) < 2:
        raise UnequalError("There is one group only.")
    for group in groups:
        least = gate.min_rows or 1
        if group.n_rows < least:
            raise UnequalError(f"{group.name} has {group.n_rows} rows, fewer than {least}.")
    target = evaluation.target
    if gate.rate != "accuracy":
        target, answers = binarise(target, answers, positive=gate.positive)
    found: list[tuple[float, str, list[SliceOutcome]]] = []
    for rate in _PARTS.get(gate.rate, (gate.rate,)):
        share = share_of(rate, target, answers.methods["predict"])
        if share is None:
            raise UnequalError("The model has more than one output.")
        rates = {group.name: _rate(share, group, rate) for group in groups}
        outcomes = [
            SliceOutcome(
                name=group.name if gate.rate == rate else f"{group.name}, {rate}",
                n_rows=group.n_rows,
                verdict="passed",
                value=rates[group.name],
            )
            for group in groups
        ]
        found.append((*_gap(rates, gate.comparison == "ratio"), outcomes))
    every = [one for _, _, outcomes in found for one in outcomes]
    worst = max if gate.comparison == "difference" else min
    value, told, _ = worst(found, key=lambda entry: entry[0])
    return value, told, every


def _rate(share: Share, group: RowSlice, name: str) -> float:
    counted = share.counted & group.rows
    if not counted.any():
        raise UnequalError(f"{group.name} has no row that {name} counts.")
    return float(share.hits[counted].mean())


def _gap(rates: dict[str, float], is_ratio: bool) -> tuple[float, str]:
    low, high = min(rates, key=lambda g: rates[g]), max(rates, key=lambda g: rates[g])
    told = f"({high}: {show(rates[high])}, {low}: {show(rates[low])})."
    if not is_ratio:
        return rates[high] - rates[low], told
    if rates[high] == 0:
        raise UnequalError("The rate is 0 in every group, and has no ratio.")
    return rates[low] / rates[high], told
