"""How is a process beside this one asked? On its stdin; what it says on stderr is kept for errors.

Standard library only: it is imported into the user's kernel. A process starts when it is needed,
and an interrupt of this one is not for it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from typing import IO

_ERRORS_KEPT = 8 << 10


class PipedProcess:
    """A Python process that is asked and answers through pipes.

    Parameters
    ----------
    command : str
        What Python executes. The folder that it starts in is no place of modules.
    *arguments : str
    """

    def __init__(self, command: str, *arguments: str) -> None:
        self._command = [sys.executable, "-P", "-c", command, *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process's number; None if there is none."""
        return None if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; one that was there before is ended."""
        self.end()
        # Not a pipe: nobody reads it while the process works.
        self._errors = tempfile.TemporaryFile("w+b")  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
        )

    def tell(self, message: bytes) -> None:
        """Write to the process. Raises OSError if it does not listen any more."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(message)
        self._process.stdin.flush()

    @property
    def answers(self) -> IO[bytes]:
        """What the process writes; at its end there is nothing more to read."""
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout

    def last_words(self) -> str:
        """Return the last line that the process said on stderr."""
        if self._errors is None or self._errors.closed:
            return ""
        with contextlib.suppress(OSError, ValueError):
            size = os.fstat(self._errors.fileno()).st_size
            raw = os.pread(self._errors.fileno(), _ERRORS_KEPT, max(0, size - _ERRORS_KEPT))
            return (raw.decode("utf-8", "replace").strip().splitlines() or [""])[-1]
        return ""

    def kill(self) -> None:
        """End the process now; its answer is then cut off."""
        process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()

    def wait(self) -> None:
        """Wait for the end of the process."""
        if self._process is not None:
            self._process.wait()

    def end(self) -> None:
        """Close the pipes, which ends the process when it has done its work, and wait for it."""
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            process.wait()
        if self._errors is not None:
            self._errors.close()
            self._errors = None
