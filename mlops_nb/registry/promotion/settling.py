"""What did others leave behind? Closes a move that nobody closed, and notes what others moved.

Every turn begins here, so that alias and history agree before anything new is written. A move that
was begun is done if the alias names its version, and given up if not: nobody was told that it
succeeded, and to move a champion days later would surprise. Where the history itself does not hold,
nothing is written: it would cover what happened.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

from mlops_nb.errors import InputError
from mlops_nb.registry.promotion.audit_entry import AuditEntry, Kind
from mlops_nb.registry.promotion.chain import Chain
from mlops_nb.registry.promotion.ledger import Ledger
from mlops_nb.registry.promotion.log_run import LineTakenError
from mlops_nb.registry.promotion.moments import alias_changes, expected_aliases
from mlops_nb.registry.promotion.registry import Registry
from mlops_nb.registry.promotion.versions import (
    ARCHIVED_AT_TAG,
    ARCHIVED_BY_TAG,
    ARCHIVED_TAG,
    CHAMPION,
    PREVIOUS,
)

PROMOTED_TAGS = "mlops_nb.promoted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A history and the aliases, which agree with it."""

    chain: Chain
    aliases: Mapping[str, int]


def settle(ledger: Ledger, *, in_spite: bool = False) -> Standing:
    """Return how things stand once all that was left open is closed; call it in a turn.

    Parameters
    ----------
    ledger : Ledger
    in_spite : bool
        Whether to write although the history shows signs of changes.

    Raises
    ------
    LineTakenError
        If another writer was first: wait for another turn.
    """
    model, chain = ledger.snapshot()
    if chain.unanswered and not in_spite:
        return Standing(chain=chain, aliases=model.aliases)
    aliases = dict(model.aliases)
    if not chain.is_anchored:
        _finish_archiving(ledger.registry, chain)
    move = chain.open_move
    if move is not None:
        if not ledger.may_close(move):  # begun after this turn was given
            raise LineTakenError(move.seq)
        is_there = aliases.get(move.alias) == move.after
        if is_there:
            finish(ledger.registry, move)
        kind: Kind = "done" if is_there else "abandoned"
        _, chain = ledger.append(chain, kind, of=move.seq, recovered=True)
    expected = {CHAMPION: None, **expected_aliases(alias_changes(chain.entries))}
    for alias, version in expected.items():
        if aliases.get(alias) != version:
            entry, chain = _note_foreign(ledger, chain, alias, version, aliases.get(alias))
            if alias == CHAMPION:
                _keep_previous(ledger.registry, entry)
    if not chain.is_anchored:
        ledger.anchor(chain)
    return Standing(chain=chain, aliases=aliases)


def finish(registry: Registry, move: AuditEntry) -> None:
    """Do what follows a moved alias: the old champion gets its alias, versions their tags."""
    if move.after is None:
        return
    if move.alias == CHAMPION:
        _keep_previous(registry, move)
    registry.set_tags(move.model, move.after, tags_of(move))


def tags_of(move: AuditEntry) -> dict[str, str]:
    """Return what MLflow's interface shows of a move with the version that it moved to."""
    assert move.after is not None
    how = {"promote": "promoted to", "rollback": "rolled back to"}[move.kind]
    why = f": {move.reason}" if move.reason else ""
    tags = {
        PROMOTED_TAGS: f"{how} {move.alias} {move.at:%Y-%m-%d %H:%M:%S} UTC by {move.actor}{why}"
    }
    if move.kind == "promote":
        tags["mlops_nb.blessed"] = str(move.blessed).lower()
        if move.forced:
            tags["mlops_nb.forced"] = " ".join(move.forced)
        if move.live:
            tags["mlops_nb.live"] = "true"
    return tags


def archive_tags(entry: AuditEntry) -> dict[str, str]:
    """Return the tags; an empty one says that it is not archived, since tags are never deleted."""
    if entry.kind == "unarchive":
        return {ARCHIVED_TAG: "", ARCHIVED_BY_TAG: "", ARCHIVED_AT_TAG: ""}
    return {
        ARCHIVED_TAG: entry.reason,
        ARCHIVED_BY_TAG: entry.actor,
        ARCHIVED_AT_TAG: entry.at.astimezone(UTC).isoformat(timespec="seconds"),
    }


def _finish_archiving(registry: Registry, chain: Chain) -> None:
    """Set the tags of an archiving that has no anchor: its process may have died before them."""
    last = chain.entries[-1] if chain.entries else None
    if last is not None and last.kind in ("archive", "unarchive") and last.after is not None:
        with contextlib.suppress(InputError):  # the version is gone
            registry.set_tags(last.model, last.after, archive_tags(last))


def _note_foreign(
    ledger: Ledger, chain: Chain, alias: str, before: int | None, after: int | None
) -> tuple[AuditEntry, Chain]:
    """Write that somebody else moved an alias."""
    digest = ""
    if after is not None:
        with contextlib.suppress(InputError):
            digest = ledger.registry.version(ledger.model, after).digest
    return ledger.append(chain, "external", alias=alias, before=before, after=after, digest=digest)


def _keep_previous(registry: Registry, change: AuditEntry) -> None:
    """Give the version that was champion its alias, unless it is gone."""
    if change.before is None or change.before == change.after:
        return
    with contextlib.suppress(InputError):
        registry.move_alias(change.model, PREVIOUS, change.before)
