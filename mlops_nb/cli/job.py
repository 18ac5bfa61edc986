"""What a CI job asks for after a run: ``python -m mlops_nb.cli.job summary|model``.

Not part of ``mlops-nb``: only the workflows written by ``mlops-nb convert`` call it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from mlops_nb.errors import MlopsNbError


@click.group(help="What the workflows written by 'mlops-nb convert' call after a run.")
def job() -> None:
    """Group the commands."""


@job.command(help="Print the summary of RUN_JSON as Markdown.")
@click.argument("run_json", type=click.Path(path_type=Path))
def summary(run_json: Path) -> None:
    """Print Markdown; a missing or broken record is told in it."""
    from mlops_nb.export.job_summary import render_summary

    click.echo(render_summary(_read(run_json)), nl=False)


@job.command(help="Copy the model that the run in RUN_JSON registered into FOLDER.")
@click.argument("notebook", type=click.Path(path_type=Path))
@click.argument("run_json", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
def model(notebook: Path, run_json: Path, folder: Path) -> None:
    """Copy the model's files and print where they are."""
    from mlops_nb.export.job_model import copy_model
    from mlops_nb.project import Project

    project = Project.find(notebook)
    store = project.store(project.settings_for(notebook))
    click.echo(str(copy_model(_read(run_json) or {}, folder, store=store)))


def _read(run_json: Path) -> dict[str, Any] | None:
    try:
        run: dict[str, Any] = json.loads(run_json.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return run


if __name__ == "__main__":
    try:
        job()
    except MlopsNbError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
