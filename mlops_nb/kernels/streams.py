"""How does a kernel keep every line of a chatty cell? This file runs in the kernel, injected as
text.

ipykernel publishes output on a ZeroMQ PUB socket, which drops messages once 1,000 wait to be read,
and a flush waits for the publishing thread. A logging handler flushes per record: 20,000 records
were 18,730 in the notebook, and a minute instead of a second. So flushes are merged: at most one
per stream in `INTERVAL_S`, the rest is put off until something else is sent (a display, a comm
message, the end of the cell) or written to the other stream, so that all keeps its order, or until
ipykernel's own timer sends it. And the socket's limit is lifted.

ipykernel does not cancel the timer of a text that was flushed before: it fires into a later cell,
and sends what that cell wrote to one stream before what it wrote earlier to the other. Such a late
timer is ignored here; the text it would send has a timer of its own.

Standard library and ipykernel only, Python 3.9.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from typing import Any

INTERVAL_S = 0.1
_TIMER_TOLERANCE_S = 0.01
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
        self._waiting: Any = None  # the stream whose flush was put off
        self._real = {id(stream): (stream.flush, stream.write) for stream in streams}
        self._pending_since = dict.fromkeys(map(id, streams), 0.0)
        self._asked: list[Any] = []  # streams whose flush was asked for, not due by a timer
        for stream in streams:
            stream.flush = lambda stream=stream: self.flush(stream)
            if hasattr(stream, "_flush") and hasattr(stream, "flush_interval"):
                stream._flush = lambda stream=stream, real=stream._flush: self._due(stream, real)
        session = streams[0].session
        self._send_message = session.send
        session.send = self.send_message

    def take_writes(self, streams: list[Any]) -> None:
        """Replace `write` too; not while a cell runs, when IPython has put its own there."""
        for stream in streams:
            stream.write = lambda text, stream=stream: self.write(stream, text)

    def send_message(self, *args: Any, **options: Any) -> Any:
        """Send a message of the kernel's; what was to have been sent before is sent before."""
        if self._waiting is not None and threading.current_thread() is threading.main_thread():
            self._send(self._waiting)
        return self._send_message(*args, **options)

    def write(self, stream: Any, text: str) -> int:
        """Write; what the other stream was to have sent before is sent before."""
        waiting = self._waiting
        if waiting is not None and waiting is not stream:
            self._send(waiting)
        if not getattr(stream, "_flush_pending", True):
            self._pending_since[id(stream)] = time.monotonic()
        count: int = self._real[id(stream)][1](text)
        return count

    def flush(self, stream: Any) -> None:
        """Send what `stream` holds, now or within ipykernel's flush interval."""
        # ipykernel flushes after each control request. After a shutdown request the publishing
        # thread may be gone by then, and the flush waits for ever (once in 50 runs, 7.4).
        if threading.current_thread().name == "Control":
            return
        if os.getpid() != self._pid:  # a forked child sends through a pipe of its own
            self._real[id(stream)][0]()
            return
        if self._waiting is not None and self._waiting is not stream:
            self._send(self._waiting)
        if getattr(stream, "_flush_pending", True):  # else nothing was written since the last one
            if time.monotonic() - self._last[id(stream)] < INTERVAL_S:
                self._waiting = stream
            else:
                self._send(stream)

    def _send(self, stream: Any) -> None:
        if stream is self._waiting:
            self._waiting = None
        self._asked.append(stream)
        try:
            self._real[id(stream)][0]()
        finally:
            self._asked.remove(stream)
        self._last[id(stream)] = time.monotonic()

    def _due(self, stream: Any, real: Any) -> None:
        """Send now, unless a timer fires that was set for a text sent long ago."""
        age = time.monotonic() - self._pending_since[id(stream)]
        is_asked = stream in self._asked or os.getpid() != self._pid
        if is_asked or age >= stream.flush_interval - _TIMER_TOLERANCE_S:
            real()


def install() -> None:
    """Merge flushes and lift the publisher's limit in this kernel; do nothing where neither
    exists."""
    streams: list[Any] = [s for s in (sys.stdout, sys.stderr) if hasattr(s, "pub_thread")]
    if streams and not hasattr(streams[0], "_mlops_nb_merged"):
        merged = MergedFlush(streams)
        for stream in streams:
            stream._mlops_nb_merged = merged
        with contextlib.suppress(RuntimeError):  # no loop: then this is not ipykernel's main thread
            asyncio.get_running_loop().call_soon(merged.take_writes, streams)
        _lift_limit(streams[0])


def _lift_limit(stream: Any) -> None:
    """Let the publishing socket keep messages instead of dropping them while the runner is busy."""
    thread = stream.pub_thread
    socket = getattr(thread, "socket", None)
    if socket is not None and hasattr(thread, "schedule"):
        # In the publishing thread: ZeroMQ's sockets belong to one thread.
        thread.schedule(lambda: socket.setsockopt(_ZMQ_SNDHWM, 0))
