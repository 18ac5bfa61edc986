"""Which values are no values of the notebook's own, but objects that a process has once?

``rc = plt.rcParams``, ``defaults = px.defaults``, ``check_random_state(None)``: a copy of such an
object would look the same, and what is then set on it would reach nobody. So it is stored as the
place where its library keeps it, with a digest of what it held. Where the object in that place
holds something else by then, it does not come back, and the cell that bound it runs.

Known are instances in the globals of modules, whatever the library, as far as they can change and
are told apart by identity alone: numbers, dates, dtypes and plain collections are values wherever
they stand, and functions and classes are pickled by name.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import copyreg
import functools
import hashlib
import importlib
import io
import itertools
import os
import pickle
import sys
import types
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from .blob_faults import NotStorableError
from .identity import identity
from .process_state import global_random_state

_NO_INSTANCE = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)
_MINE = ("__main__", "__mp_main__")
_OURS = ("mlops_nb", "_mlops_nb_session")
_EMPTY_KINDS = frozenset({type(None), bool, object})
_STANDARD_LIBRARY = f"{Path(os.__file__).parent}{os.sep}"
_LIBRARY_FOLDERS = frozenset({"site-packages", "dist-packages"})
_REMEDY = "Ask for it where it is used."


class SharedObjects:
    """The objects that the modules of this process hold.

    Looked for anew when modules were loaded: in those that are new or have other names than before,
    and in those that hold something else where they held such an object, or nothing yet. To look at
    all that thousands of modules hold takes as long as to store a small frame ten times.
    """

    def __init__(self) -> None:
        self._loaded = (0, 0)
        self._looked: dict[str, tuple[int, int]] = {}
        self._places: dict[int, tuple[str, str]] = {}
        self._empty: dict[str, tuple[str, ...]] = {}

    def idents(self) -> AbstractSet[int]:
        """Return what tells apart all that is kept now."""
        self._look_again()
        return self._places.keys()

    def find(self, value: object) -> tuple[str, str] | None:
        """Return module and name of the place where `value` is kept; None if there is none."""
        self._look_again()
        place = self._places.get(identity(value))
        if place is None or _at(*place) is not value:
            return None
        return place

    def _look_again(self) -> None:
        loaded = (len(sys.modules), identity(sys.modules[next(reversed(sys.modules))]))
        if loaded == self._loaded:
            return
        self._loaded = loaded
        self._forget_moved()
        kinds = _Kinds()
        for module, held in list(sys.modules.items()):
            space = getattr(held, "__dict__", {})
            state = (identity(held), len(space))
            if module not in _MINE and self._looked.get(module) != state:
                self._looked[module] = state
                self._look_into(module, dict(space), kinds)

    def _forget_moved(self) -> None:
        """Have modules looked at again that hold something else where it matters."""
        spaces = {name: getattr(held, "__dict__", {}) for name, held in list(sys.modules.items())}
        moved = [
            (ident, module)
            for ident, (module, name) in self._places.items()
            if identity(spaces.get(module, {}).get(name)) != ident
        ]
        filled = [
            module
            for module, names in self._empty.items()
            if not all(map(_is_empty, map(spaces.get(module, {}).get, names)))
        ]
        for ident, _ in moved:
            del self._places[ident]
        for module in (*(module for _, module in moved), *filled):
            self._looked.pop(module, None)

    def _look_into(self, module: str, space: dict[str, Any], kinds: _Kinds) -> None:
        # Thousands of modules hold a hundred thousand objects: all but few are passed over in C.
        matter = map(kinds.__getitem__, map(type, space.values()))
        found = list(itertools.compress(space.items(), matter))
        for name, value in found:
            if type(value) not in _EMPTY_KINDS and name[:2] != "__":
                self._places.setdefault(identity(value), (module, name))
        self._empty[module] = tuple(name for name, value in found if _is_empty(value))


class _Kinds(dict[type, bool]):
    """Whether objects of a type are told apart by identity alone, or stand for nothing."""

    def __missing__(self, kind: type) -> bool:
        found = self[kind] = kind in _EMPTY_KINDS or _is_shared(kind)
        return found


def _is_empty(value: object) -> bool:
    """Return whether a name is bound to what stands for nothing, until it is first asked for."""
    return value is None or value is False or type(value) is object


def reduce_shared(value: object, place: tuple[str, str]) -> tuple[str, str, str] | None:
    """Return what finds `value` again; None if it is pickled by its name as it is.

    Raises
    ------
    NotStorableError
        If nobody could tell whether it is the same there.
    """
    try:
        is_named = type(value) in copyreg.dispatch_table or isinstance(value.__reduce_ex__(5), str)
        return None if is_named else (*place, _digest(value))
    except Exception as error:
        told = f"It belongs to this process, as {'.'.join(place)}."
        raise NotStorableError(told, _REMEDY) from error


def find_shared(module: str, name: str, digest: str) -> Any:
    """Return the object of this process that `reduce_shared` told of.

    Raises
    ------
    NotStorableError
        If it is not there, or holds something else.
    """
    importlib.import_module(module)
    value = _at(module, name)
    if value is None or _digest(value) != digest:
        raise NotStorableError(f"{module}.{name} holds something else in this process.", _REMEDY)
    return value


def refuse_what_a_process_has(value: object) -> None:
    """Refuse what stands in no module's globals: the environment, and the thread's numbers."""
    kind = type(value)
    if (kind.__module__, kind.__qualname__) in _OWN and _is_own(value):
        raise NotStorableError("It belongs to this process.", _REMEDY)


def is_beside_notebook(module: str) -> bool:
    """Return whether a loaded module is neither the notebook nor a library's."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if not isinstance(file, str) or _is_library_file(file) or module in _MINE:
        return False
    return module.partition(".")[0] not in _OURS


@functools.lru_cache(maxsize=1 << 14)
def _is_library_file(file: str) -> bool:
    if file.startswith(_STANDARD_LIBRARY):
        return True
    return not _LIBRARY_FOLDERS.isdisjoint(file.replace(os.sep, "/").split("/"))


def refuse_lists_of_the_process(value: object) -> None:
    """Refuse plain collections that Python itself looks into."""
    warnings, logging = sys.modules.get("warnings"), sys.modules.get("logging")
    held: list[Any] = [sys.path, sys.modules, sys.meta_path, sys.path_hooks, sys.argv]
    held += [getattr(warnings, "filters", None)] if warnings else []
    held += [logging.root.handlers] if logging else []
    if any(value is one for one in held):
        raise NotStorableError("It belongs to this process.", _REMEDY)


_OWN = frozenset({("os", "_Environ"), ("decimal", "Context")})


def _is_own(value: object) -> bool:
    decimal = sys.modules.get("decimal")
    return value is os.environ or (decimal is not None and value is decimal.getcontext())


def _is_shared(kind: type) -> bool:
    """Return whether objects of a type are told apart by identity alone."""
    # Of Python's own types there is nothing but plain values, and what cannot be told apart.
    if kind.__module__ == "builtins" or issubclass(kind, _NO_INSTANCE):
        return False
    return kind.__hash__ is None or kind.__hash__ is object.__hash__


def _at(module: str, name: str) -> Any:
    return getattr(sys.modules.get(module), "__dict__", {}).get(name)


def _digest(value: object) -> str:
    """Return a digest of what an object holds, the state of the process aside."""
    written = io.BytesIO()
    _Pickler(written, 5).dump(value)
    return hashlib.sha256(written.getbuffer()).hexdigest()


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: object) -> str | None:
        return "random state" if obj is not None and obj is global_random_state() else None
