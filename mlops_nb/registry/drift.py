"""How far are these rows from those the champion was made with? PSI and KS from its profile.

Both are computed for every column from the champion's reference profile, which has no rows in it;
the worst column decides. Chance moves them too: under no drift at all PSI is about
``(1/n + 1/m) * chi2`` with one degree of freedom less than there are bins (Yurdakul and Naranjo,
Journal of Risk Model Validation 14, 2020), and a KS of two samples is bounded by Smirnov's limit.
A gate that fails within what chance shows says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtri

from mlops_nb.packaging.profile import count_rows
from mlops_nb.pipeline.gates.gate import DriftGate
from mlops_nb.registry.evidence import Evidence
from mlops_nb.registry.metric_verdicts import NO_CHAMPION
from mlops_nb.registry.report import GateOutcome, SliceOutcome
from mlops_nb.registry.verdicts import compare_text, holds

_CHANCE = 0.01
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDrift:
    """One column: its drift, and the limit that it exceeds by chance one time in a hundred."""

    name: str
    value: float
    by_chance: float


def psi(reference: Sequence[int], current: Sequence[int], *, pseudocount: float = 0.5) -> float:
    """Return the population stability index of two histograms.

    Parameters
    ----------
    reference, current : sequence of int
        Rows per bin; both share the bins.
    pseudocount : float, default=0.5
        Rows added to every bin, so that an empty bin gives a large index instead of infinity.

    Returns
    -------
    float
        In nats, from 0 for equal histograms.

    Raises
    ------
    ValueError
        If the lengths differ, or a count is negative.

    Examples
    --------
    >>> psi([50, 50], [50, 50]), round(psi([50, 50], [80, 20]), 2)
    (0.0, 0.41)
    """
    one, two = np.asarray(reference, dtype=float), np.asarray(current, dtype=float)
    if one.shape != two.shape or (one < 0).any() or (two < 0).any():
        raise ValueError("histograms of equal length with counts from 0 are needed")
    one, two = one + pseudocount, two + pseudocount
    p, q = one / one.sum(), two / two.sum()
    return float(((q - p) * np.log(q / p)).sum())


def kolmogorov_smirnov(reference: Sequence[int], current: Sequence[int]) -> float:
    """Return the largest distance of two cumulated histograms, in [0, 1].

    >>> round(kolmogorov_smirnov([50, 50], [80, 20]), 3)
    0.3
    """
    one, two = np.asarray(reference, dtype=float), np.asarray(current, dtype=float)
    return float(np.abs(np.cumsum(one) / one.sum() - np.cumsum(two) / two.sum()).max())


def judge_drift(gate: DriftGate, evidence: Evidence) -> GateOutcome:
    """Return how a gate on drift turns out."""
    bound = f"{gate.operator} {gate.limit:g}"

    def failed(reason: str) -> GateOutcome:
        return GateOutcome(gate=str(gate), verdict="failed", reason=reason, bound=bound)

    if evidence.champion is None:
        return GateOutcome(gate=str(gate), verdict="skipped", reason=NO_CHAMPION, bound=bound)
    if evidence.evaluation is None:
        return failed(evidence.evaluation_fault or "The model has no evaluation data.")
    profile = evidence.champion.profile
    if profile is None:
        if evidence.champion.fault:
            return failed(evidence.champion.fault)
        name = evidence.champion.name
        why = "its rows were no table, or its package is older"
        return failed(f"{name} has no reference profile: {why}.")
    counts = count_rows(evidence.evaluation.features, profile)
    gone = [c["name"] for c in profile["columns"] if c["name"] not in counts]
    if gone:
        names = ", ".join(map(repr, gone[:5]))
        return failed(f"The evaluation data do not have the champion's columns {names}.")
    drifts = measure_drift(gate.statistic, profile, counts)
    if not drifts:
        return failed(f"The champion's profile has no column that {gate.statistic} can compare.")
    return _judge(gate, drifts, bound=bound, n_rows=evidence.evaluation.n_rows)


def measure_drift(
    statistic: str, profile: Mapping[str, Any], counts: Mapping[str, Mapping[str, Any]]
) -> list[ColumnDrift]:
    """Return the drift of every column that can be compared, the worst first."""
    found = []
    for known in profile["columns"]:
        now = counts[known["name"]]
        if known["kind"] == "number":
            fine = "fine_" if statistic == "ks" else ""
            before, after = known[f"{fine}counts"], now[f"{fine}counts"]
        elif statistic == "ks":
            continue
        else:
            before = [*known["values"].values(), known["other"]]
            after = [*now["values"].values(), now["other"]]
        if statistic == "psi":
            before, after = [*before, known["missing"]], [*after, now["missing"]]
        n, m = sum(before), sum(after)
        if not n or not m:
            found.append(ColumnDrift(name=known["name"], value=float(n != m), by_chance=0.0))
            continue
        found.append(_measure(statistic, known["name"], before, after))
    return sorted(found, key=lambda drift: -drift.value)


def _measure(statistic: str, name: str, before: Sequence[int], after: Sequence[int]) -> ColumnDrift:
    n, m = sum(before), sum(after)
    if statistic == "ks":
        reach = float(np.sqrt(-np.log(_CHANCE / 2) / 2 * (1 / n + 1 / m)))
        return ColumnDrift(name=name, value=kolmogorov_smirnov(before, after), by_chance=reach)
    used = sum(a + b > 0 for a, b in zip(before, after, strict=True))
    reach = float(chdtri(max(used - 1, 1), _CHANCE)) * (1 / n + 1 / m)
    return ColumnDrift(name=name, value=psi(before, after), by_chance=reach)


def _judge(
    gate: DriftGate, drifts: Sequence[ColumnDrift], *, bound: str, n_rows: int
) -> GateOutcome:
    worst = drifts[0]
    passed = holds(worst.value, gate.operator, gate.limit)
    reason = f"{worst.name}: {compare_text(worst.value, gate.operator, gate.limit)}."
    beyond = [drift for drift in drifts if not holds(drift.value, gate.operator, gate.limit)]
    if len(beyond) > 1:
        reason += f" {len(beyond)} of {len(drifts)} columns are beyond the limit."
    if beyond and all(drift.value <= drift.by_chance for drift in beyond):
        reason += f" With {n_rows} rows chance alone can show as much: more rows would tell."
    slices = tuple(
        SliceOutcome(
            name=drift.name,
            n_rows=n_rows,
            verdict="passed" if holds(drift.value, gate.operator, gate.limit) else "failed",
            value=drift.value,
            reason=compare_text(drift.value, gate.operator, gate.limit) + ".",
        )
        for drift in drifts[:_SHOWN]
    )
    return GateOutcome(
        gate=str(gate),
        verdict="passed" if passed else "failed",
        reason=reason,
        value=worst.value,
        bound=bound,
        n_rows=n_rows,
        slices=slices,
    )
