"""How does a stage leave its values in a store?

Values that share mutable memory are one group and one file; every other value is a group of its
own, by the first codec that carries it exactly:

    json             plain values           npy      one array
    arrow            pandas frames          marshal  trees of plain collections, and several
    pyarrow, polars  their own tables       pickle   everything else, and groups of several

Only ``pickle`` runs code when it is read. Nothing that a value does while it is stored reaches the
caller: what cannot be stored is told as an `Obstacle`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from .blob_faults import NotStorableError, Obstacle, name_type, remedy_for_disk, tell
from .blob_folder import BlobFolder
from .codec_array import encode_array
from .codec_arrow import encode_arrow, encode_polars, is_arrow, is_polars
from .codec_blame import find_culprit
from .codec_claims import is_pandas
from .codec_frame import encode_frame, refuse_attributes
from .codec_local import with_stand_ins
from .codec_manifest import FORMAT, running_python, versions_needed
from .codec_memory import is_plain_array
from .codec_names import main_namespace
from .codec_pickle import encode_pickle, explain_failure
from .codec_plain import encode_plain
from .codec_process import refuse_lists_of_the_process
from .codec_tree import encode_trees
from .codec_trial import picklable_in


@dataclass(frozen=True)
class Encoded:
    """What was stored.

    Attributes
    ----------
    manifest : Mapping
        JSON; `decode` takes it. Names that met an obstacle are not in it.
    obstacles : tuple of Obstacle
    digests : tuple of str
        All blobs, for whoever keeps them reachable.
    size_bytes : int
        Of all blobs.
    """

    manifest: Mapping[str, Any]
    obstacles: tuple[Obstacle, ...] = ()
    digests: tuple[str, ...] = ()
    size_bytes: int = 0


def encode(
    values: Mapping[str, object],
    *,
    blobs: BlobFolder,
    sharing: Iterable[Collection[str]] = (),
    namespace: Mapping[str, Any] | None = None,
    trees: Collection[str] = (),
) -> Encoded:
    """Store `values` and return what describes them.

    Parameters
    ----------
    values : Mapping
        By variable name. They must not change meanwhile (`store_background` sees to that).
    blobs : BlobFolder
    sharing : iterable of collections of str
        Names that share mutable memory, and names that are to come back identical objects; sets
        that overlap are united.
    namespace : Mapping, optional
        The notebook's globals; those of ``__main__`` by default.
    trees : collection of str
        Names of what `survey_tree` found to be trees, in this moment.

    Returns
    -------
    Encoded
        Never an exception but `KeyboardInterrupt`.
    """
    space = main_namespace() if namespace is None else namespace
    groups, obstacles, sizes = [], [], {}
    for names in _unite(values, sharing):
        members = {name: values[name] for name in names}
        try:
            group, stored = _encode_group(members, blobs, space, are_trees=set(names) <= set(trees))
        except OSError as error:
            obstacles += [_disk_obstacle(name, members[name], error) for name in names]
        except NotStorableError as error:
            obstacles += _value_obstacles(members, error, space)
        else:
            groups.append(group)
            sizes.update({blob.digest: blob.size_bytes for blob in stored})
    manifest = {"format": FORMAT, "python": running_python(), "groups": groups}
    return Encoded(
        manifest=manifest,
        obstacles=tuple(obstacles),
        digests=tuple(sizes),
        size_bytes=sum(sizes.values()),
    )


def _encode_group(
    members: Mapping[str, object],
    blobs: BlobFolder,
    space: Mapping[str, Any],
    *,
    are_trees: bool,
) -> tuple[dict[str, Any], list[Any]]:
    codec = "pickle"
    stored: list[Any] = []
    meta: dict[str, Any] = {}
    for member in members.values():
        refuse_lists_of_the_process(member)
    written = with_stand_ins(members)
    codecs = _codecs_for(members, are_trees=are_trees) if written is members else ()
    for attempt, write in codecs:
        try:
            stored, meta = write(blobs)
            codec = attempt
            break
        except NotStorableError:
            continue  # the next one may carry it
        except OSError:
            raise
        except Exception:  # a value that lies about its type: pickle decides
            continue
    if codec == "pickle":
        for member in members.values():
            _refuse_what_pickle_loses(member)
        stored, meta = _pickle(written, blobs, space)
    group = {
        "names": list(members),
        "codec": codec,
        "blobs": [blob.digest for blob in stored],
        "size_bytes": sum(blob.size_bytes for blob in stored),
        "meta": meta,
        "needs": versions_needed(codec),
        "types": {name: name_type(value) for name, value in members.items()},
    }
    return group, stored


def _pickle(
    members: Mapping[str, object], blobs: BlobFolder, space: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    try:
        return encode_pickle(members, blobs, namespace=space)
    except NotStorableError:  # raised from itself it would keep the values alive
        raise
    except (OSError, KeyboardInterrupt) as error:
        if isinstance(error, OSError) and not _is_of_the_store(error, blobs):
            raise explain_failure(error) from error
        raise
    except BaseException as error:  # SystemExit, recursion, memory, whatever __reduce__ raises
        raise explain_failure(error) from error


def _is_of_the_store(error: OSError, blobs: BlobFolder) -> bool:
    """Return whether the store failed, not a value that raises OSError of its own."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _STORE_CODE:
            return True
        trace = trace.tb_next
    return False


