"""How does the kernel ask the panel's desk? Through pipes of a process that starts when needed.

Standard library only: this is imported into the user's kernel.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from mlops_nb.errors import (
    ApprovalMissingError,
    InfrastructureError,
    InputError,
    MlopsNbError,
    NotBlessedError,
)

_COMMAND = "from mlops_nb.widgets.desk_process import main; main()"
_KINDS: Mapping[int, type[MlopsNbError]] = {
    2: InputError,
    3: NotBlessedError,
    4: ApprovalMissingError,
    5: InfrastructureError,
}


class DeskLink:
    """A desk in a process of its own.

    Parameters
    ----------
    folder : Path
        A folder of the project.
    reference : str
        ``MODEL[@V]``.
    to : str
    gates : tuple of str

    Attributes
    ----------
    on_progress : callable or None
        Hears what the desk does while it is asked.
    """

    def __init__(self, folder: Path, reference: str, *, to: str, gates: tuple[str, ...]) -> None:
        self._config = {
            "folder": str(folder),
            "reference": reference,
            "to": to,
            "gates": list(gates),
        }
        self.on_progress: Callable[[str], None] | None = None
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[str] | None = None

    @property
    def reference(self) -> str:
        return str(self._config["reference"])

    def point_to(self, reference: str) -> None:
        """Let the next request be about another version."""
        with self._lock:
            self._end()
            self._config["reference"] = reference

    def ask(self, do: str, **words: Any) -> dict[str, Any]:
        """Return the view, or what was moved.

        Raises
        ------
        MlopsNbError
            What the desk raised; MNB770 if its process died.
        """
        with self._lock:
            told = self._exchange(json.dumps({"do": do, **words}))
        if "error" in told:
            kind = _KINDS.get(told["error"]["exit_code"], InfrastructureError)
            raise kind(*told["error"]["args"])
        answer: dict[str, Any] = told.get("view") or told["moved"]
        return answer

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _exchange(self, request: str) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            self._start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(request + "\n")
            process.stdin.flush()
            while line := process.stdout.readline():
                told: dict[str, Any] = json.loads(line)
                if "progress" not in told:
                    return told
                if self.on_progress is not None:
                    self.on_progress(told["progress"])
        except OSError:
            pass  # its pipe broke: it died
        raise self._died()

    def _start(self) -> None:
        self._end()
        # Not a pipe: nobody reads it while the process works.
        self._errors = tempfile.TemporaryFile(  # noqa: SIM115 - lives as long as the process
            "w+", encoding="utf-8", errors="replace"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            # An interrupt of the kernel is for the user's cell, not for a promotion.
            start_new_session=True,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(self._config) + "\n")
        self._process.stdin.flush()

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

    def _died(self) -> InfrastructureError:
        last = ""
        if self._errors is not None:
            self._errors.seek(0)
            lines = self._errors.read().strip().splitlines()
            last = f" Its last words: {lines[-1]}" if lines else ""
        self._end()
        return InfrastructureError(
            "MNB770",
            "promotion panel",
            f"the process that works for it ended.{last}",
            "Try again; 'mlops-nb promote' in a shell does the same.",
        )
