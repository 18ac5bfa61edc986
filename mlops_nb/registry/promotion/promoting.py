"""Promote and roll back: what doors call. Each refuses what may not be, then moves.

`promote` carries out a plan, `rollback` needs none: what it goes back to was judged before.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mlops_nb.errors import InputError
from mlops_nb.registry.promotion.actor import Actor
from mlops_nb.registry.promotion.approvals import approval_obstacle
from mlops_nb.registry.promotion.approving import standing_approvals
from mlops_nb.registry.promotion.chain import Chain
from mlops_nb.registry.promotion.moments import AliasChange, blessing_of, seen_changes
from mlops_nb.registry.promotion.moves import (
    Move,
    carry_out,
    check_reason,
    history_obstacle,
    named,
    told_of,
)
from mlops_nb.registry.promotion.obstacles import (
    HISTORY_BROKEN,
    NEVER_BLESSED,
    PromotionObstacle,
    archived,
    refusal,
)
from mlops_nb.registry.promotion.opening import open_ledger
from mlops_nb.registry.promotion.past_champion import past_champion
from mlops_nb.registry.promotion.plan import PromotionPlan
from mlops_nb.registry.promotion.promotion import Promotion
from mlops_nb.registry.promotion.registry import Registry
from mlops_nb.registry.promotion.rules import PromotionRules
from mlops_nb.registry.promotion.versions import ARCHIVED_TAG, CHAMPION, VersionInfo


def promote(
    plan: PromotionPlan,
    *,
    actor: Actor,
    reason: str = "",
    force: bool = False,
    folder: Path | None = None,
) -> Promotion:
    """Carry out a plan.

    Parameters
    ----------
    plan : PromotionPlan
    actor : Actor
    reason : str
    force : bool
        Go past what can be overridden; needs a reason.
    folder : Path, optional
        Where a hook's command runs; the working directory by default.

    Returns
    -------
    Promotion
        With `already` set if the alias names the version already.

    Raises
    ------
    InputError, NotBlessedError, ApprovalMissingError
        If something stands in the way: exit codes 2, 3, 4.
    InfrastructureError
        As `carry_out`; MNB716 if the alias has moved since the plan was made.
    """
    begun = time.monotonic()
    kept = check_reason(reason, needed_by="--force" if force else "")
    standing_still = tuple(o for o in plan.obstacles if not (force and o.overridable))
    if plan.already:
        return _unmoved("promote", plan.name, plan.to, plan.version)
    if standing_still:
        raise refusal(plan.label, standing_still)
    forced = tuple(sorted({obstacle.code for obstacle in plan.obstacles}))
    move = Move(
        kind="promote",
        alias=plan.to,
        before=None if plan.current is None else plan.current.version,
        after=plan.version,
        values={
            **named(actor),
            "digest": plan.candidate.digest,
            "reason": kept,
            "forced": forced,
            "blessed": plan.blessed,
            "live": plan.is_live,
            "evidence": plan.evidence(),
        },
    )
    ledger, where = open_ledger(plan.registry, plan.name), folder or Path.cwd()
    entry = carry_out(
        ledger,
        move,
        in_spite=HISTORY_BROKEN in forced,
        refuse=lambda chain: _refuse_unapproved(plan, chain, where),
    )
    if entry is None:
        return _unmoved("promote", plan.name, plan.to, plan.version)
    return told_of(entry, plan.rules, folder=where, begun=begun)


def rollback(
    registry: Registry,
    name: str,
    *,
    reason: str,
    actor: Actor,
    to: int | str | None = None,
    force: bool = False,
    rules: PromotionRules | None = None,
    folder: Path | None = None,
) -> Promotion:
    """Let ``champion`` name what it named before.

    Parameters
    ----------
    registry : Registry
    name : str
    reason : str
        Kept in the history.
    actor : Actor
    to : int or str, optional
        A version or alias; by default the newest champion that was not rolled back from.
    force : bool
        Also to a version that no promotion blessed.
    rules : PromotionRules, optional
        For the hook.
    folder : Path, optional
        Where a hook's command runs.

    Raises
    ------
    InputError
        MNB731 if there is nothing to go back to, MNB732 without a reason.
    NotBlessedError
        MNB729 if the version was never blessed.
    InfrastructureError
        As `carry_out`.
    """
    begun = time.monotonic()
    kept = check_reason(reason, needed_by="A rollback")
    ledger = open_ledger(registry, name)
    model = registry.model(name)
    chain = ledger.read(model)
    changes = seen_changes(chain.entries, model.aliases, model=name, now=datetime.now(UTC))
    now = model.aliases.get(CHAMPION)
    target = _target(registry, name, to, changes)
    if target.version == now:
        return _unmoved("rollback", name, CHAMPION, target.version)
    blessing = blessing_of(changes, target.version, target.digest)
    obstacles = [history_obstacle(chain, name)] if chain.unanswered else []
    if blessing is None:
        obstacles.append(_never_blessed(target))
    if mark := target.tags.get(ARCHIVED_TAG):
        obstacles.append(archived(target.label, mark))
    if obstacles and not force:
        raise refusal(target.label, obstacles)
    forced = tuple(sorted(obstacle.code for obstacle in obstacles))
    move = Move(
        kind="rollback",
        alias=CHAMPION,
        before=now,
        after=target.version,
        values={
            **named(actor),
            "digest": target.digest,
            "reason": kept,
            "forced": forced,
            "blessed": blessing is not None,
            "evidence": {} if blessing is None else {"blessed_by": str(blessing.seq)},
        },
    )
    entry = carry_out(ledger, move, in_spite=HISTORY_BROKEN in forced)
    if entry is None:
        return _unmoved("rollback", name, CHAMPION, target.version)
    return told_of(entry, rules or PromotionRules(), folder=folder or Path.cwd(), begun=begun)


def _refuse_unapproved(plan: PromotionPlan, chain: Chain, folder: Path) -> None:
    """Raise if approvals that were there when it was planned have been withdrawn since."""
    if not plan.rules.approvals:
        return
    now = standing_approvals(plan.registry, plan.candidate, chain, rules=plan.rules, folder=folder)
    missing = approval_obstacle(now, label=plan.label, rules=plan.rules)
    if missing is not None:
        raise refusal(plan.label, [missing])


def _target(
    registry: Registry, name: str, to: int | str | None, changes: Sequence[AliasChange]
) -> VersionInfo:
    """Return the version that is gone back to."""
    if to is not None:
        return registry.version(name, to)
    found = past_champion(registry, name, changes)
    if found is not None:
        return found
    raise InputError(
        "MNB731",
        name,
        f"the history of {name!r} knows no earlier champion that was not rolled back from.",
        f"Name a version: mlops-nb rollback {name} --to V --reason TEXT.",
    )


def _never_blessed(target: VersionInfo) -> PromotionObstacle:
    return PromotionObstacle(
        code=NEVER_BLESSED,
        reason=f"No promotion in the history blessed {target.label} as it is now.",
        remedy="Promote it instead, or say --force, which the history keeps.",
    )


def _unmoved(kind: Literal["promote", "rollback"], name: str, to: str, version: int) -> Promotion:
    return Promotion(kind=kind, name=name, to=to, before=version, version=version, already=True)
