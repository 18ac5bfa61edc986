"""Which commands exist, and how is a fault told on the command line?

The group loads a command's module only when that command runs, so that ``--help`` stays instant.
Here is the one place of this door where errors become messages and exit codes (DESIGN 9).
"""

from __future__ import annotations

import os
import select
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from signal import SIGINT
from typing import Any

import click

from mlops_nb.errors import InfrastructureError, MlopsNbError, nearest
from mlops_nb.garbage import collect_seldom
from mlops_nb.stopping import StopRequests, ignore, number_of, taking_stops
from mlops_nb.version import __version__

# command -> (module, attribute, help line); the order is the order of ``--help``.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "check": (
        "mlops_nb.cli.check",
        "check",
        "Find what is wrong with notebooks, secrets in them included.",
    ),
    "graph": (
        "mlops_nb.cli.graph",
        "graph",
        "Show the stages of a notebook and the edges between them.",
    ),
    "explain": ("mlops_nb.cli.explain", "explain", "Explain a diagnostic's code, with an example."),
    "run": ("mlops_nb.cli.run", "run", "Run a notebook headless: tracked, packaged, registered."),
    "plan": ("mlops_nb.cli.plan", "plan", "Show what a run would execute and restore, and why."),
    "verify": (
        "mlops_nb.cli.verify",
        "verify",
        "Run a notebook in four ways and tell where they differ.",
    ),
    "runs": ("mlops_nb.cli.runs", "runs", "List runs, show one, or watch one that is going on."),
    "models": (
        "mlops_nb.cli.models",
        "models",
        "List registered models, show, compare or archive versions, write cards.",
    ),
    "promote": (
        "mlops_nb.cli.promote",
        "promote",
        "Judge a version of a model and make it the champion.",
    ),
    "approve": ("mlops_nb.cli.approve", "approve", "Approve a version for promotion."),
    "rollback": ("mlops_nb.cli.rollback", "rollback", "Make the previous champion serve again."),
    "history": (
        "mlops_nb.cli.history",
        "history",
        "Show who promoted what when, and what was champion at a time.",
    ),
    "debug": ("mlops_nb.cli.debug", "debug", "Open a run that failed where it failed."),
    "ui": ("mlops_nb.cli.ui", "ui", "Open MLflow's web interface on this project's runs."),
    "convert": ("mlops_nb.cli.convert", "convert", "Write a CI job that runs a notebook."),
    "tag": ("mlops_nb.cli.tag", "tag", "Tag cells as stages, by hand or by a suggestion."),
    "migrate": (
        "mlops_nb.cli.migrate",
        "migrate",
        "Turn the conventions of Kale, ploomber and papermill into stages.",
    ),
    "cache": (
        "mlops_nb.cli.cache",
        "cache",
        "List, verify and clear the results that runs keep.",
    ),
    "backup": ("mlops_nb.cli.backup", "backup", "Copy runs and models, also while runs go on."),
    "doctor": (
        "mlops_nb.cli.doctor",
        "doctor",
        "Print each setting, where it came from, what is missing.",
    ),
}


class Answered(Exception):  # noqa: N818 - what is wrong is its cause
    """A command was broken off by `cause` and has said so on stdout, as it was asked to."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(cause)
        self.cause = cause


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}. {nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Take a notebook to production without rewriting it.",
    epilog="Exit codes: 0 fine, 1 the notebook failed, 2 usage or bad input, "
    "3 gates failed, 4 approval missing, 5 infrastructure failed, 130 interrupted, 143 terminated.",
)
@click.version_option(__version__, prog_name="mlops-nb")
def cli() -> None:
    """Group the commands."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the code of DESIGN 9.

    Raises
    ------
    SystemExit
        Always.
    """
    collect_seldom()
    given = sys.argv[1:] if arguments is None else list(arguments)
    with taking_stops(passes_on=False) as stops:
        code = _run(given, stops)
        stops.leave_with(code)
        raise SystemExit(code)


def _run(arguments: list[str], stops: StopRequests) -> int:
    """Run a command and return the exit code."""
    try:
        with stops.breaking_off():
            stops.check()
            result: Any = cli.main(args=arguments, prog_name="mlops-nb", standalone_mode=False)
            if sys.stdout is not None:  # closed before we began
                sys.stdout.flush()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except (Exception, KeyboardInterrupt) as error:
        with stops.listening(ignore):
            if isinstance(error, Answered):
                return _tell(error.cause, stops)
            if arguments[:1] == ["run"]:
                from mlops_nb.cli.unrun import answer_unrun

                answer_unrun(arguments[1:], error, stops)
            return _tell(error, stops)
    return result if isinstance(result, int) else 0


def _tell(error: BaseException, stops: StopRequests) -> int:
    """Tell what broke a command off, on stderr, and return the exit code."""
    is_ours = isinstance(error, MlopsNbError | click.ClickException)
    if isinstance(error, click.Abort | KeyboardInterrupt) or (stops.asked and not is_ours):
        signum = stops.asked or number_of(error)  # native code makes other errors of an interrupt
        click.echo("Interrupted." if signum == SIGINT else "Terminated.", err=True)
        return 130 if signum == SIGINT else 143
    if isinstance(error, click.ClickException):
        error.show()
        return 2
    if isinstance(error, MlopsNbError):
        click.echo(click.style(str(error), fg="red"), err=True)
        return error.exit_code
    if isinstance(error, BrokenPipeError) and _has_lost_its_reader():
        # `mlops-nb runs list | head`: nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    traceback.print_exception(error)
    click.echo("MNB899: this is a fault of mlops_nb's; report it with the lines above.", err=True)
    return InfrastructureError.exit_code


def _has_lost_its_reader() -> bool:
    """Return whether stdout is a pipe that nobody reads any more."""
    if sys.stdout is None or not hasattr(select, "poll"):
        return True
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))
