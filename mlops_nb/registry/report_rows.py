"""Which cells does a gate report's table have? The same for Markdown and HTML."""

from __future__ import annotations

from dataclasses import dataclass

from mlops_nb.pipeline.gates.quantity import Kind
from mlops_nb.pipeline.gates.shown import show
from mlops_nb.registry.interval import Interval
from mlops_nb.registry.report import GateOutcome, GateReport, SliceOutcome, Verdict

COLUMNS = ("", "Gate", "Value", "Champion", "Interval", "Reason")
_SHOWN_SLICES = 20
# An intersection-union test (Berger, Technometrics 24, 1982): every part must be shown, so none is
# shown by chance more often for being one of many.
_ON_INTERVALS = (
    "Intervals take rows as independent. Since all gates and slices must hold, many of them make "
    "no wrong pass likelier, only a wrong failure."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One line of the table: a gate, or a slice of the gate above it."""

    verdict: Verdict
    name: str
    value: str
    champion: str
    interval: str
    reason: str
    is_slice: bool = False


def report_rows(report: GateReport) -> list[ReportRow]:
    """Return the lines of the table: failed slices first, at most 20 of a gate."""
    rows = []
    for outcome in report.outcomes:
        rows.append(_gate_row(outcome))
        slices = sorted(outcome.slices, key=lambda one: one.verdict != "failed")
        rows += [_slice_row(one, outcome.unit) for one in slices[:_SHOWN_SLICES]]
    return rows


def headline(report: GateReport) -> str:
    """Return the sentence above the table: what was judged, and how it ended."""
    state = "passed" if report.passed else "failed"
    champion = f" against {report.champion}" if report.champion else ", no champion yet"
    return f"Gates {state}: {report.candidate}{champion}. {report.summary}"


def footnotes(report: GateReport) -> list[str]:
    """Return the sentences below the table."""
    notes = []
    if report.n_rows:
        notes.append(f"{report.n_rows:,} evaluation rows ({_short(report.evaluation_digest)}).")
    if report.is_rubber_stamp:
        notes.append("Skipped gates held nothing back: the next candidate will be compared.")
    notes += _origins(report)
    if any(outcome.interval is not None for outcome in report.outcomes):
        notes.append(_ON_INTERVALS)
    return notes


def _origins(report: GateReport) -> list[str]:
    """Return a sentence on where the gates were written, if that is known."""
    counts: dict[str, int] = {}
    for outcome in report.outcomes:
        told = " and ".join(outcome.origins)
        counts[told] = counts.get(told, 0) + 1
    if not set(counts) - {""}:
        return []
    parts = [f"{count} in {told or 'no place that is known'}" for told, count in counts.items()]
    return [f"Gates are written: {'; '.join(parts)}."]


def _gate_row(outcome: GateOutcome) -> ReportRow:
    return ReportRow(
        verdict=outcome.verdict,
        name=outcome.gate,
        value=_number(outcome.value, outcome.unit),
        champion=_number(outcome.champion, outcome.unit),
        interval=_interval(outcome.interval, has_champion=outcome.champion is not None),
        reason=outcome.reason,
    )


def _slice_row(one: SliceOutcome, unit: Kind) -> ReportRow:
    return ReportRow(
        verdict=one.verdict,
        name=f"{one.name} ({one.n_rows:,} rows)",
        value=_number(one.value, unit),
        champion=_number(one.champion, unit),
        interval=_interval(one.interval, has_champion=one.champion is not None),
        reason=one.reason,
        is_slice=True,
    )


def _number(value: float | None, unit: Kind) -> str:
    return "" if value is None else show(value, unit)


def _interval(interval: Interval | None, *, has_champion: bool) -> str:
    if interval is None:
        return ""
    ends = f"{show(interval.low)} to {show(interval.high)}"
    return f"difference {ends}" if has_champion else ends


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12] or "no digest"
