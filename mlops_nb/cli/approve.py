"""``mlops-nb approve``: say yes to one version, as it is now."""

from __future__ import annotations

import click

from mlops_nb.cli.printing import print_out, to_json_text
from mlops_nb.cli.promote import AS


@click.command(
    help="Approve MODEL@V as it is now; who approves is asserted: --as, the login at the tracking "
    "server, git's user or the system's."
)
@click.argument("model", metavar="MODEL@V")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the history.")
@click.option("--withdraw", "undo", is_flag=True, help="Take your approval back; needs --reason.")
@AS
@click.option("--json", "as_json", is_flag=True, help="Print the approval as JSON.")
def approve(model: str, reason: str, undo: bool, named: str | None, as_json: bool) -> int:
    """Write the approval into the history."""
    from mlops_nb.project.promotions import Promotions

    if "@" not in model:
        raise click.UsageError("Name the version: an approval is of one, such as churn@4.")
    promotions = Promotions.find()
    given = promotions.approve(model, reason=reason, named=named, undo=undo)
    identity = promotions.actor(named).identity
    standing = promotions.approvals(model)
    if as_json:
        kind = "withdraw" if undo else "approve"
        told = {"schema": 1, "kind": kind, "model": model, "identity": identity, **given.to_json()}
        print_out(to_json_text({**told, "approvals": standing.to_json()}))
        return 0
    label = f"{model.partition('@')[0]}@{given.version}"
    if undo:
        print_out(f"{label} is no longer approved by {given.actor} ({identity}).")
        if given.version == promotions.registry.alias(label.rpartition("@")[0], "champion"):
            print_out("It stays champion: mlops-nb rollback takes it back.", err=True)
    else:
        print_out(
            f"{label} is approved by {given.actor} ({identity}), as it is now: {given.digest}"
        )
    if standing.needed:
        print_out(f"It has {len(standing.counted)} of {standing.needed} approvals.")
    for ignored in standing.ignored:
        print_out(ignored, err=True)
    return 0
