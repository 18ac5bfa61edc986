"""Say yes to a version, and take it back: an approval is a line of the history, and stands until
it is withdrawn.

A withdrawal moves nothing: what serves already is taken back by a rollback.
"""

from __future__ import annotations

from pathlib import Path

from mlops_nb.errors import InputError
from mlops_nb.registry.promotion.actor import Actor, authors_of
from mlops_nb.registry.promotion.approvals import Approval, Approvals, count_approvals
from mlops_nb.registry.promotion.audit_entry import AuditEntry, Kind
from mlops_nb.registry.promotion.chain import Chain
from mlops_nb.registry.promotion.ledger import Ledger, lost_turn
from mlops_nb.registry.promotion.log_run import LineTakenError
from mlops_nb.registry.promotion.moments import approvals_in, read_approval
from mlops_nb.registry.promotion.moves import check_reason, history_obstacle, named
from mlops_nb.registry.promotion.obstacles import not_packaged, refusal
from mlops_nb.registry.promotion.opening import open_ledger
from mlops_nb.registry.promotion.registry import Registry
from mlops_nb.registry.promotion.rules import PromotionRules
from mlops_nb.registry.promotion.settling import settle
from mlops_nb.registry.promotion.versions import VersionInfo

_ATTEMPTS = 20


def approve(
    registry: Registry, name: str, version: int | str, *, actor: Actor, reason: str = ""
) -> Approval:
    """Write that `actor` approves of a version, as it is now.

    Raises
    ------
    InputError
        MNB711, MNB712 if there is no such version; MNB730 if it has no digest to be bound to;
        MNB728 if the history shows signs of changes.
    InfrastructureError
        If the history cannot be written.
    """
    kept = check_reason(reason)
    found = registry.version(name, version)
    if not found.digest:
        raise refusal(found.label, [not_packaged(found.label)])
    return _write(registry, "approve", found, actor=actor, reason=kept)


def withdraw(
    registry: Registry, name: str, version: int | str, *, actor: Actor, reason: str
) -> Approval:
    """Write that `actor` no longer approves of a version.

    Raises
    ------
    InputError
        MNB711, MNB712 if there is no such version; MNB732 without a reason; MNB736 if there is no
        approval of theirs; MNB728 if the history shows signs of changes.
    InfrastructureError
        If the history cannot be written.
    """
    kept = check_reason(reason, needed_by="Withdrawing an approval")
    found = registry.version(name, version)
    return _write(registry, "withdraw", found, actor=actor, reason=kept)


def standing_approvals(
    registry: Registry,
    candidate: VersionInfo,
    chain: Chain,
    *,
    rules: PromotionRules,
    folder: Path,
) -> Approvals:
    """Return which approvals in a history count for a version, and what is missing."""
    run = registry.run(candidate.run_id) if candidate.run_id else None
    tags = {**({} if run is None else run.tags), **candidate.tags}
    return count_approvals(
        approvals_in(chain.entries),
        rules,
        version=candidate.version,
        digest=candidate.digest,
        authors=authors_of(folder, tags=tags) if rules.approvals else frozenset(),
    )


def _write(
    registry: Registry, kind: Kind, found: VersionInfo, *, actor: Actor, reason: str
) -> Approval:
    ledger = open_ledger(registry, found.name)
    for _ in range(_ATTEMPTS):
        with ledger.turn():
            try:
                return read_approval(_written(ledger, kind, found, actor, reason))
            except LineTakenError:
                continue
    raise lost_turn(found.name)


def _written(
    ledger: Ledger, kind: Kind, found: VersionInfo, actor: Actor, reason: str
) -> AuditEntry:
    """Return the line, or the one that says the same already."""
    standing = settle(ledger)
    if standing.chain.unanswered:
        raise refusal(found.label, [history_obstacle(standing.chain, found.name)])
    theirs = [
        one
        for one in approvals_in(standing.chain.entries)
        if one.version == found.version and one.actor == actor.name
    ]
    same = [one for one in theirs if one.digest == found.digest]
    if kind == "approve" and same:
        return standing.chain.entries[same[0].seq - 1]
    if kind == "withdraw" and not theirs:
        raise InputError(
            "MNB736",
            found.label,
            f"{actor.name} has no approval of it that could be withdrawn.",
            f"See who approved it: mlops-nb history {found.name}. Who approved under another name "
            "says it by --as.",
        )
    values = {**named(actor), "after": found.version, "digest": found.digest, "reason": reason}
    entry, chain = ledger.append(standing.chain, kind, **values)
    ledger.anchor(chain)
    return entry
