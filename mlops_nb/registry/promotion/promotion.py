"""What came of a promotion or a rollback?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A move that was made, or was not needed.

    Attributes
    ----------
    kind : {"promote", "rollback"}
    name : str
    to : str
        The alias.
    before : int or None
    version : int
        What the alias names now.
    already : bool
        Whether it did before: then nothing was done.
    at : datetime or None
    actor, identity, reason : str
    forced : tuple of str
        Codes of what was overridden.
    blessed : bool
    seq : int or None
        Of its entry in the history.
    hook : str
        What the hook was; empty: there is none.
    hook_fault : str
        Why the hook failed; the move stands.
    notes : tuple of str
        What a person should know: full sentences.
    seconds : float
        That the move took, once all was judged.
    """

    kind: Literal["promote", "rollback"]
    name: str
    to: str
    before: int | None
    version: int
    already: bool = False
    at: datetime | None = None
    actor: str = ""
    identity: str = ""
    reason: str = ""
    forced: tuple[str, ...] = ()
    blessed: bool = False
    seq: int | None = None
    hook: str = ""
    hook_fault: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return what ``promote --json`` and ``rollback --json`` print (schema 1)."""
        return {
            "schema": 1,
            "kind": self.kind,
            "model": self.name,
            "to": self.to,
            "before": self.before,
            "version": self.version,
            "already": self.already,
            "at": None if self.at is None else self.at.isoformat(),
            "actor": self.actor,
            "identity": self.identity,
            "reason": self.reason,
            "forced": list(self.forced),
            "blessed": self.blessed,
            "entry": self.seq,
            "notes": list(self.notes),
            "hook": {"command": self.hook, "fault": self.hook_fault} if self.hook else None,
            "seconds": round(self.seconds, 3),
        }
