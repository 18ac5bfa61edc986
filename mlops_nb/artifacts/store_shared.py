"""How do people and machines share results? By a second store behind any URL that fsspec opens.

It is laid out like the local one. Reading fills the local store, so that the network is asked once;
whatever goes wrong there is a miss and a note, never a failure, and after a fault the store is left
alone for a while, so that a run without network does not wait for it stage by stage. Writing
uploads to a name that nobody reads and moves it, blobs before the record that names them.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal, TypeVar

from mlops_nb.errors import InputError

from .blob_faults import BlobError, tell
from .blob_files import digest_of
from .blob_folder import BlobFolder
from .store_records import Record, RecordError, from_elsewhere
from .store_url import mask_text, mask_url

Role = Literal["read", "readwrite"]
T = TypeVar("T")

PATIENCE_S = 30.0
_AWAY_FOR_S = 60.0
_CHUNK_BYTES = 8 << 20
_RECORDS_AT_MOST = 20
# Stores where an object is there whole or not at all.
_ATOMIC = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "memory"})


class SharedStoreError(Exception):
    """The shared store did not do what was asked; ``args`` is the reason, without credentials."""


class SharedStore:
    """A store behind a URL.

    Parameters
    ----------
    url : str
        As fsspec takes it; credentials in it are never written or told.
    role : {"read", "readwrite"}, default="read"
    secret : bytes, optional
        Key of signatures.
    patience_s : float, default=30
        How long one request may take; a blob has that long for each part of it.

    Raises
    ------
    InputError
        ``MNB841`` if fsspec, or what it needs for the URL, is not installed, or the URL is none.
    """

    def __init__(
        self,
        url: str,
        *,
        role: Role = "read",
        secret: bytes | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.name = mask_url(url)
        self.role = role
        self._url = url
        self._secret = secret
        self._patience_s = patience_s
        self._fs, root = _open(url)
        self._root = f"{root.rstrip('/')}/v1"
        self._away_until = 0.0
        self._lock = threading.Lock()
        self.notes: list[str] = []

    def records(self, key: str) -> Iterator[Record]:
        """Yield the records of `key`, newest first; what cannot be used is noted."""
        folder = self._folder_of(key)
        try:
            names = self._ask(lambda: _names_in(self._fs, folder))
        except SharedStoreError:
            return
        for name in sorted(names, reverse=True)[:_RECORDS_AT_MOST]:
            try:
                document = self._ask(partial(self._fs.cat_file, f"{folder}/{name}"))
                yield from_elsewhere(bytes(document), key=key, secret=self._secret)
            except RecordError as error:
                self._note(f"{error} It is left out.")
            except FileNotFoundError:
                continue
            except SharedStoreError:
                return

    def fetch(self, digest: str, blobs: BlobFolder) -> None:
        """Copy a blob into the local store.

        Raises
        ------
        BlobError
            If it is not there, is damaged, or the store is away.
        OSError
            If the local store cannot be written.
        """
        place = self._place_of(digest, blobs)
        try:
            source = self._ask(lambda: self._fs.open(place, "rb"))
            with source, blobs.draft() as draft:
                while chunk := self._ask(lambda: source.read(_CHUNK_BYTES)):
                    draft.write(chunk)
                if draft.digest != digest:
                    raise BlobError(digest, "A stored value is damaged in the shared store.")
                draft.commit()
        except FileNotFoundError:
            raise BlobError(digest, "A stored value is not in the shared store.") from None
        except SharedStoreError as error:
            raise BlobError(digest, f"The shared store is away: {error}.") from error

    def publish(self, record: Record, blobs: BlobFolder) -> bool:
        """Copy a record, and before it its blobs, into the store; return whether it is there."""
        try:
            for digest in record.blobs:
                place = self._place_of(digest, blobs)
                content = blobs.view(digest)
                if self._ask(partial(_size_of, self._fs, place)) != len(content):
                    self._write(place, content)
            self._write(f"{self._folder_of(record.key)}/{record.id}.json", record.document)
        except (SharedStoreError, BlobError, FileNotFoundError) as error:
            if isinstance(error, BlobError):
                self._note(f"A result is not shared: {error.reason}")
            return False
        return True

    def _write(self, place: str, content: Any) -> None:
        """Put a file in its place in one step."""
        draft = f"{self._root}/drafts/{secrets.token_hex(12)}.part"
        target = place if self._is_atomic() else draft

        def upload() -> None:
            self._fs.makedirs(place.rpartition("/")[0], exist_ok=True)
            self._fs.makedirs(f"{self._root}/drafts", exist_ok=True)
            with self._fs.open(target, "wb") as file:
                for at in range(0, len(content), _CHUNK_BYTES):
                    file.write(content[at : at + _CHUNK_BYTES])
            if target is not place:
                self._fs.mv(draft, place)

        parts = 1 + len(content) // _CHUNK_BYTES
        self._ask(upload, patience_s=self._patience_s * parts)

    def _is_atomic(self) -> bool:
        protocols = self._fs.protocol
        return bool({protocols} & _ATOMIC if isinstance(protocols, str) else {*protocols} & _ATOMIC)

    def _folder_of(self, key: str) -> str:
        name = digest_of([key.encode()]).partition(":")[2]
        return f"{self._root}/records/{name[:2]}/{name}"

    def _place_of(self, digest: str, blobs: BlobFolder) -> str:
        name = blobs.path_of(digest).name
        return f"{self._root}/blobs/{name[:2]}/{name}"

    def _ask(self, request: Callable[[], T], *, patience_s: float | None = None) -> T:
        """Return what `request` does within the patience.

        Raises
        ------
        FileNotFoundError
            As it is: nothing is wrong with the store.
        SharedStoreError
            For everything else; the store is then left alone for a while.
        """
        with self._lock:
            if time.monotonic() < self._away_until:
                raise SharedStoreError("it was away a moment ago")
        try:
            return _within(request, patience_s or self._patience_s)
        except FileNotFoundError:
            raise
        except Exception as error:
            reason = mask_text(tell(error), self._url)
            with self._lock:
                self._away_until = time.monotonic() + _AWAY_FOR_S
            self._note(f"The shared store {self.name} is away: {reason}.")
            raise SharedStoreError(reason) from None

    def _note(self, text: str) -> None:
        with self._lock:
            if text not in self.notes:
                self.notes.append(text)


def _open(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise InputError(
            "MNB841",
            mask_url(url),
            "a shared store needs fsspec, which is not installed.",
            "Install it: pip install 'mlops-nb[remote]'; for object stores also s3fs, gcsfs or "
            "adlfs.",
        ) from None
    try:
        fs, root = url_to_fs(url)
    except Exception as error:
        raise InputError(
            "MNB841",
            mask_url(url),
            f"the shared store cannot be opened: {mask_text(tell(error), url)}.",
            "Give a URL that fsspec opens, such as s3://bucket/folder or file:///mnt/team/cache.",
        ) from None
    return fs, str(root)


def _names_in(fs: Any, folder: str) -> list[str]:
    fs.invalidate_cache(folder)
    try:
        found = fs.ls(folder, detail=False)
    except FileNotFoundError:
        return []
    names = (str(place).rstrip("/").rpartition("/")[2] for place in found)
    return [name for name in names if name.endswith(".json")]


def _size_of(fs: Any, place: str) -> int:
    try:
        return int(fs.info(place)["size"] or 0)
    except FileNotFoundError:
        return -1


def _within(request: Callable[[], T], patience_s: float) -> T:
    """Return what `request` does, or raise TimeoutError; it is then left to itself."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append((True, request()))
        except BaseException as error:
            outcome.append((False, error))

    thread = threading.Thread(target=work, name="mlops_nb shared store", daemon=True)
    thread.start()
    thread.join(patience_s)
    if not outcome:
        raise TimeoutError(f"no answer within {patience_s:g} s")
    succeeded, found = outcome[0]
    if not succeeded:
        raise found
    result: T = found
    return result
