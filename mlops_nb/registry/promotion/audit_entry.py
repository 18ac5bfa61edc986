"""What stands in one line of the history? Who did what to which alias, sealed to the line before.

A line is canonical JSON: the same entry is the same bytes everywhere. Its ``hash`` is SHA-256 over
all else in it, the hash of the line before included, so that nothing before it can change unseen;
with a key (`MLOPS_NB_STORE_KEY`) the line is signed too. Fields that are empty are left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, get_args

from mlops_nb.artifacts.store_signature import is_signed, sign

Kind = Literal[
    "promote",
    "rollback",
    "approve",
    "withdraw",
    "archive",
    "unarchive",
    "external",
    "done",
    "abandoned",
]
MOVES: frozenset[str] = frozenset({"promote", "rollback"})
CLOSINGS: frozenset[str] = frozenset({"done", "abandoned"})
SCHEMA = 1
_PURPOSE = b"mlops_nb history 1\n"
_SEAL = ("hash", "signature")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line.

    Attributes
    ----------
    seq : int
        From 1, without gaps.
    kind : Kind
        A promotion or rollback is written before the alias moves, and closed by ``done`` or
        ``abandoned``; ``external`` is a move that somebody else made.
    at : datetime
        Aware; by the clock of whoever wrote.
    model : str
    alias : str
    before, after : int or None
        Versions the alias named and names.
    digest : str
        Of the version `after`.
    actor, identity : str
        Who, and where that name comes from.
    names : tuple of str
        Other names of the same person.
    reason : str
    forced : tuple of str
        Codes of what was overridden.
    blessed, live : bool
    evidence : Mapping of str to str
        What it rested on: gates, run, commit, notebook.
    of : int or None
        The entry that this one closes.
    recovered : bool
        Whether another process closed it.
    process : str
        Stamp of who writes, to know if it still lives.
    token : str
        Makes entries of two writers differ.
    prev, hash, signature : str
    """

    seq: int
    kind: Kind
    at: datetime
    model: str
    alias: str = ""
    before: int | None = None
    after: int | None = None
    digest: str = ""
    actor: str = ""
    identity: str = ""
    names: tuple[str, ...] = ()
    reason: str = ""
    forced: tuple[str, ...] = ()
    blessed: bool = False
    live: bool = False
    evidence: Mapping[str, str] = field(default_factory=dict)
    of: int | None = None
    recovered: bool = False
    process: str = ""
    token: str = ""
    prev: str = ""
    hash: str = ""
    signature: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the entry as its line has it, empty fields left out."""
        values = {spec.name: getattr(self, spec.name) for spec in fields(self)}
        values["at"] = self.at.isoformat()
        values["names"], values["forced"] = list(self.names), list(self.forced)
        values["evidence"] = dict(self.evidence)
        kept = {name: v for name, v in values.items() if v not in (None, "", False, [], {})}
        return {"schema": SCHEMA, **kept}

    def to_line(self) -> str:
        """Return the line, without its end."""
        return _canonical(self.to_json())

    def sealed(self, prev: str, key: bytes | None) -> AuditEntry:
        """Return the entry bound to the one before, and signed if there is a key."""
        bound = replace(self, prev=prev, hash="", signature="")
        hashed = replace(bound, hash=bound.expected_hash())
        return hashed if key is None else replace(hashed, signature=sign(hashed._signed(), key))

    def expected_hash(self) -> str:
        """Return what `hash` must be."""
        plain = {name: v for name, v in self.to_json().items() if name not in _SEAL}
        return _hash_of(plain)

    def has_signature_of(self, key: bytes) -> bool:
        return is_signed(self._signed(), self.signature, key)

    def _signed(self) -> bytes:
        return _PURPOSE + self.hash.encode()


def parse_line(line: str) -> AuditEntry:
    """Return the entry of a line; see `read_line`."""
    return read_line(line)[0]


@lru_cache(maxsize=8192)
def read_line(line: str) -> tuple[AuditEntry, bool]:
    """Return the entry of a line, and whether its hash is the one that its content has.

    Kept for the lines that were read last: a history is read more than once in a move, and grows by
    its end only.

    Raises
    ------
    ValueError
        Saying what is wrong, if the line is not one that this version writes.
    """
    try:
        content = json.loads(line)
        is_same = _canonical(content) == line
        plain = {name: value for name, value in content.items() if name not in _SEAL}
        if content.pop("schema") != SCHEMA:
            raise ValueError("it is of another schema")
        content["at"] = datetime.fromisoformat(content["at"])
        for name in ("names", "forced"):
            content[name] = tuple(content.get(name, ()))
        entry = AuditEntry(**content)
        is_ours = entry.at.tzinfo is not None and _has_right_types(entry)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is no entry ({type(error).__name__})") from error
    if not is_ours:
        raise ValueError("it is no entry")
    if not is_same:
        raise ValueError("it is written otherwise than mlops_nb writes")
    return entry, _hash_of(plain) == entry.hash


def _hash_of(plain: Mapping[str, Any]) -> str:
    return f"sha256:{hashlib.sha256(_canonical(plain).encode()).hexdigest()}"


def _has_right_types(entry: AuditEntry) -> bool:
    numbers = (entry.before, entry.after, entry.of)
    texts = (entry.model, entry.alias, entry.digest, entry.actor, entry.identity, entry.reason)
    seals = (entry.process, entry.token, entry.prev, entry.hash, entry.signature)
    return (
        type(entry.seq) is int
        and entry.kind in get_args(Kind)
        and all(number is None or type(number) is int for number in numbers)
        and all(isinstance(text, str) for text in (*texts, *seals, *entry.names, *entry.forced))
        and all(isinstance(flag, bool) for flag in (entry.blessed, entry.live, entry.recovered))
        and all(isinstance(text, str) for text in entry.evidence.values())
    )


def _canonical(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
