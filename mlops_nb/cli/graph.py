"""``mlops-nb graph``: the stages of a notebook and the edges between them.

A notebook with findings still has a graph: they are told on stderr, and the exit code is that of
``check``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from mlops_nb.errors import InputError

if TYPE_CHECKING:
    from mlops_nb.export.graph import GraphFormat
    from mlops_nb.pipeline.stages import Pipeline

_BY_SUFFIX = {
    ".txt": "text",
    ".json": "json",
    ".svg": "svg",
    ".html": "html",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
}


@click.command(help="Show the stages of NOTEBOOK and the edges between them.")
@click.argument("notebook", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "-f",
    "format_",
    type=click.Choice(["text", "mermaid", "json", "svg", "html"]),
    help="What to print; by default what the suffix of -o says, else text.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Write to this file, not to stdout."
)
def graph(notebook: Path, format_: str | None, as_json: bool, output: Path | None) -> int:
    """Print or write the graph; 1 if any finding is an error."""
    from mlops_nb.export.graph import render_graph
    from mlops_nb.project import Project

    if as_json and format_ not in (None, "json"):
        raise click.UsageError(f"--json and --format {format_} contradict each other.")
    chosen = "json" if as_json else format_ or _format_of(output)
    pipeline = Project.find(notebook).read_pipeline(notebook)
    text = render_graph(pipeline, cast("GraphFormat", chosen))
    _tell_findings(pipeline)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text)
    return 1 if any(found.severity == "error" for found in pipeline.diagnostics) else 0


def _format_of(output: Path | None) -> str:
    if output is None:
        return "text"
    suffix = output.suffix.lower()
    if suffix not in _BY_SUFFIX:
        raise InputError(
            "MNB809",
            f"-o {output}",
            f"{suffix!r} names no format.",
            f"Name the file {', '.join(sorted(_BY_SUFFIX))}, or say --format.",
        )
    return _BY_SUFFIX[suffix]


def _tell_findings(pipeline: Pipeline) -> None:
    for found in pipeline.diagnostics:
        place = f" cell {found.cell}" if found.cell >= 0 else ""
        click.echo(
            f"{found.severity} {found.code}{place}: {found.message} {found.remedy}", err=True
        )


def _write(output: Path, text: str) -> None:
    from mlops_nb.notebook.atomic import write_atomically

    try:
        write_atomically(output, [text.encode("utf-8")])
    except OSError as error:
        raise InputError(
            "MNB901",
            str(output),
            f"The file cannot be written: {error.strerror or error}.",
            "Name a file in a folder that exists and is writable.",
        ) from error
