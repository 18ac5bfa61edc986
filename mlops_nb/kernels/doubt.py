"""Has a kernel that says nothing forgotten what it was asked? The runner's side of `witness`.

Only what the witness says counts: that nothing is executed, and that the main thread sits in its
loop or has left it, again and again. No answer is no evidence: native code may hold Python's lock
for hours. A kernel without the witness (another language) is never doubted.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from mlops_nb.kernels.witness import ANSWER, ASK

# So long nothing may have come from the kernel before it is asked.
SILENCE_S = 3.0
# And so long it must say that nothing is executed; a flush whose thread died takes a while.
CERTAIN_S = {b"idle": 4.0, b"gone": 4.0, b"waits": 25.0}
_LOOK_S = 0.5


class Doubt:
    """The line to one kernel's witness.

    Parameters
    ----------
    folder : Path
        The kernel's own.
    """

    def __init__(self, folder: Path) -> None:
        self._ask, self._answer = folder / ASK, folder / ANSWER
        self._pipes: tuple[int, int] | None = None
        self._is_asked = False

    def prepare(self) -> None:
        """Make the pipes, for the witness to find; where there are none it stays away."""
        with contextlib.suppress(OSError, AttributeError):
            os.mkfifo(self._ask, 0o600)
            os.mkfifo(self._answer, 0o600)

    def open(self) -> None:
        """Connect to the witness, if it is there by now."""
        try:
            answer = os.open(self._answer, os.O_RDONLY | os.O_NONBLOCK)
        except (OSError, AttributeError):
            return
        try:
            self._pipes = (os.open(self._ask, os.O_WRONLY | os.O_NONBLOCK), answer)
        except OSError:  # nobody reads
            os.close(answer)

    def close(self) -> None:
        """Disconnect."""
        for pipe in self._pipes or ():
            os.close(pipe)
        self._pipes = None

    async def confirm(self, heard: Callable[[], float]) -> str:
        """Return what became of a request once it is certain that nobody works for it any more.

        Parameters
        ----------
        heard : callable
            Returns when something came from the kernel last, by `time.monotonic`.

        Returns
        -------
        str
            The end of a sentence about the kernel.
        """
        since: float | None = None
        while True:
            await asyncio.sleep(_LOOK_S)
            if time.monotonic() - heard() < SILENCE_S:
                since = None
                continue
            said = await self._testimony()
            now = time.monotonic()
            if not _has_forgotten(said) or now - heard() < SILENCE_S:
                since = None
            elif since is None:
                since = now
            elif now - since >= CERTAIN_S[said[-1]]:
                return _phrase(said)

    async def _testimony(self) -> list[bytes]:
        """Return the words of the witness; wait for them as long as it takes."""
        while self._pipes is not None:
            ask, answer = self._pipes
            try:
                if not self._is_asked:
                    os.write(ask, b"?")
                    self._is_asked = True
                told = os.read(answer, 256)
            except BlockingIOError:
                told = b""
            except OSError:  # the kernel has closed its ends
                self.close()
                break
            if told:
                self._is_asked = False
                return told.split()
            await asyncio.sleep(_LOOK_S)
        await asyncio.get_running_loop().create_future()  # for ever: there is no witness
        return []


def _has_forgotten(said: list[bytes]) -> bool:
    begun, ended, place = said[-3:]
    return place == b"gone" or (place in CERTAIN_S and begun == ended)


def _phrase(said: list[bytes]) -> str:
    return {
        b"gone": "its event loop was stopped",
        b"idle": "it waits for requests and executes none",
        b"waits": "it waits for a thread of its own that does not answer",
    }[said[-1]]
