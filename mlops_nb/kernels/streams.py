"""How does a kernel keep every line of a chatty cell? This file runs in the kernel, injected as
text.

ipykernel publishes output on a ZeroMQ PUB socket, which drops messages once 1,000 wait to be read,
and a flush waits for the publishing thread. A logging handler flushes per record: 20,000 records
were 18,730 in the notebook, and a minute instead of a second. So flushes of user code are merged
(at most one per stream in `INTERVAL_S`; ipykernel's own timer sends what is left), flushes by
ipykernel and IPython, which keep outputs in order, pass at once, and the socket's limit is lifted.

Standard library and IPython only; ipykernel's parts are used where they are there.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

INTERVAL_S = 0.1
_ZMQ_SNDHWM = 23  # the option's number in libzmq; the constant is not imported, for kernels without


class MergedFlush:
    """Replaces `flush` of the kernel's two streams; order between them is kept.

    Parameters
    ----------
    streams : list
        ipykernel's OutStream objects for stdout and stderr.
    """

    def __init__(self, streams: list[Any]) -> None:
        self._pid = os.getpid()
        self._last = dict.fromkeys(map(id, streams), 0.0)
        self._waiting: list[Any] = []
        self._real = {id(stream): stream.flush for stream in streams}
        for stream in streams:
            stream.flush = lambda stream=stream: self.flush(stream)

    def flush(self, stream: Any) -> None:
        """Send what `stream` holds, now or within ipykernel's flush interval."""
        real = self._real[id(stream)]
        if os.getpid() != self._pid:  # a forked child sends through a pipe of its own
            real()
            return
        # ipykernel flushes after each control request. After a shutdown request the publishing
        # thread may be gone by then, and the flush waits for ever (seen once in 50 runs of
        # ipykernel 7.4).
        if threading.current_thread().name == "Control":
            return
        caller = str(sys._getframe(2).f_globals.get("__name__", ""))
        inside = caller.split(".", 1)[0] in ("ipykernel", "IPython")
        others = [waiting for waiting in self._waiting if waiting is not stream]
        now = time.monotonic()
        if not inside and not others and now - self._last[id(stream)] < INTERVAL_S:
            if stream not in self._waiting:
                self._waiting.append(stream)
            return
        self._waiting.clear()
        for waiting in others:  # it was flushed before this one, so it is sent before
            self._real[id(waiting)]()
        real()
        self._last[id(stream)] = time.monotonic()


def install() -> None:
    """Merge flushes and lift the publisher's limit in this kernel; do nothing where neither
    exists."""
    streams: list[Any] = [s for s in (sys.stdout, sys.stderr) if hasattr(s, "pub_thread")]
    if streams and not hasattr(streams[0], "_mlops_nb_merged"):
        merged = MergedFlush(streams)
        for stream in streams:
            stream._mlops_nb_merged = merged
        _lift_limit(streams[0])


def _lift_limit(stream: Any) -> None:
    """Let the publishing socket keep messages instead of dropping them while the runner is busy."""
    thread = stream.pub_thread
    socket = getattr(thread, "socket", None)
    if socket is not None and hasattr(thread, "schedule"):
        # In the publishing thread: ZeroMQ's sockets belong to one thread.
        thread.schedule(lambda: socket.setsockopt(_ZMQ_SNDHWM, 0))
