"""What is in a store, how large is it, and is it whole? Read from the files; nothing is changed."""

from __future__ import annotations

import contextlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .blob_faults import BlobError
from .blob_folder import BlobFolder
from .store_records import Record, RecordError, RecordFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """One record and what it keeps on the disk.

    Attributes
    ----------
    record : Record
    place : Path
    last_used : datetime
        In UTC.
    size_bytes : int
        Of its document and its blobs.
    own_bytes : int
        Without blobs that other records name too: what its removal would free.
    document_bytes : int
        Of its document alone.
    missing : int
        Blobs that are not there; with any, it restores nothing that needs them.
    """

    record: Record
    place: Path
    last_used: datetime
    size_bytes: int
    own_bytes: int
    document_bytes: int
    missing: int

    def to_json(self) -> dict[str, Any]:
        """Return the entry as a JSON object."""
        return {
            "id": self.record.id,
            "key": self.record.key,
            **dict(self.record.about),
            "created": self.record.created.isoformat(),
            "last_used": self.last_used.isoformat(),
            "size_bytes": self.size_bytes,
            "own_bytes": self.own_bytes,
            "blobs": len(self.record.blobs),
            "missing_blobs": self.missing,
            "trusted": self.record.is_trusted,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFault:
    """A file of the store that cannot be used; runs take it for missing."""

    path: Path
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return the fault as a JSON object."""
        return {"path": str(self.path), "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSurvey:
    """A store at one moment.

    Attributes
    ----------
    entries : tuple of CacheEntry
        Last used first.
    faults : tuple of CacheFault
        Records that cannot be read.
    blob_sizes : dict of str to int
        By digest.
    other_formats : dict of str to int
        Bytes kept by other versions of mlops_nb, by folder; they are left alone.
    """

    entries: tuple[CacheEntry, ...]
    faults: tuple[CacheFault, ...]
    blob_sizes: dict[str, int]
    other_formats: dict[str, int]

    @property
    def size_bytes(self) -> int:
        documents = sum(entry.document_bytes for entry in self.entries)
        return sum(self.blob_sizes.values()) + documents

    @property
    def unnamed_bytes(self) -> int:
        """Bytes of blobs that no record names."""
        named = {digest for entry in self.entries for digest in entry.record.blobs}
        return sum(size for digest, size in self.blob_sizes.items() if digest not in named)


def survey_store(root: Path) -> CacheSurvey:
    """Return what is in the store in `root`; an empty survey where there is none."""
    sizes = dict(blob_files(root))
    records, faults = [], []
    folder = RecordFolder(root)
    for place in folder.places():
        try:
            record = folder.read(place)
            used = datetime.fromtimestamp(place.stat().st_mtime, UTC)
            records.append((record, place, used, len(record.document)))
        except RecordError as error:
            faults.append(CacheFault(path=place, reason=str(error)))
        except OSError:  # removed meanwhile
            continue
    named = Counter(digest for record, *_ in records for digest in record.blobs)
    entries = [
        CacheEntry(
            record=record,
            place=place,
            last_used=used,
            size_bytes=size + sum(sizes.get(digest, 0) for digest in record.blobs),
            own_bytes=size + sum(sizes.get(d, 0) for d in record.blobs if named[d] == 1),
            document_bytes=size,
            missing=sum(digest not in sizes for digest in record.blobs),
        )
        for record, place, used, size in records
    ]
    return CacheSurvey(
        entries=tuple(sorted(entries, key=lambda e: (e.last_used, e.record.id), reverse=True)),
        faults=tuple(faults),
        blob_sizes=sizes,
        other_formats=_other_formats(root),
    )


def verify_store(root: Path) -> tuple[CacheFault, ...]:
    """Read every file of the store and return those that are damaged, and records that miss some.

    The cost is that of reading the whole store.
    """
    survey, blobs = survey_store(root), BlobFolder(root)
    faults = list(survey.faults)
    for digest in sorted(survey.blob_sizes):
        try:
            blobs.view(digest, is_fresh=True)
        except BlobError as error:
            if blobs.has(digest):  # else it was removed meanwhile
                faults.append(CacheFault(path=blobs.path_of(digest), reason=error.reason))
    for entry in survey.entries:
        if entry.missing:
            reason = f"It names {entry.missing} blobs that are not there."
            faults.append(CacheFault(path=entry.place, reason=reason))
    return tuple(faults)


def blob_files(root: Path) -> Iterator[tuple[str, int]]:
    """Yield digest and size of every blob."""
    for folder in _scan(root / "blobs"):
        for entry in _scan(Path(folder.path)) if folder.is_dir() else ():
            with contextlib.suppress(OSError, BlobError):
                digest = f"sha256:{entry.name}"
                BlobFolder(root).path_of(digest)
                status = entry.stat(follow_symlinks=False)
                yield digest, status.st_size if stat.S_ISREG(status.st_mode) else 0


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _other_formats(root: Path) -> dict[str, int]:
    """Return sizes of folders beside `root` that hold other versions of the format."""
    found = {}
    for entry in _scan(root.parent):
        is_format = entry.name[:1] == "v" and entry.name[1:].isdigit()
        if is_format and entry.name != root.name and entry.is_dir(follow_symlinks=False):
            files = (path for path in Path(entry.path).rglob("*") if path.is_file())
            found[entry.name] = sum(path.stat().st_size for path in files)
    return found
