"""What does a run ask of a store? Records by key, blobs by digest, from here and from the team.

Everything that can go wrong with a store is a miss with a note: a run must never fail, or be wrong,
because something could not be remembered.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .blob_faults import BlobError, remedy_for_disk, tell
from .blob_folder import BlobFolder
from .store_cap import Removal, default_cap, remove_surplus
from .store_records import Record, RecordError, RecordFolder, make_record, same_execution
from .store_shared import SharedStore
from .store_upkeep import is_upkeep_due, note_upkeep
from .store_upload import Uploads

FORMAT_FOLDER = "v1"
_CHECKED_AFTER = 10


class Store:
    """The local store of a project, and behind it the shared one, if there is any.

    Parameters
    ----------
    folder : Path
        ``.mlops_nb/cache``; the store is a folder in it that is named after the format, so that
        other versions of mlops_nb neither read nor disturb it.
    stamp : str
        Names this process in pins.
    has_vanished : callable
        Whether the process with a stamp is known to be gone.
    cap_bytes : int, optional
        The smaller of 10 GB and a tenth of the free disk by default.
    shared : SharedStore, optional
    secret : bytes, optional
        Records are signed with it.
    fsync : bool, default=True

    Attributes
    ----------
    blobs : BlobFolder
        Codecs write to it and read from it.
    notes : list of str
        What a person should know.
    """

    def __init__(
        self,
        folder: Path,
        *,
        stamp: str,
        has_vanished: Callable[[str], bool],
        cap_bytes: int | None = None,
        shared: SharedStore | None = None,
        secret: bytes | None = None,
        fsync: bool = True,
    ) -> None:
        self.root = folder / FORMAT_FOLDER
        self.blobs = BlobFolder(self.root, stamp=stamp, fsync=fsync)
        self._records = RecordFolder(self.root, secret=secret, fsync=fsync)
        self._has_vanished = has_vanished
        self._cap_bytes = cap_bytes
        self._secret = secret
        self._shared = shared
        writes = shared is not None and shared.role == "readwrite"
        self._uploads = Uploads(shared, self.blobs) if shared is not None and writes else None
        self._notes: list[str] = []
        self._written = self._since_check = 0

    @property
    def notes(self) -> list[str]:
        shared = [] if self._shared is None else self._shared.notes
        uploads = [] if self._uploads is None else self._uploads.notes
        return list(dict.fromkeys([*self._notes, *shared, *uploads]))

    def find(self, key: str) -> Iterator[Record]:
        """Yield the records of `key`: those here, newest first, then those of the shared store.

        The network is asked only when all that is here was refused by the caller.
        """
        known: list[Record] = []
        for place in self._records.places(key):
            try:
                record = self._records.read(place, key)
            except RecordError as error:
                self._note(f"{error} It is left out: {place}")
                continue
            known.append(record)
            yield record
        if self._shared is None:
            return
        for record in self._shared.records(key):
            if not any(same_execution(record, other) for other in known):
                yield record

    def fetch(self, digests: Iterable[str]) -> dict[str, str]:
        """Make blobs available here, pinned; return a reason for each that is not to be had."""
        missing: dict[str, str] = {}
        wanted = list(dict.fromkeys(digests))
        self._pin(wanted)
        for digest in wanted:
            if self.blobs.has(digest):
                continue
            try:
                if self._shared is None:
                    raise BlobError(digest, "A stored value is not there any more.")
                self._shared.fetch(digest, self.blobs)
            except BlobError as error:
                missing[digest] = error.reason
            except OSError as error:
                missing[digest] = f"The store cannot be written: {tell(error)}."
        return missing

    def use(self, record: Record) -> None:
        """Note that `record` was restored: it is kept longer, and here if it was not yet."""
        if not self._has(record):
            try:
                self._records.write(record)
            except OSError as error:
                self._note_disk(error)
            return
        self._records.touch(record)

    def put(
        self,
        key: str,
        content: Mapping[str, Any],
        *,
        blobs: Iterable[str] = (),
        about: Mapping[str, str] | None = None,
        now: datetime | None = None,
    ) -> Record | None:
        """Keep one execution under `key`, and share it.

        Parameters
        ----------
        key : str
            Any text.
        content : Mapping
            JSON.
        blobs : iterable of str
            Digests that `content` needs.
        about : Mapping of str to str, optional
            For people: ``notebook``, ``stage``, ``run``.
        now : datetime, optional

        Returns
        -------
        Record or None
            None if it cannot be kept; `notes` says why.

        Raises
        ------
        ValueError
            If `content` is no JSON.
        """
        record = make_record(
            key,
            content,
            blobs=tuple(blobs),
            about=about or {},
            created=now or datetime.now(UTC),
            secret=self._secret,
        )
        self._pin(list(record.blobs))
        if missing := [digest for digest in record.blobs if not self.blobs.has(digest)]:
            self._note(f"A result is not kept: {len(missing)} of its blobs are not there.")
            return None
        before = list(self._records.places(key))
        newest = self._read_quietly(before[0], key) if before else None
        if newest is not None and same_execution(newest, record):
            self._records.touch(newest)
            return newest
        try:
            written = self._records.write(record)
        except OSError as error:
            self._note_disk(error)
            return None
        self._records.prune([written, *before])
        self._keep_to_cap(record)
        if self._uploads is not None:
            self._uploads.submit(record)
        return record

    def tidy(self) -> Removal:
        """Remove what is beyond the cap, what is damaged, and what nothing names."""
        try:
            removal = remove_surplus(
                self.root, cap_bytes=self._cap_bytes, has_vanished=self._has_vanished
            )
        except OSError as error:
            self._note_disk(error)
            return Removal(note=f"Nothing was removed: {tell(error)}.", is_done=False)
        if removal.is_done and self._written:
            self._written = 0
            note_upkeep(self.root, removal.size_bytes)
        return removal

    def close(self, timeout_s: float = 60.0) -> None:
        """Wait for uploads, at most so long, release the pins and keep to the cap."""
        if self._uploads is not None:
            self._uploads.drain(timeout_s)
        if self.blobs.pin is not None:
            self.blobs.pin.release()
        if self._written and is_upkeep_due(self.root, self._written, cap_bytes=self._cap()):
            self.tidy()

    def _cap(self) -> int:
        return self._cap_bytes if self._cap_bytes is not None else default_cap(self.root, 0)

    def _keep_to_cap(self, record: Record) -> None:
        """Remove the surplus each time a tenth of the cap was written."""
        size_bytes = len(record.document)
        for digest in record.blobs:
            with contextlib.suppress(OSError):
                size_bytes += self.blobs.path_of(digest).stat().st_size
        self._written += size_bytes
        self._since_check += size_bytes
        if self._since_check * _CHECKED_AFTER >= self._cap():
            self._since_check = 0
            self.tidy()

    def _pin(self, digests: list[str]) -> None:
        if self.blobs.pin is None:
            return
        try:
            self.blobs.pin.add(digests)
        except OSError:
            return  # nothing there yet, or read-only: then nobody removes from here either

    def _has(self, record: Record) -> bool:
        return (self._records.folder_of(record.key) / f"{record.id}.json").exists()

    def _read_quietly(self, place: Path, key: str) -> Record | None:
        try:
            return self._records.read(place, key)
        except RecordError:
            return None

    def _note_disk(self, error: OSError) -> None:
        self._note(f"The store cannot be written: {tell(error)}. {remedy_for_disk(error)}")

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)
