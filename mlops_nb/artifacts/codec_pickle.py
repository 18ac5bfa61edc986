"""How is everything else kept? As a pickle 5 whose arrays and buffers lie beside it.

One group of names is one pickle, so that what they share stays shared. The pickle, a table of its
arrays and its small pieces of memory make one blob, a capsule; large pieces are blobs of their own,
mapped when they are read. Reading a pickle runs code: who reads decides whom to trust before.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import io
import pickle
import sys
import types
import weakref
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from .blob_faults import BlobError, NotStorableError, tell
from .codec_capsule import LARGE_FROM_BYTES, extent_rows, read_capsule, write_capsule
from .codec_claims import (
    attributes_set_on,
    is_pandas,
    reduce_with_attributes,
    set_with_attributes,
)
from .codec_classes import complete_class, is_told_twice
from .codec_memory import MemoryNotes, MemoryShelf, is_plain_array, refuse_lent_memory
from .codec_names import (
    MAIN,
    fill_attributes,
    fill_function,
    find_held,
    find_home,
    find_name,
    import_cloudpickle,
    make_cell,
    make_function,
    make_own_space,
    read_held,
    read_name,
    reduce_function,
    refuse_replaced,
)
from .codec_nan import NAN_WRITTEN, find_nan, name_nan
from .codec_process import (
    SharedObjects,
    find_shared,
    reduce_shared,
    refuse_what_a_process_has,
)
from .codec_stack import call_with_room
from .identity import identity
from .undisturbed import reduce_undisturbed

_OUR_MODULES = frozenset({"codec_pickle", "codec_names", "codec_claims"})
_TIDYING = frozenset({"statsmodels", "patsy"})  # whose objects `undisturbed` is to ask
# What scikit-learn's loaders return: its `__setstate__` does nothing.
_RESTORED = "restore_model_spec"
_FORGETFUL = ("sklearn.utils._bunch", "Bunch")
_Remembering = type(functools.lru_cache(len))
_CLASSES = "_DYNAMIC_CLASS_TRACKER_BY_ID"


def rebuild_array(*_: Any) -> Any:
    """Stand for `MemoryShelf.array` in a pickle."""
    raise NotStorableError("This pickle can be read by mlops_nb alone.")


def rebuild_object_view(root: Any, shape: Any, strides: Any, offset: int) -> Any:
    """Return a view of an array of objects."""
    numpy = sys.modules["numpy"]
    flat = root.reshape(-1, order="A")[offset // root.itemsize :]
    return numpy.lib.stride_tricks.as_strided(flat, shape, strides)


def rebuild_shared(*_: Any) -> Any:
    """Stand for a look-up of an object that a library keeps."""
    raise NotStorableError("This pickle can be read by mlops_nb alone.")


def rebuild_named(*_: Any) -> Any:
    """Stand for a look-up of a name in the namespace that is read into."""
    raise NotStorableError("This pickle can be read by mlops_nb alone.")


def rebuild_function(*_: Any) -> Any:
    """Stand for `make_function` with the namespace that is read into."""
    raise NotStorableError("This pickle can be read by mlops_nb alone.")


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


class _Rules:
    """What is not left to the pickler: arrays, and functions and classes of the notebook."""

    def __init__(self, values: Mapping[str, object], namespace: Mapping[str, Any]) -> None:
        self.notes = MemoryNotes()
        self.references: set[str] = set()
        self.by_value = False
        self._namespace = namespace
        self._is_group = len(values) > 1
        self._own = {identity(value) for value in values.values()}
        self._cells: set[int] = set()  # of functions that fill them themselves
        self._held = _shared.idents()
        self._plain: dict[type, bool] = {}

    def leaves(self, value: Any) -> bool:
        """Return whether a value is certainly left to the pickler: an object of a class that is
        nothing but the notebook's code. There can be a hundred thousand."""
        kind = type(value)
        is_plain = self._plain.get(kind)
        if is_plain is None:
            is_plain = self._plain[kind] = _is_plain_class(kind)
        return is_plain and identity(value) not in self._held

    def reduce(self, value: Any) -> Any:
        """Return how `value` is pickled; NotImplemented leaves it to the pickler."""
        if is_plain_array(value):
            refuse_lent_memory(value, is_group=self._is_group)
            return rebuild_array, self.notes.note_array(value)
        if issubclass(type(value), (type, types.FunctionType)):
            return self._reduce_code(value)
        if identity(value) in self._cells:
            return make_cell, ()
        _refuse_what_is_lost(value)
        if type(value) is types.MappingProxyType:  # cloudpickle makes a copy of what it shows
            return types.MappingProxyType, tuple(gc.get_referents(value))
        place = _shared.find(value)
        if place is not None and (told := reduce_shared(value, place)) is not None:
            return rebuild_shared, told
        if (type(value).__module__, type(value).__name__) == _FORGETFUL:
            return (*value.__reduce_ex__(5), fill_attributes)
        if issubclass(type(value), dict) and _is_own_space(value):
            return make_own_space, (type(value),), None, None, iter(dict.items(value))
        numpy = sys.modules.get("numpy")
        if numpy is not None and issubclass(type(value), numpy.ndarray):
            return self._reduce_unshared(value, numpy)
        if is_pandas(value):
            settled = self.notes.claims.settle(value)
            own = attributes_set_on(value)
            if own:
                return reduce_with_attributes(settled, own)
            return NotImplemented if settled is value else settled.__reduce_ex__(5)
        if type(value).__module__.partition(".")[0] in _TIDYING:
            return _as_it_is(value, reduce_undisturbed(value, 5))
        return NotImplemented

    def _reduce_unshared(self, array: Any, numpy: Any) -> Any:
        root = array
        while type(root.base) is numpy.ndarray:
            root = root.base
        plain = type(array) is numpy.ndarray and array.dtype == root.dtype == numpy.dtype("O")
        if self._is_group and plain and root is not array and root.flags.forc:
            offset = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
            return rebuild_object_view, (root, array.shape, array.strides, offset)
        self.notes.note_unshared(array)
        return NotImplemented

    def _reduce_code(self, value: Any) -> Any:
        module = getattr(value, "__module__", None)
        if module == MAIN and identity(value) not in self._own:
            name = find_name(value, self._namespace)
            first = "" if name is None else name.partition(".")[0]
            # A method of a class that is written by value goes with it.
            if first and identity(self._namespace[first]) not in self._own:
                self.references.add(first)
                return rebuild_named, (name,)
        name = find_held(value, module)
        if name is not None:
            return read_held, (module, name)
        if not self.by_value:
            if module == MAIN:
                raise _CodeIsNeededError
            return NotImplemented
        if isinstance(value, type) and module == MAIN:
            _refuse_what_runs_code(value)
        if type(value) is types.FunctionType:
            home = find_home(value, self._namespace)
            if home is not None and (home == "" or not find_name(value, value.__globals__)):
                self._cells.update(map(identity, value.__closure__ or ()))
                arguments, state = reduce_function(value, home)
                return rebuild_function, arguments, state, None, None, fill_function
        return NotImplemented


