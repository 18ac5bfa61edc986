"""Was this process asked to stop, and in time to matter? One place decides, once.

An exception alone cannot carry a signal: where it is raised in a destructor it is lost, in native
code it becomes another one. So a signal is noted first and raised, if at all, second. Whichever
comes first, the signal or `StopRequests.settle`, is how a run ends, for its notebook, record, exit
code and MLflow alike.

Standard library only, and little of it: the command line loads this before all else.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

Reaction = Callable[[int], None]

_WORD = "ends by"
# Signals that an import is not broken off by.
_PATIENCE = 2
_current: StopRequests | None = None


class Terminated(KeyboardInterrupt):
    """A termination signal arrived; its number is the argument.

    A KeyboardInterrupt, since event loops and libraries let that pass and swallow other exceptions.
    """


def number_of(error: BaseException) -> int:
    """Return the number of the signal that raised `error`, a KeyboardInterrupt."""
    return int(error.args[0]) if isinstance(error, Terminated) else signal.SIGINT


def raise_stop(signum: int) -> None:
    """Raise what a signal is in Python."""
    raise KeyboardInterrupt if signum == signal.SIGINT else Terminated(signum)


def ignore(signum: int) -> None:
    """Let a signal be."""


def stop_signals() -> tuple[int, ...]:
    """Return the signals that stop a run: SIGINT, SIGTERM, and SIGHUP (the terminal was closed)
    unless it is ignored (``nohup``)."""
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is None or signal.getsignal(hangup) == signal.SIG_IGN:
        return (signal.SIGINT, signal.SIGTERM)
    return (signal.SIGINT, signal.SIGTERM, hangup)


class StopRequests:
    """The signals to one run, or to a process that makes one.

    Attributes
    ----------
    count : int
        How many have come.
    last : int or None
        The last of them.
    """

    def __init__(self) -> None:
        # One operation on a dict cannot be interrupted halfway, neither by a signal nor a thread.
        self._first: dict[str, int | None] = {}
        self._react: Reaction = raise_stop
        self.count = 0
        self.last: int | None = None

    @property
    def asked(self) -> int | None:
        """The signal that ends the run; None if none came, or too late."""
        return self._first.get(_WORD)

    def take(self, signum: int, frame: FrameType | None = None) -> None:
        """Note a signal, and do with it what is to be done now.

        An import is not broken off, as half a module would be left: `check` raises after it. Unless
        it takes so long that somebody asks a third time.
        """
        self._first.setdefault(_WORD, signum)
        self.count += 1
        self.last = signum
        is_patient = self.count <= _PATIENCE and self._react is raise_stop
        if not (is_patient and _is_importing(frame)):
            self._react(signum)

    def note(self, signum: int) -> None:
        """Take a signal that somebody else has raised already."""
        try:
            self.take(signum)
        except KeyboardInterrupt:
            return

    def settle(self) -> int | None:
        """Settle how the run ends; return the signal that was first, None if none was.

        From now on a signal changes nothing of it.
        """
        return self._first.setdefault(_WORD, None)

    def check(self) -> None:
        """Raise a stop that was noted and not raised, or that was lost where it was raised."""
        if self.asked is not None:
            raise_stop(self.asked)

    @contextlib.contextmanager
    def listening(self, reaction: Reaction) -> Iterator[None]:
        """Call `reaction` with signals while the block runs; afterwards they are noted only."""
        self._react = reaction
        try:
            yield
        finally:
            self._react = ignore

    @contextlib.contextmanager
    def breaking_off(self) -> Iterator[None]:
        """Let signals raise KeyboardInterrupt or `Terminated` in the block, and no longer."""
        with self.listening(raise_stop):
            yield

    def leave_with(self, exit_code: int) -> None:
        """Let the process, whose run has ended, come to its end: a second signal from now on ends
        it at once, with the code that is true."""
        waiting = [exit_code]

        def react(signum: int) -> None:
            if not waiting:
                os._exit(exit_code)
            waiting.clear()

        self._react = react


@contextlib.contextmanager
def taking_stops(*, passes_on: bool = True) -> Iterator[StopRequests]:
    """Take the signals that stop a run while the block runs; only the main thread can.

    Within another such block, what that one takes is yielded. A signal that came too late for the
    run is passed on at the end to whoever took signals before, as it was meant for the process;
    unless the process is there for the run only.
    """
    global _current
    if _current is not None and current_thread() is main_thread():
        yield _current
        return
    stops = StopRequests()
    if current_thread() is not main_thread():
        yield stops
        return
    before = _take_signals(stops)
    try:
        yield stops
    finally:
        _current = None
        for signum, previous in before.items():
            signal.signal(signum, signal.SIG_DFL if previous is None else previous)
    if passes_on and stops.asked is None and stops.last is not None:
        signal.raise_signal(stops.last)


def take_stops_for_good() -> StopRequests:
    """Take the signals that stop a run until the process ends, in its main thread."""
    import atexit

    stops = StopRequests()
    _take_signals(stops)
    # The first to be registered is the last to be called: what follows is Python's own end, which
    # gives signals back their default meaning, the raw end of the process.
    atexit.register(_ignore_signals)
    return stops


def _take_signals(stops: StopRequests) -> dict[int, Any]:
    global _current
    _current = stops

    def take(signum: int, frame: Any) -> None:
        stops.take(signum, frame)

    return {signum: signal.signal(signum, take) for signum in stop_signals()}


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "_find_and_load":
            return True
        frame = frame.f_back
    return False


def _ignore_signals() -> None:
    for signum in stop_signals():
        signal.signal(signum, signal.SIG_IGN)
