"""What is known of an entry that is to be written, from the moment it is queued?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlops_nb.tracking.writer import Entry


@dataclass(slots=True)
class Slot:
    """An entry in the order of writing, made when it is needed first.

    Attributes
    ----------
    make : callable
        Makes the entry.
    then : callable
        Called once it is written.
    """

    make: Callable[[], Entry]
    then: Callable[[], None]
    entry: Entry | None = None
    is_written: bool = False

    def made(self) -> Entry:
        """Return the entry."""
        if self.entry is None:
            self.entry = self.make()
        return self.entry

    def forget(self) -> None:
        """Let go of an entry that is written: a session may last for days."""
        self.entry = None
        self.make = _make_nothing


def _make_nothing() -> Entry:
    raise RuntimeError("an entry was asked for after it was written")
