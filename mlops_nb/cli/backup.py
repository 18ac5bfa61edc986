"""``mlops-nb backup``: a copy of all that must not be lost, also while runs go on."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mlops_nb.cli.printing import print_out


@click.command(
    help="Copy runs, models and their database (.mlops_nb/record) to the new folder DEST, also "
    "while runs go on. Copied back, it is what it was."
)
@click.argument("dest", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backup(dest: Path, as_json: bool) -> int:
    """Make the copy and say what is in it."""
    from mlops_nb.cli.cache import render_bytes
    from mlops_nb.project.backup import back_up
    from mlops_nb.project.roots import find_kept

    made = back_up(find_kept(), dest)
    if as_json:
        return 0 if print_out(json.dumps(made.to_json(), indent=2)) else 5
    runs = f"{made.runs} run{'' if made.runs == 1 else 's'}"
    click.echo(f"{runs}, {made.files} files, {render_bytes(made.size_bytes)} in {made.folder}")
    return 0
