"""What is the graph in Mermaid, which GitHub, GitLab and JupyterLab draw inside Markdown?

Nodes have ids of their own (``s0``, ``s1`` …): a stage may be called ``end``, which Mermaid keeps
for itself.
"""

from __future__ import annotations

from mlops_nb.export.graph_text import format_cells
from mlops_nb.export.stage_edges import StageEdge, read_stage_edges
from mlops_nb.pipeline.stages import Pipeline

_MAX_NAMES = 6


def render_mermaid(pipeline: Pipeline) -> str:
    """Return a Mermaid flowchart; a dotted edge is a dependency that no name of its own carries."""
    ids = {stage.name: f"s{number}" for number, stage in enumerate(pipeline.stages)}
    lines = ["flowchart LR"]
    for stage in pipeline.stages:
        label = f"{_quote(stage.name)}<br/><small>{format_cells(stage.cells)}</small>"
        lines.append(f'    {ids[stage.name]}["{label}"]')
    lines += [
        f"    {ids[edge.source]} {_arrow(edge)} {ids[edge.target]}"
        for edge in read_stage_edges(pipeline)
    ]
    if not pipeline.stages:
        lines.append('    none["no stage is tagged"]')
    return "\n".join(lines) + "\n"


def _arrow(edge: StageEdge) -> str:
    if not edge.names:
        return "-.->"
    shown = list(edge.names[:_MAX_NAMES])
    if len(edge.names) > _MAX_NAMES:
        shown.append(f"+{len(edge.names) - _MAX_NAMES} more")
    return f'-->|"{_quote(", ".join(shown))}"|'


def _quote(text: str) -> str:
    """Return `text` with everything but letters, digits and harmless marks as Mermaid's ``#code;``.

    >>> _quote('a"b')
    'a#34;b'
    """
    return "".join(
        char if char.isalnum() or char in "_-+., " else f"#{ord(char)};" for char in text
    )
