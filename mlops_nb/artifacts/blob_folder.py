"""Where do the bytes of stored values lie? In files that are named by the digest of their content.

A blob is written to a draft in the same file system and renamed, so that it is there whole or not
at all; it is read only after its digest was compared, so that a damaged file is a miss, never a
wrong value. Large blobs are mapped copy-on-write: user code that changes a restored array in place
changes its own memory, never the file.

    blobs/ab/abcd…   content, read-only      drafts/   being written      pins/, lock   blob_pins

Standard library only: the text of this module is sent into kernels that have no mlops_nb.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import re
import secrets
import stat
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from .blob_faults import BlobError, tell
from .blob_files import digest_of, file_mode, make_folder, make_folders, sync_folder
from .blob_pins import Pin, store_lock

MAPPED_FROM_BYTES = 1 << 20
_THREADED_FROM_BYTES = 4 << 20
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")

# Which files this process has compared with their digest, as they were then.
_verified: dict[str, tuple[int, ...]] = {}


@dataclass(frozen=True)
class Blob:
    """Stored bytes: their digest (``sha256:…``) and how many they are."""

    digest: str
    size_bytes: int


class Refuse(Protocol):
    """What looks at bytes before they are written."""

    @property
    def longest(self) -> int:
        """Length of the longest text that is looked for."""

    def refuse(self, content: Any) -> None:
        """Raise NotStorableError if the bytes must not be stored."""


class BlobMemory(bytearray):
    """The bytes of a blob that was read: only what was restored from them leads there."""


class BlobFolder:
    """The blobs of one store.

    Parameters
    ----------
    root : Path
        Folder of the store; made on the first write.
    stamp : str, default=""
        Names the process whose pins protect what is written until a record names it; without one
        nothing is pinned.
    fsync : bool, default=True
        Whether a blob must be on the disk before it gets its name. Without, a power failure may
        cost stored values (they are found damaged, and made again), never give wrong ones.

    Attributes
    ----------
    on_disk : set of str
        Digests of what was brought to the disk here.
    """

    def __init__(self, root: Path, *, stamp: str = "", fsync: bool = True) -> None:
        self.root = root
        self.fsync = fsync
        self.pin = Pin(root, stamp) if stamp else None
        self.refuse: Refuse | None = None
        self.on_disk: set[str] = set()

    def path_of(self, digest: str) -> Path:
        """Return where the blob lies, if it is there. Raises BlobError for what is no digest."""
        match = _DIGEST.fullmatch(digest)
        if match is None:
            raise BlobError(digest, f"{digest!r} is no digest.")
        return self.root / "blobs" / match[1][:2] / match[1]

    def has(self, digest: str) -> bool:
        """Return whether a file is there; its content is not compared."""
        try:
            return stat.S_ISREG(self.path_of(digest).lstat().st_mode)
        except (OSError, BlobError):
            return False

    def bring_to_disk(self, digest: str) -> None:
        """Wait until a blob is on the disk, whoever wrote it. Raises OSError or BlobError."""
        if digest in self.on_disk:
            return
        descriptor = os.open(self.path_of(digest), os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self.on_disk.add(digest)

    def draft(self) -> Draft:
        """Return a new blob to write to, as a context manager. Raises OSError."""
        try:
            return Draft(self)
        except FileNotFoundError:  # the first one, or somebody removed the store
            make_folders(self.root)
            return Draft(self)

    def put(self, *parts: Any) -> Blob:
        """Store `parts`, bytes-like, one after the other. Raises OSError."""
        with self.draft() as draft:
            for part in parts:
                draft.write(part)
            return draft.commit()

    def view(self, digest: str, *, is_fresh: bool = False) -> memoryview:
        """Return the bytes of a blob: writable, private to the caller, compared with the digest.

        Parameters
        ----------
        digest : str
        is_fresh : bool, default=False
            Compare again what this process compared before and whose file looks the same.

        Raises
        ------
        BlobError
            If it is missing, damaged or unreadable.
        """
        path = self.path_of(digest)
        try:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
        except FileNotFoundError:
            raise BlobError(digest, "A stored value is not there any more.") from None
        except OSError as error:
            raise BlobError(digest, f"A stored value cannot be read: {tell(error)}.") from error
        try:
            return _read_verified(descriptor, path, digest, is_fresh=is_fresh)
        except (OSError, ValueError) as error:
            raise BlobError(digest, f"A stored value cannot be read: {tell(error)}.") from error
        finally:
            os.close(descriptor)


class Draft:
    """A blob that is being written: a file to write to, which `commit` gives its name.

    Left without `commit` (an exception, a full disk), it leaves nothing.
    """

    def __init__(self, folder: BlobFolder) -> None:
        self._folder = folder
        self._path = folder.root / "drafts" / f"{secrets.token_hex(12)}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | _BINARY
        descriptor = os.open(self._path, flags, 0o600)
        self._file = os.fdopen(descriptor, "wb", buffering=1 << 18)
        self._hash = hashlib.sha256()
        self._size = 0
        self._end = b""
        self.closed = False

    def __enter__(self) -> Draft:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self.closed:
            self.discard()

    def write(self, part: Any) -> int:
        """Append a bytes-like object and return its length. Raises OSError."""
        view = memoryview(part).cast("B")
        self._look_at(view)
        if len(view) >= _THREADED_FROM_BYTES:  # both leave Python's lock alone
            hashing = threading.Thread(target=self._hash.update, args=(view,))
            hashing.start()
            try:
                self._write_all(view)
            finally:
                hashing.join()
        else:
            self._hash.update(view)
            self._file.write(view)
        self._size += len(view)
        return len(view)

    def _look_at(self, view: memoryview) -> None:
        """Let what must not be stored be refused, also where it begins in the part before."""
        guard = self._folder.refuse
        if guard is None:
            return
        guard.refuse(view)
        reach = max(0, guard.longest - 1)
        guard.refuse(self._end + bytes(view[:reach]))
        self._end = (self._end + bytes(view[-reach:]))[-reach:] if reach else b""

    def _write_all(self, view: memoryview) -> None:
        self._file.flush()
        done = 0
        while done < len(view):
            done += os.write(self._file.fileno(), view[done : done + (1 << 30)])

    @property
    def digest(self) -> str:
        """What the digest of all that was written is."""
        return f"sha256:{self._hash.hexdigest()}"

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._size

    def flush(self) -> None:
        """Do nothing: `commit` does; file writers of libraries call it."""

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def commit(self) -> Blob:
        """Give the blob its name and return it. Raises OSError; nothing is left then."""
        blob = Blob(digest=self.digest, size_bytes=self._size)
        try:
            self._file.flush()
            if self._folder.fsync:
                os.fsync(self._file.fileno())
            self._file.close()
            try:
                self._name(blob)
            except FileNotFoundError:  # somebody removed a folder of the store
                make_folders(self._folder.root)
                self._name(blob)
        except BaseException:
            self.discard()
            raise
        self.closed = True
        return blob

    def discard(self) -> None:
        """Leave nothing."""
        self.closed = True
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _name(self, blob: Blob) -> None:
        folder, target = self._folder, self._folder.path_of(blob.digest)
        with store_lock(folder.root, alone=False):
            if folder.pin is not None:
                folder.pin.add([blob.digest])
            if folder.has(blob.digest) and _is_intact(folder, blob):
                self._path.unlink()
                return
            make_folder(target.parent, like=folder.root)
            self._path.chmod(file_mode(folder.root, writable=os.name == "nt"))
            self._path.replace(target)
            _verified[str(target)] = _identity(target.stat())
        if folder.fsync:
            sync_folder(target.parent)
            folder.on_disk.add(blob.digest)


_BINARY = getattr(os, "O_BINARY", 0)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)


def _is_intact(folder: BlobFolder, blob: Blob) -> bool:
    try:
        return len(folder.view(blob.digest)) == blob.size_bytes
    except BlobError:
        return False


def _read_verified(descriptor: int, path: Path, digest: str, *, is_fresh: bool) -> memoryview:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise BlobError(digest, "A stored value is no ordinary file.")
    view = _map_or_read(descriptor, status.st_size)
    key, identity = str(path), _identity(status)
    if is_fresh or len(view) < MAPPED_FROM_BYTES or _verified.get(key) != identity:
        if digest_of([view]) != digest:
            raise BlobError(digest, "A stored value is damaged: its content has another digest.")
        _verified[key] = identity
    return view


def _map_or_read(descriptor: int, size: int) -> memoryview:
    if size >= MAPPED_FROM_BYTES:
        # Each mapping holds a file descriptor: where they run out, the bytes are read.
        with contextlib.suppress(OSError, ValueError):
            return memoryview(mmap.mmap(descriptor, size, access=mmap.ACCESS_COPY))
    view = memoryview(BlobMemory(size))
    done = 0
    while done < size:
        part = os.read(descriptor, min(size - done, 1 << 24))
        if not part:
            raise OSError(0, "the file became shorter while it was read")
        view[done : done + len(part)] = part
        done += len(part)
    return view
