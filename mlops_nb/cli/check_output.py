"""How do findings reach whoever asked: a person, an editor, a workflow, a scanning service?

Text and annotations are printed as notebooks are done; JSON and SARIF are one document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from mlops_nb.cli.printing import print_out, to_json_text
from mlops_nb.export.code_frames import Look, render_finding
from mlops_nb.pipeline.checked import CheckedNotebook
from mlops_nb.project.check_folder import check_all
from mlops_nb.project.checking import CheckOptions


def print_checked(
    names: Sequence[str],
    options: CheckOptions,
    *,
    given: Mapping[str, bytes],
    format_: str,
    look: Look,
) -> tuple[list[CheckedNotebook], bool]:
    """Check the notebooks, print what is found, and return it, with whether it was lost on its way
    to a file.

    Parameters
    ----------
    names : sequence of str
    options : CheckOptions
    given : Mapping of str to bytes
        Content of notebooks that are not read from their names.
    format_ : {"text", "json", "github", "sarif"}
    look : Look
        Of text.
    """
    checked = []
    lost: list[bool] = []
    for one in check_all(names, options, given=given):
        checked.append(one)
        if format_ == "text":
            for frame in _frames(one, look):
                lost.append(not print_out(frame, color=True))
        elif format_ == "github" and one.findings:
            from mlops_nb.export.github_annotations import render_annotations

            lost.append(
                not print_out(render_annotations([one], folder=Path.cwd()).removesuffix("\n"))
            )
    if format_ == "json":
        from mlops_nb.export.check_json import check_rows

        lost.append(not print_out(to_json_text(check_rows(checked))))
    elif format_ == "sarif":
        lost.append(not print_out(to_json_text(_sarif(checked))))
    return checked, any(lost)


def summarise(checked: Sequence[CheckedNotebook], *, fixed: int | None) -> None:
    """Tell on stderr how much was found, mended and left out."""
    found = [
        finding.severity for one in checked for finding in one.findings if not one.is_unreadable
    ]
    told = [_count(found.count("error"), "error"), _count(found.count("warning"), "warning")]
    if found.count("info"):
        told.append(_count(found.count("info"), "info"))
    if unread := sum(one.is_unreadable for one in checked):
        told.append(f"{unread} unreadable")
    if ignored := sum(one.n_ignored for one in checked):
        told.append(f"{ignored} ignored by comments")
    click.echo(f"{_count(len(checked), 'notebook')} checked: {', '.join(told)}.", err=True)
    if fixed is not None:
        click.echo(f"{_count(fixed, 'notebook')} changed.", err=True)
    if fixable := sum(len(one.fixes) for one in checked):
        click.echo(f"{fixable} can be mended: mlops-nb check --fix, or --diff first.", err=True)
    told_codes = sorted(
        (f.severity, f.code) for one in checked if not one.is_unreadable for f in one.findings
    )
    if told_codes:  # "error" is the first of the severities
        click.echo(f"What a code means: mlops-nb explain {told_codes[0][1]}", err=True)


def _frames(one: CheckedNotebook, look: Look) -> Iterator[str]:
    """Yield the text of each finding; on a terminal a line apart."""
    for position in range(len(one.findings)):
        frame = render_finding(one, position, look=look)
        yield frame + "\n" if look.width is not None else frame


def _sarif(checked: Sequence[CheckedNotebook]) -> object:
    from mlops_nb.export.sarif import render_sarif
    from mlops_nb.project.explain import explain, explained_codes

    pages = {code: explain(code) for code in explained_codes()}
    return render_sarif(checked, pages=pages, folder=Path.cwd())


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
