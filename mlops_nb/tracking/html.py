"""How does an executed notebook read in a browser, without a network?

A page of ours around nbconvert's cells: a summary on top (`html_summary`), nothing loaded from
other hosts (require.js, MathJax, Mermaid and the widget manager are left out, so formulas stay as
typed), widgets by their static form, for nbconvert prefers a live view that a saved page cannot
show. Sanitised, what the notebook brought passes an allow-list (`html_clean`), and a content
security policy forbids whatever slipped through to run or to load.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape
from types import SimpleNamespace
from typing import Any

from mlops_nb.pipeline.records import RunRecord
from mlops_nb.tracking.html_clean import clean_cells, clean_piece
from mlops_nb.tracking.html_outputs import to_static
from mlops_nb.tracking.html_style import STYLE
from mlops_nb.tracking.html_summary import render_cell_states, render_summary

_TEMPLATE_NAME = "mlops_nb_cells.html.j2"
# The cells alone; the line on how a cell ended stands above its source.
_TEMPLATE = """\
{%- extends 'lab/base.html.j2' -%}
{%- block input_group -%}
{{ resources.mlops_nb_states.get(cell.id, "") }}{{ super() }}
{%- endblock -%}
"""
_DARK = "@media screen and (prefers-color-scheme:dark){"
_WITHOUT_ALT = re.compile(r"<img(?=\s)(?![^>]*\salt=)", re.IGNORECASE)
# Nothing runs, loads, is sent or framed; pictures and sounds are part of the page. Browsers that
# do not know style-src-elem fall back on style-src.
_POLICY = (
    "default-src 'none'; script-src 'none'; img-src data:; media-src data:; "
    "style-src 'unsafe-inline'; style-src-elem '{style}'; style-src-attr 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)


def render_html(
    node: Mapping[str, Any], record: RunRecord, *, title: str, sanitize: bool = False
) -> str:
    """Return an executed notebook as one self-contained page.

    Parameters
    ----------
    node : Mapping
        The notebook as nbformat 4 JSON; not changed. Without cells the page is the summary alone.
    record : RunRecord
        What the summary tells.
    title : str
        Of the page.
    sanitize : bool, default=False
        Whether the page must be safe to open whatever the notebook holds: its scripts, frames,
        forms and style sheets are left out, and what they would have drawn is told.

    Notes
    -----
    Not sanitised, an output whose own HTML loads something from a network still does.
    """
    style, cells = STYLE, ""
    if node.get("cells"):
        theirs, cells = _render_cells(node, sanitize=sanitize)
        style = theirs + STYLE
    policy = f"{_policy(style)}\n" if sanitize else ""
    summary = render_summary(node, record, title=title)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{policy}<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body class="jp-Notebook" data-jp-theme-light="true" data-jp-theme-name="JupyterLab Light">
{summary}
<main class="mnb-notebook" aria-label="Notebook">
{cells}
</main>
</body>
</html>
"""


def warm_up() -> None:
    """Import what `render_html` needs, so that a later call is fast."""
    _load_nbconvert()


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    content = _POLICY.format(style=f"sha256-{digest}")
    return f'<meta http-equiv="Content-Security-Policy" content="{content}">'


def _render_cells(node: Mapping[str, Any], *, sanitize: bool) -> tuple[str, str]:
    """Return the style sheet that the cells need, and the cells.

    nbconvert's own step after the templates is left out: it reads the whole page with
    BeautifulSoup, 87 s for a table of 10 MB, to make every output a stop of the tab key and to
    give pictures a text.
    """
    nbconvert = _load_nbconvert()
    exporter = nbconvert.HTMLExporter(
        extra_loaders=[nbconvert.DictLoader({_TEMPLATE_NAME: _TEMPLATE})],
        template_file=_TEMPLATE_NAME,
        sanitize_html=sanitize,
    )
    static = nbconvert.to_node(to_static(node, sanitize=sanitize))
    language = static.metadata.language_info.name
    highlight = nbconvert.Highlight2HTML(pygments_lexer=language, parent=exporter)
    exporter.register_filter("highlight_code", highlight)
    exporter.register_filter("filter_data_type", nbconvert.DataTypeFilter(parent=exporter))
    exporter.register_filter("clean_html", clean_piece)
    cells, used = nbconvert.TemplateExporter.from_notebook_node(
        exporter, static, resources={"mlops_nb_states": render_cell_states(node)}
    )
    cells = _WITHOUT_ALT.sub('<img alt="figure"', cells)
    sheets = [*used["inlining"]["css"], _sheet(used, "index"), _sheet(used, "theme-light")]
    style = "\n".join([*sheets, _DARK + _sheet(used, "theme-dark") + "}", ""])
    return style, clean_cells(cells) if sanitize else cells


def _sheet(resources: Mapping[str, Any], name: str) -> str:
    """Return one of nbconvert's style sheets without the element around it."""
    element = str(resources["include_css"](f"static/{name}.css"))
    return element.partition(">")[2].rpartition("<")[0]


def _load_nbconvert() -> SimpleNamespace:
    import nbformat
    import nh3  # noqa: F401  # used for each piece: imported here to be warm
    from jinja2 import DictLoader
    from nbconvert.exporters.html import HTMLExporter
    from nbconvert.exporters.templateexporter import TemplateExporter
    from nbconvert.filters import DataTypeFilter, Highlight2HTML
    from nbformat.v4.rwbase import rejoin_lines

    def to_node(plain: dict[str, Any]) -> Any:
        return rejoin_lines(nbformat.from_dict(plain))  # files hold texts as lists of lines

    return SimpleNamespace(
        DataTypeFilter=DataTypeFilter,
        DictLoader=DictLoader,
        HTMLExporter=HTMLExporter,
        Highlight2HTML=Highlight2HTML,
        TemplateExporter=TemplateExporter,
        to_node=to_node,
    )
