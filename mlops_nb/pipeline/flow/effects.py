"""What has happened to names so far on this path through a cell, and what does the cell do in all?

`State` is a point on a path: which names this cell has bound by then, and how surely. `Effects`
only grows: every read from outside, every change in place.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum

from mlops_nb.pipeline.flow.values import FRESH, Strength, Value


class Bound(IntEnum):
    """How surely a name is bound by this cell at a point."""

    SURE = 3
    BRANCH = 2  # on some branches only
    LOOP = 1  # in a loop that may not run
    MAYBE_DELETED = 0  # as before the cell, or deleted by it
    DELETED = -1


@dataclass(frozen=True, slots=True)
class Binding:
    """A name at a point of a cell. `kind` is import, helper or value; `origin` what is imported."""

    bound: Bound
    value: Value = FRESH
    kind: str = "value"
    origin: str = ""


@dataclass(slots=True)
class State:
    """Names this cell has touched up to a point; copied when paths part and one writes."""

    names: dict[str, Binding] = field(default_factory=dict)
    is_shared: bool = False

    def fork(self) -> State:
        """Return a state that starts as this one."""
        self.is_shared = True
        return State(self.names, True)

    def set(self, name: str, binding: Binding) -> None:
        if self.is_shared:
            self.names, self.is_shared = dict(self.names), False
        self.names[name] = binding


def merge_states(first: State, second: State, *, partly: Bound = Bound.BRANCH) -> State:
    """Return what holds where two paths meet; `partly` is how a name of one path is bound."""
    if first.names is second.names:
        return first.fork()
    names: dict[str, Binding] = {}
    for name in first.names.keys() | second.names.keys():
        one, two = first.names.get(name), second.names.get(name)
        if one is two and one is not None:
            names[name] = one
        else:
            names[name] = merge_bindings(one, two, partly)
    return State(names)


def merge_kinds(one: str, two: str) -> str:
    """Return what kind of name it is that is one or the other; code is told from values only."""
    if one == two:
        return one
    return "value" if "value" in (one, two) else "helper"


def merge_bindings(
    one: Binding | None, two: Binding | None, partly: Bound = Bound.BRANCH
) -> Binding:
    """Return what a name is where it is one or the other; None: as before the cell."""
    if one is None or two is None:
        only = one or two
        assert only is not None  # the name is in at least one of the states
        if only.bound is Bound.SURE:
            return replace(only, bound=partly)
        return replace(only, bound=max(only.bound, Bound.MAYBE_DELETED))
    value = one.value.union(two.value)
    kind = merge_kinds(one.kind, two.kind)
    origin = one.origin if one.origin == two.origin else ""
    if one.bound == two.bound:
        bound = one.bound
    elif Bound.SURE in (one.bound, two.bound):
        other = min(one.bound, two.bound)
        bound = other if other is Bound.LOOP else Bound.BRANCH
    else:
        bound = max(one.bound, two.bound, Bound.MAYBE_DELETED)
    return Binding(bound, value, kind, origin)


@dataclass(frozen=True, slots=True)
class Read:
    """A name read from outside the cell.

    Attributes
    ----------
    line, column : int
        Where, in the cell: of the name, or of the call that leads to it.
    is_sure : bool
        True if the cell cannot end without reading it.
    is_needed : bool
        False if the name comes from outside only where a loop of the cell did not run.
    is_guarded : bool
        True if something waits for its absence: a ``try`` around it, a magic that leaves it as
        text.
    via : str
        The notebook function that reads it, or ``""``.
    """

    line: int
    column: int
    is_sure: bool
    is_needed: bool
    is_guarded: bool = False
    via: str = ""

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """How much it says about a name that is missing."""
        return (self.is_sure, not self.is_guarded, self.is_needed)


@dataclass(slots=True)
class Effects:
    """Everything one cell does to names that exist outside it.

    `history` is the name by which it asks for what cells before it said or gave.
    """

    reads: dict[str, Read] = field(default_factory=dict)
    changes: dict[str, Strength] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    opaque: dict[str, None] = field(default_factory=dict)
    rebinds: bool = False
    may_bind: bool = False
    history: str = ""

    def read(self, name: str, read: Read) -> None:
        """Note a read; of several the surest is kept, then the first."""
        known = self.reads.get(name)
        if known is None or read.rank > known.rank:
            self.reads[name] = read

    def change(self, name: str, strength: Strength) -> None:
        """Note a change in place; of several the surest is kept."""
        if strength > self.changes.get(name, 0):
            self.changes[name] = strength
