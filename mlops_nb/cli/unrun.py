"""What do ``run --json`` and ``--junit`` tell of a run that never came about?

A command line that is not understood, a module that cannot be loaded, a signal before the command
began: whoever reads the record or the report reads of these too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from signal import SIGINT
from typing import Any

import click

from mlops_nb.cli.printing import print_out, to_json_text
from mlops_nb.cli.reports import RunReports
from mlops_nb.errors import InputError
from mlops_nb.stopping import StopRequests, Terminated


def answer_unrun(arguments: Sequence[str], error: BaseException, stops: StopRequests) -> None:
    """Print the record and write the reports that `arguments`, those of ``run``, ask for."""
    asked = _read_leniently(arguments)
    reports = RunReports(
        notebook=asked.get("notebook") or "",
        out=asked.get("out"),
        junit=_to_path(asked.get("junit")),
        html=_to_path(asked.get("html")),
    )
    record = reports.tell(_to_fault(error, stops))
    if asked.get("as_json") or "--json" in arguments:
        print_out(to_json_text(record.to_json()))


def _read_leniently(arguments: Sequence[str]) -> dict[str, Any]:
    """Return as many options as can be read."""
    from mlops_nb.cli.run import run

    context = click.Context(
        run, resilient_parsing=True, ignore_unknown_options=True, allow_extra_args=True
    )
    values, _, _ = run.make_parser(context).parse_args(list(arguments))
    return {name: value for name, value in values.items() if isinstance(value, str | bool)}


def _to_path(text: Any) -> Path | None:
    return Path(text) if isinstance(text, str) and text else None


def _to_fault(error: BaseException, stops: StopRequests) -> BaseException:
    if isinstance(error, click.ClickException):
        return InputError("MNB822", "", error.format_message(), "See 'mlops-nb run --help'.")
    if stops.asked is not None and stops.asked != SIGINT:
        return Terminated(stops.asked)
    if stops.asked is not None or isinstance(error, click.Abort):
        return KeyboardInterrupt()
    return error
