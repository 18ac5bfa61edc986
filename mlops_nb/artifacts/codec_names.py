"""What does a notebook's own function or class become in a pickle: a name, or its code?

A class that a setup cell defines must be the same class after a restore, else ``isinstance`` says
False; so what the kernel's namespace holds under its own name is written as that name, and a reader
must have bound it before. What is itself stored, or has no name (a lambda, a class since
redefined), is written by value with cloudpickle; its globals are then the namespace it is read
into, as they were for the original, not the private copy that cloudpickle makes.
"""

from __future__ import annotations

import contextlib
import sys
import types
from collections.abc import Mapping, MutableMapping
from importlib import import_module
from typing import Any

from .blob_faults import NotStorableError

MAIN = "__main__"


def main_namespace() -> MutableMapping[str, Any]:
    """Return the globals of the notebook: in a kernel, what its cells bind."""
    module = sys.modules.get(MAIN)
    return {} if module is None else module.__dict__


def import_cloudpickle() -> Any:
    """Return cloudpickle, or the copy inside joblib.

    Raises
    ------
    NotStorableError
        If there is neither.
    """
    for name in ("cloudpickle", "joblib.externals.cloudpickle"):
        try:
            return import_module(name)
        except ImportError:
            continue
    raise NotStorableError(
        "It needs the code of functions or classes of the notebook, which pickle cannot store.",
        "Install cloudpickle where the kernel runs, or move them into a module.",
    )


def find_name(value: Any, namespace: Mapping[str, Any]) -> str | None:
    """Return the dotted name under which `namespace` holds a function or class; None if it does
    not."""
    qualname = getattr(value, "__qualname__", None)
    if not isinstance(qualname, str) or "<" in qualname:
        return None
    try:
        found = read_name(qualname, namespace)
    except (KeyError, AttributeError):
        return None
    return qualname if found is value else None


def read_name(qualname: str, namespace: Mapping[str, Any]) -> Any:
    """Return what `namespace` holds under a dotted name. Raises KeyError, AttributeError."""
    first, *rest = qualname.split(".")
    found = namespace[first]
    for part in rest:
        found = getattr(found, part)
    return found


def refuse_replaced(found: Any, module: str, name: str) -> Any:
    """Return what a module holds under a name, as a pickle refers to it.

    Raises
    ------
    NotStorableError
        If the notebook put code of its own there since: it is not what was stored.
    """
    home = getattr(found, "__module__", None)
    if isinstance(found, types.FunctionType):  # a wrapper may bear the name of what it wraps
        home = found.__globals__.get("__name__")
    is_mock = str(type(found).__module__).startswith("unittest.mock")
    if module != MAIN and (home == MAIN or is_mock):
        raise NotStorableError(f"The notebook put something else in the place of {module}.{name}.")
    return found


def find_held(value: Any, module: Any) -> str | None:
    """Return the name under which a module holds a function that says another name of itself, as
    what was made inside another function; None if there is none."""
    space = getattr(sys.modules.get(module), "__dict__", {}) if module != MAIN else {}
    if type(value) is not types.FunctionType or find_name(value, space) is not None:
        return None
    return next((name for name, one in [*space.items()] if one is value), None)


def read_held(module: str, name: str) -> Any:
    """Return what a module holds under a name."""
    return refuse_replaced(getattr(import_module(module), name), module, name)


def find_home(function: types.FunctionType, namespace: Mapping[str, Any]) -> str | None:
    """Return whose globals `function` has: ``""`` for `namespace`, a module's name, or None."""
    if function.__globals__ is namespace:
        return ""
    name = function.__globals__.get("__name__")
    module = sys.modules.get(name) if isinstance(name, str) else None
    return name if module is not None and module.__dict__ is function.__globals__ else None


def reduce_function(function: types.FunctionType, home: str) -> tuple[Any, ...]:
    """Return the arguments of `make_function` and of `fill_function` for `function`.

    Cells are made empty and filled later: a function may reach itself through its closure, and
    several may share a cell.
    """
    slots = {
        "__name__": function.__name__,
        "__qualname__": function.__qualname__,
        "__module__": function.__module__,
        "__doc__": function.__doc__,
        "__defaults__": function.__defaults__,
        "__kwdefaults__": function.__kwdefaults__,
        "__annotations__": function.__annotations__,
    }
    if hasattr(function, "__type_params__"):
        slots["__type_params__"] = function.__type_params__
    contents = []
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # an empty cell stays empty
            contents.append((cell, cell.cell_contents))
    arguments = (home, function.__code__, function.__closure__)
    return arguments, (slots, function.__dict__, contents)


def make_function(
    namespace: MutableMapping[str, Any], home: str, code: Any, closure: tuple[Any, ...] | None
) -> types.FunctionType:
    """Return a function with the globals of module `home`, or with `namespace` itself."""
    space: Any = import_module(home).__dict__ if home else namespace
    return types.FunctionType(code, space, None, None, closure)


def fill_attributes(value: Any, attributes: dict[str, Any]) -> None:
    """Give a value its attributes, where its class throws away what pickle hands it."""
    value.__dict__.update(attributes)


def make_own_space(kind: type[Any]) -> Any:
    """Return an empty dictionary of a class whose items are its attributes, as in statsmodels'
    datasets: pickle would bring back two that no longer know of each other."""
    made: Any = dict.__new__(kind)
    made.__dict__ = made
    return made


def make_cell() -> types.CellType:
    """Return an empty cell."""
    return types.CellType()


def fill_function(function: types.FunctionType, state: Any) -> None:
    """Set what `reduce_function` took."""
    slots, attributes, contents = state
    for name, value in slots.items():
        setattr(function, name, value)
    function.__dict__.update(attributes)
    for cell, content in contents:
        cell.cell_contents = content
