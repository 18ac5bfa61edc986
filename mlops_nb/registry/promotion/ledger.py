"""Whose turn is it, and what is written next? The history of one model, as its writers hold it.

On the embedded store a turn is a lock on a file: one process moves a model's aliases at a time. On
a server the history itself is the claim: a move is begun by appending it, which only one writer can
with a given number, and until it is closed all others wait. Who is gone without closing is known
where it ran on this machine; elsewhere after a lease, measured on the waiting side's own clock.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from mlops_nb.errors import InfrastructureError
from mlops_nb.registry.promotion.audit_entry import AuditEntry, Kind
from mlops_nb.registry.promotion.chain import ANCHOR_TAG, Anchor, Chain, read_chain
from mlops_nb.registry.promotion.registry import Registry
from mlops_nb.registry.promotion.versions import ModelInfo
from mlops_nb.tracking.locks import exclusive
from mlops_nb.tracking.processes import has_vanished, read_stamp, stamp_process

LEASE_S = 60.0
"""How long a move that nobody closes is respected."""
OWN_LEASE_S = 30.0
"""How long after its beginning a promoter still moves an alias."""
_LOOK_S = 0.25
_LOOKS = 5
_LONG_AGO = timedelta(hours=1)


class Log(Protocol):
    """Lines that are only appended to."""

    @property
    def place(self) -> str:
        """Return where it is, for messages."""

    def lines(self) -> tuple[str, ...]:
        """Return all whole lines."""

    def append(self, seq: int, line: str) -> None:
        """Add line number `seq`; raises LineTakenError if another writer was first."""


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The history of one model, to be read and written.

    Attributes
    ----------
    registry : Registry
    model : str
    log : Log
    lock_file : Path or None
        None: the log itself keeps writers apart.
    key : bytes or None
        Signs what is written, and is asked for in what is read.
    """

    registry: Registry
    model: str
    log: Log
    lock_file: Path | None = None
    key: bytes | None = None
    _given_up: int | None = None

    def read(self, model: ModelInfo | None = None) -> Chain:
        """Return the history; `model` if it was just read."""
        # The anchor before the lines: one that moves in between would look like a cut.
        known = self.registry.model(self.model) if model is None else model
        tag = known.tags.get(ANCHOR_TAG)
        return read_chain(self.log.lines(), model=self.model, tag=tag, key=self.key)

    def snapshot(self) -> tuple[ModelInfo, Chain]:
        """Return registered model and history as they were at one moment, as far as that goes.

        Where another writer is at work, the aliases could otherwise be older than the history,
        and its move look like a foreign one.
        """
        model = self.registry.model(self.model)
        for _ in range(_LOOKS):
            chain, before = self.read(model), model
            model = self.registry.model(self.model)
            if model == before:
                break
        return model, chain

    def append(self, chain: Chain, kind: Kind, **values: Any) -> tuple[AuditEntry, Chain]:
        """Add an entry after `chain`; return it, and the chain with it.

        Raises
        ------
        LineTakenError
            If another writer was first.
        InfrastructureError
            MNB714 if it cannot be written; nothing has changed then.
        """
        entry = AuditEntry(
            seq=chain.last.seq + 1,
            kind=kind,
            at=datetime.now(UTC),
            model=self.model,
            token=uuid.uuid4().hex[:12],
            **values,
        ).sealed(chain.last.hash, self.key)
        self.log.append(entry.seq, entry.to_line())
        grown = Chain(
            entries=(*chain.entries, entry),
            problems=chain.problems,
            unanswered=chain.unanswered,
            last=Anchor(seq=entry.seq, hash=entry.hash),
            is_anchored=False,
        )
        return entry, grown

    def anchor(self, chain: Chain) -> None:
        """Tell the registry of the last line."""
        tag = chain.last.signed(self.model, self.key).to_tag()
        self.registry.set_model_tags(self.model, {ANCHOR_TAG: tag})

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Keep other promoters of this model out while the block runs, as far as that can be.

        Raises
        ------
        InfrastructureError
            MNB714 if the lock cannot be had.
        """
        if self.lock_file is None:
            self._wait_for_others()
            yield
            return
        with ExitStack() as held:
            try:
                self.lock_file.parent.mkdir(parents=True, exist_ok=True)
                held.enter_context(exclusive(self.lock_file))
            except OSError as error:
                raise InfrastructureError(
                    "MNB714",
                    str(self.lock_file),
                    f"the lock cannot be had: {error.strerror or error}.",
                    "Free the disk or make the folder writable, and try again.",
                ) from error
            yield

    def give_up(self, move: AuditEntry) -> None:
        """Let this ledger close a move: its lease has run out, or it is its own and failed."""
        self._given_up = move.seq

    def may_close(self, move: AuditEntry) -> bool:
        """Return whether nobody else will close a move."""
        return self.lock_file is not None or self._given_up == move.seq or is_given_up(move)

    def _wait_for_others(self) -> None:
        seen, since = None, 0.0
        while True:
            move = self.read().open_move
            if move is None or is_given_up(move):
                return
            now = time.monotonic()
            if seen != move.seq:
                seen, since = move.seq, now
            elif now - since >= LEASE_S:
                self.give_up(move)
                return
            time.sleep(_LOOK_S)


def is_given_up(move: AuditEntry) -> bool:
    """Return whether it is known that nobody will close a move."""
    if datetime.now(UTC) - move.at > _LONG_AGO:
        return True
    stamp = read_stamp(move.process)
    return stamp is not None and has_vanished(stamp)


def process_stamp() -> str:
    """Return what tells this process from every other."""
    return str(stamp_process())


def lost_turn(model: str) -> InfrastructureError:
    """Return the error of who was not first."""
    return InfrastructureError(
        "MNB715",
        model,
        "somebody else moved an alias of it at the same moment.",
        "Look at its history, then plan again: mlops-nb history MODEL.",
    )
