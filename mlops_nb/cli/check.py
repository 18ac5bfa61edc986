"""``mlops-nb check``: what is wrong with notebooks, before anything runs.

Every notebook is checked, whatever is found in another. 1 if a finding is an error, 2 if a file
could not be read: then not all was checked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mlops_nb.errors import MlopsNbError

if TYPE_CHECKING:
    from mlops_nb.pipeline.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found in one notebook, or why it could not be read."""

    notebook: str
    findings: tuple[Diagnostic, ...] = ()
    fault: MlopsNbError | None = None


@click.command(
    help="Check notebooks: stages, data flow, and secrets in sources and outputs. "
    "Exit code 1 if a finding is an error, 2 if a file cannot be read."
)
@click.argument("notebooks", nargs=-1, required=True, metavar="NOTEBOOK...")
@click.option(
    "--format",
    "-f",
    "format_",
    type=click.Choice(["text", "json"]),
    help="What to print; json is a list of findings, each with its notebook.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-q", "--quiet", is_flag=True, help="No count of findings at the end.")
def check(notebooks: Sequence[str], format_: str | None, as_json: bool, quiet: bool) -> int:
    """Print the findings and return the exit code."""
    if as_json and format_ == "text":
        raise click.UsageError("--json and --format text contradict each other.")
    checked = [_check(notebook) for notebook in notebooks]
    if as_json or format_ == "json":
        rows = [row for one in checked for row in _to_json(one)]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for one in checked:
            for finding in one.findings:
                click.echo(phrase_finding(one.notebook, finding))
    for one in checked:
        if one.fault is not None:
            click.echo(str(one.fault), err=True)
    if not quiet:
        click.echo(_count(checked), err=True)
        codes = sorted({f.code for one in checked for f in one.findings})
        if codes:
            click.echo(f"What a code means: mlops-nb explain {codes[0]}", err=True)
    if any(one.fault is not None for one in checked):
        return 2
    return 1 if any(f.severity == "error" for one in checked for f in one.findings) else 0


def phrase_finding(notebook: str, finding: Diagnostic) -> str:
    """Return a finding as two lines: what and where, and the remedy."""
    place = notebook
    if finding.cell >= 0:
        place += f", cell {finding.cell}"
    if finding.line:
        place += f", line {finding.line}"
    return f"{finding.severity} {finding.code} {place}: {finding.message}\n  {finding.remedy}"


def _check(notebook: str) -> Checked:
    from mlops_nb.project import Project

    try:
        return Checked(notebook=notebook, findings=Project.find(notebook).check(notebook))
    except MlopsNbError as error:
        return Checked(notebook=notebook, fault=error)


def _to_json(checked: Checked) -> list[dict[str, Any]]:
    """Return a row per finding; a file that cannot be read is one, too."""
    rows = [{**finding.to_json(), "notebook": checked.notebook} for finding in checked.findings]
    if checked.fault is not None:
        fault = {
            "code": checked.fault.code,
            "severity": "error",
            "cell": -1,
            "line": 0,
            "column": 0,
            "message": checked.fault.fault,
            "remedy": checked.fault.remedy,
            "related": [],
        }
        rows.append({**fault, "notebook": checked.notebook})
    return rows


def _count(checked: Sequence[Checked]) -> str:
    found = [finding.severity for one in checked for finding in one.findings]
    told = [f"{found.count(s)} {s}{'s' * (found.count(s) != 1)}" for s in ("error", "warning")]
    unread = sum(one.fault is not None for one in checked)
    if unread:
        told.append(f"{unread} unreadable")
    return f"{len(checked)} notebook{'s' * (len(checked) != 1)} checked: {', '.join(told)}."
