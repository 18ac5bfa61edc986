"""Which names does a cell reach by the classes of their objects alone?

Lists of objects of one class share that class, and a cell that reads the class, or another object
of it, could change what shows in all of them. Could it change anything else? It comes to a list of
objects by their class only if nothing but the class, its bases and what their bodies made is common
to both. Then a list is as it was if the class is, and need not be read: 30 lists of 1,000 objects
cost no more than 30 classes.

What a class holds beside code and plain collections (a registry of its objects, what a method with
`lru_cache` remembers) leads further than the class's own digest may say, and so do code of a local
module, which has globals of its own, and classes that libraries know. Who shares such a thing is
not told here, and is read as ever.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import gc
import types
import weakref
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Union

from .fingerprint_origin import is_library
from .identity import identity
from .memory_index import SharingIndex

_COLLECTIONS = (list, dict, set, tuple, frozenset)
_DESCRIPTORS = (
    *(property, staticmethod, classmethod, types.GetSetDescriptorType, types.MappingProxyType),
    *(types.MemberDescriptorType, types.WrapperDescriptorType, types.MethodDescriptorType),
)
# What bodies of classes leave of dataclasses, annotations and abstract methods.
_FURNITURE = frozenset({"dataclasses", "typing", "_abc"})
# Of libraries' classes, those that know nothing of the objects of classes made from them.
_PLAIN_BASES = frozenset({"builtins", "abc", "typing", "enum", "collections", "collections.abc"})

_Digest = Callable[[Any], Union[str, None]]  # noqa: UP007 - evaluated in Python 3.9


@dataclass(frozen=True)
class ClassBonds:
    """Names that a cell reaches by classes alone, and how these classes were before it.

    Attributes
    ----------
    names : frozenset of str
    classes : tuple of weak references
        All that the cell reaches.
    digests : tuple of (str or None)
        Of the classes.
    ids : frozenset of int
        Of the classes and what is in them.
    """

    names: frozenset[str] = frozenset()
    classes: tuple[Any, ...] = ()
    digests: tuple[str | None, ...] = ()
    ids: frozenset[int] = frozenset()

    def standing(self, space: Mapping[str, Any], *, digest: _Digest) -> frozenset[str]:
        """Return the names whose values are as they were; `digest` tells a class's, as it is."""
        if not self.names:
            return self.names
        classes = [made for reference in self.classes if (made := reference()) is not None]
        are_there = len(classes) == len(self.classes)
        stands = are_there and tuple(map(digest, classes)) == self.digests
        return self.names if stands and code_ids(classes, space) == self.ids else frozenset()


def find_bonds(
    index: SharingIndex,
    near: Collection[str],
    reads: Iterable[str],
    *,
    with_lookups: Callable[[Iterable[str]], frozenset[str]],
    space: Mapping[str, Any],
    digest: _Digest,
) -> ClassBonds:
    """Return which of the names `near` a cell that reads `reads` reaches by classes alone.

    Parameters
    ----------
    index : SharingIndex
        Which was asked in this moment.
    near : collection of str
        All names that the cell could change.
    reads : iterable of str
    with_lookups : callable
        Names, and all that code in their values looks up.
    space : Mapping
        The notebook's globals.
    digest : callable
        Of a class.
    """
    if not index.classes(near):
        return ClassBonds()
    reached = with_lookups(reads)
    rest = {name for name in near if name not in reached and index.is_known(name)}
    while rest:
        classes = _once(index.classes(reached))
        below = _subclasses(classes)
        ids = code_ids(classes.values(), space)
        touched = index.ids(reached)
        further = {
            name
            for name in rest
            if not _is_held(index, name, touched, ids)
            or below & _once(index.classes([name])).keys()
        }
        if not further:
            # A cell comes from a class to those made from it; one without a name is not followed.
            return ClassBonds() if below else _bond(rest, classes, ids, digest)
        reached = with_lookups({*reached, *further})
        rest -= reached
    return ClassBonds()


def _bond(
    names: Iterable[str], classes: Mapping[int, type], ids: frozenset[int], digest: _Digest
) -> ClassBonds:
    digests = tuple(map(digest, classes.values()))
    if None in digests:
        return ClassBonds()
    return ClassBonds(frozenset(names), tuple(map(weakref.ref, classes.values())), digests, ids)


def _once(classes: Iterable[type]) -> dict[int, type]:
    return {identity(made): made for made in classes}


def _subclasses(classes: Mapping[int, type]) -> set[int]:
    """Return the ids of classes that are made from others, but for these."""
    found, todo = set[int](), list(classes.values())
    while todo:
        subclasses: list[type] = type.__subclasses__(todo.pop())
        for made in subclasses:
            ident = identity(made)
            if ident not in found and ident not in classes:
                found.add(ident)
                todo.append(made)
    return found


def _is_held(index: SharingIndex, name: str, touched: set[int], ids: frozenset[int]) -> bool:
    """Return whether a name shares classes with what a cell touches, and nothing else."""
    common = index.ids([name]) & touched
    return bool(common) and common <= ids and not index.has_memory(name)


def code_ids(classes: Iterable[type], space: Mapping[str, Any]) -> frozenset[int]:
    """Return the ids of classes, their bases and all that the digest of a class speaks of."""
    found, todo = set[int](), list[Any](classes)
    while todo:
        one = todo.pop()
        ident = identity(one)
        if ident in found:
            continue
        inside = _inside(one, type(one), space)
        if inside is not None:
            found.add(ident)
            todo += inside
    return frozenset(found)


def _inside(one: Any, kind: type, space: Mapping[str, Any]) -> list[Any] | None:
    """Return what a part of a class holds on to; None for what is more than a part of it."""
    if issubclass(kind, type):
        if not _is_plain_class(one):
            return None
        return [*one.__bases__, *type.__getattribute__(one, "__dict__").values()]
    if kind is types.FunctionType:
        own = one.__globals__
        if own is not space and not is_library(own.get("__name__")):
            return None
        return [one.__defaults__, one.__kwdefaults__, vars(one), *(one.__closure__ or ())]
    if kind is types.CellType or kind in _COLLECTIONS or kind in _DESCRIPTORS:
        return gc.get_referents(one)
    return gc.get_referents(one) if kind.__module__ in _FURNITURE else None


def _is_plain_class(made: type) -> bool:
    """Return whether a class is the notebook's or a local module's, and made from such alone."""
    if is_library(made.__module__):
        return False
    return is_library(type(made).__module__) and all(
        base.__module__ in _PLAIN_BASES or not is_library(base.__module__) for base in made.__mro__
    )
