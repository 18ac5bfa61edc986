"""Runs cells and says what they did to names: the truth that analysis is held against."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


class TracingNamespace(dict[str, Any]):
    """Globals that note which names are read before the cell binds them, and which are bound."""

    def __init__(self) -> None:
        super().__init__()
        self.start_cell()

    def start_cell(self) -> None:
        self.read: set[str] = set()
        self.bound: set[str] = set()
        self.gone: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if name not in self.bound:
            self.read.add(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self.bound.add(name)
        self.gone.discard(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self.bound.discard(name)
        self.gone.add(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What one cell did. `changed` are names whose value kept its identity and not its content."""

    read: frozenset[str]
    bound: frozenset[str]
    deleted: frozenset[str]
    changed: frozenset[str]
    completed: bool
    values: dict[str, Any] = field(default_factory=dict)


def run_cells(sources: Sequence[str]) -> list[Observed]:
    """Run `sources` in one namespace, up to the first that fails."""
    names = TracingNamespace()
    dict.__setitem__(names, "__builtins__", __builtins__)
    found = []
    for source in sources:
        names.start_cell()
        before = {n: (v, _content(v)) for n, v in names.items() if not n.startswith("__")}
        completed = True
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # files that generated code leaves open
            try:
                exec(compile(source, "cell", "exec"), names)
            except Exception:
                completed = False
        after = {n: v for n, v in names.items() if not n.startswith("__")}
        # Functions bind by `global` past the namespace: compare.
        rebound = {n for n, v in after.items() if n not in before or before[n][0] is not v}
        changed = {
            n
            for n, v in after.items()
            if n in before and before[n][0] is v and _content(v) != before[n][1]
        }
        found.append(
            Observed(
                read=frozenset(names.read & before.keys()),
                bound=frozenset((names.bound | rebound) & after.keys()),
                deleted=frozenset(before.keys() - after.keys()),
                changed=frozenset(changed - names.bound),
                completed=completed,
                values={n: _content(v) for n, v in after.items()},
            )
        )
        if not completed:
            break
    return found


def _content(value: Any, depth: int = 4) -> Any:
    """Return something that compares by content: numbers, lists, and what instances hold."""
    if depth == 0:
        return type(value).__name__
    if isinstance(value, int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_content(v, depth - 1) for v in copy.copy(value)]
    if isinstance(value, dict):
        return {k: _content(v, depth - 1) for k, v in value.items()}
    if hasattr(value, "__dict__") and not callable(value) and type(value).__name__ == "Box":
        return {k: _content(v, depth - 1) for k, v in vars(value).items()}
    return type(value).__name__
