"""Who writes to this output now? One run at a time; a second one is refused before it starts.

The lock is a file beside the output, held by `flock`: the system releases it when its holder ends,
however it ends, and it holds between containers that share the folder. It is removed with the run;
one that a killed run left is taken over. Where files cannot be locked (Windows, some network
disks), runs go without. For an address it is a file of this machine, among those of this user: runs
of other machines are not seen, since storages know no lock that ends with its holder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from mlops_nb.errors import InputError
from mlops_nb.execution.destination import Destination
from mlops_nb.kernels.scratch import lasting_folder

# What `write_atomically` leaves when it is killed.
_TEMPORARY = re.compile(r"\.[0-9a-f]{12}\.tmp")
_NAME_CHARACTERS = 40
# A link in a folder for temporary files may be somebody else's; beside an output there is none.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


@contextlib.contextmanager
def claimed(destination: Destination, source: str) -> Iterator[Destination]:
    """Check `destination` and keep other runs from it while the block runs.

    Raises
    ------
    InputError
        MNB112 another run writes there; else as `Destination.check`.
    InfrastructureError
        MNB421 nothing can be written there.
    """
    destination.check(source)
    if destination.path is None:
        with _locked(_place_for_address(destination), destination):
            yield destination
        return
    target = destination.path.resolve()
    with _locked(_place_beside(target), destination):
        _remove_temporaries(target)
        yield destination


def _place_beside(target: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:8]
    return target.parent / f".{target.name[:_NAME_CHARACTERS]}.{digest}.lock"


def _place_for_address(destination: Destination) -> Path:
    owner = os.getuid() if hasattr(os, "getuid") else ""
    folder = lasting_folder() / f"mlops-nb-{owner}"
    with contextlib.suppress(OSError):  # then the lock cannot be made, either
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{destination.identity}.lock"


@contextlib.contextmanager
def _locked(path: Path, destination: Destination) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:
        yield
        return
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o666)
        except OSError as error:
            if destination.path is None:  # it can be written without
                yield
                return
            raise destination.fault(error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise InputError(
                "MNB112",
                destination.output,
                "another run writes there now.",
                "Wait for it, or name another file.",
            ) from None
        except OSError:  # a disk that knows no locks
            break
        if _is_same(handle, path):
            break
        os.close(handle)  # its holder has just removed it
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(handle)


def _is_same(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _remove_temporaries(target: Path) -> None:
    """Remove what a killed run left of a save to `target`, which nobody else writes to now."""
    if len(target.name) > _NAME_CHARACTERS:  # names cut short may be another output's
        return
    with contextlib.suppress(OSError):
        for entry in target.parent.iterdir():
            if entry.name.startswith(f".{target.name}.") and _TEMPORARY.fullmatch(
                entry.name.removeprefix(f".{target.name}")
            ):
                entry.unlink()
