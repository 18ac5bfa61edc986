"""``mlops-nb promote``: judge a version, and let the champion's alias name it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mlops_nb.cli.activity import told_activity
from mlops_nb.cli.printing import print_out, to_json_text
from mlops_nb.errors import MlopsNbError

if TYPE_CHECKING:
    from mlops_nb.registry.promotion.plan import PromotionPlan
    from mlops_nb.registry.promotion.promotion import Promotion

AS = click.option("--as", "named", metavar="NAME", help="Who does this; kept as asserted.")


@click.command(
    help="Promote MODEL[@V], by default its newest version: judge it by its gates, let it answer "
    "in a fresh process, then let the alias name it.",
    epilog="Exit codes: 0 promoted or promoted already, 2 it may not be, 3 gates or the check "
    "that it serves failed, 4 approval missing, 5 the registry failed or somebody else was "
    "first. Example: mlops-nb promote churn@4 --dry-run",
)
@click.argument("model", metavar="MODEL[@V]")
@click.option("--to", default="champion", show_default=True, metavar="ALIAS")
@click.option("--dry-run", is_flag=True, help="Judge and show the plan; move nothing.")
@click.option("--gate", "gates", multiple=True, metavar="EXPR", help="What must hold besides.")
@click.option("--again", is_flag=True, help="Decide anew what is on record and still holds.")
@click.option("--force", is_flag=True, help="Go past what can be overridden; needs --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the history.")
@AS
@click.option("--json", "as_json", is_flag=True, help="Print plan and outcome as JSON.")
def promote(
    model: str,
    to: str,
    dry_run: bool,
    gates: tuple[str, ...],
    again: bool,
    force: bool,
    reason: str,
    named: str | None,
    as_json: bool,
) -> int:
    """Show the plan, and carry it out unless it is a dry run."""
    from mlops_nb.cli.promotion_output import render_plan, render_promotion
    from mlops_nb.project.promotions import Promotions
    from mlops_nb.registry.promotion.moves import check_reason
    from mlops_nb.registry.promotion.obstacles import refusal

    check_reason(reason, needed_by="--force" if force else "")
    promotions = Promotions.find()
    with told_activity(sys.stderr) as tell:
        plan = promotions.plan(model, to=to, gates=gates, again=again, tell=tell)
    if not as_json and not plan.already:
        print_out(render_plan(plan))
    error: MlopsNbError | None = None
    done = None
    if dry_run:
        standing = [one for one in plan.obstacles if not (force and one.overridable)]
        error = refusal(plan.label, standing) if standing else None
    else:
        try:
            done = promotions.promote(plan, reason=reason, force=force, named=named)
        except MlopsNbError as failed:
            error = failed
    if as_json:
        print_out(to_json_text(_answer(plan, done, error)))
    elif done is not None:
        print_out(render_promotion(done))
    elif dry_run and error is None:
        print_out("Nothing was moved: a dry run." if not plan.already else render_plan(plan))
    if error is None:
        return 0
    _tell(error, is_told=not as_json and bool(plan.obstacles), can_be_forced=plan.can_be_forced)
    return error.exit_code


def _answer(
    plan: PromotionPlan, done: Promotion | None, error: MlopsNbError | None
) -> dict[str, Any]:
    moved = None if done is None else done.to_json()
    told = None
    if error is not None:
        told = {"code": error.code, "message": f"{error.fault}\n{error.remedy}"}
    return {"schema": 1, "plan": plan.to_json(), "promotion": moved, "error": told}


def _tell(error: MlopsNbError, *, is_told: bool, can_be_forced: bool) -> None:
    """Say on stderr that nothing was moved, and why unless the plan has said it."""
    if not is_told:
        print_out(click.style(str(error), fg="red"), err=True)
        return
    forced = " --force --reason TEXT goes past it, and is kept." if can_be_forced else ""
    print_out(click.style(f"Not promoted ({error.code}).{forced}", fg="red"), err=True)
