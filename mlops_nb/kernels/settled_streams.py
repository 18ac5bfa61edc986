"""Has all that a cell wrote been sent? Waited for once, not with each thing that is shown.

A flush of ipykernel's streams wakes the publishing thread and waits for it, also where nothing was
written since the last one; a display flushes both streams. Of a stage that does nothing that took
most of the time. A stream that nobody wrote to since its last flush holds nothing; what of that
flush is still under way is sent before all that is sent later.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

_WAIT_S = 10.0  # as long as ipykernel waits for a flush


def settle_streams() -> None:
    """Wait until all that was written is sent."""
    streams: list[Any] = [sys.stdout, sys.stderr]
    if not all(map(_holds_nothing, streams)):
        for stream in streams:
            with contextlib.suppress(Exception):  # user code may have put anything there
                stream.flush()
        return
    sent = threading.Event()
    streams[0].pub_thread.schedule(sent.set)
    sent.wait(_WAIT_S)


@contextlib.contextmanager
def flushed_streams() -> Iterator[None]:
    """Let no stream be flushed meanwhile that holds nothing."""
    quiet = [stream for stream in (sys.stdout, sys.stderr) if _holds_nothing(stream)]
    for stream in quiet:
        vars(stream)["flush"] = _nothing
    try:
        yield
    finally:
        for stream in quiet:
            vars(stream).pop("flush", None)


def _holds_nothing(stream: Any) -> bool:
    """Return whether it is a stream of ipykernel's, as it made it, with nothing to be sent."""
    if type(stream).__module__ != "ipykernel.iostream":
        return False
    own = vars(stream)
    thread = getattr(own.get("pub_thread"), "thread", None)
    is_served = thread is not None and thread.is_alive()
    return is_served and own.get("_flush_pending") is False and "flush" not in own


def _nothing() -> None:
    return None
