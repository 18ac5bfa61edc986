"""Which executions of a stage are known, and where do they lie?

A record is a small JSON document under the key of its stage; a key has many, newest first, since
which of them holds is for the reader to decide (verifying traces, DESIGN 5). What a record says is
opaque here but for the blobs it names. It carries the digest of its own content: a damaged one is
left out, and told.

    records/ab/<digest of the key>/<time>-<digest>.json      its time of last use is its mtime
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from .blob_files import digest_of, file_mode, make_folder, make_folders
from .blob_pins import store_lock
from .store_signature import is_signed, sign

SCHEMA = 1
PER_KEY_AT_MOST = 50
_SIZE_AT_MOST = 64 << 20


class RecordError(Exception):
    """A record that cannot be used; ``args`` is the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One execution of a stage.

    Attributes
    ----------
    id : str
        File name without its ending: sorts by time.
    key : str
        Of the stage.
    created : datetime
        In UTC.
    content : Mapping
        What the writer said.
    blobs : tuple of str
        Digests it keeps reachable.
    about : Mapping of str to str
        For people: notebook, stage, run.
    is_trusted : bool
        Written here, or signed with our key: its pickles may be read.
    document : bytes
        As it is written.
    """

    id: str
    key: str
    created: datetime
    content: Mapping[str, Any]
    blobs: tuple[str, ...]
    about: Mapping[str, str] = field(default_factory=dict)
    is_trusted: bool = False
    document: bytes = b""


def make_record(
    key: str,
    content: Mapping[str, Any],
    *,
    blobs: Sequence[str],
    about: Mapping[str, str],
    created: datetime,
    secret: bytes | None = None,
) -> Record:
    """Return a new record, signed where there is a `secret`.

    Raises
    ------
    ValueError
        If `content` is no JSON.
    """
    body = {
        "key": key,
        "created": created.astimezone(UTC).isoformat(timespec="microseconds"),
        "about": dict(about),
        "blobs": sorted(set(blobs)),
        "content": content,
    }
    try:
        signature = None if secret is None else sign(_canonical(body), secret)
        document = _document(body, signature, origin="here")
    except TypeError as error:
        raise ValueError(f"A record must be JSON: {error}.") from error
    envelope = json.loads(document)
    return _with_trust(_from_body(envelope["body"], envelope["digest"], document), True)


def read_record(document: bytes, *, key: str | None, secret: bytes | None) -> Record:
    """Return the record in `document`.

    Parameters
    ----------
    document : bytes
    key : str or None
        The key it must have; None if any.
    secret : bytes or None
        Signatures are checked with it.

    Raises
    ------
    RecordError
        If it is damaged, of another schema, or of another key.
    """
    try:
        envelope = json.loads(document)
        schema, body, origin = envelope["schema"], envelope["body"], envelope["origin"]
        if schema != SCHEMA:
            raise RecordError(f"A record has schema {schema!r}; this mlops_nb reads {SCHEMA}.")
        content = _canonical(body)
        digest = _digest(content, origin)
        if digest != envelope["digest"]:
            raise RecordError("A record is damaged: its content has another digest.")
        found = _from_body(body, digest, document)
        signature = envelope.get("signature")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RecordError("A record is damaged: it is no document of ours.") from error
    if key is not None and found.key != key:
        raise RecordError("A record lies under a key that is not its own.")
    signed = is_signed(content, signature, secret)
    if secret is not None and signature is not None and not signed:
        raise RecordError("A record bears a signature that is not of our key.")
    return _with_trust(found, signed or origin == "here")


def from_elsewhere(document: bytes, *, key: str | None, secret: bytes | None) -> Record:
    """Return a record of another store: trusted only if it is signed with our key.

    Raises
    ------
    RecordError
        As `read_record`; and where we have a key, if it bears no signature.
    """
    read_record(document, key=key, secret=secret)
    envelope = json.loads(document)
    body, signature = envelope["body"], envelope.get("signature")
    if secret is not None and signature is None:
        raise RecordError("A record of the shared store is not signed.")
    origin = "here" if is_signed(_canonical(body), signature, secret) else "elsewhere"
    return read_record(_document(body, signature, origin=origin), key=key, secret=secret)


class RecordFolder:
    """The records of one store.

    Parameters
    ----------
    root : Path
        Folder of the store.
    secret : bytes, optional
        Key of signatures.
    fsync : bool, default=True
    """

    def __init__(self, root: Path, *, secret: bytes | None = None, fsync: bool = True) -> None:
        self._root = root
        self._secret = secret
        self._fsync = fsync

    def folder_of(self, key: str) -> Path:
        """Return where the records of `key` lie."""
        name = digest_of([key.encode()]).partition(":")[2]
        return self._root.joinpath("records", name[:2], name)

    def write(self, record: Record) -> Path:
        """Write `record` and return its place. Raises OSError; nothing is left then.

        Where the machine goes down just after, the record may be gone with its name: then what it
        tells of runs again.
        """
        folder = self.folder_of(record.key)
        place = folder / f"{record.id}.json"
        draft = self._root.joinpath("drafts", f"{secrets.token_hex(12)}.part")
        try:
            with _open_new(draft, self._root) as file:
                file.write(record.document)
                file.flush()
                if self._fsync:
                    os.fsync(file.fileno())
            draft.chmod(file_mode(self._root, writable=True))
            with store_lock(self._root, alone=False):  # removal takes empty folders away
                make_folder(folder.parent, like=self._root)
                make_folder(folder, like=self._root)
                draft.replace(place)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        return place

    def places(self, key: str | None = None) -> Iterator[Path]:
        """Yield the files of `key`, newest first; of all keys without one."""
        with contextlib.suppress(OSError):
            if key is not None:
                folder = self.folder_of(key)
                names = [name for name in os.listdir(folder) if name.endswith(".json")]  # noqa: PTH208
                yield from (folder / name for name in sorted(names, reverse=True))
                return
            every = (self._root / "records").glob("*/*/*.json")
            yield from sorted(every, key=lambda path: path.name, reverse=True)

    def read(self, place: Path, key: str | None = None) -> Record:
        """Return the record at `place`. Raises RecordError."""
        try:
            if not place.is_file() or place.stat().st_size > _SIZE_AT_MOST:
                raise RecordError("A record is no ordinary file.")
            document = place.read_bytes()
        except OSError as error:
            raise RecordError(f"A record cannot be read: {error.strerror or error}.") from error
        found = read_record(document, key=key, secret=self._secret)
        if place.stem != found.id:
            raise RecordError("A record lies under a name that is not its own.")
        return found

    def touch(self, record: Record) -> None:
        """Note that `record` is used now; where that is not allowed, nothing happens."""
        place = self.folder_of(record.key) / f"{record.id}.json"
        try:
            os.utime(place)
        except PermissionError:  # of another user: a new file may take its place
            with contextlib.suppress(OSError):
                self.write(record)
        except OSError:
            pass

    def prune(self, places: Sequence[Path]) -> None:
        """Remove the oldest of the records of a key beyond the number that is kept.

        Parameters
        ----------
        places : sequence of Path
            Newest first.
        """
        for place in places[PER_KEY_AT_MOST:]:
            with contextlib.suppress(OSError):
                place.unlink()


def _open_new(draft: Path, root: Path) -> BinaryIO:
    try:
        return draft.open("xb")
    except FileNotFoundError:  # the first one, or somebody removed the store
        make_folders(root)
        return draft.open("xb")


def same_execution(one: Record, other: Record) -> bool:
    """Return whether two records say the same but for when and where."""
    return (one.key, one.blobs, _canonical(one.content)) == (
        other.key,
        other.blobs,
        _canonical(other.content),
    )


def _canonical(body: Any) -> bytes:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def _digest(content: bytes, origin: str) -> str:
    return digest_of([content, b"\n", str(origin).encode()])


def _document(body: Mapping[str, Any], signature: str | None, *, origin: str) -> bytes:
    envelope = {
        "schema": SCHEMA,
        "body": body,
        "origin": origin,
        "digest": _digest(_canonical(body), origin),
        "signature": signature,
    }
    return json.dumps(envelope, allow_nan=False).encode("ascii")


def _from_body(body: Mapping[str, Any], digest: str, document: bytes) -> Record:
    created = datetime.fromisoformat(body["created"])
    stamp = int(created.timestamp() * 1_000_000)
    blobs = tuple(body["blobs"])
    if not all(isinstance(blob, str) for blob in blobs) or not isinstance(body["content"], dict):
        raise ValueError("no record")
    return Record(
        id=f"{stamp:017d}-{digest.partition(':')[2][:16]}",
        key=str(body["key"]),
        created=created,
        content=body["content"],
        blobs=blobs,
        about={str(name): str(value) for name, value in body["about"].items()},
        document=document,
    )


def _with_trust(record: Record, is_trusted: bool) -> Record:
    return replace(record, is_trusted=is_trusted)
