"""Functions of a module that the analysis knows nothing of: they do what any library might."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

kept: list[Any] = []


def identity(value: Any) -> Any:
    return value


def wrapped(value: Any) -> list[Any]:
    return [value, 1]


def part(value: Any) -> Any:
    for inside in value.values() if isinstance(value, dict) else value:
        return inside
    return value


def change(value: Any) -> Any:
    """Change what can be changed in `value`."""
    if isinstance(value, list):
        value.append(7)
    elif isinstance(value, dict):
        value[len(value)] = 7
    elif isinstance(value, set):
        value.add(len(value))
    elif hasattr(value, "__dict__"):
        value.changed = getattr(value, "changed", 0) + 1
    return value


def change_inside(value: Any) -> None:
    """Change the first list or dict inside `value`."""
    todo = list(value.values()) if isinstance(value, dict) else [*value]
    for inside in todo:
        if isinstance(inside, list | dict | set):
            change(inside)
            return


def call(function: Callable[[Any], Any], value: Any) -> Any:
    return function(value)


def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
    def inner(*arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named)

    return inner
