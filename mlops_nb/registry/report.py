"""How did the gates turn out? The gate report: what tags, files, tables and doors are made from.

A report says what was measured, against what, how sure, and why a gate failed or was skipped. It is
plain frozen values; `to_json` is schema 1 and `parse_report` reads it back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from mlops_nb.errors import InputError
from mlops_nb.pipeline.gates.declared import DeclaredGate
from mlops_nb.pipeline.gates.quantity import Kind
from mlops_nb.registry.interval import Interval

Verdict = Literal["passed", "failed", "skipped"]
SCHEMA = 1
REPORT_FILE = "mlops_nb/gates.json"
"""Name of the report among a model version's artifacts; ``.md`` and ``.html`` stand beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceOutcome:
    """A gate on one slice.

    Attributes
    ----------
    name : str
        ``"sex = F, age_band = 18-25"``.
    n_rows : int
    verdict : {"passed", "failed", "skipped"}
    value, champion : float or None
    interval : Interval or None
        Of the value, or of its difference from the champion if the gate names that.
    reason : str
        One sentence.
    """

    name: str
    n_rows: int
    verdict: Verdict
    value: float | None = None
    champion: float | None = None
    interval: Interval | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOutcome:
    """One gate.

    Attributes
    ----------
    gate : str
        As the gate language has it.
    verdict : {"passed", "failed", "skipped"}
    reason : str
        One or more sentences.
    value, champion : float or None
        Of a gate with slices those of the worst one.
    bound : str
        What the value is held against, with its operator: ``">= champion - 0.005"``.
    interval : Interval or None
    unit : {"number", "duration", "size"}
        Of value and champion: ones, seconds, bytes.
    n_rows : int or None
        Evaluation rows it was measured on.
    slices : tuple of SliceOutcome
    origins : tuple of str
        Where the gate was written; empty if nobody said.
    recorded : bool
        Whether this is what an earlier report says, since all that it rests on is the same.
    """

    gate: str
    verdict: Verdict
    reason: str
    value: float | None = None
    champion: float | None = None
    bound: str = ""
    interval: Interval | None = None
    unit: Kind = "number"
    n_rows: int | None = None
    slices: tuple[SliceOutcome, ...] = ()
    origins: tuple[str, ...] = ()
    recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """All gates of one candidate.

    Attributes
    ----------
    candidate : str
        ``"churn@4"``, or what else names the model.
    candidate_digest : str
        Of the package that was judged.
    champion : str
        Empty: there was none.
    champion_digest : str
    evaluation_digest : str
        Of the evaluation data; empty if there were none.
    n_rows : int
        Evaluation rows.
    judged_with : str
        Versions of what the models answered with.
    judged_at : str
        When that was, or when the oldest verdict in it was found, as ISO 8601 has it; empty if
        nobody said.
    outcomes : tuple of GateOutcome
        In the order of the gates.
    """

    candidate: str
    candidate_digest: str = ""
    champion: str = ""
    champion_digest: str = ""
    evaluation_digest: str = ""
    n_rows: int = 0
    judged_with: str = ""
    judged_at: str = ""
    outcomes: tuple[GateOutcome, ...] = field(default_factory=tuple)

    @property
    def passed(self) -> bool:
        """True if no gate failed; skipped ones do not count."""
        return all(outcome.verdict != "failed" for outcome in self.outcomes)

    @property
    def is_rubber_stamp(self) -> bool:
        """True if it passed although comparisons were skipped."""
        return self.passed and any(outcome.verdict == "skipped" for outcome in self.outcomes)

    def count(self, verdict: Verdict) -> int:
        """Return how many gates ended so."""
        return sum(outcome.verdict == verdict for outcome in self.outcomes)

    @property
    def summary(self) -> str:
        """Return one sentence: ``"1 of 3 gates failed, 1 was skipped."``"""
        if not self.outcomes:
            return "There are no gates."
        n, failed, skipped = len(self.outcomes), self.count("failed"), self.count("skipped")
        of = f"{n} gate{'s' if n > 1 else ''}"
        told = f"{failed} of {of} failed" if failed else f"{n - skipped} of {of} passed"
        return told + (f", {skipped} skipped." if skipped else ".")

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON has it (schema 1); numbers that are none become null."""
        return {
            "schema": SCHEMA,
            "passed": self.passed,
            "summary": self.summary,
            **{
                name: getattr(self, name)
                for name in (
                    "candidate",
                    "candidate_digest",
                    "champion",
                    "champion_digest",
                    "evaluation_digest",
                    "n_rows",
                    "judged_with",
                    "judged_at",
                )
            },
            "outcomes": [finite(asdict(outcome)) for outcome in self.outcomes],
        }

    def tags(self) -> dict[str, str]:
        """Return the tags that a model version carries."""
        status = "blessed" if self.passed else "not_blessed"
        return {
            "mlops_nb.gates": status,
            "mlops_nb.gates.summary": self.summary,
            "mlops_nb.gates.champion": self.champion,
            "mlops_nb.gates.model_digest": self.candidate_digest,
            "mlops_nb.gates.evaluation_digest": self.evaluation_digest,
        }


def with_origins(report: GateReport, gates: Sequence[DeclaredGate]) -> GateReport:
    """Return the report of `gates`, in their order, with where each is written."""
    outcomes = (
        replace(outcome, origins=declared.origins)
        for outcome, declared in zip(report.outcomes, gates, strict=True)
    )
    return replace(report, outcomes=tuple(outcomes))


def parse_report(content: Mapping[str, Any], *, place: str = "") -> GateReport:
    """Return the report that `GateReport.to_json` wrote.

    Raises
    ------
    InputError
        MNB710 if it is none, or of another schema.
    """
    try:
        if content["schema"] != SCHEMA:
            raise ValueError(f"schema {content['schema']!r}")
        outcomes = tuple(_parse_outcome(entry) for entry in content["outcomes"])
        own = ("schema", "passed", "summary", "outcomes")
        fields = {key: value for key, value in content.items() if key not in own}
        return GateReport(outcomes=outcomes, **fields)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            "MNB710",
            place,
            f"is no gate report that this version can read ({type(error).__name__}: {error}).",
            "Evaluate the gates again.",
        ) from error


def _parse_outcome(content: Mapping[str, Any]) -> GateOutcome:
    slices = tuple(
        SliceOutcome(**{**entry, "interval": _parse_interval(entry["interval"])})
        for entry in content["slices"]
    )
    if any(o["verdict"] not in get_args(Verdict) for o in (content, *content["slices"])):
        raise ValueError(f"verdict {content['verdict']!r}")
    interval = _parse_interval(content["interval"])
    origins = tuple(content.get("origins", ()))
    return GateOutcome(**{**content, "interval": interval, "slices": slices, "origins": origins})


def _parse_interval(content: Mapping[str, Any] | None) -> Interval | None:
    return None if content is None else Interval(**content)


def finite(value: Any) -> Any:
    """Return `value` with None for numbers that JSON has not."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    return value
