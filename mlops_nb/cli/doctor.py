"""``mlops-nb doctor``: each setting and where it came from, and what is missing on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

_SIGNS = {"ok": ("✓", "green"), "missing": ("✗", "red"), "note": ("·", "yellow")}


@click.command(help="Print each setting and where it came from, and what is missing here.")
@click.argument("notebook", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(notebook: Path | None, as_json: bool) -> int:
    """Examine settings and machine; 1 if something needed is missing."""
    from mlops_nb.project import Project
    from mlops_nb.project.doctor import examine_machine, list_settings

    project = Project.find(notebook)
    settings = project.settings_for(notebook) if notebook else project.settings
    rows = list_settings(settings)
    findings = examine_machine(project.layout)
    if as_json:
        report = {"settings": rows, "findings": [finding.to_json() for finding in findings]}
        click.echo(json.dumps(report, indent=2, default=list))
    else:
        click.echo(f"Project {project.layout.root}\n\nSettings")
        for row in rows:
            _print_setting(row)
        click.echo("\nThis machine")
        width = max(len(finding.topic) for finding in findings)
        for finding in findings:
            sign, colour = _SIGNS[finding.verdict]
            line = f"  {click.style(sign, fg=colour)} {finding.topic.ljust(width)}  {finding.text}"
            click.echo(line + (f"  → {finding.remedy}" if finding.remedy else ""))
    return 1 if any(finding.verdict == "missing" for finding in findings) else 0


def _print_setting(row: dict[str, Any]) -> None:
    value = "not set" if row["value"] in (None, (), {}) else repr(row["value"])
    click.echo(f"  {row['name'].ljust(14)} {value.ljust(12)} from {row['origin']}: {row['help']}")
