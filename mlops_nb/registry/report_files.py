"""Which files does a gate report become, beside a model version? Their names and texts.

The HTML is a page of its own, so that MLflow's viewer shows it.
"""

from __future__ import annotations

import json

from mlops_nb.registry.report import REPORT_FILE, GateReport
from mlops_nb.registry.report_html import render_html
from mlops_nb.registry.report_markdown import render_markdown

_PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Gates</title>'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'\">"
    "<style>:root{{color-scheme:light dark}}body{{font:15px/1.5 system-ui,sans-serif;"
    "margin:1.5rem}}</style></head><body>{body}</body></html>\n"
)


def report_files(report: GateReport) -> dict[str, str]:
    """Return the texts of the report's files by their names among the artifacts.

    >>> list(report_files(GateReport(candidate="churn@2")))
    ['mlops_nb/gates.json', 'mlops_nb/gates.md', 'mlops_nb/gates.html']
    """
    stem = REPORT_FILE.removesuffix(".json")
    text = json.dumps(report.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return {
        REPORT_FILE: text,
        f"{stem}.md": render_markdown(report),
        f"{stem}.html": _PAGE.format(body=render_html(report)),
    }