_INLINE_BYTES = 2_000
_STORE_CODE = BlobFolder.draft.__code__.co_filename

_Writer = Callable[[Any, BlobFolder], tuple[list[Any], dict[str, Any]]]
_Attempt = tuple[str, Callable[[BlobFolder], tuple[list[Any], dict[str, Any]]]]


def _codecs_for(members: Mapping[str, object], *, are_trees: bool) -> Iterator[_Attempt]:
    """Yield the codecs that may carry a group, those before the pickle that carries all."""
    if len(members) == 1:
        ((_, value),) = members.items()
        for codec, write in _codecs_for_one(value):
            yield codec, partial(write, value)
    if are_trees:
        yield "marshal", partial(encode_trees, members)


def _codecs_for_one(value: object) -> Sequence[tuple[str, _Writer]]:
    if is_plain_array(value):
        return (("npy", _write_array),)
    if is_arrow(value):
        return (("pyarrow", encode_arrow),)
    if is_polars(value):
        return (("polars", encode_polars),)
    pandas = sys.modules.get("pandas")
    if pandas is not None and issubclass(
        type(value), (pandas.DataFrame, pandas.Series, pandas.Index)
    ):
        return (("arrow", encode_frame),)
    return (("json", _write_plain),)


def _write_plain(value: object, blobs: BlobFolder) -> tuple[list[Any], dict[str, Any]]:
    content = encode_plain(value)
    if len(content) <= _INLINE_BYTES:  # a file would cost more than it holds
        return [], {"plain": content.decode()}
    return [blobs.put(content)], {}


def _write_array(value: object, blobs: BlobFolder) -> tuple[list[Any], dict[str, Any]]:
    with blobs.draft() as draft:
        meta = encode_array(value, draft)
        return [draft.commit()], meta


def _refuse_what_pickle_loses(value: object) -> None:
    pandas = sys.modules.get("pandas")
    is_table = pandas is not None and type(value) in (pandas.DataFrame, pandas.Series)
    if is_table and not is_pandas(value):  # pandas 2 is left to itself
        refuse_attributes(value)


def _disk_obstacle(name: str, value: object, error: OSError) -> Obstacle:
    return Obstacle(
        name=name,
        type=name_type(value),
        path=name,
        reason=f"The store cannot be written: {tell(error)}.",
        remedy=remedy_for_disk(error),
    )


def _value_obstacles(
    members: Mapping[str, object], error: NotStorableError, space: Mapping[str, Any]
) -> list[Obstacle]:
    """Return an obstacle for each name of a group, all naming the part that is to blame."""

    is_storable = picklable_in(space)
    guilty = [name for name, value in members.items() if not is_storable(value)]
    first = guilty[0] if guilty else next(iter(members))
    path, kind = first, name_type(members[first])
    if guilty and not isinstance(error.__cause__, (RecursionError, MemoryError)):
        path, kind = find_culprit(first, members[first], is_storable=is_storable)
    default = "Declare the stage with --no-cache, or keep it out of the variable."
    found = []
    for name in members:
        shared = f" It is stored together with {first!r}, which shares memory with it."
        found.append(
            Obstacle(
                name=name,
                type=kind,
                path=path,
                reason=error.reason + ("" if name == first else shared),
                remedy=error.remedy or default,
            )
        )
    return found


def _unite(values: Mapping[str, object], sharing: Iterable[Collection[str]]) -> list[list[str]]:
    """Return the names in groups, each in the order of `values`, groups by their first name."""
    group_of = {name: {name} for name in values}
    for together in sharing:
        known = [name for name in together if name in values]
        united = set().union(*(group_of[name] for name in known)) if known else set()
        for name in united:
            group_of[name] = united
    found: list[list[str]] = []
    seen: set[str] = set()
    for name in values:
        if name not in seen:
            found.append([other for other in values if other in group_of[name]])
            seen |= group_of[name]
    return found
