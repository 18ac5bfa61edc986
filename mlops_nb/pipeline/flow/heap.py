"""Which objects hold, view and are made of which? From this it is told what shares memory.

Changing an object changes what holds it and what it was taken out of; of arrays, also what was
taken out of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mlops_nb.pipeline.flow.chains import heed
from mlops_nb.pipeline.flow.origins import joined, root_of
from mlops_nb.pipeline.flow.values import (
    CONSTANT,
    FRESH,
    IMMUTABLE,
    NO_OBJECTS,
    OTHER,
    Strength,
    Value,
    union_all,
)

# Kinds of objects that are nothing but what they hold.
CONTAINERS = frozenset({"list", "tuple", "set", "dict", "defaultdict", "iterator"})
_CODE_KINDS = frozenset({"function", "class"})
# Kinds of objects whose parts change with them.
_WHOLE_KINDS = frozenset({"array", "drawing"})

# What changes with an object: by way of what it is part of, and by way of what is part of it.
Links = tuple[tuple[tuple[int, Strength], ...], tuple[tuple[int, Strength], ...]]


@dataclass(slots=True)
class Run:
    """One run of a notebook function, and the objects that its runs made: by kind, in order.

    A run that `reuses` makes no object that an earlier one has made: one object stands for both.
    So the number of objects is bounded by the code, not by the number of ways through it.
    """

    made: dict[tuple[str, int], int]
    reuses: bool
    counts: dict[str, int] = field(default_factory=dict)

    def take(self, kind: str) -> int | None:
        """Return the object to take for the next one of `kind`, None if it is to be made."""
        count = self.counts[kind] = self.counts.get(kind, 0) + 1
        return self.made.get((kind, count)) if self.reuses else None

    def keep(self, kind: str, number: int) -> None:
        self.made[kind, self.counts[kind]] = number


@dataclass(slots=True)
class Heap:
    """Which objects hold, view and are made of which; grows with the notebook, never forgets.

    Attributes
    ----------
    kinds : dict
        Rough type of an object: "list", "dict", "frame", "array", "iterator", "random" ...
    origins : dict
        Which library made an object.
    holders : dict
        Containers and instances an object was put into: changing it changes them.
    near : dict
        As ``Value.near``, for objects.
    viewers : dict
        The other way round: objects that may change when an object does.
    links : dict
        What `changed_with` has found.
    fields : dict
        Values by (object, attribute or constant key).
    held : dict
        Everything put into an object, whatever the key.
    mixed : set
        Objects something was put into under an unknown key.
    classes : dict
        The notebook classes an object is an instance of.
    skipped : dict
        Objects that `chains` has left out of a chain: what was taken out of each, and how surely.
    pending : dict
        The notebook function and arguments that run when a generator is used.
    n_made : int
        The last object made.
    run : Run or None
        The call that is being followed.
    version : int
        Grows when anything is put somewhere new.
    """

    kinds: dict[int, str] = field(default_factory=dict)
    origins: dict[int, str] = field(default_factory=dict)
    holders: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    near: dict[int, frozenset[tuple[int, Strength]]] = field(default_factory=dict)
    viewers: dict[int, dict[int, None]] = field(default_factory=dict)
    links: dict[int, Links] = field(default_factory=dict)
    fields: dict[tuple[int, Any], Value] = field(default_factory=dict)
    held: dict[int, Value] = field(default_factory=dict)
    mixed: set[int] = field(default_factory=set)
    classes: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    pending: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    skipped: dict[int, tuple[int, Strength]] = field(default_factory=dict)
    run: Run | None = None
    version: int = 0
    n_made: int = 0

    def new(self, kind: str = "") -> int:
        """Return a new object, or the one that stands for all such objects of the running call."""
        number = None if self.run is None else self.run.take(kind)
        if number is None:
            self.n_made = number = self.n_made + 1
            if kind:
                self.kinds[number] = kind
            if self.run is not None:
                self.run.keep(kind, number)
        return number

    def set_near(self, number: int, near: frozenset[tuple[int, Strength]]) -> None:
        """Note that changing the object `number` may change what it was taken out of."""
        known = self.near.get(number, frozenset())
        if not near <= known:
            if self.skipped:
                for known_object in (number, *(base for base, _ in near)):
                    heed(self, known_object)
            known = self.near.get(number, frozenset())
            self.near[number] = known | near
            self.links.pop(number, None)
            for base, _ in near - known:
                self.viewers.setdefault(base, {})[number] = None
                self.links.pop(base, None)
            self.version += 1

    def is_more(self, number: int) -> bool:
        """Return whether an object is more than a link between others."""
        tables = (self.held, self.classes, self.pending)
        if self.holders.get(number) or self.kinds.get(number) in ("frame", "array"):
            return True
        return any(number in table for table in tables)

    def changed_with(self, number: int) -> Links:
        """Return what changes when an object does, and how surely at most.

        Where it is held and what it was taken out of; and what was taken out of it: slices of
        arrays do, parts of most other things are copies or are replaced. Those of frames are
        copies since pandas 3; that a write through ``loc`` may reach them before is not told.
        """
        kind = self.kinds.get(number)
        how = Strength.LIKELY if kind in _WHOLE_KINDS else Strength.POSSIBLE
        viewers = () if kind == "frame" else self.viewers.get(number, ())
        boxes = tuple((box, Strength.SURE) for box in self.holders.get(number, ()))
        parts = tuple((viewer, how) for viewer in viewers)
        links = ((*boxes, *self.near.get(number, ())), (*boxes, *parts))
        self.links[number] = links
        return links

    def follow(self, value: Value, bases: Iterable[Value]) -> None:
        """Note that changing one of `bases` changes `value`, and not the other way round."""
        for base in bases:
            for number in base.objects:
                if number > IMMUTABLE:
                    if self.skipped:
                        heed(self, number)
                    viewers = self.viewers.setdefault(number, {})
                    if not viewers.keys() >= value.objects - NO_OBJECTS:
                        viewers.update(dict.fromkeys(sorted(value.objects - NO_OBJECTS)))
                        self.links.pop(number, None)
                        self.version += 1

    def fold(self, numbers: set[int], most: int) -> set[int]:
        """Return `most` of the objects: the oldest stands for all but the youngest.

        It is changed with each of them, they with it, and it holds what they hold.
        """
        first, *rest = sorted(numbers - NO_OBJECTS)
        kind, older = self.kinds.get(first), rest[:-most]
        folded = [n for n in older if n not in self.pending and self.kinds.get(n) == kind]
        self.set_near(first, frozenset((number, Strength.LIKELY) for number in folded))
        for number in folded:
            self.set_near(number, frozenset({(first, Strength.LIKELY)}))
            for owner in self.classes.get(number, ()):
                self.set_class(first, owner)
        if folded:
            self.mixed.add(first)
        inner = [self.held[number] for number in folded if number in self.held]
        if inner:
            self._add(self.held, first, union_all(inner))
        return (numbers & NO_OBJECTS) | {first, *rest[-most:]} | (set(older) - set(folded))

    def set_class(self, number: int, owner: Any) -> None:
        """Note that the object `number` is an instance of the notebook class `owner`."""
        known = self.classes.get(number, ())
        if owner not in known:
            self.classes[number] = (*known, owner)
            self.version += 1

    def new_value(
        self, kind: str = "", *, holding: Iterable[Value] = (), origin: str = ""
    ) -> Value:
        """Return a value that is a new object with `holding` inside."""
        number = self.new(kind)
        if origin:
            self.origins[number] = origin
        value = Value(objects=frozenset({number}))
        for inner in holding:
            self.hold(value, inner)
        return value

    def materialise(self, value: Value, kind: str = "") -> Value:
        """Return `value` with an identity of its own if it may be something nobody named."""
        if value.objects and OTHER not in value.objects:
            return value
        number = self.new(kind)
        origin = self.origin(value)
        if origin:
            self.origins[number] = origin
        self.set_near(number, value.near)
        objects = (value.objects - {OTHER}) | {number}
        return Value(objects, frozenset(), value.calls, value.module)

    def hold(self, container: Value, inner: Value, key: Any = None) -> None:
        """Put `inner` into `container`, under attribute or constant `key` if one is known."""
        if key is None and (inner is FRESH or inner is CONSTANT):
            return
        for box in container.objects:
            if box <= IMMUTABLE:
                continue
            if key is None:
                self.mixed.add(box)
            for item in inner.objects:
                if item > IMMUTABLE and item != box:
                    if self.skipped:
                        heed(self, item)
                    self.holders[item].add(box)
                    self.links.pop(item, None)
            if key is not None:
                self._add(self.fields, (box, key), inner)
            if inner is not FRESH and inner is not CONSTANT:
                if self.skipped:
                    heed(self, box)
                self._add(self.held, box, inner)

    def _add(self, parts: dict[Any, Value], place: Any, inner: Value) -> None:
        known = parts.get(place)
        value = inner if known is None else known.union(inner)
        if value != known:
            parts[place] = value
            self.version += 1

    def kind(self, value: Value) -> str:
        """Return the rough type all objects of `value` have, or ``""``."""
        kinds = {self.kinds.get(o, "") for o in value.objects if o != IMMUTABLE}
        return kinds.pop() if len(kinds) == 1 else ""

    def origin(self, value: Value) -> str:
        """Return the library that made all that `value` may be, or what it is a part of."""
        if value.origin or not self.origins:
            return value.origin
        numbers = value.objects - NO_OBJECTS or {base for base, _ in value.near}
        if len(numbers) > 1:  # a container says nothing about what was taken out of it
            numbers = {n for n in numbers if self.kinds.get(n) not in CONTAINERS} or numbers
        found: str | None = None
        for number in numbers:
            origin = self.origins.get(number, "")
            found = origin if found is None else joined(found, origin)
            if not found:
                return ""
        return found or ""

    def without_code(self, value: Value) -> Value:
        """Return what `value` may be beside the notebook's functions and classes."""
        if not value.calls:
            return value
        objects = {o for o in value.objects if self.kinds.get(o) not in _CODE_KINDS}
        return Value(frozenset(objects), value.near, module=value.module)

    def is_constant(self, value: Value) -> bool:
        """Return True if nothing about `value` can be changed in place."""
        return value.objects == CONSTANT.objects and not value.near and not value.calls

    def inside(self, value: Value, strength: Strength = Strength.LIKELY) -> Value:
        """Return what an unknown element or attribute of `value` may be."""
        boxes = [o for o in value.objects if o > IMMUTABLE]
        if not boxes and not value.near:
            return Value(origin=root_of(value.origin)) if value.origin else FRESH
        held = [self.held[box] for box in boxes if box in self.held]
        parts = union_all(held)
        near = {*value.near, *parts.near, *((box, strength) for box in boxes)}
        objects = parts.objects - NO_OBJECTS
        return Value(objects | {OTHER} if objects else objects, frozenset(near), parts.calls)

    def at(self, value: Value, key: Any) -> Value | None:
        """Return what was put into `value` under attribute or constant `key`; None if unknown."""
        found = []
        for box in value.objects:
            part = self.fields.get((box, key))
            if part is None or self.kinds.get(box) == "list":
                return None
            found.append(part)
            if box in self.mixed:
                found.append(self.inside(Value(frozenset({box}))))
        return union_all(found) if found else None

    def instance_classes(self, value: Value) -> list[tuple[int, Any]]:
        """Return (object, notebook class) for instances of notebook classes."""
        return [(o, c) for o in value.objects for c in self.classes.get(o, ())]
