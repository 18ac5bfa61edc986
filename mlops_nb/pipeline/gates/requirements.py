"""What must be there before a gate can be decided? Logged metrics, a package, rows, a champion.

And which verdicts stand as long as all of that is the same: time and a person's own tests are not
among them.
"""

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


def needs_answers(gate: Gate, *, of_champion: bool = False) -> bool:
    """Return whether a gate is decided on the candidate's, or the champion's, answers to rows."""
    if isinstance(gate, FairnessGate):
        return not of_champion
    if not isinstance(gate, MetricGate) or not gate.is_scored:
        return False
    return not of_champion or needs_champion(gate)


def timed_batch(gate: Gate, *, of_champion: bool = False) -> int | None:
    """Return the rows per call that a gate times; None if it times none."""
    if not isinstance(gate, LatencyGate) or (of_champion and not needs_champion(gate)):
        return None
    return gate.batch_rows


def uses_champion(gate: Gate) -> bool:
    """Return whether the champion's package is looked at, be it by a test of the user's own."""
    return needs_champion(gate) or isinstance(gate, PytestGate)


def stands_with_same_inputs(gate: Gate) -> bool:
    """Return whether the same packages, rows and libraries give the same verdict again."""
    return needs_answers(gate) or isinstance(gate, DriftGate)


def stands_with_its_run(gate: Gate) -> bool:
    """Return whether only the run that made the model could decide it: it had the data."""
    return isinstance(gate, RowOverlapGate)


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
