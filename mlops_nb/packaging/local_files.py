"""How are files of the embedded store read without MLflow? As the files that they are.

MLflow takes seconds to import, and its artifact repository for a folder copies files and lists
folders. Names come from tags that anybody may set: none leads out of the folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlops_nb.errors import InfrastructureError
from mlops_nb.notebook.atomic import write_atomically


def local_folder(location: str) -> Path | None:
    """Return the folder that an artifact location names; None if it is not on this machine.

    >>> local_folder("file:///a%20b/artifacts").as_posix(), local_folder("s3://bucket/a")
    ('/a b/artifacts', None)
    """
    if location.startswith("/"):
        return Path(location)
    parts = urlsplit(location)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or os.name == "nt":
        return None
    return Path(unquote(parts.path))


@contextmanager
def copied_folder(folder: Path, *, told: str) -> Iterator[Path]:
    """Copy a package into a folder of its own, which goes again at the end.

    A folder that is gone is an empty one, as it is to MLflow: whoever reads the copy finds no
    manifest there.

    Raises
    ------
    InfrastructureError
        MNB741 if its files cannot be had.
    """
    with tempfile.TemporaryDirectory(prefix="package-", ignore_cleanup_errors=True) as scratch:
        copied = Path(scratch) / "copied"
        try:
            if folder.is_dir():
                shutil.copytree(folder, copied)
            else:
                copied.mkdir()
        except (shutil.Error, OSError) as error:
            raise _unreadable(told, error) from error
        yield copied


def read_local_files(folder: Path, names: Sequence[str], *, told: str) -> Mapping[str, bytes]:
    """Return small files of a folder by their names; those it has not are left out.

    Raises
    ------
    InfrastructureError
        MNB741 if a file cannot be read.
    """
    found = {}
    for name in names:
        path = _inside(folder, name)
        if path is not None and path.is_file():
            try:
                found[name] = path.read_bytes()
            except OSError as error:
                raise _unreadable(told, error) from error
    return found


def write_local_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts by their names, each whole or not at all.

    Raises
    ------
    OSError
        If one cannot be written, or its name leads out of the folder.
    """
    for name, text in files.items():
        path = _inside(folder, name)
        if path is None:
            raise PermissionError(1, "The name leads out of the folder", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, [text.encode()])


def _inside(folder: Path, name: str) -> Path | None:
    """Return the path of a file; None if its name leads out of the folder."""
    path = folder / name
    is_inside = path.resolve().is_relative_to(folder.resolve())
    return path if is_inside and not Path(name).is_absolute() else None


def _unreadable(told: str, error: Exception) -> InfrastructureError:
    reason = getattr(error, "strerror", None) or (str(error).splitlines() or [""])[0]
    return InfrastructureError(
        "MNB741",
        told,
        f"its files cannot be read from the store: {reason}",
        "Check that the store can be reached and that nobody removed the files.",
    )
