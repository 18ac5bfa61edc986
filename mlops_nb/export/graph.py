"""How is the graph of a pipeline shown? One function, five formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from mlops_nb.export.graph_html import render_html
from mlops_nb.export.graph_json import render_json
from mlops_nb.export.graph_mermaid import render_mermaid
from mlops_nb.export.graph_svg import render_svg
from mlops_nb.export.graph_text import render_text
from mlops_nb.pipeline.stages import Pipeline

GraphFormat = Literal["text", "mermaid", "json", "svg", "html"]

_RENDERERS: Mapping[GraphFormat, Callable[[Pipeline], str]] = {
    "text": render_text,
    "mermaid": render_mermaid,
    "json": render_json,
    "svg": render_svg,
    "html": render_html,
}


def render_graph(pipeline: Pipeline, format: GraphFormat) -> str:
    """Return the stages and edges of `pipeline` as text in `format`; ends with a newline.

    The same pipeline gives the same text, byte for byte.
    """
    return _RENDERERS[format](pipeline)
