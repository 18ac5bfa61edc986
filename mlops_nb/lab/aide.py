"""How does the server ask an aide? Through pipes of a process that starts when it is needed.

`ask` waits for the answer: it is called in a thread, never on the event loop. An aide that died
before it answered is started anew once, and then its death is the answer.
"""

from __future__ import annotations

import json
import threading

from mlops_nb.errors import InfrastructureError
from mlops_nb.lab.aide_process import read_exactly
from mlops_nb.lab.answers import Answer, answering
from mlops_nb.lab.requests import Request
from mlops_nb.widgets.piped_process import PipedProcess

_COMMAND = "from mlops_nb.lab.aide_process import main; main()"
_ATTEMPTS = 2


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
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._process = PipedProcess(_COMMAND, actions)
        self._is_late = False
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        """The process that answers; None if there is none."""
        return self._process.pid

    def ask(self, action: str, request: Request) -> Answer:
        """Return the answer; never raises."""
        with self._lock:
            return answering(lambda: self._ask(action, request), root=request.root)

    def last_words(self) -> str:
        """Return the last line that the process said on stderr."""
        return self._process.last_words()

    def close(self) -> None:
        """End the process, also while it works: it holds nothing that is not on disk."""
        self._is_closed = True
        self._process.kill()
        with self._lock:
            self._process.end()

    def _ask(self, action: str, request: Request) -> Answer:
        header = {
            "action": action,
            "root": str(request.root),
            "has_files": request.has_files,
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
        process = self._process
        if not process.is_running:
            process.start()
        timer = threading.Timer(self._patience_s, self._give_up)
        timer.daemon = True
        timer.start()
        try:
            process.tell(message)
            told = json.loads(process.answers.readline())
            content = read_exactly(process.answers, told["size"])
            return Answer(status=told["status"], content=content)
        except (OSError, ValueError, EOFError):
            process.kill()  # it is dying, or says what nobody understands
            process.wait()
            return None
        finally:
            timer.cancel()

    def _give_up(self) -> None:
        self._is_late = True
        self._process.kill()

    def _died(self, action: str) -> InfrastructureError:
        said = self.last_words()
        last = f" Its last words: {said}" if said else ""
        self._process.end()
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
