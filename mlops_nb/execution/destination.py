"""Where does the executed notebook go? A local file, written atomically, or an address.

An address is written seldom, for each save is an upload of the whole, and never waited for without
end. What cannot be written there is kept here.
"""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from mlops_nb.errors import InfrastructureError, InputError, MlopsNbError
from mlops_nb.execution.obstacles import find_obstacle, find_work
from mlops_nb.kernels.scratch import lasting_folder
from mlops_nb.notebook.addresses import is_url, name_in, tell_address, to_local, without_user
from mlops_nb.notebook.atomic import write_atomically
from mlops_nb.notebook.storage import (
    Route,
    UnansweredError,
    find_route,
    is_own_memory,
    within,
)
from mlops_nb.notebook.storage_faults import advise, kind_of, phrase_fault

# A save costs at most a tenth of the time, and happens at most once in so many seconds.
_LOCAL_PAUSE_S = 0.25
_REMOTE_PAUSE_S = 30.0
_SHARE = 10.0
# An upload that takes longer is given up.
_PATIENCE_S = 300.0
_SLOWEST_BYTES_PER_S = 50_000
# Between the tries of the last upload.
_WAITS_S: tuple[float, ...] = (1.0, 4.0)


class Destination:
    """The place the executed notebook is written to, again and again.

    Parameters
    ----------
    output : str
        Local path, taken literally, or address.
    keep_in : callable, optional
        Returns the folder that keeps what an address does not take; the one for temporary files if
        it fails, or is not given.

    Attributes
    ----------
    output : str
        As it may be told: of an address without passwords and signatures.
    path : Path or None
        Absolute; None for an address.
    notes : list of str
        What a person should know of the place.
    """

    def __init__(self, output: str, *, keep_in: Callable[[], Path] | None = None) -> None:
        output = to_local(output)
        self._address = output
        self.output = tell_address(output)
        self.is_remote = is_url(output)
        self.path = None if self.is_remote else Path(output).absolute()
        self.notes: list[str] = []
        self._keep_in = keep_in
        self._kept: Path | None = None
        self._last_cost_s = 0.0
        self._route: Route | None = None
        self._waiting: threading.Event | None = None
        self._is_given_up = threading.Event()
        self._waits_s = _WAITS_S

    @property
    def identity(self) -> str:
        """What is the same for two runs that write to one address on this machine: a digest, since
        addresses hold secrets. One with another signature is another."""
        owner = f"{os.getpid()} " if is_own_memory(self._address) else ""
        return hashlib.sha256(f"{owner}{without_user(self._address)}".encode()).hexdigest()

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
            MNB110 the output is the source, MNB111 it is or can be no file, MNB114 somebody's work
            is there, MNB120 or MNB121 nobody writes to the address.
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
            self._find_route()
            return
        obstacle = find_obstacle(self.output, self.path)
        if obstacle:
            raise InputError(
                "MNB111",
                self.output,
                f"the output is {obstacle}.",
                "Name a file, or none: executed notebooks are then kept in .mlops_nb/record/runs.",
            )
        work = find_work(self.path)
        if work:
            raise InputError(
                "MNB114",
                self.output,
                f"there is {work} that no run wrote.",
                "Name another file, or remove it first.",
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

    def write(self, chunks: Sequence[bytes], *, is_last: bool = False) -> None:
        """Write the whole notebook; `is_last` tries an address that is away more than once.

        Raises
        ------
        Exception
            OSError, or what the library of the storage raises.
        """
        if self.path is not None:
            write_atomically(self.path, chunks)
        else:
            self._upload_again(b"".join(chunks), waits_s=self._waits_s if is_last else ())

    def give_up(self) -> None:
        """Wait no longer for an address; from any thread."""
        self._is_given_up.set()
        if self._waiting is not None:
            self._waiting.set()

    def _upload_again(self, content: bytes, *, waits_s: Sequence[float]) -> None:
        for wait_s in waits_s:
            try:
                return self._upload(content)
            except Exception as error:
                if kind_of(error) != "away" or self._is_given_up.wait(wait_s):
                    raise
        if waits_s:
            self._waits_s = ()  # once is enough
        return self._upload(content)

    def _upload(self, content: bytes) -> None:
        if self._is_given_up.is_set():  # one that still goes on would write older content over this
            raise TimeoutError("an upload before this one did not end")
        route = self._find_route()
        self._waiting = threading.Event()
        patience_s = _PATIENCE_S + len(content) / _SLOWEST_BYTES_PER_S
        try:
            note = within(patience_s, lambda: route.write(content), done=self._waiting)
        except UnansweredError:
            self._is_given_up.set()
            raise
        if note and note not in self.notes:
            self.notes.append(note)

    def _find_route(self) -> Route:
        if self._route is None:
            self._route = find_route(self._address)
        return self._route

    def note_cost(self, seconds: float) -> None:
        """Set what the last save cost, encoding included."""
        self._last_cost_s = seconds

    def fault(self, error: Exception) -> MlopsNbError:
        """Return the error to raise where `write` failed for good."""
        if isinstance(error, MlopsNbError):
            return error
        if self.is_remote:
            told = phrase_fault(error, self._address)
        else:
            told = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        kept = "" if self._kept is None else f" What was executed is kept in {self._kept}."
        return InfrastructureError(
            "MNB421",
            self.output,
            f"the executed notebook cannot be written: {told}.{kept}",
            advise(kind_of(error), self._address) if self.is_remote else _remedy(error, self.path),
        )

    def rescue(self, chunks: Sequence[bytes]) -> bool:
        """Keep what cannot be written where it was to go; return whether that worked after all.

        A folder that is gone is made again; else the notebook is kept in another, and `fault` says
        where.
        """
        try:
            if self.path is not None and not self.path.parent.exists():
                self.path.parent.mkdir(parents=True)
                self.notes.append(f"The folder {str(self.path.parent)!r} was gone; made again.")
                self.write(chunks)
                return True
        except OSError:
            pass
        finders = [lasting_folder]
        if self.is_remote and self._keep_in is not None:
            finders.insert(0, self._keep_in)
        for find_folder in finders:
            try:
                self._keep(chunks, find_folder)
                return False
            except (OSError, MlopsNbError):
                continue
        return False

    def _keep(self, chunks: Sequence[bytes], find_folder: Callable[[], Path]) -> None:
        if self._kept is None:
            name = name_in(self.output) if self.path is None else self.path.name
            name = name[:80].replace("\0", "") or "notebook.ipynb"
            kept = find_folder() / f"{uuid.uuid4().hex[:8]}-{name}"
        else:
            kept = self._kept
        write_atomically(kept, chunks)
        self._kept = kept

    def _is_file(self, source: str) -> bool:
        try:
            return not is_url(source) and self.path is not None and self.path.samefile(source)
        except (OSError, ValueError):  # one of them does not exist yet, or cannot
            return False


def _remedy(error: Exception, path: Path | None) -> str:
    number = getattr(error, "errno", None)
    if number in (errno.ENOENT, errno.ENOTDIR, errno.EEXIST) and path is not None:
        return f"{str(path.parent)!r} is no folder, nor can it be made: choose another place."
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Make the place writable, or choose another."
    return "Free the disk or choose another place for it."
