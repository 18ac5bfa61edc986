"""How do the files that a cell wrote come back? Compared with what is there, and written whole.

A file that is as the cell left it is not touched. One that the cell removed is removed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from mlops_nb.artifacts.blob_faults import BlobError
from mlops_nb.execution.kept import KeptResults
from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.traces import Trace


class KeptFiles:
    """The files of traces.

    Parameters
    ----------
    kept : KeptResults
    look : callable
        The digest of a file now.
    path_of : callable
        Where a file is, by its fact's key.
    before_writing : callable
        Told of each file that is about to be changed.
    """

    def __init__(
        self,
        kept: KeptResults,
        *,
        look: Callable[[Fact], object],
        path_of: Callable[[str], Path],
        before_writing: Callable[[Path], None] = lambda path: None,
    ) -> None:
        self._kept = kept
        self._look = look
        self._path_of = path_of
        self._before_writing = before_writing

    def missing(self, trace: Trace) -> dict[str, str]:
        """Return the files that are not as the cell left them, with the blobs that hold them.

        Raises
        ------
        BlobError
            If one was not kept.
        """
        found = {}
        for fact, digest in trace.writes.items():
            if fact.kind is not FactKind.FILE or digest is None or digest == "folder":
                continue
            if fact.key.endswith(("/", "?")) or self._look(fact) == digest:
                continue
            blob = trace.effects.get("facts", {}).get(str(fact), {}).get("blob")
            if blob is None:
                raise BlobError(fact.key, f"the file '{fact.key}' it wrote was not kept")
            found[fact.key] = str(blob)
        return found

    def write(self, trace: Trace) -> None:
        """Make the files be as the cell left them. Raises OSError and BlobError."""
        contents = self.missing(trace)
        for fact, digest in sorted(trace.writes.items()):
            if fact.kind is not FactKind.FILE or fact.key.endswith(("/", "?")):
                continue
            place = self._path_of(fact.key)
            if digest is None or digest == "folder" or fact.key in contents:
                self._before_writing(place)
            if digest == "folder":
                place.mkdir(parents=True, exist_ok=True)
            elif digest is None:
                _remove(place)
            elif fact.key in contents:
                place.parent.mkdir(parents=True, exist_ok=True)
                _write(place, self._kept.read_file(contents[fact.key]))


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        with contextlib.suppress(OSError):  # what else is in it was not the cell's
            place.rmdir()
    else:
        place.unlink(missing_ok=True)


def _write(place: Path, content: memoryview) -> None:
    """Write a file so that it is there whole or as it was."""
    draft = place.with_name(f".{place.name}.{uuid4().hex}")
    mode = place.stat().st_mode if place.exists() else None
    try:
        with draft.open("wb") as file:
            file.write(content)
        if mode is not None:
            draft.chmod(mode & 0o777)
        draft.replace(place)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
