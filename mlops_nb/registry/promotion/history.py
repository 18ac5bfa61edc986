"""Who moved which alias when, why, and on what? And what was champion at a time?

Only reads: what nobody has noted yet (a foreign move, a move whose process died) is worked out and
shown as such; the next promotion writes it down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from mlops_nb.registry.promotion.audit_entry import CLOSINGS, MOVES, AuditEntry
from mlops_nb.registry.promotion.chain import Chain
from mlops_nb.registry.promotion.moments import AliasChange, alias_at, seen_changes
from mlops_nb.registry.promotion.opening import open_ledger
from mlops_nb.registry.promotion.registry import Registry
from mlops_nb.registry.promotion.versions import CHAMPION

Outcome = Literal["done", "given up", "unfinished", "noted", "not noted yet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEvent:
    """One thing that happened.

    Attributes
    ----------
    entry : AuditEntry
    outcome : {"done", "given up", "unfinished", "noted", "not noted yet"}
        Of a move whether the alias came to its version; of a foreign one whether the history
        has it.
    recovered : bool
        Whether another process closed it.
    """

    entry: AuditEntry
    outcome: Outcome
    recovered: bool = False

    def to_json(self) -> dict[str, Any]:
        entry = self.entry
        return {
            "entry": entry.seq if self.outcome != "not noted yet" else None,
            "kind": entry.kind,
            "outcome": self.outcome,
            "at": entry.at.isoformat(),
            "alias": entry.alias or None,
            "before": entry.before,
            "after": entry.after,
            "digest": entry.digest or None,
            "actor": entry.actor or None,
            "identity": entry.identity or None,
            "reason": entry.reason,
            "forced": list(entry.forced),
            "blessed": entry.blessed,
            "live": entry.live,
            "recovered": self.recovered,
            "evidence": dict(entry.evidence),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The history of a registered model.

    Attributes
    ----------
    name : str
    place : str
        Where it is kept.
    events : tuple of HistoryEvent
        Oldest first.
    aliases : Mapping of str to int
        As they are now.
    at : datetime or None
        The moment that was asked for.
    then : AliasChange or None
        What made `champion` what it was at that moment; None if nobody asked, or knows.
    problems : tuple of str
        Signs that somebody changed the history.
    n_entries : int
    n_signed : int
    has_key : bool
        Whether signatures were looked at.
    """

    name: str
    place: str
    events: tuple[HistoryEvent, ...] = ()
    aliases: Mapping[str, int] = field(default_factory=dict)
    at: datetime | None = None
    then: AliasChange | None = None
    problems: tuple[str, ...] = ()
    n_entries: int = 0
    n_signed: int = 0
    has_key: bool = False

    @property
    def champion(self) -> int | None:
        """Return the champion now, or at the moment that was asked for."""
        if self.at is None:
            return self.aliases.get(CHAMPION)
        return None if self.then is None else self.then.after

    def to_json(self) -> dict[str, Any]:
        """Return what ``history --json`` prints (schema 1)."""
        return {
            "schema": 1,
            "model": self.name,
            "place": self.place,
            "at": None if self.at is None else self.at.isoformat(),
            "champion": self.champion,
            "aliases": dict(self.aliases),
            "intact": not self.problems,
            "problems": list(self.problems),
            "entries": self.n_entries,
            "signed": self.n_signed if self.has_key else None,
            "events": [event.to_json() for event in self.events],
        }


def history(
    registry: Registry, name: str, at: datetime | None = None, *, home: Path | None = None
) -> History:
    """Return the history of a registered model, with all that is wrong with it.

    Parameters
    ----------
    registry : Registry
    name : str
    at : datetime, optional
        Aware: only what happened until then, and what was champion then.
    home : Path, optional
        Where the embedded store's histories are, if not with the registry.

    Raises
    ------
    InputError
        MNB711 if there is no such model.
    InfrastructureError
        If registry or history cannot be read.
    """
    ledger = open_ledger(registry, name, home=home)
    model, chain = ledger.snapshot()
    now = datetime.now(UTC)
    changes = seen_changes(chain.entries, model.aliases, model=name, now=now)
    events = [event for event in _events(chain, changes) if at is None or event.entry.at <= at]
    return History(
        name=name,
        place=ledger.log.place,
        events=tuple(events),
        aliases=model.aliases,
        at=at,
        then=None if at is None else alias_at(changes, CHAMPION, at),
        problems=chain.problems,
        n_entries=len(chain.entries),
        n_signed=sum(bool(entry.signature) for entry in chain.entries),
        has_key=ledger.key is not None,
    )


def verify_history(registry: Registry, name: str, *, home: Path | None = None) -> tuple[str, ...]:
    """Return the signs that somebody changed the history: sentences; none if it is whole."""
    return history(registry, name, home=home).problems


def _events(chain: Chain, changes: Sequence[AliasChange]) -> list[HistoryEvent]:
    ends = {entry.of: entry for entry in chain.entries if entry.of is not None}
    known = {entry.seq for entry in chain.entries}
    arrived = {change.entry.seq for change in changes}
    events = []
    for entry in chain.entries:
        if entry.kind in CLOSINGS:
            continue
        end = ends.get(entry.seq)
        outcome: Outcome = "noted"
        if entry.kind in MOVES and end is None:
            outcome = "done" if entry.seq in arrived else "unfinished"
        elif end is not None:
            outcome = "done" if end.kind == "done" else "given up"
        is_recovered = end is not None and end.recovered
        events.append(HistoryEvent(entry=entry, outcome=outcome, recovered=is_recovered))
    events += [
        HistoryEvent(entry=change.entry, outcome="not noted yet")
        for change in changes
        if change.entry.seq not in known
    ]
    return events
