"""Which names share memory that can change, so that they must be stored and restored together?

Everything reachable from each name is looked at once, without reading content: two names share if
they reach one mutable object, or arrays, frames, tensors or buffers whose bytes overlap. Names that
a function reads from its module are reached by name at the next call, not by reference, and do not
count; its defaults, attributes and closure do. A bare `object()` cannot change, but being that very
one is all it is for; those of libraries are the same for all.

A class of the notebook is such an object, too: what is changed in it shows in all that is made
from it, and whoever is brought back must be of the class that the others are of.

pandas copies on write: two frames on one buffer do not see each other's changes. An ndarray on the
buffer of a frame does, whether or not it can be written to itself. Arrow and polars never write,
and take an array or a column of pandas as it is: who writes to that changes what they show.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import datetime
import enum
import gc
import logging
import pathlib
import re
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .fingerprint_origin import is_library
from .identity import identity
from .memory_levels import by_type
from .memory_libraries import (
    answers_of_pages,
    bases_of,
    common_to_figures,
    copies_on_write,
    is_of_library,
    library_constants,
    ways_to_pages,
)
from .memory_marks import marks_of_libraries
from .memory_overlap import Buffer, are_apart, bounds, clusters, share, views_of_polars

_ATOMS = frozenset({
    type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented), range,
    types.CodeType, types.ModuleType, types.FrameType, datetime.timedelta, datetime.date,
})  # fmt: skip
_NO_MATTER = (
    types.ModuleType, enum.Enum, datetime.date, datetime.time, datetime.timedelta,
    datetime.tzinfo, pathlib.PurePath, re.Pattern, logging.Logger,
)  # fmt: skip
_TRANSPARENT = (tuple, frozenset, types.MethodType, types.BuiltinFunctionType)
# Names of types: functions written in Python, of numpy's that dispatch, of Cython.
_FUNCTIONS = frozenset({"function", "_ArrayFunctionDispatcher", "cython_function_or_method"})


class _Search:
    def __init__(self, n_names: int, earlier: Mapping[int, str] | None = None) -> None:
        self.leader = list(range(n_names))
        self.earlier = {} if earlier is None else earlier
        self.through: set[str] = set()
        self.reached: dict[int, int] = {}
        self.spans: list[tuple[int, int, Buffer]] = []
        self.kept: list[Any] = []
        self.classes: list[type] = []
        self.constants = _NO_MATTER + library_constants()
        self.common = common_to_figures()
        self.ways_to_pages = ways_to_pages()
        self.libraries = {
            name: sys.modules.get(name) for name in ("numpy", "pandas", "torch", "pyarrow")
        }

    def find(self, at: int) -> int:
        while self.leader[at] != at:
            self.leader[at] = self.leader[self.leader[at]]
            at = self.leader[at]
        return at

    def unite(self, first: int, second: int) -> None:
        first, second = sorted((self.find(first), self.find(second)))
        self.leader[second] = first

    def explore(self, owner: int, value: Any) -> None:
        """Reach all that `value` holds on to."""
        seen, level = set[int](), [value]
        while level:
            level = [
                one
                for kind, group in by_type(level, seen, _ATOMS)
                for one in self._inside(owner, group, kind)
            ]

    def _inside(self, owner: int, group: list[Any], kind: type) -> Iterable[Any]:
        """Reach objects of one type; return what those hold on to that were not reached before."""
        if issubclass(kind, self.constants):
            return ()
        if issubclass(kind, _TRANSPARENT):  # also what is made from tuple or frozenset
            return gc.get_referents(*group)
        if kind is object:
            group = [one for one in group if identity(one) not in marks_of_libraries()]
        elif issubclass(kind, type):
            group = [one for one in group if not is_library(one.__module__)]
            self.classes += group
        elif kind.__name__ in _FUNCTIONS:
            group = [one for one in group if not is_of_library(one)]
        own = self._reach(
            owner, {ident: one for one in group if (ident := identity(one)) not in self.common}
        )
        if issubclass(kind, self.ways_to_pages):
            return answers_of_pages(own)
        if kind is types.FunctionType or issubclass(kind, type):
            return [one for item in own for one in _referents(item)]
        return self._special(owner, own, kind)

    def _reach(self, owner: int, items: dict[int, Any]) -> list[Any]:
        """Note that objects belong to `owner`, with all to whom one of them belongs; return those
        that belonged to nobody."""
        theirs = self.earlier.keys() & items.keys()
        if theirs:
            self.through.update(self.earlier[ident] for ident in theirs)
            items = {ident: one for ident, one in items.items() if ident not in theirs}
        known = self.reached.keys() & items.keys()
        for other in {self.reached[ident] for ident in known} - {owner}:
            self.unite(other, owner)
        self.reached.update(dict.fromkeys(items.keys() - known, owner))
        return (
            [one for ident, one in items.items() if ident not in known]
            if known
            else [*items.values()]
        )

    def _special(self, owner: int, group: list[Any], kind: type) -> Iterable[Any]:
        """Return what objects hold on to, by what is known of their type."""
        numpy, pandas = self.libraries["numpy"], self.libraries["pandas"]
        torch, pyarrow = self.libraries["torch"], self.libraries["pyarrow"]
        if numpy is not None and issubclass(kind, numpy.ndarray):
            return [one for item in group for one in self._array(owner, item, numpy, guarded=False)]
        if pandas is not None and hasattr(pandas, "DataFrame"):
            if issubclass(kind, (pandas.DataFrame, pandas.Series)):
                return [one for item in group for one in self._frame(owner, item, numpy, pandas)]
            if issubclass(kind, pandas.Index):
                return self._forget(group)
        if torch is not None and hasattr(torch, "Tensor") and issubclass(kind, torch.Tensor):
            return [one for item in group for one in self._tensor(owner, item)]
        if pyarrow is not None and hasattr(pyarrow, "Table"):
            immutable = (
                pyarrow.Table,
                pyarrow.RecordBatch,
                pyarrow.ChunkedArray,
                pyarrow.Array,
                pyarrow.Buffer,
            )
            if issubclass(kind, immutable):
                self._forget(group)
                return [one for item in group for one in self._arrow(owner, item, pyarrow)]
        if kind.__module__.partition(".")[0] == "polars":
            for view in [view for item in group for view in views_of_polars(item)]:
                self.note(bounds(view), owner, view, lent=True)
        return gc.get_referents(*group)

    def _forget(self, group: list[Any]) -> tuple[Any, ...]:
        """Note that nobody can change these objects."""
        for item in group:
            self.reached.pop(identity(item), None)
        return ()

    def note(self, span: tuple[int, int], owner: int, array: Any, **how: bool) -> None:
        if span[1] > span[0]:
            self.spans.append((*span, Buffer(owner, array, **how)))

    def _array(self, owner: int, array: Any, numpy: Any, *, guarded: bool) -> list[Any]:
        plain = array.view(numpy.ndarray) if type(array) is not numpy.ndarray else array
        found = [getattr(array, "__dict__", None), *bases_of(array, numpy)]
        if plain.dtype.hasobject:
            # References are what it holds; that two views share them shows in the elements' bytes.
            elements = tuple(plain.reshape(-1).tolist()) if plain.dtype.names is None else ()
            found += self._keep([elements])
        self.note(bounds(plain), owner, plain, guarded=guarded)
        return found

    def _frame(self, owner: int, frame: Any, numpy: Any, pandas: Any) -> list[Any]:
        guarded = copies_on_write(pandas)
        found = [frame.attrs]
        # Two frames over one manager, as a resampler keeps a second, copy nothing on writing.
        self._unite_over(frame._mgr, owner)
        for block in frame._mgr.blocks:
            if isinstance(block.values, numpy.ndarray):
                found.extend(self._array(owner, block.values, numpy, guarded=guarded)[:])
                continue
            found.append(_Held(block.values))
        found.extend(v for k, v in vars(frame).items() if k not in ("_mgr", "_flags", "_attrs"))
        return [part for item in found for part in self._open_held(owner, item, numpy, guarded)]

    def _open_held(self, owner: int, item: Any, numpy: Any, guarded: bool) -> list[Any]:
        """Note what an extension array of a frame holds; other things pass."""
        if not isinstance(item, _Held):
            return [item]
        self._unite_over(item.values, owner)
        inner = [
            getattr(item.values, name, None) for name in ("_ndarray", "_data", "_mask", "_codes")
        ]
        found: list[Any] = []
        for array in inner:
            if isinstance(array, numpy.ndarray):
                found.extend(self._array(owner, array, numpy, guarded=guarded))
        return found

    def _unite_over(self, part: Any, owner: int) -> None:
        """Note a part that is looked into by hand, and who else was led to it."""
        known = self.reached.setdefault(identity(part), owner)
        if known != owner:
            self.unite(known, owner)

    def _tensor(self, owner: int, tensor: Any) -> list[Any]:
        found = self._keep([tensor.grad if tensor.is_leaf else None])
        found = [*found, getattr(tensor, "__dict__", None)]
        try:
            storage = tensor.untyped_storage()
            first = storage.data_ptr()
            self.note((first, first + storage.nbytes()), owner, None)
        except Exception:  # sparse tensors have parts instead
            found += self._keep([tensor._values() if tensor.is_sparse else None])
        return found

    def _arrow(self, owner: int, item: Any, pyarrow: Any) -> list[Any]:
        if isinstance(item, pyarrow.Buffer):
            self.note((item.address, item.address + item.size), owner, None, lent=True)
            return []
        if isinstance(item, pyarrow.Array):
            return [buffer for buffer in self._keep(item.buffers()) if buffer is not None]
        if isinstance(item, pyarrow.ChunkedArray):
            return self._keep(item.chunks)
        return self._keep(list(item.columns))

    def _keep(self, items: list[Any]) -> list[Any]:
        """Keep objects that were made here, so that no other object gets their id."""
        self.kept.extend(items)
        return items


class _Held:
    """An extension array inside a frame."""

    def __init__(self, values: Any) -> None:
        self.values = values


def _referents(item: Any) -> Iterable[Any]:
    """Return what a function or a class holds on to, beside the names that it looks up."""
    if isinstance(item, types.FunctionType):
        return [item.__defaults__, item.__kwdefaults__, vars(item), *(item.__closure__ or ())]
    return [type(item), *item.__bases__, *type.__getattribute__(item, "__dict__").values()]


class Reach(NamedTuple):
    """What can change behind a value.

    Attributes
    ----------
    ids : set of int
        Of objects.
    spans : list
        Memory by its bounds.
    classes : list of type
        Those of the notebook or of a local module, which are among the objects.
    through : set of str
        Of whom parts are in it, with all that these hold on to: that is not told again.
    """

    ids: set[int]
    spans: list[tuple[int, int, Buffer]]
    classes: list[type]
    through: set[str]


class Moment:
    """Walks over several values, between which nothing can change: what one has found, the next
    does not walk again.

    All parts of figures know each other, and a cell that draws binds three names to one figure.
    Classes are walked for each name, since more than the class is asked about what leads to one.
    """

    def __init__(self) -> None:
        self._earlier: dict[int, str] = {}
        self._kept: list[Any] = []  # so that nothing else gets the id of what was made for a walk

    def reached_from(self, name: str, value: Any) -> Reach:
        """Return what can change behind the value of a name.

        The ids mean what they say as long as the value lives and nobody changed it.
        """
        search = _Search(1, self._earlier)
        search.explore(0, value)
        self._kept += search.kept
        if not search.classes:
            self._earlier.update(dict.fromkeys(search.reached, name))
        return Reach(set(search.reached), search.spans, search.classes, search.through)


def sharing(values: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Return groups of two and more names whose values share memory that can change.

    Names in a group, and groups by their first names, are in the order of `values`.

    Examples
    --------
    >>> rows = [1, 2]
    >>> sharing({"rows": rows, "table": {"rows": rows}, "other": [1, 2]})
    (('rows', 'table'),)
    """
    names = list(values)
    search = _Search(len(names))
    for owner, name in enumerate(names):
        search.explore(owner, values[name])
    for cluster in clusters(search.spans):
        _unite_cluster(search, cluster)
    groups: dict[int, list[str]] = {}
    for owner, name in enumerate(names):
        groups.setdefault(search.find(owner), []).append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _unite_cluster(search: _Search, cluster: list[tuple[int, int, Buffer]]) -> None:
    for at, (first, end, one) in enumerate(cluster):
        for low, high, other in cluster[at + 1 :]:
            if low >= end:
                break
            if are_apart(one, other) or high <= first:
                continue
            if search.find(one.owner) == search.find(other.owner):
                continue
            if one.array is None or other.array is None or share(one.array, other.array):
                search.unite(one.owner, other.owner)
