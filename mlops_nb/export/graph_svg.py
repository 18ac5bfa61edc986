"""What is the graph as a picture? One SVG file: no script, font or link, the same every time.

It brings its own background in a light and a dark dress (``prefers-color-scheme``), so that it
reads well in a README, in a notebook and alone. Text is measured by rule of thumb (there is no font
here): a little room is left on both sides.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape

from mlops_nb.export.graph_text import format_cells
from mlops_nb.export.layout import Layout, Line, Size, lay_out
from mlops_nb.export.stage_edges import StageEdge, order_stages, read_stage_edges
from mlops_nb.pipeline.stages import Pipeline, Stage

_NAME_PX, _NOTE_PX, _LABEL_PX = 14.0, 11.0, 11.0
_LABEL_STEP = 14.0
_MAX_NAMES, _MAX_CHARS = 4, 26
_STYLE = """
.mnb-page{fill:#fbfbfd;stroke:#e3e5ea}
.mnb-box{fill:#fff;stroke:#b9bfca;stroke-width:1.2}
.mnb-model .mnb-box{stroke:#c2410c;stroke-width:1.6}
.mnb-name{fill:#1f2530;font:600 14px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}
.mnb-note{fill:#636b78;font:11px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}
.mnb-line{fill:none;stroke:#8f97a6;stroke-width:1.4}
.mnb-order{stroke-dasharray:4 4}
.mnb-head{fill:#8f97a6}
.mnb-label{fill:#0f5c8c;font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
paint-order:stroke;stroke:#fbfbfd;stroke-width:4px;stroke-linejoin:round}
@media (prefers-color-scheme:dark){
.mnb-page{fill:#14171c;stroke:#2a2f38}
.mnb-box{fill:#1e232b;stroke:#4b5362}
.mnb-model .mnb-box{stroke:#f08a4b}
.mnb-name{fill:#eceff4}
.mnb-note{fill:#a0a8b5}
.mnb-line{stroke:#6e7787}
.mnb-head{fill:#6e7787}
.mnb-label{fill:#7cc4f2;stroke:#14171c}
}"""


def render_svg(pipeline: Pipeline) -> str:
    """Return the graph as a self-contained SVG document; ends with a newline."""
    if not pipeline.stages:
        return _document(pipeline, Size(width=260.0, height=72.0), [_empty_note()])
    stages = order_stages(pipeline)
    position = {stage.name: number for number, stage in enumerate(stages)}
    # On a cycle, which no run accepts, an edge may point back: it cannot be drawn in columns.
    edges = [
        edge for edge in read_stage_edges(pipeline) if position[edge.source] < position[edge.target]
    ]
    boxes = _box_sizes(stages)
    labels = [_shown_names(edge) for edge in edges]
    layout = lay_out(
        boxes,
        [(position[edge.source], position[edge.target]) for edge in edges],
        [_label_size(label) for label in labels],
    )
    body = [_draw_line(line, edge) for line, edge in zip(layout.lines, edges, strict=True)]
    body += _draw_boxes(stages, boxes, layout)
    body += [_draw_label(line, label) for line, label in zip(layout.lines, labels, strict=True)]
    return _document(pipeline, layout.page, [part for part in body if part])


def text_width(text: str, *, size_px: float, per_char: float) -> float:
    """Return the width of `text` in pixels, by rule of thumb: `per_char` em, 1 em if East Asian."""
    ems = (1.0 if unicodedata.east_asian_width(char) in "WF" else per_char for char in text)
    return size_px * sum(ems)


def escape_xml(text: str) -> str:
    """Return `text` as XML text or attribute value; what XML forbids becomes ``\ufffd``."""
    allowed = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return escape(allowed, quote=True)


def _document(pipeline: Pipeline, page: Size, body: Sequence[str]) -> str:
    width, height = round(page.width), round(page.height)
    names = ", ".join(
        f"{stage.name} after {', '.join(stage.upstream)}" if stage.upstream else stage.name
        for stage in pipeline.stages
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img">',
            f"<title>Stages of {escape_xml(pipeline.name)}</title>",
            f"<desc>{escape_xml(names or 'No stage is tagged.')}</desc>",
            f"<style>{_STYLE}\n</style>",
            f'<rect class="mnb-page" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" '
            'rx="10"/>',
            *body,
            "</svg>\n",
        ]
    )


def _empty_note() -> str:
    return '<text class="mnb-note" x="130" y="40" text-anchor="middle">no stage is tagged</text>'


def _notes(stage: Stage) -> list[str]:
    notes = [format_cells(stage.cells)]
    if stage.options.metrics:
        notes.append("metrics " + ", ".join(stage.options.metrics))
    if stage.options.model:
        notes.append(f"model {stage.options.model}")
    return [_shorten(note) for note in notes]


def _box_sizes(stages: Sequence[Stage]) -> list[Size]:
    """Return the boxes' sizes; all are as wide as the widest, which keeps the columns straight."""
    widest = max(
        max(
            text_width(_shorten(stage.name), size_px=_NAME_PX, per_char=0.6),
            *(text_width(note, size_px=_NOTE_PX, per_char=0.54) for note in _notes(stage)),
        )
        for stage in stages
    )
    return [Size(width=widest + 32.0, height=34.0 + 15.0 * len(_notes(stage))) for stage in stages]


def _shown_names(edge: StageEdge) -> list[str]:
    if len(edge.names) <= _MAX_NAMES:
        return [_shorten(name) for name in edge.names]
    kept = [_shorten(name) for name in edge.names[: _MAX_NAMES - 1]]
    return [*kept, f"+{len(edge.names) - len(kept)} more"]


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_CHARS else text[: _MAX_CHARS - 1] + "…"


def _label_size(names: Sequence[str]) -> Size:
    if not names:
        return Size(width=0.0, height=0.0)
    width = max(text_width(name, size_px=_LABEL_PX, per_char=0.61) for name in names)
    return Size(width=width + 8.0, height=_LABEL_STEP * len(names) + 2.0)


def _draw_line(line: Line, edge: StageEdge) -> str:
    (x, y), *rest = line.points
    path = [f"M{x:.1f} {y:.1f}"]
    for number, (next_x, next_y) in enumerate(rest):
        if number % 2:
            path.append(f"H{next_x:.1f}")
        else:
            last = number == len(rest) - 1
            middle, end = (x + next_x) / 2, next_x - 6.0 if last else next_x
            path.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {next_y:.1f} {end:.1f} {next_y:.1f}")
        x, y = next_x, next_y
    style = "mnb-line" if edge.names else "mnb-line mnb-order"
    carried = ", ".join(edge.names) or "order only, or through cells outside stages"
    told = escape_xml(f"{edge.source} → {edge.target}: {carried}")
    head = f'<path class="mnb-head" d="M{x:.1f} {y:.1f}l-8 -4v8z"/>'
    return f'<g><title>{told}</title><path class="{style}" d="{" ".join(path)}"/>{head}</g>'


def _draw_boxes(stages: Sequence[Stage], boxes: Sequence[Size], layout: Layout) -> list[str]:
    drawn = []
    for stage, box, (x, y) in zip(stages, boxes, layout.centres, strict=True):
        left, top = x - box.width / 2, y - box.height / 2
        style = "mnb-stage mnb-model" if stage.options.model else "mnb-stage"
        reads, writes = ", ".join(stage.inputs) or "nothing", ", ".join(stage.outputs) or "nothing"
        told = escape_xml(f"{stage.name}: reads {reads}; writes {writes}")
        rows = [f'<text class="mnb-name" x="{x:.1f}" y="{top + 25:.1f}" text-anchor="middle">']
        rows[0] += f"{escape_xml(_shorten(stage.name))}</text>"
        for number, note in enumerate(_notes(stage)):
            at = f'x="{x:.1f}" y="{top + 42 + 15 * number:.1f}"'
            rows.append(
                f'<text class="mnb-note" {at} text-anchor="middle">{escape_xml(note)}</text>'
            )
        drawn.append(
            f'<g class="{style}"><title>{told}</title>'
            f'<rect class="mnb-box" x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" '
            f'height="{box.height:.1f}" rx="8"/>{"".join(rows)}</g>'
        )
    return drawn


def _draw_label(line: Line, names: Sequence[str]) -> str:
    if not names:
        return ""
    x, y = line.label
    top = y - _LABEL_STEP * len(names) / 2 + 10.0
    rows = "".join(
        f'<tspan x="{x:.1f}" y="{top + _LABEL_STEP * number:.1f}">{escape_xml(name)}</tspan>'
        for number, name in enumerate(names)
    )
    return f'<text class="mnb-label" text-anchor="middle">{rows}</text>'
