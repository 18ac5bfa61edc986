"""Where does the executed notebook go? A local file, written atomically, or a URL that papermill
writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.notebook.atomic import write_atomically
from mlops_nb.notebook.files import is_url

# A save costs at most a tenth of the time, and happens at most once in so many seconds.
_LOCAL_PAUSE_S = 1.0
_REMOTE_PAUSE_S = 30.0
_SHARE = 10.0


class Destination:
    """The place the executed notebook is written to, again and again.

    Parameters
    ----------
    output : str
        Local path, taken literally, or URL.
    """

    def __init__(self, output: str) -> None:
        self.output = output
        self.is_remote = is_url(output)
        self._path = None if self.is_remote else Path(output).absolute()
        self._last_cost_s = 0.0

    @property
    def path(self) -> Path | None:
        """The local file; None for a URL."""
        return self._path

    @property
    def pause_s(self) -> float:
        """How long to wait until the next save, by what the last one cost."""
        least = _REMOTE_PAUSE_S if self.is_remote else _LOCAL_PAUSE_S
        return max(least, _SHARE * self._last_cost_s)

    def check(self, source: str) -> None:
        """Refuse to write over the source; make the folder.

        Raises
        ------
        InputError
            MNB110 the output is the source, MNB111 the output is a folder.
        InfrastructureError
            MNB421 the folder cannot be made.
        """
        if self.output == source or (self._path is not None and self._is_file(source)):
            raise InputError(
                "MNB110",
                self.output,
                "the output is the notebook itself.",
                "Name another file, or none: executed notebooks are then kept in "
                ".mlops_nb/record/runs.",
            )
        if self._path is None:
            return
        if self._path.is_dir():
            raise InputError("MNB111", self.output, "the output is a folder.", "Name a file in it.")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self.fault(error) from error

    def write(self, chunks: Sequence[bytes]) -> None:
        """Write the whole notebook. Raises OSError, or what papermill's handler raises."""
        if self._path is not None:
            write_atomically(self._path, chunks)
        else:
            from papermill.iorw import papermill_io

            papermill_io.write(b"".join(chunks).decode(), self.output)

    def note_cost(self, seconds: float) -> None:
        """Set what the last save cost, encoding included."""
        self._last_cost_s = seconds

    def fault(self, error: Exception) -> InfrastructureError:
        """Return the error to raise where `write` failed for good."""
        told = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        return InfrastructureError(
            "MNB421",
            self.output,
            f"the executed notebook cannot be written: {told}.",
            "Free the disk or choose another place for it.",
        )

    def _is_file(self, source: str) -> bool:
        try:
            return not is_url(source) and self._path is not None and self._path.samefile(source)
        except OSError:  # one of them does not exist yet
            return False
