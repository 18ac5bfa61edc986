"""``mlops-nb explain CODE``: the page of a diagnostic, as Markdown or for a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import click


@click.command(help="Explain CODE, such as MNB203: what it is, why it bites, how to mend it.")
@click.argument("code", required=False)
def explain(code: str | None) -> int:
    """Print a page; without CODE, a line for each that has one."""
    from mlops_nb.cli.colour import is_coloured
    from mlops_nb.cli.printing import print_out
    from mlops_nb.project.explain import explain as page_of
    from mlops_nb.project.explain import explained_codes

    if code is None:
        for known in explained_codes():
            print_out(page_of(known).splitlines()[0].removeprefix("# "))
        return 0
    page = page_of(code).rstrip("\n")
    if is_coloured(sys.stdout, said="auto", environment=os.environ):
        page = "\n".join(_styled(page.splitlines()))
    print_out(page, color=True)
    return 0


def _styled(lines: list[str]) -> Iterator[str]:
    """Yield a page for a terminal: headings bold, code indented and without its fences."""
    is_code = False
    for line in lines:
        if line.startswith("```"):
            is_code = not is_code
        elif is_code:
            yield click.style(f"    {line}", fg="cyan")
        elif line.startswith("#"):
            yield click.style(line.lstrip("# "), bold=True)
        else:
            yield line
