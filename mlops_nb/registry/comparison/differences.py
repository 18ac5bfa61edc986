"""How does one model version differ from another? Metrics, parameters, columns, data, pins.

Two kinds of metrics are kept apart. What gates measured, both models answered the same rows, with
an interval of the difference where the gate asks for one. What was logged, each run measured on
whatever rows it had: whether these were the same is told, not assumed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mlops_nb.errors import MlopsNbError
from mlops_nb.pipeline.gates.gate import MetricGate
from mlops_nb.pipeline.gates.metrics import find_metric
from mlops_nb.pipeline.gates.parsing import parse_gate
from mlops_nb.registry.comparison.directions import greater_is_better
from mlops_nb.registry.comparison.facts import DataFacts, ModelFacts
from mlops_nb.registry.interval import Interval
from mlops_nb.registry.report import GateOutcome, finite
from mlops_nb.registry.signature_breaks import describe_field, find_breaks

Judgement = Literal["better", "worse", "same", ""]
"""Empty: nobody knows which way is better, or one side has no value."""

_CLOSE = 1e-12
_PARTS = (
    "scored",
    "logged",
    "params",
    "n_params_alike",
    "columns",
    "breaks",
    "data",
    "has_same_data",
    "pins",
    "others",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricChange:
    """A metric of both versions.

    Attributes
    ----------
    name : str
    candidate, champion : float or None
    change : float or None
        Candidate less champion.
    judged : {"better", "worse", "same", ""}
    interval : Interval or None
        Of the change.
    n_rows : int or None
        Rows that both models answered; None: as logged by each run.
    """

    name: str
    candidate: float | None
    champion: float | None
    change: float | None = None
    judged: Judgement = ""
    interval: Interval | None = None
    n_rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChange:
    """Something named that is not alike; None: it is not there."""

    name: str
    candidate: str | None
    champion: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs between two versions; what is alike is left out, except in metrics.

    Attributes
    ----------
    candidate, champion : ModelFacts
    scored : tuple of MetricChange
        On the same rows, by gates.
    logged : tuple of MetricChange
    params : tuple of ValueChange
    n_params_alike : int
    columns : tuple of ValueChange
        Of what they take and answer: ``"takes 'age'"`` with its type on either side.
    breaks : tuple of str
        What callers of the champion would stumble over: full sentences.
    data : tuple of ValueChange
        Evaluation data by role.
    has_same_data : bool or None
        None: one of them says nothing about its data.
    pins : tuple of ValueChange
    others : tuple of ValueChange
        Class, serialisation, Python, size.
    """

    candidate: ModelFacts
    champion: ModelFacts
    scored: tuple[MetricChange, ...] = ()
    logged: tuple[MetricChange, ...] = ()
    params: tuple[ValueChange, ...] = ()
    n_params_alike: int = 0
    columns: tuple[ValueChange, ...] = ()
    breaks: tuple[str, ...] = ()
    data: tuple[ValueChange, ...] = ()
    has_same_data: bool | None = None
    pins: tuple[ValueChange, ...] = ()
    others: tuple[ValueChange, ...] = ()

    @property
    def is_same_package(self) -> bool:
        """True if both are the same files."""
        return bool(self.candidate.digest) and self.candidate.digest == self.champion.digest

    def to_json(self) -> dict[str, Any]:
        """Return what ``models compare --json`` prints (schema 1)."""
        sides = {"candidate": self.candidate.to_json(), "champion": self.champion.to_json()}
        parts = {name: _plain(getattr(self, name)) for name in _PARTS}
        return {"schema": 1, "is_same_package": self.is_same_package, **sides, **parts}


def compare(candidate: ModelFacts, champion: ModelFacts) -> Comparison:
    """Return how `candidate` differs from `champion`."""
    names = [n for n in candidate.params if candidate.params[n] == champion.params.get(n)]
    return Comparison(
        candidate=candidate,
        champion=champion,
        scored=tuple(scored_changes(candidate, champion)),
        logged=tuple(logged_changes(candidate.metrics, champion.metrics)),
        params=_value_changes(candidate.params, champion.params),
        n_params_alike=len(names),
        columns=tuple(_column_changes(candidate, champion)),
        breaks=tuple(find_breaks(champion.signature, candidate.signature))
        if candidate.signature and champion.signature
        else (),
        data=_value_changes(_by_role(candidate.evaluation), _by_role(champion.evaluation)),
        has_same_data=_has_same_data(candidate, champion),
        pins=_value_changes(_pins(candidate.requirements), _pins(champion.requirements)),
        others=_value_changes(_others(candidate), _others(champion)),
    )


