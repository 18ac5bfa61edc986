"""Where does code run in the abstract, and what is it called with? Namespaces and arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mlops_nb.pipeline.flow.effects import State
from mlops_nb.pipeline.flow.scopes import Scope
from mlops_nb.pipeline.flow.values import FRESH, Value

NO_SCOPE = Scope(local=frozenset())


@dataclass(frozen=True, slots=True)
class Jump:
    """Where a ``break`` or ``continue`` left: what names were, in the notebook and locally."""

    state: State
    names: dict[str, Value]
    is_break: bool


@dataclass(slots=True, eq=False)
class Frame:
    """A namespace being run: the notebook's, a function's, a class body's, a comprehension's."""

    kind: str
    parent: Frame | None = None
    scope: Scope = NO_SCOPE
    names: dict[str, Value] = field(default_factory=dict)
    returned: list[Value] = field(default_factory=list)
    exits: list[State] = field(default_factory=list)
    loops: list[list[Jump]] = field(default_factory=list)
    passed: list[dict[str, Value]] = field(default_factory=list)  # in each open ``try``
    function: str = ""
    owner: Any = None  # the notebook class whose method this is
    this: Value = FRESH  # the method's first argument


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What a call passes."""

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    rest: Value | None = None  # anything more: *args, **kwargs

    def all(self) -> list[Value]:
        found = [*self.positional, *(v for _, v in self.keywords)]
        return found if self.rest is None else [*found, self.rest]
