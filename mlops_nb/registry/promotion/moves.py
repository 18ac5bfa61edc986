"""How does an alias move so that history and alias agree whatever happens? Promote and roll back.

One way for both: in a turn of one's own, close what others left, look at the alias once more, write
the move, move the alias, then what follows from it, write that it is done, anchor the history. A
process that dies anywhere in between leaves what `settling.settle` closes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from mlops_nb.errors import InfrastructureError, InputError, MlopsNbError
from mlops_nb.registry.promotion.actor import Actor
from mlops_nb.registry.promotion.audit_entry import AuditEntry
from mlops_nb.registry.promotion.chain import Chain
from mlops_nb.registry.promotion.hook import run_hook
from mlops_nb.registry.promotion.ledger import (
    OWN_LEASE_S,
    Ledger,
    lost_turn,
    process_stamp,
)
from mlops_nb.registry.promotion.log_run import LineTakenError
from mlops_nb.registry.promotion.moments import alias_changes
from mlops_nb.registry.promotion.obstacles import HISTORY_BROKEN, PromotionObstacle, refusal
from mlops_nb.registry.promotion.promotion import Promotion
from mlops_nb.registry.promotion.rules import PromotionRules
from mlops_nb.registry.promotion.settling import Standing, finish, settle

REASON_LIMIT = 1000
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move that is to be made.

    Attributes
    ----------
    kind : {"promote", "rollback"}
    alias : str
    before : int or None
        What the alias must name now.
    after : int
    values : dict
        All else that the entry says.
    """

    kind: Literal["promote", "rollback"]
    alias: str
    before: int | None
    after: int
    values: dict[str, Any] = field(default_factory=dict)


def carry_out(
    ledger: Ledger,
    move: Move,
    *,
    in_spite: bool = False,
    refuse: Callable[[Chain], None] | None = None,
) -> AuditEntry | None:
    """Make a move and return its entry; None if the alias names that version already.

    Parameters
    ----------
    ledger : Ledger
    move : Move
    in_spite : bool
        Whether to write although the history shows signs of changes.
    refuse : callable, optional
        Raises if the history, as it is in this turn, stands against the move.

    Raises
    ------
    NotBlessedError, InputError
        MNB728 if the history shows such signs.
    InfrastructureError
        MNB713, MNB714 registry or history cannot be written; MNB715, MNB716 somebody else moved
        the alias.
    """
    for _ in range(_ATTEMPTS):
        with ledger.turn():
            begun = time.monotonic()
            try:
                standing = settle(ledger, in_spite=in_spite)
                if not _is_needed(move, standing, ledger.model, in_spite=in_spite):
                    return None
                if refuse is not None:
                    refuse(standing.chain)
                entry, chain = ledger.append(
                    standing.chain,
                    move.kind,
                    alias=move.alias,
                    before=move.before,
                    after=move.after,
                    process=process_stamp(),
                    **move.values,
                )
            except LineTakenError:
                continue
            _move(ledger, entry, chain, begun=begun)
            return entry
    raise lost_turn(ledger.model)


def _is_needed(move: Move, standing: Standing, model: str, *, in_spite: bool) -> bool:
    if standing.chain.unanswered and not in_spite:
        raise refusal(model, [history_obstacle(standing.chain, model)])
    now = standing.aliases.get(move.alias)
    if now == move.after:
        return False
    if now != move.before:
        was = "nothing" if move.before is None else f"version {move.before}"
        is_now = "nothing" if now is None else f"version {now}"
        raise InfrastructureError(
            "MNB716",
            model,
            f"{move.alias!r} named {was} when this was planned, and names {is_now} now.",
            "Plan again: what was judged was judged against another version.",
        )
    return True


def _move(ledger: Ledger, entry: AuditEntry, chain: Chain, *, begun: float) -> None:
    """Do what the entry says; leave it closed, or so that the next turn closes it."""
    assert entry.after is not None
    try:
        if ledger.lock_file is None and time.monotonic() - begun > OWN_LEASE_S:
            raise lost_turn(entry.model)  # others may hold us for dead already
        ledger.registry.move_alias(entry.model, entry.alias, entry.after)
        finish(ledger.registry, entry)
        _, chain = ledger.append(chain, "done", of=entry.seq)
        ledger.anchor(chain)
    except (MlopsNbError, LineTakenError) as error:
        _close_after(ledger, entry, error)


def _close_after(ledger: Ledger, entry: AuditEntry, error: Exception) -> None:
    """Close what failed half-way; raise unless it turns out that it is done after all."""
    told = error if isinstance(error, MlopsNbError) else lost_turn(entry.model)
    ledger.give_up(entry)
    try:
        standing = settle(ledger, in_spite=HISTORY_BROKEN in entry.forced)
    except (MlopsNbError, LineTakenError):
        raise InfrastructureError(
            told.code,
            told.place,
            f"{told.fault} Whether {entry.alias!r} of {entry.model!r} names version {entry.after}"
            " now is in the registry alone.",
            f"{told.remedy} The next use of the history finishes or takes back the rest.",
        ) from error
    changes = alias_changes(standing.chain.entries)
    if not any(change.entry.seq == entry.seq for change in changes):
        raise told from error


def history_obstacle(chain: Chain, model: str) -> PromotionObstacle:
    """Return what says that a history shows signs of changes."""
    more = len(chain.unanswered) - 1
    rest = f" (and {more} more)" if more else ""
    return PromotionObstacle(
        code=HISTORY_BROKEN,
        reason=f"The history of {model!r} does not hold: {chain.unanswered[0]}{rest}",
        remedy=f"Find out who changed it: mlops-nb history {model} --verify.",
    )


def check_reason(reason: str, *, needed_by: str = "") -> str:
    """Return a reason as it is kept.

    Parameters
    ----------
    reason : str
    needed_by : str
        What cannot go without one: ``"--force"``; empty: none is needed.

    Raises
    ------
    InputError
        MNB732 if there is none and must be, or it is too long.
    """
    text = " ".join(reason.split())
    if needed_by and not text:
        raise InputError(
            "MNB732",
            "--reason",
            f"{needed_by} needs a reason, which the history keeps.",
            "Say why: --reason TEXT.",
        )
    if len(text) > REASON_LIMIT or len(json.dumps(text)) > 2 * REASON_LIMIT:
        raise InputError(
            "MNB732",
            "--reason",
            f"the reason has {len(text)} characters, and {REASON_LIMIT} are kept.",
            "Say it in short, and link to the rest.",
        )
    return text


def told_of(entry: AuditEntry, rules: PromotionRules, *, folder: Path, begun: float) -> Promotion:
    """Return what came of a move that was made, and tell the hook."""
    assert entry.after is not None
    promotion = Promotion(
        kind="promote" if entry.kind == "promote" else "rollback",
        name=entry.model,
        to=entry.alias,
        before=entry.before,
        version=entry.after,
        at=entry.at,
        actor=entry.actor,
        identity=entry.identity,
        reason=entry.reason,
        forced=entry.forced,
        blessed=entry.blessed,
        seq=entry.seq,
        hook=rules.hook,
        seconds=time.monotonic() - begun,
    )
    if not rules.hook:
        return promotion
    fault = run_hook(rules.hook, promotion, folder=folder, timeout_s=rules.hook_timeout_s)
    return replace(promotion, hook_fault=fault)


def named(actor: Actor) -> dict[str, Any]:
    """Return who acts, as an entry says it."""
    return {"actor": actor.name, "identity": actor.identity, "names": actor.names}
