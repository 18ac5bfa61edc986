"""What did an alias name when? The history's entries, folded into changes that took effect.

A change counts from the moment its entry was written, just before the alias moved. A move that was
begun and never closed counts if the alias now names what it was to name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mlops_nb.registry.promotion.approvals import Approval
from mlops_nb.registry.promotion.audit_entry import MOVES, AuditEntry
from mlops_nb.registry.promotion.versions import CHAMPION


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasChange:
    """An alias came to name another version.

    Attributes
    ----------
    alias : str
    before, after : int or None
    at : datetime
        Of a foreign move: when it was noticed.
    entry : AuditEntry
        Who, why, on what.
    """

    alias: str
    before: int | None
    after: int | None
    at: datetime
    entry: AuditEntry


def alias_changes(
    entries: Sequence[AuditEntry], aliases: Mapping[str, int] | None = None
) -> tuple[AliasChange, ...]:
    """Return the changes that took effect, in the order of the entries.

    Parameters
    ----------
    entries : sequence of AuditEntry
    aliases : Mapping of str to int, optional
        As they are now, to judge a move that is open; without it, it does not count.
    """
    ends = {entry.of: entry.kind for entry in entries if entry.of is not None}
    changes = []
    for entry in entries:
        if entry.kind in MOVES:
            is_open = entry.seq not in ends
            arrived = aliases is not None and aliases.get(entry.alias) == entry.after
            if not (arrived if is_open else ends[entry.seq] == "done"):
                continue
        elif entry.kind != "external":
            continue
        changes.append(
            AliasChange(
                alias=entry.alias,
                before=entry.before,
                after=entry.after,
                at=entry.at,
                entry=entry,
            )
        )
    return tuple(changes)


def seen_changes(
    entries: Sequence[AuditEntry], aliases: Mapping[str, int], *, model: str, now: datetime
) -> tuple[AliasChange, ...]:
    """Return the changes with those that somebody else made since and nobody has noted yet."""
    changes = alias_changes(entries, aliases)
    seq = entries[-1].seq if entries else 0
    foreign = []
    for alias, version in {CHAMPION: None, **expected_aliases(changes)}.items():
        if aliases.get(alias) == version:
            continue
        seq += 1
        after = aliases.get(alias)
        entry = AuditEntry(
            seq=seq, kind="external", at=now, model=model, alias=alias, before=version, after=after
        )
        foreign.append(AliasChange(alias=alias, before=version, after=after, at=now, entry=entry))
    return (*changes, *foreign)


def expected_aliases(changes: Sequence[AliasChange]) -> dict[str, int | None]:
    """Return what each alias must name now if nobody else moved it."""
    return {change.alias: change.after for change in changes}


def alias_at(changes: Sequence[AliasChange], alias: str, moment: datetime) -> AliasChange | None:
    """Return the change that made `alias` what it was at `moment`; None if nobody knows."""
    found = [change for change in changes if change.alias == alias and change.at <= moment]
    return found[-1] if found else None


def past_versions(changes: Sequence[AliasChange], alias: str) -> tuple[int, ...]:
    """Return the versions that `alias` named before, newest first, without those that were rolled
    back from: a second rollback goes one further back, and not forth again."""
    mine = [change for change in changes if change.alias == alias]
    given_up: set[int | None] = set()
    for change in mine:
        given_up.discard(change.after)
        if change.entry.kind == "rollback":
            given_up.add(change.before)
    given_up |= {mine[-1].after if mine else None, None}
    past = (change.before for change in reversed(mine))
    return tuple(dict.fromkeys(v for v in past if v is not None and v not in given_up))


def approvals_in(entries: Sequence[AuditEntry]) -> tuple[Approval, ...]:
    """Return the approvals that were not withdrawn since, oldest first."""
    standing: list[Approval] = []
    for entry in entries:
        if entry.kind == "approve":
            standing.append(read_approval(entry))
        elif entry.kind == "withdraw":
            theirs = (entry.after, entry.actor)
            standing = [one for one in standing if (one.version, one.actor) != theirs]
    return tuple(standing)


def read_approval(entry: AuditEntry) -> Approval:
    """Return the approval of a line."""
    return Approval(
        version=entry.after or 0,
        digest=entry.digest,
        actor=entry.actor,
        names=entry.names,
        at=entry.at,
        reason=entry.reason,
        seq=entry.seq,
    )


def blessing_of(changes: Sequence[AliasChange], version: int, digest: str) -> AuditEntry | None:
    """Return the promotion that blessed a version, unless its digest was another one then."""
    for change in reversed(changes):
        entry = change.entry
        is_it = entry.after == version and entry.digest == digest and bool(digest)
        if entry.kind == "promote" and entry.blessed and is_it:
            return entry
    return None
