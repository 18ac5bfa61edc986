"""What can be called? The notebook's functions, classes and methods, and what wraps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mlops_nb.pipeline.flow.frames import Arguments, Frame
from mlops_nb.pipeline.flow.scopes import FunctionNode, Scope, node_count
from mlops_nb.pipeline.flow.values import Value


@dataclass(slots=True, eq=False)
class Function:
    """A function or lambda of the notebook with the frame it was made in.

    Attributes
    ----------
    mentions : coarse.Mentions or None
        What its text mentions, once that has been asked for.
    size : int
        Nodes of its text: what a call of it costs.
    binding : str
        "static", "class", "property", "setter", "deleter" or "" (decorators that decide when it
        runs and what its first argument is).
    """

    name: str
    node: FunctionNode
    frame: Frame
    scope: Scope
    defaults: dict[str, Value] = field(default_factory=dict)
    binding: str = ""
    owner: Class | None = None
    mentions: Any = None
    size: int = 0

    def __post_init__(self) -> None:
        self.size = node_count(self.node)


@dataclass(slots=True, eq=False)
class Class:
    """A class of the notebook. `bases` are values: notebook classes, or library paths."""

    name: str
    names: dict[str, Value]
    bases: tuple[Value, ...] = ()

    def find(self, name: str, *, after: Class | None = None) -> Value | None:
        """Return the attribute `name` of the class or its notebook bases, depth first.

        With `after`, what ``super()`` in a method of that class finds.
        """
        seen: list[Class] = []
        todo: list[Class] = [self]
        is_past = after is None
        while todo:
            current = todo.pop(0)
            if current in seen:
                continue
            seen.append(current)
            if is_past and name in current.names:
                return current.names[name]
            is_past = is_past or current is after
            todo[:0] = [c for base in current.bases for c in base.calls if isinstance(c, Class)]
        return None

    def origin(self) -> str:
        """Return the path of the library class that it is made of, or ``""``."""
        paths = [base.module for member in self.family() for base in member.bases]
        found = [p for p in paths if p and not p.startswith("builtins.")]
        return found[0] if found else ""

    def family(self) -> list[Class]:
        """Return the class and its notebook bases."""
        seen: list[Class] = []
        todo: list[Class] = [self]
        while todo:
            current = todo.pop(0)
            if current not in seen:
                seen.append(current)
                todo += [c for base in current.bases for c in base.calls if isinstance(c, Class)]
        return seen


@dataclass(frozen=True, slots=True)
class Bound:
    """A function with its first argument: a method, or a method of a class."""

    function: Function
    this: Value


@dataclass(frozen=True, slots=True)
class Partial:
    """What ``functools.partial`` makes."""

    target: Value
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class LibraryMethod:
    """A method of an object of unknown class, taken as a value: ``push = items.append``."""

    this: Value
    name: str


@dataclass(frozen=True, slots=True)
class Super:
    """What ``super()`` gives in a method of `owner`."""

    owner: Class
    this: Value


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """What came out of a call of `target` that was not followed."""

    target: Any
