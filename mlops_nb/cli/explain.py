"""``mlops-nb explain CODE``: the page of a diagnostic, as text for a terminal."""

from __future__ import annotations

import click


@click.command(help="Explain CODE, such as MNB203: what it is, why it bites, how to mend it.")
@click.argument("code", required=False)
def explain(code: str | None) -> int:
    """Print a page; without CODE, a line for each that has one."""
    from mlops_nb.project.explain import explain as page_of
    from mlops_nb.project.explain import explained_codes

    if code is not None:
        click.echo(page_of(code), nl=False)
        return 0
    for known in explained_codes():
        click.echo(page_of(known).splitlines()[0].removeprefix("# "))
    return 0
