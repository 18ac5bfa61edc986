"""How does a directory appear whole or not at all? It is made elsewhere and renamed at the end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlops_nb.errors import InfrastructureError, InputError


@contextmanager
def built_whole(directory: Path) -> Iterator[Path]:
    """Yield a path to make a directory at, and rename it to `directory` if the block ends well.

    The yielded path does not exist yet; its parent is private to this build and is removed in any
    case. What a killed process leaves is named ``.NAME.partial-…`` and holds no manifest.

    Raises
    ------
    InputError
        MNB609 if `directory` exists and is not an empty directory.
    InfrastructureError
        MNB609 if the disk refuses.
    """
    if directory.is_file() or (directory.is_dir() and any(directory.iterdir())):
        raise InputError(
            "MNB609",
            str(directory),
            "is in the way: it exists and is not empty.",
            "Name a directory that does not exist.",
        )
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        private = Path(tempfile.mkdtemp(prefix=f".{directory.name}.partial-", dir=directory.parent))
    except OSError as error:
        raise _refused(directory, error) from error
    try:
        building = private / "package"
        yield building
        os.rename(building, directory)  # noqa: PTH104 - Path.rename does the same; named for what it relies on
    except OSError as error:
        raise _refused(directory, error) from error
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _refused(directory: Path, error: OSError) -> InfrastructureError:
    return InfrastructureError(
        "MNB609",
        str(directory),
        f"cannot be written: {error.strerror or error}.",
        "Free space on the disk or name another directory; nothing was left behind.",
    )
