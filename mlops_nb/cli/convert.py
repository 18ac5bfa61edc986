"""``mlops-nb convert``: a CI job that runs a notebook, written from a template."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(help="Write a CI job that runs NOTEBOOK, keeps its outputs and registers its model.")
@click.argument("notebook", type=click.Path(path_type=Path))
@click.option(
    "--to", "target", type=click.Choice(["github"]), required=True, help="What runs the job."
)
@click.option(
    "--output",
    "-o",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Root of the repository the job is for; found from the notebook if not given.",
)
@click.option(
    "--parameter",
    "-p",
    "parameters",
    nargs=2,
    multiple=True,
    metavar="NAME VALUE",
    help="Value the job passes in place of the notebook's default. May be repeated.",
)
@click.option("--register", metavar="NAME", help="Registered model the job adds a version to.")
@click.option(
    "--gate",
    "gates",
    multiple=True,
    metavar="EXPR",
    help="What must hold in the job besides the gates of notebook and settings. May be repeated.",
)
@click.option(
    "--promote-if-passed",
    is_flag=True,
    help="Let the job make its version the champion if all gates hold.",
)
def convert(
    notebook: Path,
    target: str,
    folder: Path | None,
    parameters: tuple[tuple[str, str], ...],
    register: str | None,
    gates: tuple[str, ...],
    promote_if_passed: bool,
) -> int:
    """Write the job and print its path; `target` is ``github``, the only one so far."""
    from mlops_nb.export.github import write_workflow
    from mlops_nb.project import Project

    project = Project.find(notebook)
    # What a run would refuse is refused here: a job that can only fail is no help.
    pipeline = project.runnable_pipeline(
        notebook, register=register, gates=gates, promote_if_passed=promote_if_passed
    )
    settings = project.settings_for(notebook)
    written, notes = write_workflow(
        pipeline,
        root=project.root,
        repository=folder,
        values=dict(parameters),
        register=register or settings.register,
        gates=gates,
        promote_if_passed=promote_if_passed,
        secrets=settings.secrets,
    )
    for note in notes:
        click.echo(note, err=True)
    click.echo(str(written))
    return 0
