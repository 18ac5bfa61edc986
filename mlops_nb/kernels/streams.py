"""How does a kernel keep every line of a chatty cell? This file runs in the kernel, injected as
text.

ipykernel publishes output on a ZeroMQ PUB socket, which drops messages once 1,000 wait to be read,
and a flush waits for the publishing thread. A logging handler flushes per record: 20,000 records
were 18,730 in the notebook, and a minute instead of a second. So flushes are merged: at most one
per stream in `INTERVAL_S`, the rest is put off until something else is sent (a display, a comm
message, the end of the cell) or written to the other stream, so that all keeps its order, or until
ipykernel's own timer sends it.

And the kernel waits for the runner instead of dropping what it cannot take: the socket blocks when
`QUEUED_MESSAGES` wait, a message of a stream has at most `_PIECE` characters, and whoever has
written so many waits until they are sent. So a cell that prints for ever is slowed down, as it is
by a pipe, and neither process holds more than what is on its way.

ipykernel does not cancel the timer of a text that was flushed before: it fires into a later cell,
and sends what that cell wrote to one stream before what it wrote earlier to the other. Such a late
timer is ignored here; the text it would send has a timer of its own.

Standard library and ipykernel only, Python 3.9.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import sys
import threading
import time
from typing import Any

INTERVAL_S = 0.1
_TIMER_TOLERANCE_S = 0.01
# Messages that wait to be read; the runner's own queue has the same length.
QUEUED_MESSAGES = 32
_PIECE = 1 << 20
# After so many messages the main thread waits until they are sent.
_MESSAGES_AHEAD = 16
# IPython 9 keeps what cells print, for `%notebook`; it is made to forget it after so much.
_REMEMBERED = 16 << 20
_WAIT_S = 10.0  # as long as ipykernel waits for a flush
# The options' numbers in libzmq; the constants are not imported, for kernels without.
_ZMQ_SNDHWM = 23
_ZMQ_XPUB_NODROP = 69


class MergedFlush:
    """Replaces `flush` of the kernel's two streams; order between them is kept.

    Parameters
    ----------
    streams : list
        ipykernel's OutStream objects for stdout and stderr.
    """

    def __init__(self, streams: list[Any]) -> None:
        self._pid = os.getpid()
        self._streams = streams
        self._publisher = getattr(streams[0], "pub_thread", None)
        self._last = dict.fromkeys(map(id, streams), 0.0)
        self._waiting: Any = None  # the stream whose flush was put off
        # The class's own: while a cell runs, IPython puts another one there that remembers all.
        self._real = {
            id(stream): (stream.flush, type(stream).write.__get__(stream)) for stream in streams
        }
        self._pending_since = dict.fromkeys(map(id, streams), 0.0)
        self._asked: list[Any] = []  # streams whose flush was asked for, not due by a timer
        self._held = dict.fromkeys(map(id, streams), 0)
        self._ahead = self._unremembered = 0
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

    def send_last(self) -> None:
        """Send what the streams hold as the kernel ends, and wait until it is sent."""
        if os.getpid() == self._pid:
            for stream in self._streams:
                self._send(stream)
            self._wait_for_publisher()

    def send_message(self, *args: Any, **options: Any) -> Any:
        """Send a message of the kernel's; what was to have been sent before is sent before."""
        if threading.current_thread() is not threading.main_thread():
            return self._send_message(*args, **options)
        if self._waiting is not None:
            self._send(self._waiting)
        message = self._send_message(*args, **options)
        self._ahead += 1
        if self._ahead > _MESSAGES_AHEAD:
            self._ahead = 0
            self._wait_for_publisher()
        return message

    def write(self, stream: Any, text: str) -> int:
        """Write; what the other stream was to have sent before is sent before.

        A long text goes in pieces, each of which waits until it is sent.
        """
        waiting = self._waiting
        if waiting is not None and waiting is not stream:
            self._send(waiting)
        if not getattr(stream, "_flush_pending", True):
            self._pending_since[id(stream)] = time.monotonic()
        real, key = self._real[id(stream)][1], id(stream)
        if not isinstance(text, str) or os.getpid() != self._pid:
            count: int = real(text)
            return count
        for start in range(0, len(text) or 1, _PIECE):
            piece = text[start : start + _PIECE]
            real(piece)
            self._held[key] += len(piece)
            if self._held[key] >= _PIECE:
                self._send(stream)
                self._unremembered += _PIECE
        if self._unremembered > _REMEMBERED:
            self._unremembered = 0
            _forget_printed()
        return len(text)

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
            self._held[id(stream)] = 0
        self._last[id(stream)] = time.monotonic()

    def _due(self, stream: Any, real: Any) -> None:
        """Send now, unless a timer fires that was set for a text sent long ago."""
        age = time.monotonic() - self._pending_since[id(stream)]
        is_asked = stream in self._asked or os.getpid() != self._pid
        if is_asked or age >= stream.flush_interval - _TIMER_TOLERANCE_S:
            self._held[id(stream)] = 0
            real()

    def _wait_for_publisher(self) -> None:
        """Wait until the publishing thread has sent what it was given."""
        thread = self._publisher
        if thread is not None and thread.thread.is_alive() and os.getpid() == self._pid:
            sent = threading.Event()
            thread.schedule(sent.set)
            sent.wait(_WAIT_S)


def _forget_printed() -> None:
    """Let go of the text that IPython remembers of this cell and those before."""
    from IPython import get_ipython

    history: Any = getattr(get_ipython(), "history_manager", None)
    for outputs in list(getattr(history, "outputs", {}).values()):
        for output in outputs:
            if getattr(output, "output_type", "") in ("out_stream", "err_stream"):
                del output.bundle["stream"][:]


def install() -> None:
    """Merge flushes and let the kernel wait for its reader; do nothing where neither can be."""
    streams: list[Any] = [s for s in (sys.stdout, sys.stderr) if hasattr(s, "pub_thread")]
    if streams and not hasattr(streams[0], "_mlops_nb_merged"):
        merged = MergedFlush(streams)
        for stream in streams:
            stream._mlops_nb_merged = merged
        with contextlib.suppress(RuntimeError):  # no loop: then this is not ipykernel's main thread
            asyncio.get_running_loop().call_soon(merged.take_writes, streams)
        # After the handlers that cells register, before ipykernel's own.
        atexit.register(merged.send_last)
        thread = streams[0].pub_thread
        if getattr(thread, "socket", None) is not None and hasattr(thread, "schedule"):
            # In the publishing thread: ZeroMQ's sockets belong to one thread.
            thread.schedule(lambda: _keep_all(thread.socket))


def _keep_all(socket: Any) -> None:
    """Let a publishing socket wait for its reader instead of dropping messages."""
    try:
        socket.setsockopt(_ZMQ_XPUB_NODROP, 1)
        socket.setsockopt(_ZMQ_SNDHWM, QUEUED_MESSAGES)
    except Exception:  # another socket, or libzmq before 4.1: it keeps them, however many
        socket.setsockopt(_ZMQ_SNDHWM, 0)
