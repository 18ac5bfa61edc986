"""What must not be removed from a store while somebody is about to use it?

Whoever writes or restores keeps a pin: a text file under ``pins/`` with the stamp of its process
and, line by line, the digests it relies on. A pin is written before the blob is looked for, both
under a lock that many writers share and that removal holds alone, so nothing is taken away between
"it is there" and "it is named in a record". A pin whose process vanished counts no more.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

LOCK_PATIENCE_S = 10.0
# A pin of another machine, whose processes cannot be judged from here.
FOREIGN_PIN_LIVES_S = 3 * 24 * 3600.0
_PAUSE_S = 0.01


class Pin:
    """The pin of one process on one store; made when the first digest is added.

    Parameters
    ----------
    root : Path
        Folder of the store.
    stamp : str
        Names the process that pins: text that whoever evicts can judge.
    """

    def __init__(self, root: Path, stamp: str) -> None:
        self.path = root / "pins" / f"{secrets.token_hex(8)}.pin"
        self._first = json.dumps({"schema": 1, "stamp": stamp}) + "\n"
        self._held: set[str] = set()

    def add(self, digests: Iterable[str]) -> None:
        """Pin `digests`; those that are pinned already cost nothing. Raises OSError."""
        held = self._held
        if held and not self.path.exists():  # the store was removed, or the pin as too old
            digests, held = [*held, *digests], set()
        new = [digest for digest in dict.fromkeys(digests) if digest not in held]
        if not new:
            return
        text = "" if held else self._first
        text += "".join(f"{digest}\n" for digest in new)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self.path, flags, 0o666)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
        self._held.update(new)

    def release(self) -> None:
        """Take the pin away; what cannot be removed goes with the process."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        self._held.clear()


@dataclass(frozen=True)
class PinFile:
    """A pin as found on the disk."""

    path: Path
    stamp: str
    digests: frozenset[str]
    age_s: float


def read_pins(root: Path) -> tuple[PinFile, ...]:
    """Return all pins of the store in `root`; half-written lines are left out."""
    found = []
    for path in sorted((root / "pins").glob("*.pin")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            first, *lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
            found.append(
                PinFile(
                    path=path,
                    stamp=str(json.loads(first)["stamp"]),
                    digests=frozenset(line for line in lines if line.startswith("sha256:")),
                    age_s=time.time() - path.stat().st_mtime,
                )
            )
    return tuple(found)


def pinned_digests(root: Path, *, has_vanished: Callable[[str], bool]) -> frozenset[str]:
    """Return what live processes pin; pins of vanished ones are removed.

    Parameters
    ----------
    root : Path
    has_vanished : callable
        Whether the process of a stamp is known to be gone. One that cannot be judged (of another
        machine) is believed for three days after its last pin.
    """
    held: set[str] = set()
    for pin in read_pins(root):
        if has_vanished(pin.stamp) or pin.age_s > FOREIGN_PIN_LIVES_S:
            with contextlib.suppress(OSError):
                pin.path.unlink()
        else:
            held |= pin.digests
    return frozenset(held)


@contextlib.contextmanager
def store_lock(root: Path, *, alone: bool, patience_s: float = LOCK_PATIENCE_S) -> Iterator[bool]:
    """Hold the lock of the store: shared by writers, alone for removal.

    Yields
    ------
    bool
        False if it could not be had within `patience_s`, or the system has no such locks. A writer
        goes on without it: the worst that can follow is a record whose blob is missing, which is a
        miss. Removal must not.
    """
    try:
        import fcntl
    except ImportError:  # Windows, where a file that is in use cannot be removed anyway
        yield True
        return
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    with contextlib.ExitStack() as stack:
        try:
            descriptor = os.open(root / "lock", flags, 0o666)
        except OSError:
            yield False
            return
        stack.callback(os.close, descriptor)
        wanted = (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB
        until = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(descriptor, wanted)
                break
            except OSError:
                if time.monotonic() >= until:
                    yield False
                    return
                time.sleep(_PAUSE_S)
        yield True
