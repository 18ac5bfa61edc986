"""``mlops-nb cache``: which results are kept, are they whole, and how much room may they take?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from mlops_nb.cli.printing import print_out
from mlops_nb.cli.runs import render_table

if TYPE_CHECKING:
    from mlops_nb.artifacts.store_cap import Removal
    from mlops_nb.project.cache import CacheReport
    from mlops_nb.project.roots import Layout
    from mlops_nb.project.settings import Settings

_ID_SHOWN = 8


def _size(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """Return the bytes that ``--limit`` says."""
    from mlops_nb.pipeline.option_values import parse_size

    try:
        return None if value is None else 0 if value == "0" else parse_size(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.group(help="List, verify or shrink the results that runs keep.")
def cache() -> None:
    """Group the commands on the cache."""


@cache.command("ls", help="List what is kept, last used first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ls(as_json: bool) -> int:
    """Print a table or JSON on stdout; nothing is made where nothing is kept."""
    from mlops_nb.project.cache import list_cache

    layout, settings = _project()
    report = list_cache(layout, settings)
    if as_json:
        return _exit(print_out(json.dumps(report.to_json(), indent=2)))
    if not report.survey.entries and not report.survey.blob_sizes:
        click.echo(f"Nothing is kept in {report.folder}.", err=True)
    printed = print_out(render_cache(report)) if report.survey.entries else True
    for line in _remarks(report):
        click.echo(line, err=True)
    return _exit(printed)


@cache.command("verify", help="Read all that is kept, and tell what is damaged (exit code 1).")
@click.option("--repair", is_flag=True, help="Remove what is damaged: it is made again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(repair: bool, as_json: bool) -> int:
    """Print a line for each damaged file."""
    from mlops_nb.project.cache import repair_cache, verify_cache

    layout, _ = _project()
    faults = verify_cache(layout)
    removed = repair_cache(faults) if repair else 0
    if as_json:
        found = {"schema": 1, "faults": [fault.to_json() for fault in faults], "removed": removed}
        print_out(json.dumps(found, indent=2))
    else:
        for fault in faults:
            print_out(f"{fault.path}: {fault.reason}")
        if not faults:
            click.echo("All that is kept is whole.", err=True)
        elif repair:
            click.echo(f"{removed} of {len(faults)} files were removed.", err=True)
        else:
            click.echo("Runs take these for missing. Remove them: --repair", err=True)
    return 1 if len(faults) > removed else 0


@cache.command(
    "gc", help="Remove what nothing names, and what was used longest ago beyond the limit."
)
@click.option(
    "--limit",
    metavar="SIZE",
    callback=_size,
    help="How much may stay, such as 5GB or 0; the setting if not given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def gc(limit: int | None, as_json: bool) -> int:
    """Print what was removed; 5 if the store could not be changed."""
    from mlops_nb.errors import InfrastructureError
    from mlops_nb.project.cache import tidy_cache

    layout, settings = _project()
    removal = tidy_cache(layout, settings, limit_bytes=limit)
    if as_json:
        print_out(json.dumps({"schema": 1, **removal.to_json()}, indent=2))
    else:
        click.echo(render_removal(removal), err=True)
    return 0 if removal.is_done else InfrastructureError.exit_code


def render_cache(report: CacheReport) -> str:
    """Return what is kept as a table for a terminal."""
    rows = [("STAGE", "NOTEBOOK", "RUN", "STORED", "LAST USED", "SIZE")]
    for entry in report.survey.entries:
        about = entry.record.about
        size = render_bytes(entry.size_bytes)
        rows.append(
            (
                about.get("stage") or about.get("cell", "-"),
                about.get("notebook", "-"),
                about.get("run", "-")[:_ID_SHOWN],
                f"{entry.record.created.astimezone():%Y-%m-%d %H:%M}",
                f"{entry.last_used.astimezone():%Y-%m-%d %H:%M}",
                f"{size}, incomplete" if entry.missing else size,
            )
        )
    return render_table(rows)


def _remarks(report: CacheReport) -> list[str]:
    survey = report.survey
    lines = []
    if survey.entries:
        total, cap = render_bytes(survey.size_bytes), render_bytes(report.cap_bytes)
        lines.append(f"{len(survey.entries)} results, {total} of at most {cap}.")
    if survey.unnamed_bytes:
        lines.append(f"{render_bytes(survey.unnamed_bytes)} belong to no result: mlops-nb cache gc")
    if survey.faults:
        lines.append(f"{len(survey.faults)} records cannot be read: mlops-nb cache verify")
    for folder, size in survey.other_formats.items():
        told = render_bytes(size)
        lines.append(
            f"{told} in {folder} belong to another version of mlops_nb and are left alone."
        )
    return lines


def render_removal(removal: Removal) -> str:
    """Return what was removed as a sentence.

    >>> from mlops_nb.artifacts.store_cap import Removal
    >>> render_removal(Removal(freed_bytes=2_000_000, records=1, blobs=2, cap_bytes=10**10))
    'Removed 1 result and 2 files: 2.0 MB. 0 B of at most 10.0 GB are left.'
    """
    results = f"{removal.records} result{'' if removal.records == 1 else 's'}"
    files = f"{removal.blobs} file{'' if removal.blobs == 1 else 's'}"
    done = f"Removed {results} and {files}: {render_bytes(removal.freed_bytes)}."
    left = (
        f"{render_bytes(removal.size_bytes)} of at most {render_bytes(removal.cap_bytes)} are left."
    )
    return " ".join(filter(None, [done, left, removal.note] if removal.is_done else [removal.note]))


def render_bytes(count: int) -> str:
    """Return a number of bytes for a person.

    >>> [render_bytes(n) for n in (0, 999, 1_500, 2_000_000, 10**10, 5 * 10**15)]
    ['0 B', '999 B', '1.5 kB', '2.0 MB', '10.0 GB', '5000.0 TB']
    """
    if count < 1000:
        return f"{count} B"
    size = float(count)
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} TB"


def _project() -> tuple[Layout, Settings]:
    from mlops_nb.project import Project
    from mlops_nb.project.roots import find_kept

    layout = find_kept()
    return layout, Project(layout=layout).settings


def _exit(printed: bool) -> int:
    from mlops_nb.errors import InfrastructureError

    return 0 if printed else InfrastructureError.exit_code
