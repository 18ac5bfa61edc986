"""What is not left to the pickler? Arrays, functions and classes of the notebook, what a library
keeps; and what would pickle without an error, as something else.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import functools
import gc
import sys
import types
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from .blob_faults import NotStorableError
from .codec_claims import attributes_set_on, is_pandas, reduce_with_attributes
from .codec_classes import is_told_twice
from .codec_memory import MemoryNotes, is_plain_array, refuse_lent_memory
from .codec_names import (
    MAIN,
    fill_attributes,
    fill_function,
    find_held,
    find_home,
    find_name,
    make_cell,
    make_own_space,
    read_held,
    reduce_function,
)
from .codec_process import (
    SharedObjects,
    is_beside_notebook,
    reduce_shared,
    refuse_what_a_process_has,
)
from .codec_stand_ins import (
    rebuild_array,
    rebuild_function,
    rebuild_named,
    rebuild_object_view,
    rebuild_shared,
)
from .identity import identity
from .memory_overlap import views_of_polars
from .undisturbed import reduce_undisturbed

_TIDYING = frozenset({"statsmodels", "patsy"})  # whose objects `undisturbed` is to ask
_RESTORED = "restore_model_spec"
# What scikit-learn's loaders return: its `__setstate__` does nothing.
_FORGETFUL = ("sklearn.utils._bunch", "Bunch")
# What shows a dictionary, with what makes it.
_SHOWING: dict[type, Any] = {
    type(show(made())): show
    for made in (dict, OrderedDict)
    for show in (types.MappingProxyType, made.keys, made.values, made.items)
}
_Remembering = type(functools.lru_cache(len))

_shared = SharedObjects()


class CodeIsNeededError(Exception):
    """Something is written by value, which plain pickle cannot."""


class Rules:
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
        show = _SHOWING.get(type(value))
        if show is not None:  # cloudpickle makes a copy of what it shows
            return show, tuple(gc.get_referents(value))
        if type(value) is functools.cached_property:
            return _without_lock(value)
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
        for view in views_of_polars(value):
            self.notes.note_lent(view)
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
                raise CodeIsNeededError
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
    return module == MAIN or is_beside_notebook(module)


def _without_lock(descriptor: functools.cached_property[Any]) -> Any:
    """Return how a cached property is pickled; Python before 3.12 keeps a lock in it."""
    given = {n: v for n, v in vars(descriptor).items() if n not in ("func", "lock")}
    return functools.cached_property, (descriptor.func,), given


def _is_plain_class(kind: type) -> bool:
    """Return whether the notebook made a class of nothing that has rules of its own."""
    if type(kind) is not type or hasattr(kind, "__del__"):
        return False
    return kind is not object and all(one.__module__ == MAIN for one in kind.__mro__[:-1])


def _is_own_space(items: Any) -> bool:
    """Return whether the items of a dictionary are its attributes."""
    return getattr(items, "__dict__", None) is items


def _is_of_numba(kind: type) -> bool:
    return str(kind.__module__).partition(".")[0] == "numba"


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
    compiled = getattr(value, "py_func", None) if _is_of_numba(type(value)) else None
    if compiled is not None and _is_of_notebook(compiled.__module__):
        raise NotStorableError(
            "Numba stores a function with the globals of now, and would go on compiling with them.",
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
