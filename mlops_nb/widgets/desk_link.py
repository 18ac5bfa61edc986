"""How does the kernel ask the panel's desk? Through pipes of a process that starts when needed.

Standard library only: this is imported into the user's kernel.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mlops_nb.errors import (
    ApprovalMissingError,
    InfrastructureError,
    InputError,
    MlopsNbError,
    NotBlessedError,
)
from mlops_nb.widgets.piped_process import PipedProcess

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
        self._process = PipedProcess(_COMMAND)

    @property
    def reference(self) -> str:
        return str(self._config["reference"])

    def point_to(self, reference: str) -> None:
        """Let the next request be about another version."""
        with self._lock:
            self._config["reference"] = reference

    def ask(self, do: str, **words: Any) -> dict[str, Any]:
        """Return the view, or what was moved.

        Raises
        ------
        MlopsNbError
            What the desk raised; MNB770 if its process died.
        """
        with self._lock:
            told = self._exchange(json.dumps({"do": do, "reference": self.reference, **words}))
        if "error" in told:
            kind = _KINDS.get(told["error"]["exit_code"], InfrastructureError)
            raise kind(*told["error"]["args"])
        answer: dict[str, Any] = told.get("view") or told["moved"]
        return answer

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._process.end()

    def _exchange(self, request: str) -> dict[str, Any]:
        process = self._process
        try:
            if not process.is_running:
                process.start()
                process.tell(json.dumps(self._config).encode() + b"\n")
            process.tell(request.encode() + b"\n")
            while line := process.answers.readline():
                told: dict[str, Any] = json.loads(line)
                if "progress" not in told:
                    return told
                if self.on_progress is not None:
                    self.on_progress(told["progress"])
        except BrokenPipeError:
            pass  # it died
        raise self._died()

    def _died(self) -> InfrastructureError:
        said = self._process.last_words()
        self._process.end()
        last = f" Its last words: {said}" if said else ""
        return InfrastructureError(
            "MNB770",
            "promotion panel",
            f"the process that works for it ended.{last}",
            "Try again; 'mlops-nb promote' in a shell does the same.",
        )
