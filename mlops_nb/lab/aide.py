"""How does the server ask an aide? Through pipes of a process that starts when it is needed.

`ask` waits for the answer: it is called in a thread, never on the event loop. An aide that died
before it answered is started anew once, and then its death is the answer.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from typing import IO

from mlops_nb.errors import InfrastructureError
from mlops_nb.lab.aide_process import read_exactly
from mlops_nb.lab.answers import Answer, answering
from mlops_nb.lab.requests import Request

_COMMAND = "from mlops_nb.lab.aide_process import main; main()"
_ATTEMPTS = 2
_ERRORS_KEPT = 8 << 10


class Aide:
    """A process that answers requests, one after another.

    Parameters
    ----------
    actions : str
        Name of the module whose ``ACTIONS`` it carries out.
    patience_s : float
        What an answer may take; then the process is ended.
    """

    def __init__(self, actions: str, *, patience_s: float = 120.0) -> None:
        self._actions = actions
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._is_late = False
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        """The process that answers; None if there is none."""
        return None if self._process is None else self._process.pid

    def ask(self, action: str, request: Request) -> Answer:
        """Return the answer; never raises."""
        with self._lock:
            return answering(lambda: self._ask(action, request), root=request.root)

    def last_words(self) -> str:
        """Return the end of what the process said on stderr."""
        if self._errors is None or self._errors.closed:
            return ""
        with contextlib.suppress(OSError, ValueError):
            size = os.fstat(self._errors.fileno()).st_size
            raw = os.pread(self._errors.fileno(), _ERRORS_KEPT, max(0, size - _ERRORS_KEPT))
            return raw.decode("utf-8", "replace").strip()
        return ""

    def close(self) -> None:
        """End the process, also while it works: it holds nothing that is not on disk."""
        self._is_closed = True
        process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()
        with self._lock:
            self._end()

    def _ask(self, action: str, request: Request) -> Answer:
        header = {
            "action": action,
            "root": str(request.root),
            "query": dict(request.query),
            "parts": list(request.parts),
            "size": len(request.raw),
        }
        message = json.dumps(header).encode() + b"\n" + request.raw
        self._is_late = False
        for _ in range(_ATTEMPTS):
            if self._is_late or self._is_closed:
                break
            answer = self._exchange(message)
            if answer is not None:
                return answer
        raise self._died(action)

    def _exchange(self, message: bytes) -> Answer | None:
        """Return the answer; None if the process ended before."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(self._patience_s, self._give_up, [process])
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(message)
            process.stdin.flush()
            told = json.loads(process.stdout.readline())
            content = read_exactly(process.stdout, told["size"])
            return Answer(status=told["status"], content=content)
        except (OSError, ValueError, EOFError):
            process.kill()  # it is dying, or says what nobody understands
            process.wait()
            return None
        finally:
            timer.cancel()

    def _give_up(self, process: subprocess.Popen[bytes]) -> None:
        self._is_late = True
        process.kill()

    def _start(self) -> None:
        self._end()
        # Not a pipe: nobody reads it while the process works.
        self._errors = tempfile.TemporaryFile("w+b")  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _COMMAND, self._actions],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,  # an interrupt of the server is not for it
        )

    def _end(self) -> None:
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

    def _died(self, action: str) -> InfrastructureError:
        lines = self.last_words().splitlines()
        last = f" Its last words: {lines[-1]}" if lines else ""
        self._end()
        if self._is_closed:
            return InfrastructureError("MNB887", action, "the server is ending.", "Start it again.")
        if self._is_late:
            return InfrastructureError(
                "MNB888",
                action,
                f"there was no answer within {self._patience_s:g} s.",
                "Try again; the command line has no such limit.",
            )
        return InfrastructureError(
            "MNB887",
            action,
            f"the process that works for the server ended.{last}",
            "Try again; the same command in a shell shows more.",
        )
