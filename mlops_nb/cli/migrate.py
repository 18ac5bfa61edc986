"""``mlops-nb migrate``: a notebook with the conventions of Kale, ploomber or papermill in ours.

Without OUT and without ``--in-place`` nothing is written: what would change is shown. What cannot
be carried over is listed with what to do; it does not fail the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from mlops_nb.cli.printing import print_out, to_json_text
from mlops_nb.errors import InputError

if TYPE_CHECKING:
    from mlops_nb.pipeline.carrying import Carrier
    from mlops_nb.pipeline.migration import Migration
    from mlops_nb.project.rewriting import Rewriting

CARRIER = click.option(
    "--carrier",
    type=click.Choice(["tag", "metadata", "comment", "magic"]),
    default="tag",
    show_default=True,
    help="How a stage is written into a cell; with tags, options go into the cell's metadata.",
)


@click.command(
    help="Turn the conventions of Kale, ploomber, papermill, scrapbook and dagstermill in NOTEBOOK "
    "into stages, and write it to OUT. Outputs, ids and all else stay."
)
@click.argument("notebook")
@click.argument("out", required=False, type=click.Path(path_type=Path))
@click.option(
    "--in-place", is_flag=True, help="Write NOTEBOOK itself, in one step; no copy is kept."
)
@CARRIER
@click.option(
    "--headings", is_flag=True, help="Make a stage below each heading of level 2, as soorgeon does."
)
@click.option("--diff", "show_diff", is_flag=True, help="Show the changes, cell by cell.")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what could not be carried over.")
def migrate(
    notebook: str,
    out: Path | None,
    in_place: bool,
    carrier: str,
    headings: bool,
    show_diff: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Show what changes, write it where asked; 0 whatever could not be carried over."""
    from mlops_nb.project.rewriting import plan_migration, write_rewritten

    check_target(notebook, out, in_place=in_place)
    migration, rewriting = plan_migration(
        notebook, carrier=cast("Carrier", carrier), headings=headings
    )
    is_written = not dry_run and (in_place or out is not None)
    if not as_json:
        _tell(notebook, migration, quiet=quiet)
        if not quiet and rewriting.diff and (show_diff or not is_written):
            print_out(f"\n{rewriting.diff}")
    written = None
    if is_written and not (in_place and rewriting.is_empty):
        written = write_rewritten(rewriting, to=None if in_place else out)
    if as_json:
        print_out(to_json_text(_to_json(notebook, migration, rewriting, written)))
    elif not quiet:
        print_out(_ending(notebook, migration, rewriting, written), err=True)
    return 0


def check_target(notebook: str, out: Path | None, *, in_place: bool) -> None:
    """Raise if where to write contradicts itself.

    Raises
    ------
    click.UsageError
        For OUT together with ``--in-place``.
    InputError
        MNB832 if OUT is the notebook itself.
    """
    if out is not None and in_place:
        raise click.UsageError("OUT and --in-place contradict each other.")
    if out is not None and out.exists() and Path(notebook).exists() and out.samefile(notebook):
        raise InputError(
            "MNB832", str(out), "this is the notebook itself.", "Say --in-place to replace it."
        )


def _tell(notebook: str, migration: Migration, *, quiet: bool) -> None:
    if not quiet:
        found = ", ".join(migration.conventions) or "no conventions of others"
        print_out(f"{notebook}: {found}")
        for carried in migration.carried:
            print_out(f"  {place(carried.cell)}  {carried.what}  →  {carried.to}")
    if migration.left:
        print_out("Not carried over:")
    for left in migration.left:
        print_out(f"  {place(left.cell)}  {left.what}: {left.why}.\n             {left.remedy}")
    if not quiet and migration.pipeline.stages:
        print_out("Stages:")
        for stage in migration.pipeline.stages:
            above = f"  after {', '.join(stage.upstream)}" if stage.upstream else ""
            print_out(f"  {stage.name}{above}")


def place(cell: int) -> str:
    """Return a cell as a column of a list."""
    return f"{'notebook' if cell < 0 else f'cell {cell}':<9}"


def _ending(notebook: str, migration: Migration, rewriting: Rewriting, written: Path | None) -> str:
    """Return the last line: where it was written, or how it would be."""
    if written is None and rewriting.is_empty:
        return "Nothing to migrate."
    if written is None:
        return f"Nothing written. mlops-nb migrate {notebook} OUT, or --in-place, writes it."
    errors = sum(d.severity == "error" for d in migration.pipeline.diagnostics)
    rest = (
        f" It has {errors} error{'s' * (errors != 1)}: mlops-nb check {written}" if errors else ""
    )
    return f"Written: {written}.{rest}{extension_hint(rewriting)}"


def extension_hint(rewriting: Rewriting) -> str:
    """Return what to do for the cells' magic to be known in Jupyter; empty if it is."""
    if not rewriting.needs_extension:
        return ""
    return " In Jupyter, run %load_ext mlops_nb first: its cells start with %%mlops_stage."


def _to_json(
    notebook: str, migration: Migration, rewriting: Rewriting, written: Path | None
) -> dict[str, Any]:
    return {
        "schema": 1,
        "notebook": notebook,
        "output": None if written is None else str(written),
        **migration.to_json(),
        "diff": rewriting.diff,
    }
