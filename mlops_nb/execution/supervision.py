"""What can end a cell from outside? Ctrl-C, a termination signal, the end of the kernel process.

All three are futures that the loop waits on beside the cell. The process is asked five times a
second whether it lives, so its end is known well within two seconds whatever the cell was doing.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from threading import current_thread, main_thread
from typing import Any

from mlops_nb.kernels.launch import KernelLaunch

_POLL_S = 0.2


async def first_of(*futures: asyncio.Future[Any], timeout_s: float | None = None) -> None:
    """Wait until one of `futures` is done, or the time is up; cancel nothing."""
    await asyncio.wait(futures, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)


class Terminated(BaseException):
    """A termination signal arrived where `termination_raises`; its number is the argument."""


def termination_signals() -> tuple[int, ...]:
    """Return the signals that end a run: SIGTERM, and SIGHUP (the terminal was closed) unless it
    is ignored (``nohup``)."""
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is None or signal.getsignal(hangup) == signal.SIG_IGN:
        return (signal.SIGTERM,)
    return (signal.SIGTERM, hangup)


@contextlib.contextmanager
def termination_raises() -> Iterator[None]:
    """Let termination signals raise `Terminated`, as SIGINT raises KeyboardInterrupt; in the main
    thread."""

    def raise_terminated(signum: int, frame: Any) -> None:
        raise Terminated(signum)

    if current_thread() is not main_thread():
        yield
        return
    taken = termination_signals()
    before = [signal.signal(signum, raise_terminated) for signum in taken]
    try:
        yield
    finally:
        for signum, previous in zip(taken, before, strict=True):
            signal.signal(signum, previous if previous is not None else signal.SIG_DFL)


class Supervision:
    """What happens to a run from outside.

    Attributes
    ----------
    kernel_ended : asyncio.Future
        Done when the kernel process is gone.
    stop_asked : asyncio.Future
        Done with the signal's number when the run is to stop.
    kill_asked : asyncio.Future
        Done when a second signal asks to stop at once.
    """

    def __init__(self, launch: KernelLaunch) -> None:
        loop = asyncio.get_running_loop()
        self.kernel_ended: asyncio.Future[None] = loop.create_future()
        self.stop_asked: asyncio.Future[int] = loop.create_future()
        self.kill_asked: asyncio.Future[None] = loop.create_future()
        self._launch = launch
        self._loop = loop

    async def watch_kernel(self) -> None:
        """Set `kernel_ended` when the process is gone; watch until cancelled."""
        while True:
            if self._launch.exit_status() is not None and not self.kernel_ended.done():
                self.kernel_ended.set_result(None)
            self._launch.note_memory()
            await asyncio.sleep(_POLL_S)

    def expect_kernel(self) -> None:
        """Watch another process, which the launch has started anew."""
        self.kernel_ended = self._loop.create_future()

    def ask_stop(self, signum: int) -> None:
        """Stop the run; asked again, stop at once. To be called in the loop's thread."""
        if not self.stop_asked.done():
            self.stop_asked.set_result(signum)
        elif not self.kill_asked.done():
            self.kill_asked.set_result(None)

    @contextlib.contextmanager
    def signals_taken(self) -> Iterator[None]:
        """Take SIGINT and termination signals as requests to stop; only the main thread can."""
        if current_thread() is not main_thread():
            yield
            return
        before: dict[int, Any] = {}
        for signum in (signal.SIGINT, *termination_signals()):
            previous = signal.getsignal(signum)
            with contextlib.suppress(NotImplementedError, RuntimeError):  # Windows
                self._loop.add_signal_handler(signum, self.ask_stop, signum)
                before[signum] = previous
        try:
            yield
        finally:
            for taken, previous in before.items():
                self._loop.remove_signal_handler(taken)
                signal.signal(taken, previous if previous is not None else signal.SIG_DFL)
