"""``mlops-nb run``: a notebook, headless; its record on stdout, its progress on stderr."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_nb.cli.inputs import Inputs, read_duration, selection, takes_inputs
from mlops_nb.cli.printing import print_out, to_json_text
from mlops_nb.errors import InfrastructureError, MlopsNbError

if TYPE_CHECKING:
    from mlops_nb.pipeline.records import RunRecord

# Characters of a default in a table.
_SHOWN = 60


@click.command(
    help="Run NOTEBOOK headless and keep what was executed in OUT "
    "(by default in .mlops_nb/record/runs)."
)
@takes_inputs(click.argument("out", required=False), *selection)
@click.option("--timeout", metavar="DURATION", help="Time limit of the run, such as 90s, 10m, 2h.")
@click.option("--register", metavar="NAME", help="Register the run's model under this name.")
@click.option(
    "--gate",
    "gates",
    multiple=True,
    metavar="EXPR",
    help="What must hold, such as 'accuracy >= 0.9', besides the notebook's and settings' gates;"
    " exit code 3 if one fails.",
)
@click.option(
    "--promote-if-passed",
    is_flag=True,
    help="Make the registered version the champion if all gates hold.",
)
@click.option(
    "--cache",
    type=click.Choice(["stages", "all", "off"]),
    help="What is restored if nothing it depends on changed: stages (the default), or all cells.",
)
@click.option("--no-cache", is_flag=True, help="Run every cell, and keep nothing for later runs.")
@click.option(
    "--force", multiple=True, metavar="STAGE", help="Run this stage though it could be restored."
)
@click.option(
    "--isolate",
    is_flag=True,
    help="Run each stage in a kernel of its own, given only what stages before it stored.",
)
@click.option(
    "--junit", type=click.Path(path_type=Path), metavar="FILE", help="Report as JUnit XML here too."
)
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write the run as a page too."
)
@click.option(
    "--sanitize-html/--no-sanitize-html",
    default=None,
    help="Leave scripts, frames and style sheets of the notebook out of pages; by default in CI.",
)
@click.option(
    "--output-limit",
    metavar="SIZE",
    help="Keep so much of a cell's outputs in OUT, such as 20MB, or off; the rest goes beside it.",
)
@click.option(
    "--follow", is_flag=True, help="Show what cells put out as it comes (with --json on stderr)."
)
@click.option(
    "--events",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write what happens to FILE as it does, a JSON object a line.",
)
@click.option("--no-track", is_flag=True, help="Write nothing to MLflow.")
@click.option("--json", "as_json", is_flag=True, help="Print the run's record as JSON.")
@click.option(
    "--help-parameters", is_flag=True, help="Show the notebook's parameters and run nothing."
)
@click.option("-q", "--quiet", is_flag=True, help="No progress, no summary.")
@click.option("-v", "--verbose", is_flag=True, help="A line per cell, stages skipped and names.")
def run(
    inputs: Inputs,
    out: str | None,
    stages: Sequence[str],
    until: str | None,
    timeout: str | None,
    register: str | None,
    gates: Sequence[str],
    promote_if_passed: bool,
    cache: str | None,
    no_cache: bool,
    force: Sequence[str],
    isolate: bool,
    junit: Path | None,
    html: Path | None,
    sanitize_html: bool | None,
    output_limit: str | None,
    follow: bool,
    events: Path | None,
    no_track: bool,
    as_json: bool,
    help_parameters: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Run the notebook and return the exit code of its ending."""
    from mlops_nb.cli import Answered
    from mlops_nb.cli.follow import watching
    from mlops_nb.cli.gate_output import append_step_summary, tell_gates
    from mlops_nb.cli.reports import RunReports
    from mlops_nb.execution.endings import exit_code_of
    from mlops_nb.execution.event_log import EventLog
    from mlops_nb.project import Project
    from mlops_nb.stopping import ignore, taking_stops

    notebook = inputs.notebook
    if help_parameters:
        _show_parameters(notebook, inputs.secrets)
        return 0
    reports = RunReports(
        notebook=notebook, out=out, junit=junit, html=html, sanitize_html=sanitize_html
    )
    with (
        taking_stops(passes_on=False) as stops,
        watching(follow=follow, as_json=as_json, quiet=quiet, verbose=verbose) as watch,
    ):

        def work() -> RunRecord:
            told_events = () if events is None else (EventLog(events),)
            try:
                record: RunRecord = Project.find(notebook).run(
                    notebook,
                    out,
                    **inputs.options(),
                    stages=stages,
                    until=until,
                    timeout_s=read_duration(timeout),
                    register=register,
                    gates=gates,
                    promote_if_passed=promote_if_passed,
                    sanitize_html=sanitize_html,
                    output_limit=output_limit,
                    track=False if no_track else None,
                    cache="off" if no_cache else cache,
                    force=force,
                    isolate=isolate,
                    observers=[*watch.observers, *told_events],
                    on_broken=reports.broken.append,
                    is_own_process=True,
                )
            except Exception as error:
                if not isinstance(error, MlopsNbError):
                    stops.check()  # native code makes other errors of an interrupt
                raise
            stops.leave_with(exit_code_of(record))
            return record

        try:
            record, faults = reports.follow(work)
        except (Exception, KeyboardInterrupt) as error:
            with stops.listening(ignore):
                if as_json:
                    print_out(to_json_text(reports.record_of(error).to_json()))
            raise Answered(error) from error
    told = not watch.has_lost
    if as_json:
        told &= print_out(to_json_text(record.to_json()))
    elif not quiet:
        told &= print_out(summarise(record))
    if record.has_failed_gates and as_json is not quiet:
        print_out(tell_gates(record), err=True)
    if (fault := append_step_summary(record)) is not None:
        faults.append(fault)
    if record.error is not None and not (as_json and quiet):
        print_out(explain_failure(record, is_shown=follow), err=True)
    for fault in faults:
        print_out(str(fault), err=True)
    code = exit_code_of(record) or (faults[0].exit_code if faults else 0)
    return code or (0 if told else InfrastructureError.exit_code)


