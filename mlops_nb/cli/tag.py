"""``mlops-nb tag``: say which cells are which stage, by hand or by a suggestion to accept.

A suggestion is shown first. On a terminal each stage is accepted, renamed or skipped; elsewhere
nothing is written without ``--yes``. Tagging by hand does what it is told.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from mlops_nb.cli.migrate import CARRIER, check_target, extension_hint
from mlops_nb.cli.printing import print_out, to_json_text

if TYPE_CHECKING:
    from mlops_nb.notebook.files import NotebookFile
    from mlops_nb.pipeline.carrying import Carrier
    from mlops_nb.pipeline.suggestion import Suggestion
    from mlops_nb.pipeline.tagging import Kind
    from mlops_nb.project.rewriting import Rewriting


@click.command(
    help="Tag the cells CELL (numbers from 0, ranges such as 4-7, or ids) of NOTEBOOK as a stage, "
    "or suggest stages for a notebook that has none.",
    epilog="Examples: mlops-nb tag nb.ipynb --suggest | "
    "mlops-nb tag nb.ipynb 4-6 --stage 'train --model clf --metrics accuracy'",
)
@click.argument("notebook")
@click.argument("cells", nargs=-1, metavar="[CELL]...")
@click.option("--suggest", "is_suggestion", is_flag=True, help="Propose stages, and accept them.")
@click.option(
    "--stage", "directive", metavar="'NAME [OPTIONS]'", help="The stage, as after %%mlops_stage."
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(["parameters", "setup", "skip"]),
    help="What the cells are instead of a stage.",
)
@click.option("--remove", is_flag=True, help="Take away what the cells say.")
@CARRIER
@click.option("--yes", "-y", is_flag=True, help="Accept the whole suggestion.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write this file, not NOTEBOOK itself."
)
@click.option("--dry-run", is_flag=True, help="Show the changes and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what is suggested or done as JSON.")
def tag(
    notebook: str,
    cells: tuple[str, ...],
    is_suggestion: bool,
    directive: str | None,
    kind: str | None,
    remove: bool,
    carrier: str,
    yes: bool,
    output: Path | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Change the notebook as told, or as accepted."""
    from mlops_nb.project.tagging import accept, plan_suggestion, plan_tagging

    _check_words(cells, [is_suggestion, directive is not None, kind is not None, remove])
    check_target(notebook, output, in_place=False)
    chosen = cast("Carrier", carrier)
    if not is_suggestion:
        rewriting = plan_tagging(
            notebook, cells, directive=directive or "", kind=cast("Kind", kind), carrier=chosen
        )
        return _finish(rewriting, {}, output, is_written=not dry_run, as_json=as_json)
    file, suggestion = plan_suggestion(notebook)
    if not (yes or dry_run or as_json) and _is_conversation():
        suggestion = _ask(file, suggestion)
        is_written = True
    else:
        is_written = yes and not dry_run
        if not as_json:
            _show(suggestion)
    said = {
        "stages": [stage.to_json() for stage in suggestion.stages],
        "tags": [one.to_json() for one in suggestion.tags],
        "why_not": suggestion.why_not,
    }
    rewriting = accept(file, suggestion, carrier=chosen)
    return _finish(rewriting, said, output, is_written=is_written, as_json=as_json)


def _check_words(cells: tuple[str, ...], modes: list[bool]) -> None:
    """Raise `click.UsageError` unless one thing is asked for, of cells where it needs some."""
    if sum(modes) != 1:
        raise click.UsageError("Say one of --suggest, --stage, --as and --remove.")
    if modes[0] and cells:
        raise click.UsageError("--suggest looks at the whole notebook: name no cells.")
    if not modes[0] and not cells:
        raise click.UsageError("Name the cells: numbers from 0, ranges such as 4-7, or ids.")


def _finish(
    rewriting: Rewriting,
    said: dict[str, Any],
    output: Path | None,
    *,
    is_written: bool,
    as_json: bool,
) -> int:
    """Write what is to be written and say so."""
    from mlops_nb.project.rewriting import write_rewritten
    from mlops_nb.project.tagging import new_errors

    written = None
    if is_written and not (rewriting.is_empty and output is None):
        written = write_rewritten(rewriting, to=output)
    errors = new_errors(rewriting)
    if as_json:
        print_out(
            to_json_text(
                {
                    "schema": 1,
                    "notebook": rewriting.file.path,
                    "output": None if written is None else str(written),
                    **said,
                    "changed_cells": [change.cell for change in rewriting.changes],
                    "diff": rewriting.diff,
                    "errors": [finding.to_json() for finding in errors],
                }
            )
        )
        return 0
    if rewriting.diff:
        print_out(rewriting.diff)
    for found in errors:
        print_out(f"{found.code} cell {found.cell}: {found.message} {found.remedy}", err=True)
    print_out(_ending(rewriting, written, is_suggestion=bool(said)), err=True)
    return 0


def _ending(rewriting: Rewriting, written: Path | None, *, is_suggestion: bool) -> str:
    if written is not None:
        return f"Written: {written}.{extension_hint(rewriting)}"
    if rewriting.is_empty:
        return "Nothing to change."
    return f"Nothing written{'; --yes accepts the suggestion' if is_suggestion else ''}."


def _is_conversation() -> bool:
    """Return whether somebody sits at a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def _show(suggestion: Suggestion) -> None:
    """Print the suggestion, a line for each stage."""
    if suggestion.why_not:
        print_out(f"No stages to suggest: {suggestion.why_not}")
    for stage in suggestion.stages:
        cells = ", ".join(map(str, stage.cells))
        seconds = "" if stage.seconds is None else f", {stage.seconds:.1f} s"
        options = f"  {stage.option_text}" if stage.option_text else ""
        print_out(f"{stage.name:<24} cells {cells}{options}  ({stage.reason}{seconds})")
    for said in suggestion.tags:
        print_out(f"{'tag ' + said.tag:<24} cell {said.cell}  ({said.reason})")
    if suggestion.stages:
        print_out("")


def _ask(file: NotebookFile, suggestion: Suggestion) -> Suggestion:
    """Return what a person accepts of the suggestion."""
    from mlops_nb.cli.accepting import ask_each

    if suggestion.why_not:
        print_out(f"No stages to suggest: {suggestion.why_not}")
    return ask_each(file.cells, suggestion)
