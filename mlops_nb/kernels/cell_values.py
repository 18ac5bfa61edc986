"""How do the values that a cell left get into the store, and back into a kernel?

Small values are stored at once, so that a later cell cannot change them first; large arrays and
frames in the background, compared afterwards (`store_background`). What cannot be stored is told
with its reason, and costs nothing but a cell that runs again when its value is needed.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..artifacts.blob_faults import NotStorableError
from ..artifacts.blob_folder import BlobFolder
from ..artifacts.changes import NO_DIGEST
from ..artifacts.codec_checking import drop_names, find_round_trip_faults
from ..artifacts.codec_manifest import CODECS, RUNS_CODE
from ..artifacts.codec_reading import decode
from ..artifacts.codec_writing import Encoded, encode
from ..artifacts.fingerprint import Fingerprinter
from ..artifacts.store_background import BackgroundStore, StoreRequest, Ticket
from .cell_secrets import Secrets

# From this size on an array or a frame is stored beside the cells that follow.
_LARGE_BYTES = 4 << 20
_WAIT_S = 600.0


@dataclass(frozen=True)
class StoredGroup:
    """What became of names that share memory: a manifest as JSON text, or an obstacle."""

    names: tuple[str, ...]
    content: str | None
    obstacle: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"names": list(self.names), "content": self.content, "obstacle": self.obstacle}


class CellValues:
    """The way of values between one kernel and the store.

    Parameters
    ----------
    blobs : BlobFolder
    namespace : dict
        The user's names.
    secrets : Secrets
        Which nothing that is stored may hold.
    """

    def __init__(self, blobs: BlobFolder, namespace: dict[str, Any], secrets: Secrets) -> None:
        self._blobs = blobs
        self._secrets = secrets
        self._namespace = namespace
        self._background = BackgroundStore(blobs, fingerprints=self._fingerprints)
        self._plain: dict[tuple[str, ...], tuple[list[Any], StoredGroup]] = {}
        self._came_back: dict[str, tuple[Any, tuple[str, bool]]] = {}
        self._open: list[tuple[str, tuple[str, ...], Ticket]] = []

    def fingerprint(self, value: object) -> str | None:
        """Return the digest of a value as names are compared by; None if it has none."""
        return self._fingerprints({"": value})[""]

    def _fingerprints(self, values: Mapping[str, object]) -> dict[str, str | None]:
        with Fingerprinter(apart=self._namespace) as fingerprinter:
            return {name: fingerprinter.fingerprint(v).digest for name, v in values.items()}

    def store(
        self,
        cell: str,
        groups: Iterable[tuple[str, ...]],
        *,
        digests: Mapping[str, str | None],
        obstacles: Mapping[str, str],
        plain: Mapping[str, int] | None = None,
        is_moving: bool = False,
    ) -> list[StoredGroup]:
        """Store the names that a cell left; those stored in the background are not among what is
        returned, but told by `stored_since`.

        Parameters
        ----------
        cell : str
            How the runner knows this execution.
        groups : iterable of tuple of str
            Names that share memory.
        digests : Mapping of str to (str or None)
            Of their values.
        obstacles : Mapping of str to str
            Why a name has no fingerprint.
        plain : Mapping of str to int
            Names that hold plain collections of plain values, of which pickle makes nothing else,
            with a number that is the same only as long as they lead to the same objects.
        is_moving : bool, default=False
            Whether something may change values at this very moment, so that whatever is stored has
            to be held against the digest that was taken before.
        """
        found = []
        space = self._namespace
        self._came_back = {n: k for n, k in self._came_back.items() if space.get(n) is k[0]}
        for names in groups:
            blocked = [obstacles[name] for name in names if name in obstacles]
            if blocked:
                found.append(StoredGroup(names, None, blocked[0]))
                continue
            values = {name: self._namespace[name] for name in names}
            expected = {n: d for n in names if (d := digests[n]) and not d.startswith(NO_DIGEST)}
            if len(expected) == len(names) and any(_is_large(v) for v in values.values()):
                ticket = self._background.submit(
                    StoreRequest(values, expected, sharing=[names], namespace=self._namespace)
                )
                self._open.append((cell, names, ticket))
                continue
            if is_moving or not plain or not plain.keys() >= set(names):
                stored = self._store_now(values, names, expected, is_moving=is_moving)
                found.append(self._tell(names, stored))
                continue
            # The same objects with the same content are stored as they were.
            state = [(plain[name], digests[name]) for name in names]
            known = self._plain.get(names)
            if known is None or known[0] != state or known[1].content is None:
                known = (state, self._tell(names, self._store_now(values, names, None)))
                self._plain[names] = known
            found.append(known[1])
        return found

    def let_go(self, names: Iterable[str]) -> None:
        """Keep no value alive to which only one of these names leads: the cell that is about to run
        may bind it anew, and what is to happen then must happen in the cell."""
        for name in names:
            self._came_back.pop(name, None)

    def stored_since(self, *, wait: bool = False) -> list[dict[str, Any]]:
        """Return what the background has stored since this was asked last.

        Parameters
        ----------
        wait : bool, default=False
            Whether to wait for all that is under way.
        """
        if wait:
            self._background.drain(_WAIT_S)
        done, still = [], []
        for cell, names, ticket in self._open:
            encoded = ticket.wait(0) if ticket.is_done else None
            if encoded is None:
                still.append((cell, names, ticket))
            else:
                done.append({"cell": cell, **self._tell(names, encoded).to_json()})
        self._open = still
        return done

    def load(self, manifest: Mapping[str, Any], names: Sequence[str], *, trusted: bool) -> str:
        """Bind stored values to their names; return why that cannot be, or an empty text."""
        found = decode(
            manifest, names, blobs=self._blobs, namespace=self._namespace, may_run_code=trusted
        )
        missing = [o for o in found.obstacles if o.name in names or o.name == "*"]
        if missing:
            return f"{missing[0].name}: {missing[0].reason}"
        for name in names:
            self._namespace[name] = found.values[name]
        return ""

    def read(
        self, manifests: Sequence[Mapping[str, Any]], *, trusted: bool
    ) -> tuple[dict[str, Any], str]:
        """Return all values of manifests of one cell, bound to nothing, and why they are not all
        to be had, or an empty text."""
        if not manifests:
            return {}, ""
        groups = [group for manifest in manifests for group in manifest["groups"]]
        found = decode(
            {**manifests[0], "groups": groups},
            blobs=self._blobs,
            namespace=self._namespace,
            may_run_code=trusted,
        )
        fault = found.obstacles[0] if found.obstacles else None
        return dict(found.values), "" if fault is None else f"{fault.name}: {fault.reason}"

    def keep_file(self, path: str) -> str | None:
        """Store the content of a file; return its blob's digest, None if it cannot be read."""
        try:
            with self._blobs.draft() as draft, open(path, "rb", buffering=0) as file:  # noqa: PTH123
                while chunk := file.read(1 << 20):
                    draft.write(chunk)
                return str(draft.commit().digest)
        except (OSError, NotStorableError):
            return None

    def _store_now(
        self,
        values: Mapping[str, Any],
        names: tuple[str, ...],
        expected: Mapping[str, str] | None,
        *,
        is_moving: bool = False,
    ) -> Encoded:
        """Store values, and read them back unless they are plain (`expected` is None)."""
        encoded = encode(
            values,
            blobs=self._blobs,
            sharing=[names],
            namespace=self._namespace,
            trees=names if expected is None else (),
        )
        if expected is None:
            return encoded
        doubted = {
            name: digest
            for name, digest in expected.items()
            if is_moving or not self._is_proven(name, digest, encoded)
        }
        faults = find_round_trip_faults(
            encoded,
            blobs=self._blobs,
            fingerprints=self._fingerprints,
            expected=doubted,
            codecs=CODECS if is_moving else RUNS_CODE,
            namespace=self._namespace,
        )
        kept = drop_names(encoded, [fault.name for fault in faults])
        if len(names) > 1 and not faults and not encoded.obstacles:
            proven = _is_by_value(encoded)
            self._came_back.update({n: (values[n], (d, proven)) for n, d in expected.items()})
        return Encoded(manifest=kept.manifest, obstacles=(*kept.obstacles, *faults))

    def _is_proven(self, name: str, digest: str, encoded: Encoded) -> bool:
        """Return whether this very value, as it is now, came back before from a group of several.

        A group that grows by a name from cell to cell is read back whole, but compared only where
        it is another.
        """
        known = self._came_back.get(name)
        is_same = known is not None and known[0] is self._namespace.get(name)
        return is_same and known is not None and known[1] == (digest, _is_by_value(encoded))

    def _tell(self, names: tuple[str, ...], encoded: Encoded) -> StoredGroup:
        held = {name for group in encoded.manifest.get("groups", ()) for name in group["names"]}
        if held >= set(names):
            refused = self._secrets.refuse_manifest(encoded.manifest)
            content = None if refused else json.dumps(encoded.manifest)
            return StoredGroup(names, content, refused)
        told = "It cannot be stored."
        for obstacle in encoded.obstacles[:1]:
            told = f"{obstacle.path} ({obstacle.type}): {obstacle.reason} {obstacle.remedy}"
        return StoredGroup(names, None, told)


def _is_by_value(encoded: Encoded) -> bool:
    """Return whether what was stored holds code."""
    return any(group["meta"].get("by_value") for group in encoded.manifest["groups"])


def _is_large(value: Any) -> bool:
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and type(value) is numpy.ndarray:
        return bool(value.nbytes >= _LARGE_BYTES)
    if pandas is not None and type(value) in (pandas.DataFrame, pandas.Series):
        held = [value.index, *(block.values for block in value._mgr.blocks)]
        return bool(sum(part.nbytes for part in held) >= _LARGE_BYTES)
    return False
