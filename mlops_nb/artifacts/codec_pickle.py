"""How is everything else kept? As a pickle 5 whose arrays and buffers lie beside it.

One group of names is one pickle, so that what they share stays shared. The pickle, a table of its
arrays and its small pieces of memory make one blob, a capsule; large pieces are blobs of their own,
mapped when they are read. Reading a pickle runs code: who reads decides whom to trust before.
"""

from __future__ import annotations

import contextlib
import functools
import io
import pickle
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from .blob_faults import BlobError, NotStorableError, tell
from .codec_capsule import LARGE_FROM_BYTES, extent_rows, read_capsule, write_capsule
from .codec_claims import set_with_attributes
from .codec_classes import complete_class
from .codec_memory import MemoryNotes, MemoryShelf
from .codec_names import (
    fill_attributes,
    fill_function,
    import_cloudpickle,
    make_cell,
    make_function,
    make_own_space,
    read_held,
    read_name,
    refuse_replaced,
)
from .codec_nan import NAN_WRITTEN, find_nan, name_nan
from .codec_process import find_shared
from .codec_rules import CodeIsNeededError, Rules
from .codec_stack import call_with_room
from .codec_stand_ins import rebuild_object_view

# Where what a pickle names is, or was when it was written.
_OUR_MODULES = frozenset({"codec_stand_ins", "codec_pickle", "codec_names", "codec_claims"})
_CLASSES = "_DYNAMIC_CLASS_TRACKER_BY_ID"


