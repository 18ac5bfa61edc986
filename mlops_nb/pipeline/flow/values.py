"""What may a name stand for? A value: the objects it may be, and what it may share memory with.

Objects are numbers; the `heap` says what they hold. Two names that hold one object are changed
together, whichever is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from mlops_nb.pipeline.flow.origins import joined

# The one object that stands for everything that cannot be changed in place: numbers, strings ...
IMMUTABLE = 0
# Stands in a value for "or something else".
OTHER = -1
NO_OBJECTS = frozenset({IMMUTABLE, OTHER})
# Paths that stand for the notebook's names: ``globals()``, and modules and dicts that are it.
NAMESPACE = "builtins.globals()"
MAIN = "__main__"
NAMESPACES = frozenset(
    {
        NAMESPACE,
        MAIN,
        "builtins.get_ipython.user_ns",
        "builtins.get_ipython.user_global_ns",
        "builtins.get_ipython.user_module",
    }
)


class Strength(IntEnum):
    """How sure a change is: on every such call, most likely, or merely not excluded."""

    POSSIBLE = 1
    LIKELY = 2
    SURE = 3


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression may be.

    Attributes
    ----------
    objects : frozenset of int
        Objects it may be; empty for a fresh one that nothing names yet.
    near : frozenset of (int, Strength)
        Objects that changing it may change too: what it was taken out of, or is a view of.
    calls : tuple
        What runs when it is called (`callables`).
    module : str
        Dotted path if it is a module, or something imported from one.
    origin : str
        The library that made it, while it has no object: its path, or only its first part.
    """

    objects: frozenset[int] = frozenset()
    near: frozenset[tuple[int, Strength]] = frozenset()
    calls: tuple[Any, ...] = ()
    module: str = ""
    origin: str = ""

    def union(self, other: Value) -> Value:
        """Return what is one or the other."""
        if self == other:
            return self
        objects = self.objects | other.objects
        if objects and not (self.objects and other.objects):
            objects |= {OTHER}
        return Value(
            objects,
            self.near | other.near,
            tuple(dict.fromkeys((*self.calls, *other.calls))),
            self.module or other.module,
            joined(self.origin, other.origin) if self.origin and other.origin else "",
        )


FRESH = Value()
CONSTANT = Value(objects=frozenset({IMMUTABLE}))


def union_all(values: Iterable[Value]) -> Value:
    """Return what is any of `values`; `FRESH` if there are none."""
    result: Value | None = None
    for value in values:
        result = value if result is None else result.union(value)
    return FRESH if result is None else result