def _as_it_is(value: Any, reduced: Any) -> Any:
    """Return how an object is pickled with what it would leave out to work it out again, as models
    of statsmodels do with the names that their reader happens to have."""
    state = reduced[2] if isinstance(reduced, tuple) and len(reduced) > 2 else None
    if type(state) is not dict or _RESTORED not in state:
        return reduced
    return (*reduced[:2], dict(vars(value)), None, None, fill_attributes)


def _refuse_what_runs_code(kind: type) -> None:
    """Refuse a class that cannot be made again without running code of the notebook, such as one
    that enters itself in a list."""
    if is_told_twice(kind):
        raise NotStorableError(
            f"There would be two classes {kind.__name__}, and code asks for the classes made from "
            "theirs.",
            "Define it in a cell of definitions alone: that runs in every kernel.",
        )
    hooks = [base for base in kind.__mro__[1:] if "__init_subclass__" in vars(base)]
    for place in (type(kind), *hooks):
        if _is_of_notebook(place.__module__):
            raise NotStorableError(
                f"Making the class {kind.__name__} again would run code of {place.__name__}.",
                "Define it in a cell of definitions alone: that runs in every kernel.",
            )


def _is_of_notebook(module: str) -> bool:
    """Return whether a module is the notebook, or one beside it."""
    file = getattr(sys.modules.get(module), "__file__", None)
    is_library = file is not None and file.startswith((sys.prefix, sys.base_prefix))
    return module == MAIN or (file is not None and not is_library)


def _is_plain_class(kind: type) -> bool:
    """Return whether the notebook made a class of nothing that has rules of its own."""
    if type(kind) is not type or hasattr(kind, "__del__"):
        return False
    return kind is not object and all(one.__module__ == MAIN for one in kind.__mro__[:-1])


def _is_own_space(items: Any) -> bool:
    """Return whether the items of a dictionary are its attributes."""
    return getattr(items, "__dict__", None) is items


def _refuse_what_is_lost(value: Any) -> None:
    """Refuse what pickles without an error, as something else."""
    refuse_what_a_process_has(value)
    if type(value) is types.MappingProxyType and "__module__" in value:
        raise NotStorableError("It would not show the attributes of its class any more.")
    if type(value) is memoryview:
        raise NotStorableError(
            "A memoryview would come back as bytes.", "Keep bytes(x), or the array it shows."
        )
    if type(value) is _Remembering and value.__module__ == MAIN:
        raise NotStorableError(
            "What a function with lru_cache remembers cannot be brought back.",
            "Define it in a cell of definitions alone: that runs in every kernel.",
        )
    last = getattr(type(value), "__del__", None)
    if type(last) is types.FunctionType and _is_of_notebook(last.__module__):
        raise NotStorableError(
            f"{type(value).__name__}.__del__ runs code when it goes, and would for a copy, too.",
            "Close it by a method or a with statement, or make it where it is used.",
        )
    if issubclass(type(value), BaseException) and value.__cause__ is not None:
        raise NotStorableError("An exception would come back without its cause.", "Keep str(x).")


_shared = SharedObjects()


class _CodeIsNeededError(Exception):
    """Something is written by value, which plain pickle cannot."""


class _PlainPickler(pickle.Pickler):
    """Pickle with our rules."""

    rules: _Rules

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
        if isinstance(plain_error, _CodeIsNeededError):
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
        stream, rules = io.BytesIO(), _Rules(values, namespace)
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

        rules: _Rules

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
