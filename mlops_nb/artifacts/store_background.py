"""How are values stored while the next stage runs, and never as something they were not?

A frame is snapshotted (copy-on-write makes that free), what cannot change is taken as it is, and
everything else is stored as it lies there. A store that raced with a change is found out because
what was stored is read back and compared with the fingerprint the value had when its stage ended:
another one, and the value is dropped. Nothing is believed to have stood still.

Standard library only: the text of this module is sent into kernels that have no mlops_nb.
"""

from __future__ import annotations

import datetime
import decimal
import queue
import sys
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .blob_faults import Obstacle, tell
from .blob_folder import BlobFolder
from .codec_checking import Fingerprints, drop_names, find_round_trip_faults
from .codec_manifest import CODECS
from .codec_writing import Encoded, encode

_ATOMS = (
    *(int, float, complex, bool, str, bytes, type(None), range, type(Ellipsis)),
    *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta, decimal.Decimal),
)


@dataclass(frozen=True)
class StoreRequest:
    """What one stage leaves.

    Attributes
    ----------
    values : Mapping
        By name.
    expected : Mapping of str to str
        Their fingerprints when the stage ended. A value without one is not stored in the
        background: nothing could tell whether it changed.
    sharing : iterable of collections of str
        As in `encode`.
    namespace : Mapping, optional
        As in `encode`.
    """

    values: Mapping[str, object]
    expected: Mapping[str, str]
    sharing: Iterable[Collection[str]] = ()
    namespace: Any = None


class Ticket:
    """A store that was asked for; `wait` gives what became of it."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._encoded: Encoded | None = None
        self.seconds = 0.0

    @property
    def is_done(self) -> bool:
        return self._done.is_set()

    def wait(self, timeout_s: float | None = None) -> Encoded | None:
        """Return what was stored, or None if that takes longer than `timeout_s`."""
        self._done.wait(timeout_s)
        return self._encoded

    def settle(self, encoded: Encoded, seconds: float) -> None:
        """Set the outcome, and how long it took."""
        self._encoded, self.seconds = encoded, seconds
        self._done.set()


class BackgroundStore:
    """Stores in a thread of its own, one request after the other.

    Parameters
    ----------
    blobs : BlobFolder
    fingerprints : callable
        Of values, as `find_round_trip_faults` asks for them.
    waiting_at_most : int, default=8
        Requests that may wait; one more is stored in the caller's thread, so that values do not
        pile up in memory faster than the disk takes them.
    """

    def __init__(
        self, blobs: BlobFolder, *, fingerprints: Fingerprints, waiting_at_most: int = 8
    ) -> None:
        self._blobs = blobs
        self._fingerprints = fingerprints
        self._waiting: queue.Queue[tuple[StoreRequest, Ticket] | None]
        self._waiting = queue.Queue(waiting_at_most)
        self._thread: threading.Thread | None = None
        self._open: list[Ticket] = []

    def submit(self, request: StoreRequest) -> Ticket:
        """Take a snapshot of what the request holds, and store it when its turn comes."""
        ticket = Ticket()
        sharing = [tuple(names) for names in request.sharing]
        # Copies of frames would not share with the others of their group any more.
        kept = {name for names in sharing for name in names}
        values = {n: v if n in kept else snapshot(v) for n, v in request.values.items()}
        frozen = StoreRequest(
            values=values,
            expected=dict(request.expected),
            sharing=sharing,
            namespace=request.namespace,
        )
        self._open = [other for other in self._open if not other.is_done] + [ticket]
        try:
            self._waiting.put_nowait((frozen, ticket))
        except queue.Full:
            self._store(frozen, ticket)
            return ticket
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="mlops_nb store", daemon=True)
            self._thread.start()
        return ticket

    def drain(self, timeout_s: float) -> bool:
        """Wait until everything is stored; return whether it was within `timeout_s`."""
        until = time.monotonic() + timeout_s
        for ticket in self._open:
            ticket.wait(max(0.0, until - time.monotonic()))
        return all(ticket.is_done for ticket in self._open)

    def close(self, timeout_s: float) -> bool:
        """Drain, and end the thread."""
        is_drained = self.drain(timeout_s)
        if self._thread is not None and is_drained:
            self._waiting.put(None)
            self._thread.join(timeout_s)
            self._thread = None
        return is_drained

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            self._store(*job)
            del job  # the values are not to live until the next request

    def _store(self, request: StoreRequest, ticket: Ticket) -> None:
        begun = time.monotonic()
        try:
            encoded = self._encode(request)
        except BaseException as error:  # a fault of ours must not leave a waiter for ever
            reason = f"Storing failed: {tell(error)}."
            encoded = Encoded(
                manifest={},
                obstacles=tuple(_obstacle(name, reason) for name in request.values),
            )
        ticket.settle(encoded, time.monotonic() - begun)

    def _encode(self, request: StoreRequest) -> Encoded:
        known = {n: v for n, v in request.values.items() if n in request.expected}
        unknown = [name for name in request.values if name not in known]
        encoded = encode(
            known, blobs=self._blobs, sharing=request.sharing, namespace=request.namespace
        )
        changeable = [name for name, value in known.items() if type(value) not in _ATOMS]
        checked = Encoded(manifest=_only(encoded.manifest, changeable))
        faults = find_round_trip_faults(
            checked,
            blobs=self._blobs,
            fingerprints=self._fingerprints,
            expected=request.expected,
            codecs=CODECS,
            namespace=request.namespace,
        )
        kept = drop_names(encoded, [fault.name for fault in faults])
        reason = "It has no fingerprint, so nothing could tell whether it changed meanwhile."
        obstacles = (*kept.obstacles, *faults, *(_obstacle(name, reason) for name in unknown))
        return Encoded(
            manifest=kept.manifest,
            obstacles=obstacles,
            digests=kept.digests,
            size_bytes=kept.size_bytes,
        )


def snapshot(value: Any) -> Any:
    """Return `value`, or a copy of it that costs nothing and does not follow changes.

    That is so for frames of pandas 3 and newer, whose memory is copied on the first write to
    either, and for polars frames. Elements of object columns are shared all the same.
    """
    pandas = sys.modules.get("pandas")
    if pandas is not None and type(value) in (pandas.DataFrame, pandas.Series):
        copies_on_write = int(pandas.__version__.partition(".")[0]) >= 3
        return _shallow(value) if copies_on_write else value
    polars = sys.modules.get("polars")
    if polars is not None and type(value) in (polars.DataFrame, polars.Series):
        return value.clone()
    return value


def _shallow(frame: Any) -> Any:
    """Return a copy-on-write copy; its attributes and flags are the frame's."""
    copied = frame.copy(deep=False)
    for name, content in vars(frame).items():
        if name not in vars(copied):  # the writer refuses what pandas forgets, and must see it
            object.__setattr__(copied, name, content)
    return copied


def _only(manifest: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    groups = [group for group in manifest["groups"] if set(group["names"]) & set(names)]
    return {**manifest, "groups": groups}


def _obstacle(name: str, reason: str) -> Obstacle:
    return Obstacle(
        name=name,
        type="",
        path=name,
        reason=reason,
        remedy="The stage that made it runs again when the value is needed.",
    )
