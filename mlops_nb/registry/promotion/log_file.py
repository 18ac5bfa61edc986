"""Where is the history of the embedded store? A file of lines beside it, one for each model.

Only appended to, under the model's lock, and on the disk before anybody goes on. A last line
without its end was being written when its process or the disk failed: nothing rests on it, and it
is cut off by the next one who appends.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from mlops_nb.errors import InfrastructureError
from mlops_nb.tracking.store import folder_name

FOLDER = "history"


class FileLog:
    """The lines of one model.

    Parameters
    ----------
    home : Path
        ``.mlops_nb/record`` of the project.
    model : str
    """

    def __init__(self, home: Path, model: str) -> None:
        self._path = home / FOLDER / f"{folder_name(model)}.jsonl"

    @property
    def place(self) -> str:
        return str(self._path)

    @property
    def lock_file(self) -> Path:
        """Return the file that is locked while a model's aliases move."""
        return self._path.with_suffix(".lock")

    def lines(self) -> tuple[str, ...]:
        """Return all whole lines."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise InfrastructureError(
                "MNB714",
                self.place,
                f"the history cannot be read: {error.strerror or error}.",
                "Make the file readable.",
            ) from error
        return tuple(raw.decode("utf-8", "backslashreplace").split("\n")[:-1])

    def append(self, seq: int, line: str) -> None:
        """Add a line; the caller holds the lock.

        Raises
        ------
        InfrastructureError
            MNB714 if it cannot be written; the file is as it was then.
        """
        with self._written():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not self._path.exists()
            with self._path.open("ab") as file:
                size = self._whole_size()
                try:
                    file.truncate(size)
                    file.write(line.encode() + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    with contextlib.suppress(OSError):
                        os.truncate(self._path, size)
                    raise
            if is_new:
                _sync_folder(self._path.parent)

    def _whole_size(self) -> int:
        """Return how many bytes whole lines take."""
        raw = self._path.read_bytes()
        return raw.rfind(b"\n") + 1

    @contextlib.contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InfrastructureError(
                "MNB714",
                self.place,
                f"the history cannot be written: {error.strerror or error}.",
                "Free the disk or make the folder writable, and try again.",
            ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
