"""Where is what a cell's output was too long for? In a text file beside the executed notebook.

It is made when the first text is left out, holds that text in order, and is itself limited: a cell
that prints for ever must not fill the disk.
"""

from __future__ import annotations

from pathlib import Path

from mlops_nb.execution.outputs_text import phrase_bytes
from mlops_nb.execution.stream_text import count_bytes, split_bytes


class OverflowFile:
    """The text file of one cell; its faults are told in `place` and never raised.

    Parameters
    ----------
    path : Path
    limit : int
        Bytes of the file at most.
    """

    def __init__(self, path: Path, *, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._written = 0
        self._fault = ""

    @property
    def place(self) -> str:
        """How a person finds the text, as the end of a sentence."""
        if self._written == 0:
            return f"; its text is lost: {self._fault}" if self._fault else ""
        if self._fault:
            kept = phrase_bytes(self._written)
            return f"; the first {kept} of its text are in {self._path.name} ({self._fault})"
        return f"; its text is in {self._path.name}"

    def write(self, text: str) -> None:
        """Append `text`, as far as limit and disk allow."""
        if self._fault:
            return
        text, rest = split_bytes(text, self._limit - self._written)
        try:
            with self._path.open("ab" if self._written else "wb") as file:
                file.write(text.encode(errors="backslashreplace"))
        except OSError as error:
            self._fault = error.strerror or str(error)
            return
        self._written += count_bytes(text)
        if rest:
            self._fault = f"the file is limited to {phrase_bytes(self._limit)}"

    def clear(self) -> None:
        """Remove the file."""
        if self._written:
            self._path.unlink(missing_ok=True)
        self._written, self._fault = 0, ""
