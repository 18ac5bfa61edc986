"""How does a gate report look in a notebook? A table that needs no script, in light and dark.

All styles stand at the elements, since a sanitiser may take a style sheet away. Colours of text are
inherited; what tells the verdict is a word, and a shade that has enough contrast on either ground.
"""

from __future__ import annotations

from html import escape

from mlops_nb.registry.report import GateReport, Verdict
from mlops_nb.registry.report_rows import COLUMNS, ReportRow, footnotes, headline, report_rows

# White on these has a contrast of 4.5 to 1 and more (WCAG 2.2, AA), whatever is around them.
_SHADES: dict[Verdict, str] = {"passed": "#116329", "failed": "#a40e26", "skipped": "#59636e"}
_CELL = "padding:.25em .6em;border-bottom:1px solid #8c959f80;vertical-align:top;text-align:left"


def render_html(report: GateReport) -> str:
    """Return the report as HTML that can stand in any page."""
    head = "".join(f'<th scope="col" style="{_CELL}">{name or "Verdict"}</th>' for name in COLUMNS)
    rows = "".join(_render_row(row) for row in report_rows(report))
    notes = "".join(f'<p style="margin:.2em 0">{escape(note)}</p>' for note in footnotes(report))
    table = (
        '<table style="border-collapse:collapse;font-variant-numeric:tabular-nums;color:inherit;'
        'background:none">'
        f'<caption style="text-align:left;font-weight:600;padding:.3em 0;color:inherit">'
        f"{escape(headline(report))}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )
    return f'<div style="overflow-x:auto">{table}{notes}</div>'


def _render_row(row: ReportRow) -> str:
    badge = (
        f'<span style="background:{_SHADES[row.verdict]};color:#fff;border-radius:.6em;'
        f'padding:.05em .6em;white-space:nowrap">{row.verdict}</span>'
    )
    indent = ";padding-left:1.8em" if row.is_slice else ""
    name = escape(row.name) if row.is_slice else f"<code>{escape(row.name)}</code>"
    cells = "".join(
        f'<td style="{_CELL}">{escape(text)}</td>'
        for text in (row.value, row.champion, row.interval, row.reason)
    )
    return (
        f'<tr style="background:none"><td style="{_CELL}">{badge}</td>'
        f'<th scope="row" style="{_CELL}{indent};font-weight:normal">{name}</th>{cells}</tr>'
    )
