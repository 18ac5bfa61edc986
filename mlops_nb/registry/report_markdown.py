"""How does a gate report look in a pull request or a job summary? Markdown, escaped."""

from __future__ import annotations

import re

from mlops_nb.registry.report import GateReport, Verdict
from mlops_nb.registry.report_rows import COLUMNS, ReportRow, footnotes, headline, report_rows

_MARKS: dict[Verdict, str] = {"passed": "✅ passed", "failed": "❌ failed", "skipped": "➖ skipped"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]#|<>~&])")
_MENTION = re.compile(r"(?<!\w)@")


def render_markdown(report: GateReport) -> str:
    """Return the report as GitHub's Markdown: a headline, a table, footnotes."""
    lines = [f"### {escape_markdown(headline(report))}", ""]
    if report.outcomes:
        lines += [f"| {' | '.join(COLUMNS)} |", "|" + " --- |" * len(COLUMNS)]
        lines += [_render_row(row) for row in report_rows(report)]
        lines.append("")
    lines += [f"{escape_markdown(note)}  " for note in footnotes(report)]
    return "\n".join(lines).rstrip() + "\n"


def _render_row(row: ReportRow) -> str:
    name = f"&nbsp;&nbsp;{escape_markdown(row.name)}" if row.is_slice else _code(row.name)
    cells = (row.value, row.champion, row.interval, row.reason)
    return f"| {_MARKS[row.verdict]} | {name} | {' | '.join(map(escape_markdown, cells))} |"


def escape_markdown(text: str) -> str:
    """Return `text` so that Markdown shows it as it is, on one line; ``@name`` calls nobody."""
    plain = " ".join(text.split())
    escaped = _SPECIAL.sub(lambda found: f"&#{ord(found[1])};", plain)
    # GitHub looks for names in what it has rendered: a space of no width keeps it from one.
    return _MENTION.sub("@&#8203;", escaped)


def _code(text: str) -> str:
    return f"<code>{escape_markdown(text)}</code>"
