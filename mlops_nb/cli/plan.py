"""``mlops-nb plan``: what a run would do, and why; nothing is executed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mlops_nb.cli.inputs import Inputs, selection, takes_inputs
from mlops_nb.cli.printing import print_out, to_json_text
from mlops_nb.pipeline.gates.requirements import told_needs

if TYPE_CHECKING:
    from mlops_nb.project.plan_diff import PlanDiff
    from mlops_nb.project.planning import PlanReport


@click.command(help="Show what a run of NOTEBOOK would execute, what it would restore, and why.")
@takes_inputs(*selection)
@click.option(
    "--cache",
    type=click.Choice(["stages", "all"]),
    help="What may be restored: stages (the default), or all cells.",
)
@click.option("--force", multiple=True, metavar="STAGE", help="As if this stage had to run.")
@click.option(
    "--diff",
    "past",
    metavar="RUN",
    help="Compare with a past run: its id, its executed notebook, or last.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each cell.")
def plan(
    inputs: Inputs,
    stages: Sequence[str],
    until: str | None,
    cache: str | None,
    force: Sequence[str],
    past: str | None,
    as_json: bool,
    verbose: bool,
) -> int:
    """Print the plan."""
    from mlops_nb.project import Project

    notebook = inputs.notebook
    options = {
        **inputs.options(),
        "stages": stages,
        "until": until,
        "cache": cache,
        "force": force,
    }
    project = Project.find(notebook)
    if past is not None:
        diff = project.diff(notebook, past, **options)
        told = to_json_text(diff.to_json()) if as_json else render_diff(diff)
        return 0 if print_out(told) else 5
    report = project.plan(notebook, **options)
    text = to_json_text(report.to_json()) if as_json else render_plan(report, verbose=verbose)
    return 0 if print_out(text) else 5


def render_plan(report: PlanReport, *, verbose: bool = False) -> str:
    """Return the plan as a table: stage, action, reason."""
    rows = [(str(stage.name), str(stage.action), stage.reason) for stage in report.stages]
    if verbose or not rows:
        rows += [
            ("parameters" if cell.index is None else f"cell {cell.index}", cell.action, cell.reason)
            for cell in report.cells
            if cell.stage is None
        ]
    widths = [max((len(str(row[column])) for row in rows), default=0) for column in range(2)]
    lines = [f"{name:<{widths[0]}}  {action:<{widths[1]}}  {why}" for name, action, why in rows]
    lines.append(_summary(report))
    lines += [
        f"gate: {one.gate}  ({', '.join(one.origins)}), decided by {told_needs(one.gate)}"
        for one in report.gates
    ]
    lines += [f"note: {note}" for note in report.notes]
    return "\n".join(lines)


def render_diff(diff: PlanDiff) -> str:
    """Return a comparison as a table: stage, then, now, what differs."""
    told = list(diff.stages) + list(diff.cells or ())
    if not told and diff.cells is None:
        return f"No stages to compare with run {diff.run}; --cache all compares cells."
    if not told:
        return f"Nothing differs from run {diff.run}."
    head = "stage" if diff.stages else "cell"
    rows = [(head, "then", "now", f"since run {diff.run}")]
    rows += [(s.name, s.then or "-", s.now or "-", s.difference) for s in told]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join([*(f"{text:<{width}}" for text, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    )


def _summary(report: PlanReport) -> str:
    counts = {
        action: sum(cell.action == action for cell in report.cells)
        for action in ("run", "restore", "undecided")
    }
    words = {"run": "run", "restore": "are restored", "undecided": "are decided on the way"}
    told = [f"{count} {words[action]}" for action, count in counts.items() if count]
    total = len(report.cells)
    cells = f"Of {total} cell{'s' * (total != 1)}, {', '.join(told)}." if told else "No cell runs."
    return cells if report.needs_kernel else f"{cells} No kernel starts."
