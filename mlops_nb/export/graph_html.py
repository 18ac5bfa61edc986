"""What is the graph as a page? The picture, and under it the same in words, as a table."""

from __future__ import annotations

from collections.abc import Iterable

from mlops_nb.export.graph_svg import escape_xml, render_svg
from mlops_nb.export.graph_text import format_cells
from mlops_nb.pipeline.stages import Pipeline, Stage

_STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;margin:2rem auto;
max-width:70rem;padding:0 1rem}
figure{margin:0 0 2rem;overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem 0;
border-bottom:1px solid rgb(128 128 128 / .35)}
code{font:13px ui-monospace,Menlo,Consolas,monospace}"""
_HEADS = ("stage", "cells", "after", "reads", "writes")


def render_html(pipeline: Pipeline) -> str:
    """Return a self-contained HTML page; ends with a newline."""
    title = escape_xml(f"Stages of {pipeline.name}")
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    rows = "\n".join(_row(stage) for stage in pipeline.stages)
    findings = "\n".join(
        f"<li>{escape_xml(f'{found.code} cell {found.cell}: {found.message} {found.remedy}')}</li>"
        for found in pipeline.diagnostics
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}
</style>
</head>
<body>
<h1>{title}</h1>
<figure>
{render_svg(pipeline)}</figure>
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
{f"<h2>Findings</h2>{chr(10)}<ul>{chr(10)}{findings}{chr(10)}</ul>" if findings else ""}
</body>
</html>
"""


def _row(stage: Stage) -> str:
    cells = [
        f'<th scope="row">{escape_xml(stage.name)}</th>',
        f"<td>{format_cells(stage.cells)}</td>",
        *(f"<td>{_codes(names)}</td>" for names in (stage.upstream, stage.inputs, stage.outputs)),
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"<code>{escape_xml(name)}</code>" for name in names) or "—"
