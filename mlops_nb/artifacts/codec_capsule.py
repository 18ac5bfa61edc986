"""How do a pickle, the table of its arrays and its small pieces of memory lie in one blob?

A capsule: magic, length of the head, head (JSON), stream, table and pack, each aligned so that what
is mapped can be used where it lies. Large pieces are blobs of their own, which the head names.
"""

from __future__ import annotations

import json
import struct
from typing import Any

from .blob_faults import NotStorableError
from .codec_memory import ALIGNMENT, Extent

LARGE_FROM_BYTES = 1 << 18
_MAGIC = b"mlopsnb1"


def extent_rows(extents: list[Extent], large_digests: list[str]) -> list[dict[str, Any]]:
    """Return where each extent lies: in a blob of its own if it is large, else in the pack."""
    rows: list[dict[str, Any]] = []
    at, digests = 0, iter(large_digests)
    for extent in extents:
        size = len(extent.content)
        if size >= LARGE_FROM_BYTES:
            rows.append({"blob": next(digests), "size": size})
        else:
            rows.append({"at": at, "size": size})
            at += -(-size // ALIGNMENT) * ALIGNMENT
    return rows


def write_capsule(
    draft: Any, head: dict[str, Any], stream: bytes, table: bytes, extents: list[Extent]
) -> None:
    """Write magic, length of the head, head, then stream, table and pack, each aligned."""
    text = json.dumps(head, separators=(",", ":")).encode()
    small = [e.content for e in extents if len(e.content) < LARGE_FROM_BYTES]
    for part in (_MAGIC + struct.pack("<Q", len(text)) + text, stream, table, *small):
        draft.write(part)
        draft.write(bytes(-len(part) % ALIGNMENT))


def read_capsule(view: memoryview) -> tuple[dict[str, Any], dict[str, memoryview]]:
    """Return the head, and the sections stream, table and pack.

    Raises
    ------
    NotStorableError
        If it does not begin as a capsule of this format does.
    """
    if bytes(view[:8]) != _MAGIC:
        raise NotStorableError("A stored value has a form that this mlops_nb does not know.")
    (length,) = struct.unpack("<Q", view[8:16])
    head = json.loads(bytes(view[16 : 16 + length]))
    at = -(-(16 + length) // ALIGNMENT) * ALIGNMENT
    sections = {}
    for name in ("stream", "table"):
        sections[name] = view[at : at + head[name]]
        at += -(-head[name] // ALIGNMENT) * ALIGNMENT
    sections["pack"] = view[at:]
    return head, sections
