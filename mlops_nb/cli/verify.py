"""``mlops-nb verify``: does a notebook come to the same however it is run, and if not, why?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mlops_nb.cli.inputs import Inputs, read_duration, takes_inputs
from mlops_nb.cli.printing import print_out, to_json_text
from mlops_nb.errors import InfrastructureError

if TYPE_CHECKING:
    from mlops_nb.execution.verify_report import Difference, UnitReport
    from mlops_nb.project.verified import VerifyReport

_MORE = 4
# As options name the ways beside the first, to what reports call them.
_WAYS = {"isolated": "isolated", "restored": "restored", "seed": "another process"}
_SHOWN = 300


@click.command(
    help="Run NOTEBOOK in one kernel, with a kernel for each stage, restored from the first run, "
    "and with another hash seed, and tell where they differ and why. Nothing of it is kept; files "
    "that the notebook writes are written."
)
@takes_inputs()
@click.option("--timeout", metavar="DURATION", help="Time limit of each run, such as 90s, 10m, 2h.")
@click.option(
    "--skip",
    multiple=True,
    type=click.Choice(list(_WAYS)),
    help="Leave this way out: a kernel for each stage is the one that takes longest.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Tell nothing on stderr while it runs.")
@click.option("-v", "--verbose", is_flag=True, help="Also stages and cells that agree.")
def verify(
    inputs: Inputs,
    timeout: str | None,
    skip: Sequence[str],
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Print what was found and return 0 if all ways agree, 1 if not, 5 if a kernel died."""
    from mlops_nb.execution.endings import EXIT_CODES
    from mlops_nb.project import Project

    def tell(name: str) -> None:
        if not quiet:
            click.echo(f"run: {name} …", err=True)

    report = Project.find(inputs.notebook).verify(
        inputs.notebook,
        skip=[_WAYS[way] for way in skip],
        on_pass=tell,
        timeout_s=read_duration(timeout),
        **inputs.options(),
        is_own_process=True,
    )
    text = to_json_text(report.to_json()) if as_json else render_report(report, verbose=verbose)
    if not print_out(text):
        return InfrastructureError.exit_code
    if any(seen.status == "died" for seen in report.passes):
        return InfrastructureError.exit_code
    if report.status == "equal":
        return 0
    return 1 if report.status == "different" else EXIT_CODES[report.status]


def render_report(report: VerifyReport, *, verbose: bool = False) -> str:
    """Return what a person is told: what differs, why, what to do; then what was compared."""
    if report.error is not None:
        return "\n".join([_tell_failure(report), *(f"note: {note}" for note in report.notes)])
    lines: list[str] = []
    for unit in report.units:
        if unit.differences and (verbose or not unit.is_equal):
            lines += _render_unit(unit)
        elif unit.differences:
            lines.append(f"may differ  {unit.label}: {unit.accepts}")
        elif verbose:
            lines.append(f"equal       {unit.label}")
        if verbose:
            lines += [f"    it {told}" for told in unit.chance]
    lines.append(_summary(report))
    names = {name: why for unit in report.units for name, why in unit.unverified.items()}
    if names:
        told = ", ".join(sorted(names)[:_MORE]) + (" …" if len(names) > _MORE else "")
        lines.append(f"note: not compared, as they have no fingerprint: {told}")
        lines += [f"    {why}" for why in names.values() if verbose]
    chance = [unit.label for unit in report.units if unit.chance and not unit.differences]
    if chance:
        told = ", ".join(chance[:_MORE]) + (" …" if len(chance) > _MORE else "")
        lines.append(f"note: equal here, though they use what may differ (-v says what): {told}")
    lines += [f"note: {_shorten(note)}" for note in report.notes]
    return "\n".join(lines)


def _render_unit(unit: UnitReport) -> list[str]:
    """Return the first difference with its cause, and how many more there are."""
    first, *more = unit.differences
    word = "may differ" if unit.accepts else "differs"
    lines = [f"{word:<12}{unit.label}: {_phrase(first, unit)}"]
    if unit.cause is not None:
        lines.append(f"    likely cause: {unit.cause.word}: {unit.cause.message}.")
        lines.append(f"    {unit.cause.remedy}")
    if unit.accepts:
        lines.append(f"    {unit.accepts}")
    if more:
        told = [_subject(d) for d in more[:_MORE]] + (["…"] if len(more) > _MORE else [])
        lines.append(f"    also: {', '.join(dict.fromkeys(told))}")
    return lines


def _phrase(difference: Difference, unit: UnitReport) -> str:
    where = ", ".join(difference.passes)
    cell = f" (cell {difference.cell})" if len(unit.cells) > 1 else ""
    detail = f": {_shorten(difference.detail)}" if difference.detail else ""
    return f"{_subject(difference)}{cell}, {where}{detail}"


def _subject(difference: Difference) -> str:
    if difference.kind == "ending":
        return "how it ends"
    if difference.kind == "output":
        return "what it shows"
    word = {"value": "", "file": "file ", "metric": "metric "}[difference.kind]
    return f"{word}'{difference.subject}'"


def _summary(report: VerifyReport) -> str:
    n_units = len(report.units)
    n_different = sum(not unit.is_equal for unit in report.units)
    what = "stages and cells" if any(unit.stage for unit in report.units) else "cells"
    ways = ", ".join(f"{seen.name} {seen.seconds:.1f} s" for seen in report.passes)
    if n_different or report.status != "equal":
        return f"{n_different} of {n_units} {what} differ. ({ways})"
    return f"{n_units} of {n_units} {what} agree. ({ways})"


def _tell_failure(report: VerifyReport) -> str:
    error: Any = report.error
    place = report.notebook
    place += "" if error.cell is None else f", cell {error.cell}"
    place += "" if error.stage is None else f", stage {error.stage!r}"
    told = f"{error.code} {place}: {error.message}\nIt fails in one kernel; nothing was compared."
    return f"{error.traceback}\n{told}" if error.traceback else told


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
