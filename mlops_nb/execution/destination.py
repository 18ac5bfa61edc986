"""Where does the executed notebook go? A local file, written atomically, or a URL that papermill
writes."""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Sequence
from pathlib import Path

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.kernels.scratch import lasting_folder
from mlops_nb.notebook.atomic import write_atomically
from mlops_nb.notebook.files import is_url

# A save costs at most a tenth of the time, and happens at most once in so many seconds.
_LOCAL_PAUSE_S = 0.25
_REMOTE_PAUSE_S = 30.0
_SHARE = 10.0


class Destination:
    """The place the executed notebook is written to, again and again.

    Parameters
    ----------
    output : str
        Local path, taken literally, or URL.

    Attributes
    ----------
    path : Path or None
        Absolute; None for a URL.
    notes : list of str
        What a person should know of the place.
    """

    def __init__(self, output: str) -> None:
        self.output = output
        self.is_remote = is_url(output)
        self.path = None if self.is_remote else Path(output).absolute()
        self.notes: list[str] = []
        self._kept: Path | None = None
        self._last_cost_s = 0.0

    @property
    def pause_s(self) -> float:
        """How long to wait until the next save, by what the last one cost."""
        least = _REMOTE_PAUSE_S if self.is_remote else _LOCAL_PAUSE_S
        return max(least, _SHARE * self._last_cost_s)

    def check(self, source: str) -> None:
        """Refuse to write over the source, or over what is no file; make the folder.

        Raises
        ------
        InputError
            MNB110 the output is the source, MNB111 it is or can be no file.
        InfrastructureError
            MNB421 the folder cannot be made, or the file may not be written.
        """
        if self.output == source or (self.path is not None and self._is_file(source)):
            raise InputError(
                "MNB110",
                self.output,
                "the output is the notebook itself.",
                "Name another file, or none: executed notebooks are then kept in "
                ".mlops_nb/record/runs.",
            )
        if self.path is None:
            return
        obstacle = _what_is_no_file(self.output, self.path)
        if obstacle:
            raise InputError(
                "MNB111",
                self.output,
                f"the output is {obstacle}.",
                "Name a file, or none: executed notebooks are then kept in .mlops_nb/record/runs.",
            )
        try:
            self._make_folder(self.path.parent)
            if self.path.exists() and not os.access(self.path, os.W_OK):
                raise PermissionError(0, "the file there is read-only")
        except OSError as error:
            raise self.fault(error) from error

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        folder.mkdir(parents=True, exist_ok=True)
        self.notes.append(f"The folder {str(folder)!r} did not exist and was made.")

    def write(self, chunks: Sequence[bytes]) -> None:
        """Write the whole notebook. Raises OSError, or what papermill's handler raises."""
        if self.path is not None:
            write_atomically(self.path, chunks)
        else:
            from papermill.iorw import papermill_io

            papermill_io.write(b"".join(chunks).decode(), self.output)

    def note_cost(self, seconds: float) -> None:
        """Set what the last save cost, encoding included."""
        self._last_cost_s = seconds

    def fault(self, error: Exception) -> InfrastructureError:
        """Return the error to raise where `write` failed for good."""
        told = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        kept = "" if self._kept is None else f" What was executed is kept in {self._kept}."
        return InfrastructureError(
            "MNB421",
            self.output,
            f"the executed notebook cannot be written: {told}.{kept}",
            _remedy(error, self.path),
        )

    def rescue(self, chunks: Sequence[bytes]) -> bool:
        """Keep what cannot be written where it was to go; return whether that worked after all.

        A folder that is gone is made again; else the notebook goes to the folder for temporary
        files, and `fault` says so.
        """
        try:
            if self.path is not None and not self.path.parent.exists():
                self.path.parent.mkdir(parents=True)
                self.notes.append(f"The folder {str(self.path.parent)!r} was gone; made again.")
                self.write(chunks)
                return True
        except OSError:
            pass
        name = Path(self.output).name[:80] or "notebook.ipynb"
        try:
            kept = self._kept or lasting_folder() / f"{uuid.uuid4().hex[:8]}-{name}"
            write_atomically(kept, chunks)
            self._kept = kept
        except OSError:
            pass
        return False

    def _is_file(self, source: str) -> bool:
        try:
            return not is_url(source) and self.path is not None and self.path.samefile(source)
        except (OSError, ValueError):  # one of them does not exist yet, or cannot
            return False


def _what_is_no_file(output: str, path: Path) -> str:
    """Return what stands in the way of a file at `path`; empty if nothing does.

    A device or a pipe would be replaced by a file: that is what an atomic write does.
    """
    if "\0" in output:
        return f"{output!r}, which is no path"
    if output == "-":
        return "'-': the record goes to stdout, the notebook to a file"
    if output.endswith(("/", os.sep)):
        return "a folder"
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    if stat.S_ISDIR(mode):
        return "a folder"
    return "" if stat.S_ISREG(mode) else "a device, a pipe or a socket"


def _remedy(error: Exception, path: Path | None) -> str:
    number = getattr(error, "errno", None)
    if number in (errno.ENOENT, errno.ENOTDIR, errno.EEXIST) and path is not None:
        return f"{str(path.parent)!r} is no folder, nor can it be made: choose another place."
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Make the place writable, or choose another."
    return "Free the disk or choose another place for it."
