"""What is told of one execution of a cell? Facts it used and left, and how to bring these back.

Each watch adds to one `Seen`. Facts are texts, ``kind:key``, as in `pipeline.incremental.facts`;
all of it can be written as JSON. A fact that was written and has no effect beside it cannot be
brought back: the cell must run in every kernel that runs a cell after it.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

from typing import Any

AMBIENT = "ambient:"


class Seen:
    """What one cell was seen to do.

    Attributes
    ----------
    reads, writes : dict of str to (str or None)
        Digests by fact, before and after the cell; None: not there.
    effects : dict of str to dict
        For facts in `writes`, what `Watch.restore` or the store needs to bring them back.
    blockers : list of (cause, message, remedy)
        As `traces.Blocker`.
    notes : list of str
        What a person may like to know and no decision rests on.
    written_on : list of str
        The paths of files that were changed and not opened.
    """

    def __init__(self) -> None:
        self.reads: dict[str, str | None] = {}
        self.writes: dict[str, str | None] = {}
        self.effects: dict[str, dict[str, Any]] = {}
        self.blockers: list[tuple[str, str, str]] = []
        self.notes: list[str] = []
        self.written_on: list[str] = []

    def read(self, fact: str, digest: str | None) -> None:
        """Note that the cell depended on a fact; the first digest counts."""
        self.reads.setdefault(fact, digest)

    def write(self, fact: str, digest: str | None, effect: dict[str, Any] | None = None) -> None:
        """Note that the cell changed a fact; without `effect` it cannot be brought back."""
        self.writes[fact] = digest
        self.effects.pop(fact, None)
        if effect is not None:
            self.effects[fact] = effect

    def block(self, cause: str, message: str, remedy: str) -> None:
        """Note why this execution must not stand for another one; once per message."""
        if not any(told == message for _, told, _ in self.blockers):
            self.blockers.append((cause, message, remedy))

    def note(self, text: str) -> None:
        """Note something for people; once."""
        if text not in self.notes:
            self.notes.append(text)

    def write_on(self, path: str) -> None:
        """Note that a file was changed which an earlier cell left open."""
        self.written_on.append(path)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON has it."""
        return {
            "reads": dict(sorted(self.reads.items())),
            "writes": dict(sorted(self.writes.items())),
            "effects": dict(sorted(self.effects.items())),
            "blockers": [list(blocker) for blocker in self.blockers],
            "notes": list(self.notes),
            "written_on": list(self.written_on),
        }