def encode_pickle(
    values: Mapping[str, object], blobs: Any, *, namespace: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Write `values` as one pickle and return its blobs, the capsule first, and its meta.

    Parameters
    ----------
    values : Mapping
        What belongs together, by name.
    blobs : BlobFolder
    namespace : Mapping
        The notebook's globals: what it holds under its own name is written as that name.

    Raises
    ------
    NotStorableError
        If something inside cannot be pickled, or not exactly.
    OSError
        If the store cannot be written.
    """
    notes, stream, references, by_value = _pickle(values, namespace)
    extents, table = notes.lay_out()
    large = [extent for extent in extents if len(extent.content) >= LARGE_FROM_BYTES]
    stored = [blobs.put(extent.content) for extent in large]
    head = {
        "stream": len(stream),
        "table": len(table),
        "arrays": notes.n_arrays,
        "buffers": notes.buffer_sizes,
        "extents": extent_rows(extents, [blob.digest for blob in stored]),
    }
    with blobs.draft() as draft:
        write_capsule(draft, head, stream, table, extents)
        capsule = draft.commit()
    meta = {"references": sorted(references), "by_value": by_value}
    return [capsule, *{blob.digest: blob for blob in stored}.values()], meta


def decode_pickle(
    digests: list[str], blobs: Any, *, namespace: MutableMapping[str, Any], also: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of a group; this runs the code that the pickle names.

    Parameters
    ----------
    digests : list of str
        Of its blobs, the capsule first.
    blobs : BlobFolder
    namespace : MutableMapping
        The globals of functions that are read.
    also : Mapping
        Names beside those in `namespace`, before them: what was decoded and is not bound yet.

    Raises
    ------
    BlobError
        If a blob is missing or damaged, or names a blob that is not among `digests`.
    Exception
        Whatever the pickle's code raises.
    """
    head, sections = read_capsule(blobs.view(digests[0]))
    extents: list[memoryview] = []
    for row in head["extents"]:
        if "blob" not in row:
            extents.append(sections["pack"][row["at"] : row["at"] + row["size"]])
            continue
        if row["blob"] not in digests:
            raise BlobError(row["blob"], "A stored value names a blob that is not its own.")
        extents.append(blobs.view(row["blob"]))
    shelf = MemoryShelf(extents, sections["table"])
    ours: dict[str, Callable[..., Any]] = {
        "rebuild_array": shelf.array,
        "rebuild_object_view": rebuild_object_view,
        "rebuild_named": lambda name: read_name(name, {**namespace, **also}),
        "rebuild_function": functools.partial(make_function, namespace),
        "rebuild_shared": find_shared,
        "fill_function": fill_function,
        "fill_attributes": fill_attributes,
        "read_held": read_held,
        "set_with_attributes": set_with_attributes,
        "make_cell": make_cell,
        "make_own_space": make_own_space,
    }
    buffers = shelf.buffers(head["arrays"], head["buffers"])
    reader = _Reader(ours, sections["stream"], buffers=buffers)
    with _classes_of_its_own():
        values: dict[str, Any] = reader.load()
    return values


@contextlib.contextmanager
def _classes_of_its_own() -> Iterator[None]:
    """Let classes be made anew while a group is read.

    cloudpickle knows the classes that a process has pickled or read, and hands out the same one
    again. Names that shared a class are one group; two groups had a class each, and must again.
    """
    before = []
    for name in ("cloudpickle.cloudpickle", "joblib.externals.cloudpickle.cloudpickle"):
        module = sys.modules.get(name)
        if module is not None and hasattr(module, _CLASSES):
            before.append((module, getattr(module, _CLASSES)))
            setattr(module, _CLASSES, weakref.WeakValueDictionary())
    try:
        yield
    finally:
        for module, known in before:
            setattr(module, _CLASSES, known)


class _Reader(pickle.Unpickler):
    """Reads our own words by our own functions, whatever this package is called in the process."""

    def __init__(
        self, ours: Mapping[str, Callable[..., Any]], stream: memoryview, *, buffers: Any
    ) -> None:
        super().__init__(io.BytesIO(stream), buffers=buffers)
        self._ours = ours

    def find_class(self, module: str, name: str) -> Any:
        if module.rpartition(".")[2] in _OUR_MODULES and name in self._ours:
            return self._ours[name]
        return refuse_replaced(super().find_class(module, name), module, name)

    def persistent_load(self, name: Any) -> float:
        return find_nan(name)


class _PlainPickler(pickle.Pickler):
    """Pickle with our rules."""

    rules: Rules

    def reducer_override(self, value: Any) -> Any:
        return NotImplemented if self.rules.leaves(value) else self.rules.reduce(value)


def _pickle(
    values: Mapping[str, object], namespace: Mapping[str, Any]
) -> tuple[MemoryNotes, bytes, set[str], bool]:
    """Return what was left out, the pickle, names it refers to, and whether it holds code."""
    try:
        return _dump(_PlainPickler, values, namespace, by_value=False)
    except (NotStorableError, MemoryError, RecursionError):
        raise
    except BaseException as error:  # SystemExit, or what a hostile __reduce__ raises
        if isinstance(error, KeyboardInterrupt):
            raise
        plain_error = error
    try:
        kind = _by_value_pickler(import_cloudpickle())
    except NotStorableError:
        if isinstance(plain_error, CodeIsNeededError):
            raise
        raise plain_error from None
    finally:
        del plain_error  # it leads to this frame, and would keep the values alive
    return _dump(kind, values, namespace, by_value=True)


def _dump(
    kind: Any, values: Mapping[str, object], namespace: Mapping[str, Any], *, by_value: bool
) -> tuple[MemoryNotes, bytes, set[str], bool]:
    """Pickle; once more, and slower, where something is not a number: which such number it is,
    code asks by ``is``, and a list by ``in``."""
    for kind_now in (kind, _naming_pickler(kind)):
        stream, rules = io.BytesIO(), Rules(values, namespace)
        rules.by_value = by_value
        pickler = kind_now(stream, protocol=5, buffer_callback=rules.notes.note_buffer)
        pickler.rules = rules
        call_with_room(functools.partial(pickler.dump, dict(values)))
        content = stream.getvalue()
        if NAN_WRITTEN not in content:
            break
    return rules.notes, content, rules.references, rules.by_value


@functools.cache
def _naming_pickler(kind: Any) -> type[Any]:
    class NamingPickler(kind):  # type: ignore[misc]  # a class made at run time
        """Writes a library's one NaN as its name."""

        def persistent_id(self, value: Any) -> str | None:
            return name_nan(value) if type(value) is float else None

    return NamingPickler


@functools.cache
def _by_value_pickler(cloudpickle: Any) -> type[Any]:
    class ByValuePickler(cloudpickle.Pickler):  # type: ignore[misc]  # untyped base
        """cloudpickle with our rules."""

        rules: Rules

        def __init__(self, *given: Any, **options: Any) -> None:
            # It is looked into for each object: a dict is faster than what chains several.
            self.dispatch_table = dict(cloudpickle.Pickler.dispatch_table)
            super().__init__(*given, **options)

        def reducer_override(self, value: Any) -> Any:
            if self.rules.leaves(value):
                return NotImplemented
            reduced = self.rules.reduce(value)
            if reduced is not NotImplemented:
                return reduced
            reduced = super().reducer_override(value)
            return complete_class(value, reduced) if isinstance(value, type) else reduced

    return ByValuePickler


def explain_failure(error: BaseException) -> NotStorableError:
    """Return why a pickle failed, as a fault of the value."""
    if isinstance(error, NotStorableError):
        return error
    if isinstance(error, RecursionError):
        return NotStorableError(
            "It is nested too deeply to be stored.", "Keep it in a flatter form."
        )
    if isinstance(error, MemoryError):
        return NotStorableError("There is not enough memory to store it.", "Free some memory.")
    return NotStorableError(
        f"It cannot be pickled: {tell(error)}.",
        "Keep it out of the variable (open files, connections, locks and generators cannot be "
        "stored), or declare the stage with --no-cache.",
    )
