"""How does a gate report look in a log? Lines of text that need no colours and no width."""

from __future__ import annotations

from mlops_nb.registry.report import GateReport, Verdict
from mlops_nb.registry.report_rows import ReportRow, footnotes, headline, report_rows

_MARKS: dict[Verdict, str] = {"passed": "✓", "failed": "✗", "skipped": "-"}


def render_text(report: GateReport) -> str:
    """Return the report as text, a line for each gate and one for what is to be said of it.

    >>> from mlops_nb.registry.report import GateOutcome
    >>> failed = GateOutcome(gate="auc >= 0.9", verdict="failed", reason="0.8 is not >= 0.9.")
    >>> print(render_text(GateReport(candidate="churn@2", outcomes=(failed,))))
    Gates failed: churn@2, no champion yet. 1 of 1 gate failed.
      ✗ failed   auc >= 0.9
                 0.8 is not >= 0.9.
    """
    lines = [headline(report)]
    for row in report_rows(report):
        lines += _lines_of(row)
    return "\n".join([*lines, *(f"  {note}" for note in footnotes(report))])


def _lines_of(row: ReportRow) -> list[str]:
    indent = "    " if row.is_slice else "  "
    measured = [
        f"champion {row.champion}" if row.champion else "",
        row.interval if row.interval.startswith("difference") else "",
        f"interval {row.interval}" if row.interval and not row.champion else "",
    ]
    value = "  ".join(part for part in (row.value, *measured) if part)
    head = f"{indent}{_MARKS[row.verdict]} {row.verdict:<8} {row.name}"
    told = [f"{head}  =  {value}" if value else head]
    if row.reason and (row.verdict != "passed" or not value):
        told.append(f"{indent}           {row.reason}")
    return told
