"""What does the graph look like on a terminal? A list of stages with the edges drawn in its margin.

Each stage stands below those it depends on. What the margin draws is
said in words too ("after"), because a margin of more lanes than fit is left out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from mlops_nb.export.rails import Rail, draw_rails
from mlops_nb.export.stage_edges import order_stages
from mlops_nb.pipeline.cells import CellFlow, CellKind
from mlops_nb.pipeline.stages import Pipeline, Stage

_WIDTH = 100
_MAX_RAIL_WIDTH = 24
_NO_STAGE = (
    "No cell is tagged, so the notebook runs as a whole, cell by cell.\n"
    "Make a cell a stage by '%%mlops_stage NAME' or '# mlops: stage NAME' on its first line,\n"
    'by the cell tag \'stage:NAME\', or by the cell metadata {"mlops_nb": {"stage": "NAME"}}.'
)


def render_text(pipeline: Pipeline) -> str:
    """Return the graph as text, in 100 columns where the names allow."""
    code_cells = [cell.index for cell in pipeline.cells if cell.type == "code"]
    title = ", ".join(
        [
            f"{_printable(pipeline.name)}: {_count(len(pipeline.stages), 'stage')}",
            _count(len(code_cells), "code cell"),
        ]
    )
    if not pipeline.stages:
        return "\n".join([title, "", _NO_STAGE, "", *_cell_lines(pipeline, code_cells)]) + "\n"
    return "\n".join([title, "", *_stage_lines(pipeline), *_rest_lines(pipeline)]) + "\n"


def format_cells(indices: Sequence[int]) -> str:
    """Return cell indices as a reader says them; runs of three and more are shortened.

    >>> format_cells([4]), format_cells([4, 5, 6, 9])
    ('cell 4', 'cells 4-6, 9')
    """
    runs: list[list[int]] = []
    for index in indices:
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    words: list[str] = []
    for run in runs:
        words += [f"{run[0]}-{run[-1]}"] if len(run) > 2 else [str(index) for index in run]
    return ("cell " if len(indices) == 1 else "cells ") + ", ".join(words)


def _stage_lines(pipeline: Pipeline) -> list[str]:
    stages = order_stages(pipeline)
    position = {stage.name: number for number, stage in enumerate(stages)}
    above = [sorted(position[name] for name in stage.upstream) for stage in stages]
    # On a cycle, which no run accepts, an edge may point up: the words name it, the margin cannot.
    rails = draw_rails([[n for n in row if n < place] for place, row in enumerate(above)])
    width = max(max(len(rail.node), len(rail.below)) for rail in rails)
    if width > _MAX_RAIL_WIDTH:
        width, rails = 1, [Rail(node="●", below="") for _ in rails]
    name_width = min(max(len(stage.name) for stage in stages), 28)
    lines: list[str] = []
    for stage, rail in zip(stages, rails, strict=True):
        head = f"{stage.name:<{name_width}}  {format_cells(stage.cells)}"
        if stage.upstream:
            head += f"  after {', '.join(stage.upstream)}"
        body = textwrap.wrap(
            _flow_line(stage.inputs, stage.outputs),
            _WIDTH - width - 4,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines.append(f"{rail.node:<{width}}  {head}")
        lines += [f"{rail.below:<{width}}    {line}".rstrip() for line in [*body, *_extras(stage)]]
    return lines


def _flow_line(reads: Iterable[str], writes: Iterable[str]) -> str:
    left, right = ", ".join(reads), ", ".join(writes)
    return " ".join(part for part in (left, "→" if left or right else "", right) if part)


def _extras(stage: Stage) -> list[str]:
    options = stage.options
    said = []
    if options.metrics:
        said.append(f"metrics {', '.join(options.metrics)}")
    if options.model:
        said.append(f"model {options.model}")
    return ["; ".join(said)] if said else []


def _rest_lines(pipeline: Pipeline) -> list[str]:
    """Say where the code cells outside stages are, kind by kind."""
    said = []
    for kind in (CellKind.PARAMETERS, CellKind.SETUP, CellKind.INLINE, CellKind.SKIP):
        indices = [index for index in sorted(pipeline.kinds) if pipeline.kinds[index] == kind]
        if indices:
            said.append(f"{kind}: {format_cells(indices)}")
    return ["", "Outside stages: " + "; ".join(said)] if said else []


def _cell_lines(pipeline: Pipeline, indices: Sequence[int]) -> list[str]:
    lines = []
    for index in indices:
        kind, flow = pipeline.kinds[index], _cell_flow(pipeline.flows.get(index))
        lines.append(f"cell {index:<3}  {kind!s:<10}  {flow}".rstrip())
    return lines


def _cell_flow(flow: CellFlow | None) -> str:
    if flow is None:
        return ""
    return _flow_line(flow.reads, sorted({*flow.binds, *flow.mutates}))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _printable(text: str) -> str:
    """Return `text` with what could move the cursor or end the line written as an escape."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
