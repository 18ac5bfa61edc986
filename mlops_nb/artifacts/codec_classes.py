"""How does a class of the notebook come back as it was? With what cloudpickle does not keep of it.

cloudpickle makes a class without its slots, so that its instances take any attribute; sets what its
body made in the order of the alphabet; calls a class inside a function by its last name; and leaves
out what has the value that a base has too. All of that shows: in ``vars``, in a text, in an error.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from types import MemberDescriptorType
from typing import Any

from .codec_names import MAIN

ASKING = "__subclasses__"

_SKELETON = "_make_skeleton_class"
# What Python makes for each class after its body; from there on attributes were set one by one.
_AFTER_BODY = frozenset({"__dict__", "__weakref__"})
# What `copyreg` remembers of a class.
_REMEMBERED = "__slotnames__"


_asked_for: list[bool] = []


def ask_for_subclasses() -> None:
    """Let no class be made again from now on whose base is somebody else's: some code asks for the
    classes made from one, and would be told of two."""
    if not _asked_for:
        _asked_for.append(True)


def is_told_twice(kind: type) -> bool:
    """Return whether a class of the notebook that is made again shows at a class that is not."""
    return bool(_asked_for) and any(one.__module__ != MAIN for one in kind.__mro__[1:-1])


def complete_class(kind: type, reduced: Any) -> Any:
    """Return how a class is pickled, from how cloudpickle would do it."""
    if type(reduced) is not tuple or getattr(reduced[0], "__name__", "") != _SKELETON:
        return reduced
    make, arguments, (attributes, slot_state), *rest = reduced
    constructor, name, bases, given, *others = arguments
    space = type.__getattribute__(kind, "__dict__")
    body = _body_of(kind, space, attributes)
    given = {n: v for n, v in given.items() if n != "__slots__"}
    given |= {n: space[n] for n in ("__slots__",) if n in space}
    if _takes_any_body(kind):
        # `typing.NamedTuple` stands in the notebook, and `tuple` is what came of it.
        bases, given = kind.__bases__, {**_places(kind, space, body), **given}
    given["__qualname__"] = kind.__qualname__
    state: Any = (body, slot_state)
    if _hooks_of(kind) and rest and callable(rest[-1]):
        state, rest = (state, rest[-1]), [*rest[:-1], set_in_order]
    return make, (constructor, name, bases, given, *others), state, *rest


def set_in_order(kind: type, state: Any) -> None:
    """Set what a class held, in its order; what a base's ``__init_subclass__`` has set by now, as
    scikit-learn's estimators do, would keep the place that it has."""
    content, set_state = state
    for name in content[0]:
        if name in vars(kind) and not _is_frame(name):
            type.__delattr__(kind, name)
    set_state(kind, content)


def _body_of(kind: type, space: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be set on the class, in the order in which it was."""
    left_out = {n for n in space if n not in attributes and not _is_frame(n)}
    names = [n for n in space if n in attributes or n in left_out]
    body = {name: attributes.get(name, space[name]) for name in names}
    return {n: value for n, value in body.items() if n != _REMEMBERED and not _is_slot(value, kind)}


def _is_frame(name: str) -> bool:
    return (name.startswith("__") and name.endswith("__")) or name.startswith("_abc_")


def _is_slot(value: Any, kind: type) -> bool:
    return type(value) is MemberDescriptorType and value.__objclass__ is kind


def _takes_any_body(kind: type) -> bool:
    """Return whether nobody looks at a body while the class is made."""
    return type(kind) in (type, abc.ABCMeta) and not _hooks_of(kind)


def _hooks_of(kind: type) -> list[type]:
    return [base for base in kind.__mro__[1:-1] if "__init_subclass__" in vars(base)]


def _places(kind: type, space: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, None]:
    """Return the names of the body, so that each has its place; values are set later."""
    found: dict[str, None] = {}
    for name, value in space.items():
        if name in _AFTER_BODY or _is_slot(value, kind):
            break
        if name in body or name == "__module__":
            found[name] = None
    return found
