"""How far apart are groups? The largest rate less the smallest, or the smallest over the largest.

As fairlearn defines it (`MetricFrame.difference` and `.ratio` between groups); equalized odds are
the worse of true and false positive rate. A group in which a rate has no value fails the gate. With
``ci`` the worse end of the interval decides (`group_gaps`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mlops_nb.pipeline.gates.gate import FairnessGate, Slicing, render_slicing
from mlops_nb.registry.answers import LabelError, binarise
from mlops_nb.registry.evidence import EvaluationRows, Evidence
from mlops_nb.registry.group_gaps import GroupRate, gap_interval
from mlops_nb.registry.interval import Interval
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
    gaps: list[Gap] = []
    reasons: list[str] = []
    passed = True
    for slicing in gate.by:
        try:
            gap = _worst(gate, _compare_groups(gate, slicing, evidence, evaluation))
        except (UnequalError, SliceError, LabelError) as error:
            passed = False
            reasons.append(f"{render_slicing(slicing)}: {error}")
            continue
        gaps.append(gap)
        passed &= holds(gap.end, gate.operator, gate.limit)
        reasons.append(f"{render_slicing(slicing)}: {_explain(gate, gap)}")
    worst = _worst(gate, gaps) if gaps else None
    return GateOutcome(
        gate=str(gate),
        verdict="passed" if passed else "failed",
        reason=" ".join(reasons),
        value=None if worst is None else worst.value,
        interval=None if worst is None else worst.interval,
        bound=bound,
        n_rows=evaluation.n_rows,
        slices=tuple(one for gap in gaps for one in gap.groups),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How far apart groups are.

    Attributes
    ----------
    value : float
    end : float
        What is held against the limit: the value, or the worse end of its interval.
    told : str
        Which groups, and their rates.
    groups : tuple of SliceOutcome
    interval : Interval or None
    """

    value: float
    end: float
    told: str
    groups: tuple[SliceOutcome, ...]
    interval: Interval | None = None


def _worst(gate: FairnessGate, gaps: Sequence[Gap]) -> Gap:
    """Return the gap that decides, with the groups of all."""
    pick = max if gate.comparison == "difference" else min
    found = pick(gaps, key=lambda gap: gap.end)
    return replace(found, groups=tuple(one for gap in gaps for one in gap.groups))


def _explain(gate: FairnessGate, gap: Gap) -> str:
    told = compare_text(gap.end, gate.operator, gate.limit)
    if gap.interval is None:
        return f"{told} {gap.told}."
    side = "upper" if gate.comparison == "difference" else "lower"
    hint = ""
    fails = not holds(gap.end, gate.operator, gate.limit)
    if fails and holds(gap.value, gate.operator, gate.limit):
        hint = f" The value, {show(gap.value)}, would be enough if more rows made it surer."
    level = f"{100 * (gate.confidence or 0):g}%"
    return f"The {side} end ({level}): {told} {gap.told}.{hint}"


def _compare_groups(
    gate: FairnessGate, slicing: Slicing, evidence: Evidence, evaluation: EvaluationRows
) -> list[Gap]:
    """Return the comparison of a slicing's groups by each rate the gate names."""
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
    found: list[Gap] = []
    for rate in _PARTS.get(gate.rate, (gate.rate,)):
        share = share_of(rate, target, answers.methods["predict"])
        if share is None:
            raise UnequalError("The model has more than one output.")
        found.append(_compare_rates(gate, groups, share, rate))
    return found


def _compare_rates(gate: FairnessGate, groups: Sequence[RowSlice], share: Share, rate: str) -> Gap:
    is_ratio = gate.comparison == "ratio"
    rates = [_rate(share, group, rate) for group in groups]
    low, high = min(rates, key=lambda one: one.value), max(rates, key=lambda one: one.value)
    if is_ratio and high.value == 0:
        raise UnequalError("The rate is 0 in every group, and has no ratio.")
    value = low.value / high.value if is_ratio else high.value - low.value
    interval, end = None, value
    if gate.confidence is not None:
        interval = gap_interval(rates, confidence=gate.confidence, is_ratio=is_ratio)
        end = interval.low if is_ratio else interval.high
    fails = not holds(end, gate.operator, gate.limit)
    outcomes = tuple(
        SliceOutcome(
            name=group.name if gate.rate == rate else f"{group.name}, {rate}",
            n_rows=group.n_rows,
            # The farthest apart have the gate's verdict: with them nearer it would hold.
            verdict="failed" if fails and one in (low, high) else "passed",
            value=one.value,
        )
        for group, one in zip(groups, rates, strict=True)
    )
    told = f"({high.name}: {show(high.value)}, {low.name}: {show(low.value)})"
    if low.value == high.value:
        told = f"(every group: {show(high.value)})"
    return Gap(value=value, end=end, told=told, groups=outcomes, interval=interval)


def _rate(share: Share, group: RowSlice, name: str) -> GroupRate:
    counted = share.counted & group.rows
    if not counted.any():
        raise UnequalError(f"{group.name} has no row that {name} counts.")
    hits = int(share.hits[counted].sum())
    return GroupRate(name=group.name, hits=hits, n=int(counted.sum()))
