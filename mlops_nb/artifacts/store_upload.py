"""How is a result shared without holding up the run? In a thread, with a queue that has an end."""

from __future__ import annotations

import queue
import threading
import time

from .blob_folder import BlobFolder
from .store_records import Record
from .store_shared import SharedStore

_WAITING_AT_MOST = 64


class Uploads:
    """Publishes records one after the other.

    Parameters
    ----------
    shared : SharedStore
    blobs : BlobFolder
        Where their blobs lie.
    waiting_at_most : int, default=64
        One more is not shared, and said to be so: a slow network must not fill memory or time.
    """

    def __init__(
        self, shared: SharedStore, blobs: BlobFolder, *, waiting_at_most: int = _WAITING_AT_MOST
    ) -> None:
        self._shared = shared
        self._blobs = blobs
        self._waiting: queue.Queue[Record] = queue.Queue(waiting_at_most)
        self._thread: threading.Thread | None = None
        self._unfinished = 0
        self._settled = threading.Condition()
        self.notes: list[str] = []

    def submit(self, record: Record) -> None:
        """Publish `record` when its turn comes."""
        with self._settled:
            try:
                self._waiting.put_nowait(record)
            except queue.Full:
                self.notes.append("A result is not shared: too many wait to be uploaded.")
                return
            self._unfinished += 1
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="mlops_nb uploads", daemon=True
                )
                self._thread.start()

    def drain(self, timeout_s: float) -> bool:
        """Wait for what was submitted; return whether all was done within `timeout_s`."""
        until = time.monotonic() + timeout_s
        with self._settled:
            self._settled.wait_for(lambda: not self._unfinished, timeout=until - time.monotonic())
            left = self._unfinished
        if left:
            self.notes.append(f"{left} results were still to be shared when the run ended.")
        return not left

    def _work(self) -> None:
        while True:
            record = self._waiting.get()
            try:
                self._shared.publish(record, self._blobs)
            finally:
                with self._settled:
                    self._unfinished -= 1
                    self._settled.notify_all()
