"""``mlops-nb runs``: which runs were there, and what is known about one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mlops_nb.cli.runs_compared import compare
from mlops_nb.cli.watch import watch

if TYPE_CHECKING:
    from mlops_nb.tracking.past import PastRun, PastRunDetail

METRICS_SHOWN = 4
ID_SHOWN = 8
FOLDERS_SHOWN = 5


@click.group(help="List runs, show one, compare two, or watch one that is going on.")
def runs() -> None:
    """Group the commands on runs."""


runs.add_command(compare)
runs.add_command(watch)


@runs.command("list", help="List the newest runs of this project, newest first.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(limit: int, as_json: bool) -> int:
    """Print a table or JSON on stdout; nothing is made where there are no runs."""
    from mlops_nb.project.kept import reading_store
    from mlops_nb.project.roots import find_kept, kept_below
    from mlops_nb.tracking.history import list_runs
    from mlops_nb.tracking.past import add_running
    from mlops_nb.tracking.sheets import running_sheets

    layout = find_kept()
    with reading_store(layout) as store:
        past = () if store is None else list_runs(store, limit=limit)
    found = add_running(past, running_sheets(layout.running), now=datetime.now(UTC))[:limit]
    if as_json:
        click.echo(json.dumps([run.to_json() for run in found], indent=2))
    elif found:
        click.echo(render_list(found))
    else:
        click.echo(f"No runs in {layout.root} (a folder above has none either).", err=True)
        below = kept_below(layout.root)[:FOLDERS_SHOWN]
        here = f"Go to a folder that has some: {', '.join(below)}." if below else ""
        click.echo(here or "Make one: mlops-nb run NOTEBOOK", err=True)
    return 0


@runs.command("show", help="Show RUN: the first characters of its id, its name, or `last`.")
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(run: str, as_json: bool) -> int:
    """Print what is known about a run."""
    from mlops_nb.project.kept import reading_store
    from mlops_nb.project.roots import find_kept
    from mlops_nb.tracking.history import no_such_run, show_run

    layout = find_kept()
    with reading_store(layout) as store:
        if store is None:
            raise no_such_run(run, (), place=str(layout.root))
        found = show_run(store, run)
    click.echo(json.dumps(found.to_json(), indent=2) if as_json else render_run(found))
    return 0


def render_list(found: Sequence[PastRun]) -> str:
    """Return runs as a table for a terminal."""
    from mlops_nb.tracking.summary import render_seconds

    rows = [("RUN", "STARTED", "NOTEBOOK", "STATUS", "TIME", "METRICS")]
    for run in found:
        started = "" if run.started is None else f"{run.started.astimezone():%Y-%m-%d %H:%M}"
        rows.append(
            (
                run.run_id[:ID_SHOWN],
                started,
                run.notebook,
                run.status if run.door != "interactive" else f"{run.status} (live)",
                render_seconds(run.seconds),
                _metrics(run, METRICS_SHOWN),
            )
        )
    return render_table(rows)


def render_run(found: PastRunDetail) -> str:
    """Return one run for a terminal."""
    from mlops_nb.tracking.summary import render_number, render_seconds

    run = found.run
    started = "" if run.started is None else f"{run.started.astimezone():%Y-%m-%d %H:%M:%S}"
    facts = [
        ("run", run.run_id),
        ("notebook", run.notebook),
        ("status", f"{run.status}, {render_seconds(run.seconds)}"),
        ("started", started),
        ("experiment", run.experiment),
        ("commit", run.commit),
        ("door", run.door),
        *(("registered", f"models:/{name}/{version}") for name, version in found.versions),
        ("model", run.model),
        ("artifacts", run.artifact_uri),
    ]
    parts = [render_table([fact for fact in facts if fact[1]])]
    if found.children or run.restored:
        rows = [("STAGE", "STATUS", "TIME", "METRICS")]
        rows += [
            (
                child.stage or f"{child.name} (from user code)",
                child.status,
                render_seconds(child.seconds),
                _metrics(child, METRICS_SHOWN),
            )
            for child in found.children
        ]
        rows += [
            (name, f"restored from {origin[:ID_SHOWN]}" if origin else "restored", "–", "")
            for name, origin in run.restored.items()
        ]
        parts.append(render_table(rows))
    if run.parameters:
        parts.append(render_table([("PARAMETER", "VALUE"), *run.parameters.items()]))
    if run.metrics:
        numbers = ((name, render_number(value)) for name, value in run.metrics.items())
        parts.append(render_table([("METRIC", "VALUE"), *numbers]))
    if found.artifacts:
        parts.append("ARTIFACTS  " + "  ".join(found.artifacts))
    return "\n\n".join(parts)


def render_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as columns, two blanks apart.

    >>> print(render_table([("A", "B"), ("long", "x")]))
    A     B
    long  x
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _metrics(run: PastRun, limit: int) -> str:
    from mlops_nb.tracking.summary import render_number

    own = [(name, value) for name, value in run.metrics.items() if not name.startswith("stage/")]
    text = " ".join(f"{name}={render_number(value)}" for name, value in own[:limit])
    return f"{text} …" if len(own) > limit else text
