"""How does a person see what ``--fix`` does before it is done? A diff of cells, then a question.

Where nobody can be asked (no terminal, ``--yes``) it is done: hooks and CI jobs see the diff in
their log.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import click

from mlops_nb.cli.printing import print_out
from mlops_nb.errors import MlopsNbError
from mlops_nb.export.code_frames import Look
from mlops_nb.notebook.addresses import is_url
from mlops_nb.notebook.files import read_bytes
from mlops_nb.pipeline.cell_changes import render_changes
from mlops_nb.project import Project
from mlops_nb.project.checking import CheckOptions, fix_notebook, write_fixed
from mlops_nb.project.fixing import FixedNotebook


def show_fixes(
    names: Sequence[str], options: CheckOptions, *, given: Mapping[str, bytes], look: Look
) -> bool:
    """Print what would change; return False if a notebook cannot be read."""
    is_sound, is_clean = True, True
    for name in names:
        try:
            fixed = fix_notebook(Project.find(name), name, raw=given.get(name), options=options)
        except MlopsNbError as error:
            click.echo(str(error), err=True)
            is_sound = False
            continue
        _show(name, fixed, look=look, err=False)
        is_clean = is_clean and not fixed.changes
    if is_clean:
        click.echo("Nothing can be mended by --fix.", err=True)
    return is_sound


def fix_notebooks(
    names: Sequence[str], options: CheckOptions, *, asks: bool, look: Look, err: bool
) -> int:
    """Mend what can be mended, each notebook in one step; return how many were changed.

    What cannot be read is left to the check that follows, which tells it.

    Raises
    ------
    InputError, InfrastructureError
        If a notebook was changed meanwhile, or cannot be written; those before it are done.
    """
    n_changed = 0
    for name in names:
        if is_url(name):
            continue
        try:
            raw = read_bytes(name)
            fixed = fix_notebook(Project.find(name), name, raw=raw, options=options)
        except MlopsNbError:
            continue
        if not fixed.changes:
            continue
        _show(name, fixed, look=look, err=err)
        if not asks or _agrees(name):
            write_fixed(name, raw, fixed)
            n_changed += 1
    return n_changed


def _agrees(name: str) -> bool:
    """Return what the person at the terminal says; True where there is none."""
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stderr.isatty():
        return True
    return click.confirm(f"Change {name}?", default=False, err=True)


def _show(name: str, fixed: FixedNotebook, *, look: Look, err: bool) -> None:
    if not fixed.changes:
        return
    lines = [look.paint(name, "place")]
    lines += [f"  {code} cell {cell}: {title}" for code, cell, title in fixed.titles]
    for line in render_changes(fixed.cells, fixed.changes).splitlines():
        role = {"+": "added", "-": "removed", "@": "head"}.get(line[:1])
        lines.append(look.paint(line, role) if role else line)
    print_out("\n".join(lines) + "\n", err=err, color=True)