def logged_changes(
    candidate: Mapping[str, float], champion: Mapping[str, float]
) -> Iterator[MetricChange]:
    """Yield the metrics of both by name; those of stages and of the system are left out."""
    for name in sorted({*candidate, *champion}):
        if not name.startswith(("stage/", "system/")):
            yield _metric_change(name, candidate.get(name), champion.get(name))


def scored_changes(candidate: ModelFacts, champion: ModelFacts) -> Iterator[MetricChange]:
    """Yield what the candidate's gates measured of both models, if it was this champion."""
    report = candidate.report
    if report is None or not champion.digest or report.champion_digest != champion.digest:
        return
    seen = set()
    for outcome in report.outcomes:
        name, is_difference = _scored_metric(outcome)
        if name and name not in seen and outcome.champion is not None and not outcome.slices:
            seen.add(name)
            yield _metric_change(
                name,
                outcome.value,
                outcome.champion,
                interval=outcome.interval if is_difference else None,
                n_rows=outcome.n_rows or report.n_rows or None,
            )


def _scored_metric(outcome: GateOutcome) -> tuple[str, bool]:
    """Return the metric that a gate computed on the evaluation data, and whether its interval is
    that of candidate less champion; an empty name if it is another gate."""
    try:
        gate = parse_gate(outcome.gate)
    except MlopsNbError:
        return "", False
    if not isinstance(gate, MetricGate) or not gate.is_scored:
        return "", False
    name = gate.metric if gate.positive is None else f"{gate.metric} ({gate.positive})"
    return name, gate.bound.factor == 1


def _metric_change(
    name: str,
    candidate: float | None,
    champion: float | None,
    *,
    interval: Interval | None = None,
    n_rows: int | None = None,
) -> MetricChange:
    change = None if candidate is None or champion is None else candidate - champion
    if change is not None and not math.isfinite(change):
        change = None
    return MetricChange(
        name=name,
        candidate=candidate,
        champion=champion,
        change=change,
        judged=_judge(name, change, scale=max(abs(candidate or 0), abs(champion or 0))),
        interval=interval,
        n_rows=n_rows,
    )


def _judge(name: str, change: float | None, *, scale: float) -> Judgement:
    if change is None:
        return ""
    if abs(change) <= _CLOSE * max(scale, 1):
        return "same"
    known = find_metric(name.split(" (")[0])
    upward = greater_is_better(name) if known is None else known.greater_is_better
    if upward is None:
        return ""
    return "better" if (change > 0) == upward else "worse"


def _value_changes(
    candidate: Mapping[str, str], champion: Mapping[str, str]
) -> tuple[ValueChange, ...]:
    return tuple(
        ValueChange(name=name, candidate=candidate.get(name), champion=champion.get(name))
        for name in sorted({*candidate, *champion})
        if candidate.get(name) != champion.get(name)
    )


def _column_changes(candidate: ModelFacts, champion: ModelFacts) -> Iterator[ValueChange]:
    for part, verb in (("inputs", "takes"), ("outputs", "answers"), ("params", "parameter")):
        sides = [_columns(facts, part) for facts in (candidate, champion)]
        for change in _value_changes(*sides):
            yield ValueChange(
                name=f"{verb} {change.name}",
                candidate=change.candidate,
                champion=change.champion,
            )


def _columns(facts: ModelFacts, part: str) -> dict[str, str]:
    fields = (facts.signature or {}).get(part) or ()
    return {
        repr(str(field["name"])) if "name" in field else f"column {at}": describe_field(field)
        + ("" if field.get("required", True) else ", may be missing")
        for at, field in enumerate(fields)
    }


def _by_role(evaluation: Sequence[DataFacts]) -> dict[str, str]:
    return {
        data.role: f"{data.name}, {data.n_rows:,} rows, {short_digest(data.digest)}"
        for data in evaluation
    }


def _has_same_data(candidate: ModelFacts, champion: ModelFacts) -> bool | None:
    sides = [{(d.role, d.digest) for d in facts.evaluation} for facts in (candidate, champion)]
    return sides[0] == sides[1] if all(sides) else None


def _pins(requirements: Sequence[str]) -> dict[str, str]:
    pairs = (line.partition("==") for line in requirements)
    return {name.strip(): version.strip() or "any" for name, _, version in pairs}


def _others(facts: ModelFacts) -> dict[str, str]:
    known = {
        "class": facts.class_name,
        "serialisation": facts.serialization,
        "Python": facts.python,
        "digest": short_digest(facts.digest),
    }
    return {name: value for name, value in known.items() if value}


def short_digest(digest: str) -> str:
    """Return the first twelve digits of a digest: enough for people to tell two apart."""
    return digest.rpartition(":")[2][:12]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return finite(asdict(value)) if hasattr(value, "__dataclass_fields__") else value
