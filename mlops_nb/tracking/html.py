"""How does an executed notebook read in a browser, without a network?

nbconvert's page, with three changes: a summary on top (failure, stages, metrics, a link to the
failing cell), nothing loaded from other hosts (require.js, MathJax, Mermaid and the widget
manager are left out, so formulas stay as typed), and widgets shown by their static form.
nbconvert prefers a widget's live view, which a saved page cannot show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from mlops_nb.pipeline.records import RunRecord
from mlops_nb.tracking.summary import headline, render_number, render_seconds

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
METRICS_SHOWN = 60
_TEMPLATE_NAME = "tracked.html.j2"
_TEMPLATE = """\
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js_requirejs -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block body_header -%}{{ super() }}{{ resources.mlops_nb_summary }}{%- endblock -%}
"""
_STYLE = """\
<style>
.mnb{font:14px/1.5 system-ui,sans-serif;color:#1f2328;max-width:70em;margin:1.5em 1em 1em .5em}
@media (min-width:761px){.mnb{margin-left:85px}}
.mnb a{color:#0969da}
.mnb h1{font-size:1.5em;margin:0 0 .2em}
.mnb p{margin:.3em 0}
.mnb .mnb-state{padding:.5em .8em;border-left:4px solid #1a7f37;background:#f0faf2;margin:.8em 0}
.mnb .mnb-bad{border-color:#cf222e;background:#fff0ef}
.mnb .mnb-state pre{margin:.4em 0 0;white-space:pre-wrap;font-size:12px}
.mnb table{border-collapse:collapse;margin:.8em 0;display:inline-table;vertical-align:top;
 margin-right:2em}
.mnb th,.mnb td{text-align:left;padding:.2em .9em .2em 0;border-bottom:1px solid #d8dee4}
.mnb th{font-weight:600;color:#59636e}
.mnb .mnb-number{text-align:right;font-variant-numeric:tabular-nums}
.mnb .mnb-quiet{color:#59636e}
</style>
"""


def render_html(node: Mapping[str, Any], record: RunRecord, *, title: str) -> str:
    """Return an executed notebook as one self-contained page.

    Parameters
    ----------
    node : Mapping
        The notebook as nbformat 4 JSON; not changed.
    record : RunRecord
        What the summary tells.
    title : str
        Of the page.

    Notes
    -----
    Self-contained as far as the page itself goes: an output whose own HTML loads something from
    a network still does.
    """
    exporter_class, loader, notebook_class = _load_nbconvert()
    exporter = exporter_class(
        extra_loaders=[loader({_TEMPLATE_NAME: _TEMPLATE})], template_file=_TEMPLATE_NAME
    )
    resources = {
        "metadata": {"name": title},
        "mlops_nb_summary": render_summary(node, record, title=title),
    }
    page, _ = exporter.from_notebook_node(
        notebook_class(_to_static(node, title=title)), resources=resources
    )
    return str(page)


def warm_up() -> None:
    """Import what `render_html` needs, so that a later call is fast."""
    _load_nbconvert()


def render_summary(node: Mapping[str, Any], record: RunRecord, *, title: str) -> str:
    """Return the summary on top of the page."""
    sound = record.status == "completed"
    state = [
        f'<div class="mnb-state{"" if sound else " mnb-bad"}"><b>{escape(headline(record))}</b>'
    ]
    if record.error is not None:
        cell = _cell_id(node, record.error.cell)
        if cell:
            state.append(f' · <a href="#cell-id={escape(cell)}">go to the cell</a>')
        state.append(f"<pre>{escape(record.error.message)}</pre>")
    state.append("</div>")
    moment = "" if record.started is None else f"{record.started.astimezone():%Y-%m-%d %H:%M %Z}"
    facts = [moment, record.notebook, *(f"{k} = {v!r}" for k, v in record.parameters.items())]
    line = " · ".join(escape(fact) for fact in facts if fact)
    return "".join(
        [
            f'{_STYLE}<section class="mnb"><h1>{escape(title)}</h1>',
            f'<p class="mnb-quiet">{line}</p>',
            *state,
            _stages_table(record),
            _metrics_table(record),
            "</section>",
        ]
    )


def _stages_table(record: RunRecord) -> str:
    if not record.stages:
        return ""
    rows = "".join(
        f"<tr><td>{escape(stage.name)}</td><td>{escape(stage.status)}</td>"
        f'<td class="mnb-number">{render_seconds(stage.seconds)}</td>'
        f'<td class="mnb-quiet">{escape(stage.reason)}</td></tr>'
        for stage in record.stages
    )
    return f"<table><tr><th>Stage</th><th>Result</th><th>Time</th><th>Why</th></tr>{rows}</table>"


def _metrics_table(record: RunRecord) -> str:
    if not record.metrics:
        return ""
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="mnb-number">'
        f"{render_number(record.metrics[name])}</td></tr>"
        for name in sorted(record.metrics)[:METRICS_SHOWN]
    )
    return f"<table><tr><th>Metric</th><th>Value</th></tr>{rows}</table>"


def _cell_id(node: Mapping[str, Any], index: int | None) -> str:
    cells = node.get("cells", [])
    if index is None or not 0 <= index < len(cells):
        return ""
    return str(cells[index].get("id", ""))


def _to_static(node: Mapping[str, Any], *, title: str) -> dict[str, Any]:
    """Return a copy of the notebook with widgets by their static form."""
    metadata = {key: value for key, value in node.get("metadata", {}).items() if key != "widgets"}
    cells = [
        {**cell, "outputs": list(_static_outputs(cell))} if "outputs" in cell else dict(cell)
        for cell in node.get("cells", [])
    ]
    return {**node, "metadata": {**metadata, "title": title}, "cells": cells}


def _static_outputs(cell: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for output in cell["outputs"]:
        bundle = output.get("data")
        if not isinstance(bundle, Mapping) or WIDGET_MIME not in bundle:
            yield output
            continue
        static = {mime: value for mime, value in bundle.items() if mime != WIDGET_MIME}
        if "text/html" not in static:
            plain = static.get("text/plain", "a widget")
            text = plain if isinstance(plain, str) else "".join(plain)
            static = {"text/plain": f"{text}\n(a widget: it lives in the notebook only)"}
        yield {**output, "data": static}


def _load_nbconvert() -> tuple[Any, Any, Any]:
    import nbformat
    from jinja2 import DictLoader
    from nbconvert.exporters.html import HTMLExporter
    from nbformat.v4.rwbase import rejoin_lines

    def to_node(plain: dict[str, Any]) -> Any:
        return rejoin_lines(nbformat.from_dict(plain))  # files hold texts as lists of lines

    return HTMLExporter, DictLoader, to_node