def summarise(record: RunRecord) -> str:
    """Return what a person wants to know of a run, a line per fact."""
    from mlops_nb.cli.gate_output import tell_gates, tell_promotion
    from mlops_nb.tracking.summary import describe_restored, render_number

    seconds = "" if record.seconds is None else f" in {record.seconds:.1f} s"
    facts = [("", f"{record.status}{seconds}")]
    if record.stages:
        facts.append(("stages", "  ".join(map(_phrase_stage, record.stages))))
    if told := describe_restored(record):
        facts.append(("cache", told))
    if record.metrics:
        metrics = (f"{name} {render_number(value)}" for name, value in record.metrics.items())
        facts.append(("metrics", "  ".join(metrics)))
    if record.model is not None:
        model, version = record.model, record.model.version
        place = "" if version is None else f" version {version}  models:/{model.name}/{version}"
        facts.append(("model", f"{model.name}{place}  {model.uri}"))
    if record.run_id is not None:
        facts.append(("run", record.run_id))
    if record.output is not None:
        facts.append(("output", record.output))
    facts += [("note", note) for note in record.notes]
    lines = [f"{name:<9}{text}" if name else text for name, text in facts]
    more = (tell_gates(record), tell_promotion(record))
    return "\n".join([*lines, *(f"\n{text}" for text in more if text)])


def explain_failure(record: RunRecord, *, is_shown: bool = False) -> str:
    """Return the error of a run, with the user's own traceback unless that `is_shown` already."""
    error = record.error
    if error is None:
        return ""
    place = record.notebook
    if error.cell is not None:
        place += f", cell {error.cell}"
    if error.stage is not None:
        place += f", stage {error.stage!r}"
    told = f"{error.code} {place}: {error.message}"
    return f"{error.traceback}\n{told}" if error.traceback and not is_shown else told


def _phrase_stage(stage: Any) -> str:
    if stage.status == "completed" and stage.seconds is not None:
        return f"{stage.name} {stage.seconds:.1f} s"
    return f"{stage.name} {stage.status}"


def _show_parameters(notebook: str, secrets: Sequence[str]) -> None:
    from mlops_nb.notebook.files import read_cells
    from mlops_nb.pipeline.parameters import declared_parameters
    from mlops_nb.project.secrecy import mask_what_can_be

    masker = mask_what_can_be(secrets, os.environ)
    declared = declared_parameters(read_cells(notebook).cells)
    if not declared:
        click.echo(f"{notebook} declares no parameters: no code cell has the tag 'parameters'.")
        return
    rows = [("name", "type", "default", "description")]
    rows += [
        (p.name, p.type.label, _shorten(masker.text(p.default)) or "(needed)", p.description)
        for p in declared
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for name, kind, default, description in rows:
        line = f"{name:<{widths[0]}}  {kind:<{widths[1]}}  {default:<{widths[2]}}  {description}"
        click.echo(masker.text(line.rstrip()))


def _shorten(default: str) -> str:
    return default if len(default) <= _SHOWN else f"{default[: _SHOWN - 1]}…"
