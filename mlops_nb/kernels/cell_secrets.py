"""What of a run's secrets must not leave its kernel with what is told and kept of cells? Neither
values that hold one, nor digests of values, which would give a short one away.

Secrets are looked for as they are and as common encodings write them; what code made of one
otherwise is not found. A run that has secrets keys all digests of values, so that its records hold
only for runs with the same key.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from ..artifacts.blob_faults import NotStorableError
from ..artifacts.changes import NO_DIGEST

_PIECE = 1 << 22
_SHORTEST = 4
_REASON = "It holds a secret of the run."
_REMEDY = "Keep secrets out of values that other cells read."


class Secrets:
    """The secrets of one kernel.

    Parameters
    ----------
    names : iterable of str
        Environment variables that hold them; those that are not set, or too short to be looked
        for, are none.
    key : bytes
        For digests.
    """

    def __init__(self, names: Iterable[str], key: bytes) -> None:
        values = {os.environ.get(name, "").strip() for name in names}
        values |= {part for value in values for part in _parts(value)}
        kept = {value for value in values if len(value) >= _SHORTEST}
        self._texts = sorted({form for value in kept for form in _texts(value)}, key=len)
        self._plain = sorted({raw for value in kept for raw in _encoded(value)}, key=len)
        forms = {text.encode("utf-8", "surrogateescape") for text in self._texts}
        self._forms = sorted({*forms, *self._plain}, key=len)
        self._key = key

    def __bool__(self) -> bool:
        return bool(self._forms)

    @property
    def longest(self) -> int:
        """Length of the longest text that is looked for, in bytes."""
        return len(self._forms[-1]) if self._forms else 0

    def are_in(self, text: str) -> bool:
        """Return whether a text holds one of them."""
        return any(form in text for form in self._texts)

    def refuse(self, content: Any) -> None:
        """Raise NotStorableError if bytes hold one of them; large ones are searched for the
        secrets as they are."""
        view = memoryview(content).cast("B")
        forms = self._plain if len(view) > _PIECE else self._forms
        reach = max(0, self.longest - 1)
        for at in range(0, len(view) if forms else 0, _PIECE):
            piece = bytes(view[max(0, at - reach) : at + _PIECE])
            if any(form in piece for form in forms):
                raise NotStorableError(_REASON, _REMEDY)

    def refuse_manifest(self, manifest: Mapping[str, Any]) -> str:
        """Return why what describes stored values must not be told; empty if it may."""
        held = bool(self) and any(self.are_in(text) for text in _strings(manifest))
        return f"{_REASON} {_REMEDY}" if held else ""

    def facts(self, digests: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return the digests of names as facts that may be told."""
        return {f"name:{name}": self.keyed(digest) for name, digest in digests.items()}

    def keyed(self, digest: str | None) -> str | None:
        """Return the digest of a value as it may be told."""
        if digest is None or not self or digest.startswith(NO_DIGEST):
            return digest
        mac = hmac.new(self._key, digest.encode(), hashlib.sha256)
        return f"hmac:{mac.hexdigest()[:32]}"


def _parts(value: str) -> Iterator[str]:
    """Yield what is secret by itself: the password of an address, long lines of a key."""
    yield from (line.strip() for line in value.splitlines() if len(line.strip()) >= 8)
    if "://" in value:
        try:
            password = urlsplit(value).password or ""
        except ValueError:
            return
        yield from (text for text in (password, unquote(password)) if len(text) >= 8)


def _texts(value: str) -> Iterator[str]:
    """Yield a secret as it stands in texts."""
    yield value
    raw = value.encode("utf-8", "surrogateescape")
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield from (repr(value)[1:-1], quote(value, safe="", errors="surrogateescape"))
    yield from (raw.hex(), raw.hex().upper())
    for skipped in range(3):  # base64 of longer data, in which the secret begins anywhere
        encoded = base64.b64encode(bytes(skipped) + raw)
        begin, end = -(-8 * skipped // 6), 8 * (skipped + len(raw)) // 6
        core = encoded[begin:end].decode()
        if len(core) >= _SHORTEST:
            yield core
            yield core.replace("+", "-").replace("/", "_")


def _encoded(value: str) -> Iterator[bytes]:
    """Yield a secret as it stands in memory of arrays and in files."""
    for encoding in ("utf-8", "utf-16-le", "utf-32-le"):
        yield value.encode(encoding, "surrogateescape" if encoding == "utf-8" else "surrogatepass")


def _strings(value: Any) -> Iterator[str]:
    """Yield the texts in JSON, keys included, and what they hold as JSON or as base64."""
    if isinstance(value, str):
        yield value
        try:
            if value[:1] in ("{", "["):
                yield from _strings(json.loads(value))
            else:
                yield base64.b64decode(value, validate=True).decode("utf-8", "replace")
        except ValueError:
            return
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from (*_strings(key), *_strings(item))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield repr(value)
