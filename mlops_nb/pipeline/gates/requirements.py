"""What must be there before a gate can be decided? Logged metrics, a package, rows, a champion."""

from __future__ import annotations

from mlops_nb.pipeline.gates.gate import (
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
)


def needs_rows(gate: Gate) -> bool:
    """Return whether a gate is decided on the evaluation data."""
    if isinstance(gate, MetricGate):
        return gate.is_scored
    return isinstance(gate, FairnessGate | DriftGate | RowOverlapGate)


def needs_model(gate: Gate) -> bool:
    """Return whether a gate is decided on the model's package."""
    if isinstance(gate, MetricGate):
        return gate.is_scored
    return not isinstance(gate, CleanRunGate)


def needs_champion(gate: Gate) -> bool:
    """Return whether a gate compares with the champion, and is skipped without one."""
    match gate:
        case MetricGate() | LatencyGate() | SizeGate():
            return gate.bound.factor is not None
        case SchemaGate() | DriftGate():
            return True
        case _:
            return False


def told_needs(gate: Gate) -> str:
    """Return what a gate is decided on, in words.

    >>> from mlops_nb.pipeline.gates.parsing import parse_gate
    >>> told_needs(parse_gate("auc >= champion - 0.005"))
    "the model's answers to its evaluation data, and the champion's"
    >>> told_needs(parse_gate("clean_run"))
    'the run that makes the model'
    """
    match gate:
        case MetricGate() if not gate.is_scored:
            return "a metric that the run logs"
        case MetricGate() | FairnessGate():
            also = ", and the champion's" if needs_champion(gate) else ""
            return f"the model's answers to its evaluation data{also}"
        case LatencyGate() | SizeGate():
            return (
                "the packages of the model and the champion"
                if needs_champion(gate)
                else "the model's package"
            )
        case SchemaGate():
            return "the signatures of the model and the champion"
        case DriftGate():
            return "the evaluation data of the model, and the champion's profile"
        case RowOverlapGate():
            return "the rows of both data sets"
        case PytestGate():
            return "a test of yours, run on the model's package"
        case CleanRunGate():
            return "the run that makes the model"
