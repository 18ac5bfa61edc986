"""``mlops-nb check``: what is wrong with notebooks, before anything runs.

Every notebook is checked, whatever is found in another. 1 if a finding is an error, 2 if a file
could not be read: then not all was checked.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mlops_nb.errors import InfrastructureError

if TYPE_CHECKING:
    from mlops_nb.pipeline.checked import CheckedNotebook
    from mlops_nb.project.checking import CheckOptions

_FORMATS = ("text", "json", "github", "sarif")
_STDIN = "-"
_EPILOG = (
    "A finding is accepted by '# mlops: ignore[MNB236]' at the end of its line, or above its "
    "cell's code; for a project in [tool.mlops_nb.check]. Exit codes: 0 fine, 1 a finding is an "
    "error, 2 a file cannot be read, or usage."
)


@click.command(
    help="Check notebooks: stages, data flow, habits, and secrets in sources and outputs. "
    "NOTEBOOK is a file, a folder, a glob, or - for stdin.",
    epilog=_EPILOG,
)
@click.argument("notebooks", nargs=-1, required=True, metavar="NOTEBOOK...")
@click.option(
    "--format",
    "-f",
    "format_",
    type=click.Choice(_FORMATS),
    help="What to print: frames of code, a list of findings, annotations of a GitHub workflow, "
    "or a SARIF log.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--select", multiple=True, metavar="CODES", help="Tell these only, such as MNB23.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Do not tell these.")
@click.option("--fix", is_flag=True, help="Mend what can be mended safely; a diff is shown first.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="With --fix: do not ask.")
@click.option("--stdin-filename", metavar="PATH", help="What the notebook on stdin is called.")
@click.option(
    "--color",
    "--colour",
    "colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Whether to colour; auto heeds NO_COLOR and FORCE_COLOR.",
)
@click.option("-q", "--quiet", is_flag=True, help="No count of findings at the end.")
def check(**said: Any) -> int:
    """Print the findings and return the exit code."""
    from mlops_nb.cli.check_fixing import fix_notebooks, show_fixes
    from mlops_nb.cli.check_output import print_checked, summarise
    from mlops_nb.cli.colour import look_of
    from mlops_nb.cli.printing import text_stream
    from mlops_nb.notebook.light_import import without_grammar
    from mlops_nb.project.check_files import find_notebooks

    # Trees and values are many, none is garbage in a cycle: looking for it takes a seventh longer.
    gc.set_threshold(50_000, 20, 100)
    chosen = _format_of(said["format_"], as_json=said["as_json"])
    _refuse_contradictions(**said)
    names = find_notebooks(said["notebooks"])
    options = _options(said["select"], said["ignore"], format_=chosen)
    given = _read_stdin(names, said["stdin_filename"])
    talk = text_stream(err=chosen != "text")
    look = look_of(talk, said=said["colour"])
    if said["diff"]:
        is_sound = show_fixes(names, options, given=given, look=look)
        return 0 if is_sound else 2
    fixed = 0
    if said["fix"]:
        fixed = fix_notebooks(names, options, asks=not said["yes"], look=look, err=chosen != "text")
    with without_grammar():
        checked, is_lost = print_checked(
            names,
            options,
            given=given,
            format_=chosen,
            look=look_of(text_stream(), said=said["colour"]),
        )
    if not said["quiet"]:
        summarise(checked, fixed=fixed if said["fix"] else None)
    if is_lost:
        raise InfrastructureError(
            "MNB817",
            "stdout",
            "what was found cannot be written.",
            "Free space, or name another file.",
        )
    return exit_code(checked)


def exit_code(checked: Sequence[CheckedNotebook]) -> int:
    """Return the exit code of DESIGN 9."""
    if any(one.is_unreadable for one in checked):
        return 2
    return 1 if any(f.severity == "error" for one in checked for f in one.findings) else 0


def _format_of(format_: str | None, *, as_json: bool) -> str:
    if as_json and format_ not in (None, "json"):
        raise click.UsageError(f"--json and --format {format_} contradict each other.")
    return "json" if as_json else format_ or "text"


def _refuse_contradictions(**said: Any) -> None:
    """Raise a usage error for options that have no effect, or none together."""
    if said["fix"] and said["diff"]:
        raise click.UsageError("--fix and --diff contradict each other.")
    if said["yes"] and not said["fix"]:
        raise click.UsageError("--yes is for --fix.")
    if said["fix"] and _STDIN in said["notebooks"]:
        raise click.UsageError("--fix cannot write to stdin; --diff shows what it would change.")
    if said["stdin_filename"] is not None and _STDIN not in said["notebooks"]:
        raise click.UsageError("--stdin-filename is for the notebook -.")
    if said["diff"] and (said["as_json"] or said["format_"] not in (None, "text")):
        raise click.UsageError("--diff is text: leave out --format.")


def _options(select: Sequence[str], ignore: Sequence[str], *, format_: str) -> CheckOptions:
    from mlops_nb.project.check_settings import parse_codes
    from mlops_nb.project.checking import CheckOptions

    return CheckOptions(
        select=parse_codes(select, "--select"),
        ignore=parse_codes(ignore, "--ignore"),
        with_fixes=format_ in ("text", "json"),
        with_file_lines=format_ != "text",
    )


def _read_stdin(names: list[str], called: str | None) -> dict[str, bytes]:
    """Return the notebook on stdin by its name, which takes the place of ``-`` in `names`."""
    if _STDIN not in names:
        return {}
    name = called or "<stdin>"
    names[names.index(_STDIN)] = name
    return {name: sys.stdin.buffer.read()}
