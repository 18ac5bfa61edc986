"""Is the history whole? Each line is held against the one before it, the last against the anchor.

The anchor is a tag of the registered model: number and hash of the last line, signed where there is
a key. What cannot be seen: without a key, a history that was rewritten from some line on together
with its anchor; with a key, what somebody who has the key writes; an end that was cut off together
with an anchor put back to what it was then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlops_nb.artifacts.store_signature import is_signed, sign
from mlops_nb.registry.promotion.audit_entry import CLOSINGS, MOVES, AuditEntry, read_line
from mlops_nb.registry.promotion.obstacles import HISTORY_BROKEN

ANCHOR_TAG = "mlops_nb.history"
_PURPOSE = b"mlops_nb history anchor 1\n"
_ANCHOR = re.compile(r"(\d+) (sha256:[0-9a-f]{64})(?: (\S+))?")
# A process may die after it wrote lines and before it moved the anchor: a move and its end, or
# what recovery adds to them. One that was slow may move it back by what others wrote meanwhile.
_UNANCHORED = 4
_AHEAD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Number and hash of the last line; `signature` is empty where nobody signed."""

    seq: int = 0
    hash: str = ""
    signature: str = ""

    def to_tag(self) -> str:
        return " ".join(part for part in (str(self.seq), self.hash, self.signature) if part)

    def signed(self, model: str, key: bytes | None) -> Anchor:
        if key is None:
            return Anchor(seq=self.seq, hash=self.hash)
        return Anchor(seq=self.seq, hash=self.hash, signature=sign(self._content(model), key))

    def is_signed_by(self, key: bytes, model: str) -> bool:
        return is_signed(self._content(model), self.signature, key)

    def _content(self, model: str) -> bytes:
        return _PURPOSE + f"{model}\n{self.seq} {self.hash}".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What was read of a history.

    Attributes
    ----------
    entries : tuple of AuditEntry
        Those that can be read, in their order.
    problems : tuple of str
        Signs that somebody changed it: sentences.
    unanswered : tuple of str
        Those that nobody went past knowingly: with ``--force`` and a reason.
    last : Anchor
        What the next line is bound to.
    is_anchored : bool
        Whether the anchor names the last line.
    """

    entries: tuple[AuditEntry, ...] = ()
    problems: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    last: Anchor = Anchor()
    is_anchored: bool = True

    @property
    def open_move(self) -> AuditEntry | None:
        """Return the move that was begun and not closed, if the last one was not."""
        closed = {entry.of for entry in self.entries if entry.kind in CLOSINGS}
        moves = [entry for entry in self.entries if entry.kind in MOVES]
        return moves[-1] if moves and moves[-1].seq not in closed else None


def read_chain(
    lines: Sequence[str], *, model: str, tag: str | None, key: bytes | None = None
) -> Chain:
    """Return the chain of `lines`, with all that is wrong with it.

    Parameters
    ----------
    lines : sequence of str
        Whole lines, without their ends.
    model : str
    tag : str or None
        The anchor as the registry has it.
    key : bytes, optional
        Whose signatures are asked for.
    """
    parsed = [_parse(place, line) for place, line in enumerate(lines, start=1)]
    entries = [found[0] for found in parsed if not isinstance(found, str)]
    anchor = _parse_anchor(tag)

    def problems(part: Sequence[Parsed], before: Anchor) -> tuple[str, ...]:
        rest = [found for found in part if not isinstance(found, str)]
        told = [found for found in part if isinstance(found, str)]
        told += _link_problems(rest, model, before)
        plain = [entry for entry, _ in rest]
        told += _anchor_problems(plain, anchor, has_tag=tag is not None)
        if key is not None:
            told += _signature_problems(plain, anchor or Anchor(), model=model, key=key)
        return tuple(told)

    known = anchor or Anchor()
    end = Anchor(seq=entries[-1].seq, hash=entries[-1].hash) if entries else Anchor()
    start, before = _last_answer(parsed)
    found = problems(parsed, Anchor())
    return Chain(
        entries=tuple(entries),
        problems=found,
        unanswered=problems(parsed[start:], before) if start else found,
        last=Anchor(seq=known.seq, hash=known.hash) if known.seq > end.seq else end,
        is_anchored=(known.seq, known.hash) == (end.seq, end.hash),
    )


Parsed = tuple[AuditEntry, bool] | str
"""An entry and whether its hash is right, or why a line is none."""


def _parse(place: int, line: str) -> Parsed:
    try:
        return read_line(line)
    except ValueError as error:
        return f"Line {place} cannot be read: {error}."


def _last_answer(parsed: Sequence[Parsed]) -> tuple[int, Anchor]:
    """Return where the last entry stands that was written in spite of problems, and what it says
    was before it; the beginning if there is none."""
    for index in range(len(parsed) - 1, -1, -1):
        found = parsed[index]
        if not isinstance(found, str) and HISTORY_BROKEN in found[0].forced:
            return index, Anchor(seq=found[0].seq - 1, hash=found[0].prev)
    return 0, Anchor()


def _parse_anchor(tag: str | None) -> Anchor | None:
    if tag is None:
        return Anchor()
    found = _ANCHOR.fullmatch(tag)
    if found is None:
        return None
    return Anchor(seq=int(found[1]), hash=found[2], signature=found[3] or "")


def _link_problems(
    entries: Sequence[tuple[AuditEntry, bool]], model: str, before: Anchor
) -> Iterator[str]:
    """Yield what does not fit together in entries that follow `before`."""
    for entry, has_its_hash in entries:
        if not has_its_hash:
            yield f"Entry {entry.seq} was changed: its hash is another one."
        if entry.model != model:
            yield f"Entry {entry.seq} is of {entry.model!r}."
        if entry.seq != before.seq + 1:
            yield f"Entry {entry.seq} follows entry {before.seq}."
        if entry.prev != before.hash:
            yield f"Entry {entry.seq} was not written after what stands before it."
        before = Anchor(seq=entry.seq, hash=entry.hash)


def _anchor_problems(
    entries: Sequence[AuditEntry], anchor: Anchor | None, *, has_tag: bool
) -> Iterator[str]:
    if anchor is None:
        yield "The anchor in the registry is not one that mlops_nb writes."
        return
    end = entries[-1].seq if entries else 0
    if not has_tag:
        if end > _UNANCHORED:
            yield "The anchor in the registry is missing."
        return
    if anchor.seq > end:
        yield f"It ends with entry {end}; the registry knows of {anchor.seq}."
        return
    if end - anchor.seq > _AHEAD:
        yield f"Entries after {anchor.seq} are not anchored in the registry."
    named = next((entry for entry in entries if entry.seq == anchor.seq), None)
    if anchor.seq and entries[0].seq <= anchor.seq and (named is None or named.hash != anchor.hash):
        yield f"Entry {anchor.seq} is not the one that the registry knows of."


def _signature_problems(
    entries: Sequence[AuditEntry], anchor: Anchor, *, model: str, key: bytes
) -> Iterator[str]:
    """Yield what signatures do not vouch for: one vouches for all that stands before it."""
    if entries and not any(entry.signature for entry in entries):
        yield "No entry is signed, though there is a key."
        return
    first = next((entry.seq for entry in entries if entry.signature), 0)
    for entry in entries:
        if entry.seq >= first and not entry.has_signature_of(key):
            yield f"Entry {entry.seq} is not signed with this key."
    if anchor.seq >= first > 0 and not anchor.is_signed_by(key, model):
        yield "The anchor in the registry is not signed with this key."
