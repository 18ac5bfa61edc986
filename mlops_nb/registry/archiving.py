"""May this version still be used? Archiving says no, with a reason that the history keeps.

Nothing is deleted: an archived version loads as before, is left out of lists, and is not promoted.
The history's entry is written before the tag, and the anchor after both: whoever finds an entry
without its anchor sets the tag (`settling.settle`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from mlops_nb.errors import InputError
from mlops_nb.registry.promotion.actor import Actor
from mlops_nb.registry.promotion.audit_entry import AuditEntry
from mlops_nb.registry.promotion.ledger import Ledger, lost_turn
from mlops_nb.registry.promotion.log_run import LineTakenError
from mlops_nb.registry.promotion.moves import check_reason, history_obstacle, named
from mlops_nb.registry.promotion.obstacles import HISTORY_BROKEN, refusal
from mlops_nb.registry.promotion.opening import open_ledger
from mlops_nb.registry.promotion.registry import Registry
from mlops_nb.registry.promotion.settling import archive_tags, settle
from mlops_nb.registry.promotion.versions import ARCHIVED_TAG, CHAMPION, PREVIOUS, VersionInfo

_ATTEMPTS = 20
_KEPT = (CHAMPION, PREVIOUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archiving:
    """What came of archiving a version, or of bringing one back.

    Attributes
    ----------
    kind : {"archive", "unarchive"}
    label : str
        ``"churn@2"``.
    already : bool
        Whether it was so before: then nothing was done.
    actor, reason : str
    seq : int or None
        Of its entry in the history.
    """

    kind: Literal["archive", "unarchive"]
    label: str
    already: bool = False
    actor: str = ""
    reason: str = ""
    seq: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what ``models archive --json`` prints (schema 1)."""
        return {
            "schema": 1,
            "kind": self.kind,
            "version": self.label,
            "already": self.already,
            "actor": self.actor,
            "reason": self.reason,
            "entry": self.seq,
        }


def archive(
    registry: Registry,
    name: str,
    version: int | str,
    *,
    actor: Actor,
    reason: str,
    undo: bool = False,
    force: bool = False,
) -> Archiving:
    """Mark a version as archived, or take the mark away.

    Parameters
    ----------
    registry : Registry
    name : str
    version : int or str
        A number, or an alias.
    actor : Actor
    reason : str
        Kept with the version and in the history.
    undo : bool
        Bring it back.
    force : bool
        Also what is champion or previous, and although the history shows signs of changes.

    Raises
    ------
    InputError
        MNB711, MNB712 if there is no such version; MNB732 without a reason; MNB764 if it is
        champion or previous; MNB728 if the history shows signs of changes.
    InfrastructureError
        If registry or history cannot be written.
    """
    kept = check_reason(reason, needed_by="Archiving a version" if not undo else "Bringing it back")
    found = registry.version(name, version)
    kind: Literal["archive", "unarchive"] = "unarchive" if undo else "archive"
    if bool(found.tags.get(ARCHIVED_TAG)) is not undo:
        return Archiving(kind=kind, label=found.label, already=True)
    ledger = open_ledger(registry, name)
    for _ in range(_ATTEMPTS):
        with ledger.turn():
            try:
                entry = _write(ledger, found, kind, actor=actor, reason=kept, force=force)
            except LineTakenError:
                continue
            return Archiving(
                kind=kind, label=found.label, actor=actor.name, reason=kept, seq=entry.seq
            )
    raise lost_turn(name)


def _write(
    ledger: Ledger,
    found: VersionInfo,
    kind: Literal["archive", "unarchive"],
    *,
    actor: Actor,
    reason: str,
    force: bool,
) -> AuditEntry:
    standing = settle(ledger, in_spite=force)
    is_broken = bool(standing.chain.unanswered)
    if is_broken and not force:
        raise refusal(found.label, [history_obstacle(standing.chain, found.name)])
    # The aliases as they are in this turn: a promotion may have come first.
    held = [alias for alias in _KEPT if standing.aliases.get(alias) == found.version]
    if kind == "archive" and held and not force:
        raise _is_in_use(found, held[0])
    entry, chain = ledger.append(
        standing.chain,
        kind,
        after=found.version,
        digest=found.digest,
        reason=reason,
        forced=_forced(is_broken=is_broken, is_held=bool(held) and kind == "archive"),
        **named(actor),
    )
    ledger.registry.set_tags(found.name, found.version, archive_tags(entry))
    ledger.anchor(chain)
    return entry


def _forced(*, is_broken: bool, is_held: bool) -> tuple[str, ...]:
    return ((HISTORY_BROKEN,) if is_broken else ()) + (("MNB764",) if is_held else ())


def _is_in_use(found: VersionInfo, alias: str) -> InputError:
    then = "Promote another version first" if alias == CHAMPION else "A rollback may need it"
    return InputError(
        "MNB764",
        found.label,
        f"it is {alias}: what serves or what a rollback goes back to is not archived.",
        f"{then}, or say --force, which the history keeps.",
    )
