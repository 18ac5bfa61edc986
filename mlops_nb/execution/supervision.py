"""What can end a cell from outside? Ctrl-C, a termination signal, the end of the kernel process.

All three are futures that the loop waits on beside the cell. The process is asked five times a
second whether it lives, so its end is known well within two seconds whatever the cell was doing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

from mlops_nb.kernels.launch import KernelLaunch
from mlops_nb.stopping import StopRequests

_POLL_S = 0.2


async def first_of(*futures: asyncio.Future[Any], timeout_s: float | None = None) -> None:
    """Wait until one of `futures` is done, or the time is up; cancel nothing."""
    await asyncio.wait(futures, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)


class Supervision:
    """What happens to a run from outside.

    Attributes
    ----------
    kernel_ended : asyncio.Future
        Done when the kernel process is gone.
    stop_asked : asyncio.Future
        Done with the signal's number when the run is to stop.
    kill_asked : asyncio.Future
        Done when the kernel is to end at once: by a second signal, or one after the notebook
        failed.
    hurry_asked : asyncio.Future
        Done with the second signal.
    """

    def __init__(self, launch: KernelLaunch, stops: StopRequests) -> None:
        loop = asyncio.get_running_loop()
        self.kernel_ended: asyncio.Future[None] = loop.create_future()
        self.stop_asked: asyncio.Future[int] = loop.create_future()
        self.kill_asked: asyncio.Future[None] = loop.create_future()
        self.hurry_asked: asyncio.Future[None] = loop.create_future()
        self._launch = launch
        self._stops = stops
        self._loop = loop

    async def watch_kernel(self) -> None:
        """Set `kernel_ended` when the process is gone; watch until cancelled."""
        while True:
            if self._launch.exit_status() is not None and not self.kernel_ended.done():
                self.kernel_ended.set_result(None)
            self._launch.note_memory()
            self._launch.end_standstill()
            await asyncio.sleep(_POLL_S)

    def expect_kernel(self) -> None:
        """Watch another process, which the launch has started anew."""
        self.kernel_ended = self._loop.create_future()

    def turn_to(self, launch: KernelLaunch) -> None:
        """Watch another kernel."""
        self._launch = launch
        self.expect_kernel()

    @contextlib.contextmanager
    def signals_heard(self) -> Iterator[None]:
        """Take signals as requests to stop; the second, or one that is too late, as one to stop at
        once."""

        def wake(signum: int) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                self._loop.call_soon_threadsafe(self._look)

        with self._stops.listening(wake):
            self._look()  # one that came before, and was lost where it was raised
            yield

    def _look(self) -> None:
        asked = self._stops.asked
        if asked is not None and not self.stop_asked.done():
            self.stop_asked.set_result(asked)
        patience = 0 if asked is None else 1
        if self._stops.count > patience and not self.kill_asked.done():
            self.kill_asked.set_result(None)
        if self._stops.count > 1 and not self.hurry_asked.done():
            self.hurry_asked.set_result(None)
