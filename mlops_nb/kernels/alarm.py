"""How is ``--timeout`` kept in a live kernel? By the alarm signal, in the main thread.

Headless, the runner keeps time. Where the signal is missing (Windows) or taken, the stage runs on
and says so.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Mapping
from typing import Any

from .metric_values import fault


class StageTimeoutError(KeyboardInterrupt):
    """A stage took longer than its ``--timeout``; ``except Exception`` lets it pass."""

    def _render_traceback_(self) -> list[str]:
        """Return IPython's traceback without the frame of our signal handler."""
        from IPython import get_ipython

        last = self.__traceback__
        while last is not None and last.tb_next is not None:
            if last.tb_next.tb_frame.f_code is Alarm._ring.__code__:
                last.tb_next = None
            last = last.tb_next
        shell = get_ipython()
        lines: list[str] = shell.InteractiveTB.structured_traceback(
            type(self), self, self.__traceback__
        )
        return lines


class Alarm:
    """Interrupts the main thread when a stage's time is up, where the platform can."""

    def __init__(self, spec: Mapping[str, Any], problems: list[dict[str, str]]) -> None:
        self._timeout = spec.get("timeout_s")
        self._stage = spec["name"]
        self._previous: Any = None
        self._message = ""
        self.is_set = False
        self.is_cancelled = False
        if not self._timeout:
            return
        limit = f"its --timeout of {self._timeout:g} s"
        self._message = f"stage {self._stage!r} took longer than {limit}"
        obstacle = ""
        if not hasattr(signal, "setitimer"):
            obstacle = "this platform has no interval timer"
        elif signal.getitimer(signal.ITIMER_REAL)[0] or signal.getsignal(signal.SIGALRM) not in (
            signal.SIG_DFL,
            None,
        ):
            obstacle = "other code in this kernel uses the alarm signal"
        if obstacle:
            problems.append(
                fault(
                    "MNB454",
                    f"'--timeout' of stage {self._stage!r} is not enforced: {obstacle}.",
                    "It is enforced by 'mlops-nb run'.",
                )
            )
            return
        self._previous = signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, self._timeout)
        self.is_set = True

    def stop(self) -> None:
        """Put the signal back as it was."""
        if self.is_set:
            self.is_set = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._previous or signal.SIG_DFL)
        if self.is_cancelled:
            print(self._message, file=sys.stderr)

    def _ring(self, signum: int, frame: Any) -> None:
        while frame is not None:
            if frame.f_code.co_name in ("run_code", "run_cell"):
                raise StageTimeoutError(self._message)
            frame = frame.f_back
        # The cell awaits: the kernel cancels it on an interrupt, as it does for a person.
        self.is_cancelled = True
        signal.raise_signal(signal.SIGINT)
        # A loop that sleeps in select() sees the cancellation only once something wakes it.
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop().call_soon_threadsafe(int)
