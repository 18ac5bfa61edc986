"""How are findings shown under a cell? As frames of code in a quiet box, with inline styles only.

Sanitizers drop style sheets, and a saved or exported notebook has none of JupyterLab's colours:
each has a fallback that reads on light and dark ground.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from mlops_nb.export.code_frames import Look, place_of, render_finding, sentence
from mlops_nb.pipeline.checked import CheckedNotebook

_COLOURS: Mapping[str, str] = {
    "error": "var(--jp-error-color1,#d32f2f)",
    "warning": "var(--jp-warn-color1,#b7791f)",
    "info": "var(--jp-info-color1,#0288a7)",
    "related": "var(--jp-info-color1,#0288a7)",
    "gutter": "var(--jp-ui-font-color3,#8a8a8a)",
    "remedy": "inherit",
    "place": "inherit",
}
_BOX = (
    '<div style="margin:4px 0;padding:2px 0 2px 9px;border-left:3px solid {colour};'
    'font:12px/1.5 var(--jp-ui-font-family,system-ui,sans-serif)">{inside}</div>'
)
_PRE = (
    '<pre style="margin:2px 0;padding:0;overflow-x:auto;white-space:pre;background:none;'
    'font:12px/1.4 var(--jp-code-font-family,monospace)">{inside}</pre>'
)
# Characters for private use, which no frame shows: where a colour begins, its name ends, it ends.
_OPEN, _NAMED, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARKED = re.compile(f"{_OPEN}(\\w+){_NAMED}([^{_CLOSE}]*){_CLOSE}")


def render_html(checked: CheckedNotebook) -> str:
    """Return the findings as HTML; empty if there are none."""
    return "".join(_finding(checked, position) for position in range(len(checked.findings)))


def _finding(checked: CheckedNotebook, position: int) -> str:
    finding = checked.findings[position]
    colour = _COLOURS[finding.severity]
    place = place_of(checked, finding).removeprefix(checked.name).lstrip(", ")
    head = (
        f'<b style="color:{colour}">{finding.severity} {finding.code}</b> '
        f"{html.escape(place)}<br>{html.escape(sentence(finding.message))}"
    )
    frame = render_finding(checked, position, look=Look(paint=_mark)).split("\n")[1:]
    code = [line for line in frame if _OPEN in line and f"{_OPEN}remedy" not in line]
    inside = head + (_PRE.format(inside=_coloured("\n".join(code))) if code else "<br>")
    return _BOX.format(colour=colour, inside=inside + html.escape(sentence(finding.remedy)))


def _mark(text: str, role: str) -> str:
    return f"{_OPEN}{role}{_NAMED}{text}{_CLOSE}"


def _coloured(text: str) -> str:
    return _MARKED.sub(
        lambda match: f'<span style="color:{_COLOURS[match[1]]}">{match[2]}</span>',
        html.escape(text),
    )
