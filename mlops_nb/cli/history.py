"""``mlops-nb history``: who promoted what, when and why, and what was champion at a time?"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from mlops_nb.cli.printing import print_out, to_json_text

_AGO = re.compile(r"(\d+)([mhdw])(?: ago)?")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Return a time in the past: ISO 8601, without a zone the local one, or such as ``3d`` ago."""
    if value is None:
        return None
    ago = _AGO.fullmatch(value.strip())
    try:
        if ago is not None:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(value.strip())
        return found.astimezone() if found.tzinfo is None else found
    except (ValueError, OverflowError):
        told = f"{value!r} is no time: write 2026-11-22, '2026-11-22 14:30', or 3d for days ago."
        raise click.BadParameter(told, ctx, param) from None


@click.command(
    help="Show what happened to the aliases of MODEL, newest first.",
    epilog="Exit codes: 0 fine, 1 --verify found that the history was changed. "
    "Example: mlops-nb history churn --at 2026-11-17",
)
@click.argument("model")
@click.option("--at", callback=_moment, metavar="TIME", help="What was champion then.")
@click.option("--verify", is_flag=True, help="Say whether somebody changed the history.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def history(model: str, at: datetime | None, verify: bool, as_json: bool) -> int:
    """Print the history; nothing is written."""
    from mlops_nb.cli.promotion_output import render_history, render_verification
    from mlops_nb.project.promotions import Promotions

    found = Promotions.find().history(model, at)
    if as_json:
        print_out(to_json_text(found.to_json()))
    elif verify:
        print_out(render_verification(found))
    else:
        print_out(render_history(found))
        if found.problems:
            print_out(click.style(render_verification(found), fg="red"), err=True)
    return 1 if verify and found.problems else 0
