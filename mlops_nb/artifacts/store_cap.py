"""How does a store stay small? The records used longest ago go first, with what only they name.

A record is removed before its blobs, so that a removal that is cut off leaves blobs without a
record, which the next one takes, and never a record that looks whole. What a live process pins
stays, whatever the cap.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from .blob_folder import BlobFolder
from .blob_pins import pinned_digests, store_lock
from .store_survey import CacheEntry, CacheSurvey, survey_store

CAP_BYTES = 10_000_000_000
_SHARE_OF_FREE = 10
# A writer touches its draft with every part it writes.
_DRAFT_LIVES_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What was removed, or why nothing was.

    Attributes
    ----------
    freed_bytes : int
    records : int
        How many executions were forgotten.
    blobs : int
    size_bytes : int
        What is left.
    cap_bytes : int
    note : str
        What a person should know; may be empty.
    is_done : bool
        False if nothing could be removed.
    """

    freed_bytes: int = 0
    records: int = 0
    blobs: int = 0
    size_bytes: int = 0
    cap_bytes: int = 0
    note: str = ""
    is_done: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a JSON object."""
        return {
            "freed_bytes": self.freed_bytes,
            "records": self.records,
            "blobs": self.blobs,
            "size_bytes": self.size_bytes,
            "cap_bytes": self.cap_bytes,
            "note": self.note,
            "done": self.is_done,
        }


def default_cap(root: Path, size_bytes: int) -> int:
    """Return the smaller of 10 GB and a tenth of the disk that is free but for the store."""
    for folder in chain((root,), root.parents):
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(folder).free + size_bytes
            return min(CAP_BYTES, free // _SHARE_OF_FREE)
    return CAP_BYTES


def remove_surplus(
    root: Path, *, cap_bytes: int | None, has_vanished: Callable[[str], bool]
) -> Removal:
    """Remove what no record names, what is damaged, and what is beyond the cap.

    Parameters
    ----------
    root : Path
        Folder of the store.
    cap_bytes : int or None
        The default cap if None.
    has_vanished : callable
        Whether the process with a stamp is known to be gone.
    """
    if not root.is_dir():
        return Removal(cap_bytes=cap_bytes or 0)
    with store_lock(root, alone=True) as is_ours:
        if not is_ours:
            note = "Nothing was removed: the store is in use, or cannot be written."
            return Removal(note=note, is_done=False)
        survey = survey_store(root)
        cap = default_cap(root, survey.size_bytes) if cap_bytes is None else cap_bytes
        pinned = pinned_digests(root, has_vanished=has_vanished)
        for fault in survey.faults:
            _remove(fault.path)
        _remove_drafts(root)
        surplus, doomed = _choose(survey, cap, pinned)
        return _remove_chosen(root, survey, surplus, doomed, cap)


def _choose(
    survey: CacheSurvey, cap: int, pinned: frozenset[str]
) -> tuple[list[CacheEntry], set[str]]:
    """Return the records to forget and the blobs to remove."""
    uses = Counter(digest for entry in survey.entries for digest in entry.record.blobs)
    sizes = survey.blob_sizes
    doomed = {digest for digest in sizes if not uses[digest] and digest not in pinned}
    left = survey.size_bytes - sum(sizes[digest] for digest in doomed)
    surplus: list[CacheEntry] = []
    for entry in reversed(survey.entries):
        if left <= cap:
            break
        if pinned.intersection(entry.record.blobs):
            continue
        surplus.append(entry)
        uses.subtract(entry.record.blobs)
        alone = [d for d in entry.record.blobs if not uses[d] and d in sizes and d not in doomed]
        doomed.update(alone)
        left -= entry.document_bytes + sum(sizes[digest] for digest in alone)
    return surplus, doomed


def _remove_chosen(
    root: Path, survey: CacheSurvey, surplus: list[CacheEntry], doomed: set[str], cap: int
) -> Removal:
    blobs, removed = BlobFolder(root), 0
    forgotten = [entry for entry in surplus if _remove(entry.place)]
    freed = sum(entry.document_bytes for entry in forgotten)
    still_named = {d for entry in survey.entries if entry not in forgotten
                   for d in entry.record.blobs}  # fmt: skip
    for digest in sorted(doomed - still_named):
        if _remove(blobs.path_of(digest)):
            freed += survey.blob_sizes[digest]
            removed += 1
    left = survey.size_bytes - freed
    note = "" if left <= cap else "What is left is in use, or could not be removed."
    return Removal(
        freed_bytes=freed,
        records=len(forgotten),
        blobs=removed,
        size_bytes=left,
        cap_bytes=cap,
        note=note,
    )


def _remove(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # Windows keeps what is mapped; a store of another user keeps all
        return False
    with contextlib.suppress(OSError):
        path.parent.rmdir()  # if it was the last
    return True


def _remove_drafts(root: Path) -> None:
    for draft in (root / "drafts").glob("*.part"):
        with contextlib.suppress(OSError):
            if time.time() - draft.lstat().st_mtime > _DRAFT_LIVES_S:
                draft.unlink()
