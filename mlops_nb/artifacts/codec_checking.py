"""Does what was stored come back as the value it was? Read back, and compared by fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, MutableMapping
from typing import Any

from .blob_faults import Obstacle, name_type
from .blob_folder import BlobFolder
from .codec_manifest import RUNS_CODE
from .codec_reading import decode
from .codec_writing import Encoded

Fingerprints = Callable[[Mapping[str, object]], "Mapping[str, str | None]"]


def find_round_trip_faults(
    encoded: Encoded,
    *,
    blobs: BlobFolder,
    fingerprints: Fingerprints,
    expected: Mapping[str, str],
    codecs: Collection[str] = RUNS_CODE,
    namespace: MutableMapping[str, Any] | None = None,
) -> tuple[Obstacle, ...]:
    """Read back what was stored, and return an obstacle for each value that comes back another.

    Parameters
    ----------
    encoded : Encoded
    blobs : BlobFolder
    fingerprints : callable
        Of all these values, by name, as they are in one moment; None for one that has none.
    expected : Mapping of str to str
        Fingerprints when the stage ended. Names without one are not compared.
    codecs : collection of str
        Of which groups; by default of those that run foreign code, since the others are exact by
        construction. All of them, where values may have changed while they were stored.
    namespace : MutableMapping, optional
        As in `decode`.
    """
    groups = [g for g in encoded.manifest["groups"] if g["codec"] in codecs]
    checked = decode({**encoded.manifest, "groups": groups}, blobs=blobs, namespace=namespace)
    faults = list(checked.obstacles)
    compared = {name: value for name, value in checked.values.items() if name in expected}
    found = fingerprints(compared) if compared else {}
    for name, value in compared.items():
        if found[name] != expected[name]:
            faults.append(
                Obstacle(
                    name=name,
                    type=name_type(value),
                    path=name,
                    reason="It comes back from the store as another value.",
                    remedy="Its class needs a __reduce__ that keeps all of its state; or it "
                    "changed while it was stored.",
                )
            )
    return tuple(faults)


def drop_names(encoded: Encoded, names: Collection[str]) -> Encoded:
    """Return `encoded` without the groups that hold one of `names`; their blobs are garbage."""
    groups = [g for g in encoded.manifest["groups"] if not set(g["names"]) & set(names)]
    digests = tuple(dict.fromkeys(digest for group in groups for digest in group["blobs"]))
    return Encoded(
        manifest={**encoded.manifest, "groups": groups},
        obstacles=encoded.obstacles,
        digests=digests,
        size_bytes=sum(group["size_bytes"] for group in groups),
    )
