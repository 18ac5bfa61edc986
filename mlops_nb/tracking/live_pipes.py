"""How does the process that tracks a kernel hear and answer it? The other end of `live_process`.

Messages are taken by a thread, so that what the kernel said before it was killed is not lost; that
no more come is told by the end of the pipe, by a new parent, or by a signal to this process.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import threading
import time
from contextlib import suppress
from typing import IO, Any

from mlops_nb.tracking.live_messages import LiveMessage

# What the kernel may still say when this process is asked to end: it may be ending, too.
_LAST_WORDS_S = 1.0
_LOOK_S = 1.0


class Answers:
    """Says something to the kernel, from any thread; a kernel that is gone hears nothing."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def say(self, **content: Any) -> None:
        line = json.dumps(content).encode() + b"\n"
        with self._lock, suppress(OSError, ValueError):
            self._pipe.write(line)
            self._pipe.flush()


class Messages:
    """What the kernel says.

    Parameters
    ----------
    pipe : binary file
    kernel : int
        Its process id.
    """

    def __init__(self, pipe: IO[bytes], *, kernel: int) -> None:
        self._pipe = pipe
        self._kernel = kernel
        self._queue: queue.SimpleQueue[LiveMessage | None] = queue.SimpleQueue()
        self._deadline = float("inf")
        threading.Thread(target=self._read, name="mlops_nb-messages", daemon=True).start()

    def take(self) -> LiveMessage | None:
        """Return the next message; None if none comes any more.

        A fork of the kernel may hold the pipe open when the kernel is gone.
        """
        while time.monotonic() < self._deadline:
            is_orphan = os.getppid() != self._kernel
            with suppress(queue.Empty):
                return self._queue.get(timeout=_LOOK_S)
            if is_orphan:
                return None
        return None

    @property
    def is_ending(self) -> bool:
        """Return whether this process was asked to end."""
        return self._deadline < float("inf")

    def end_soon(self) -> None:
        """Wait for messages for a moment only; for a signal's handler."""
        self._deadline = min(self._deadline, time.monotonic() + _LAST_WORDS_S)

    def _read(self) -> None:
        try:
            while True:
                self._queue.put(pickle.load(self._pipe))
        except Exception:  # the end, or half a message of a kernel that was killed
            self._queue.put(None)
