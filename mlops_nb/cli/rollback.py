"""``mlops-nb rollback``: let the champion be what it was before, at once."""

from __future__ import annotations

import click

from mlops_nb.cli.printing import print_out, to_json_text
from mlops_nb.cli.promote import AS


@click.command(
    help="Let the champion of MODEL be what it was before: the newest champion that was not "
    "rolled back from, or version --to.",
    epilog="Exit codes: 0 rolled back, 2 there is nothing to go back to, 3 the version was never "
    "blessed, 5 the registry failed. Example: mlops-nb rollback churn --reason 'null scores'",
)
@click.argument("model")
@click.option("--to", metavar="V", help="A version or an alias.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the history. Needed.")
@click.option("--force", is_flag=True, help="Also to a version that no promotion blessed.")
@AS
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def rollback(
    model: str, to: str | None, reason: str, force: bool, named: str | None, as_json: bool
) -> int:
    """Move the alias and say so."""
    from mlops_nb.cli.promotion_output import render_promotion
    from mlops_nb.project.promotions import Promotions

    done = Promotions.find().rollback(model, to=to, reason=reason, force=force, named=named)
    print_out(to_json_text(done.to_json()) if as_json else render_promotion(done))
    return 0
