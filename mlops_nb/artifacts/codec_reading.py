"""How does a stage get its values back from a store, as they were?

Blobs are compared with their digests before anything is decoded; a pickle, which runs code, is read
only where the caller vouches for its source. What cannot be had is told as an `Obstacle`; nothing
else reaches the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from .blob_faults import BlobError, NotStorableError, Obstacle, tell
from .blob_folder import BlobFolder
from .codec_array import decode_array
from .codec_arrow import decode_arrow, decode_polars
from .codec_frame import decode_frame
from .codec_manifest import NEEDS_TRUST, compare_needs, order_groups, running_python
from .codec_names import main_namespace
from .codec_pickle import decode_pickle
from .codec_plain import decode_plain
from .codec_tree import decode_trees

_RESTORE_REMEDY = "The stage that made it runs again."


@dataclass(frozen=True)
class Decoded:
    """Values by name, and what could not be had."""

    values: Mapping[str, Any] = field(default_factory=dict)
    obstacles: tuple[Obstacle, ...] = ()


def decode(
    manifest: Mapping[str, Any],
    names: Iterable[str] | None = None,
    *,
    blobs: BlobFolder,
    namespace: MutableMapping[str, Any] | None = None,
    may_run_code: bool = True,
) -> Decoded:
    """Return stored values.

    Parameters
    ----------
    manifest : Mapping
        As `encode` gave it.
    names : iterable of str, optional
        The values to restore; all by default. Whoever shares a group with one of them comes too:
        they must be bound together.
    blobs : BlobFolder
    namespace : MutableMapping, optional
        What becomes the globals of restored functions, and holds the notebook's own classes that
        values refer to; those of ``__main__`` by default. Nothing is bound in it.
    may_run_code : bool, default=True
        Whether the manifest comes from a trusted place or bears a signature: pickles are refused
        otherwise, and Arrow files checked in full.

    Returns
    -------
    Decoded
        Never an exception but `KeyboardInterrupt`.
    """
    space = main_namespace() if namespace is None else namespace
    values: dict[str, Any] = {}
    obstacles: list[Obstacle] = []
    wanted = None if names is None else list(names)
    try:
        groups = order_groups(manifest, wanted)
    except NotStorableError as error:
        told = ["*"] if wanted is None else wanted
        return Decoded(obstacles=tuple(_missing(name, error.reason) for name in told))
    for group in groups:
        try:
            values.update(_decode_group(group, manifest, blobs, space, values, may_run_code))
        except (BlobError, NotStorableError) as error:
            obstacles += [_missing(name, error.reason) for name in group["names"]]
        except BaseException as error:  # whatever the code in a pickle, or a library, raises
            if isinstance(error, KeyboardInterrupt):
                raise
            reason = f"It cannot be read back: {tell(error)}."
            obstacles += [_missing(name, reason) for name in group["names"]]
    return Decoded(values=values, obstacles=tuple(obstacles))


def _decode_group(
    group: Mapping[str, Any],
    manifest: Mapping[str, Any],
    blobs: BlobFolder,
    space: MutableMapping[str, Any],
    also: Mapping[str, Any],
    may_run_code: bool,
) -> dict[str, Any]:
    codec, digests, names = group["codec"], list(group["blobs"]), list(group["names"])
    compare_needs(group["needs"])
    if codec in NEEDS_TRUST:
        if codec == "marshal":
            _may_read_trees(manifest, may_run_code)
            values = decode_trees(blobs.view(digests[0]), group["meta"])
        else:
            _may_read_pickle(group, manifest, {**space, **also}, may_run_code)
            values = decode_pickle(digests, blobs, namespace=space, also=also)
        if set(values) != set(names):
            raise NotStorableError("What was stored holds other names than its record says.")
        return values
    if len(names) != 1:
        raise NotStorableError("A codec that holds one value has several names.")
    if codec == "json":
        inline = group["meta"].get("plain")
        value = decode_plain(blobs.view(digests[0]) if inline is None else inline.encode())
    elif codec == "npy":
        value = decode_array(blobs.view(digests[0]), group["meta"])
    elif codec == "arrow":
        value = decode_frame(digests, blobs, is_trusted=may_run_code)
    elif codec == "pyarrow":
        value = decode_arrow(digests, group["meta"], blobs, is_trusted=may_run_code)
    elif codec == "polars":
        value = decode_polars(digests, group["meta"], blobs)
    else:
        raise NotStorableError(f"It is stored by codec {codec!r}, which is not known here.")
    return {names[0]: value}


def _may_read_trees(manifest: Mapping[str, Any], trusted: bool) -> None:
    if not trusted:
        raise NotStorableError(
            "It is of a shared store without a valid signature, in a form that could end this "
            "process."
        )
    if manifest["python"] != running_python():
        raise NotStorableError(
            f"It was written by Python {manifest['python']}; this is {running_python()}."
        )


def _may_read_pickle(
    group: Mapping[str, Any], manifest: Mapping[str, Any], bound: Mapping[str, Any], trusted: bool
) -> None:
    if not trusted:
        raise NotStorableError(
            "It is a pickle from a shared store without a valid signature, which could run any "
            "code."
        )
    meta = group["meta"]
    missing = sorted(set(meta["references"]) - set(bound))
    if missing:
        raise NotStorableError(f"It refers to {missing[0]!r}, which is not bound here.")
    if meta["by_value"] and manifest["python"] != running_python():
        raise NotStorableError(
            f"It holds code of Python {manifest['python']}; this is {running_python()}."
        )


def _missing(name: str, reason: str) -> Obstacle:
    return Obstacle(name=name, type="", path=name, reason=reason, remedy=_RESTORE_REMEDY)
