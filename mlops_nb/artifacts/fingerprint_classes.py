"""Which class, method or module is it: a library's, by name, or one that is read?

A class of the notebook is its bases and what its body made: methods as functions, attributes as
values, in the order of their names; in which order the public ones stand is part of it, as ``vars``
lists them. What Python or a library derives from that (caches of ``abc``, validators of pydantic)
is left out.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import enum
import sys
from functools import cached_property
from types import MethodType, ModuleType
from typing import Any

from .fingerprint_atoms import encode_text
from .fingerprint_digest import combine
from .fingerprint_node import Node, Unreadable, Visit
from .fingerprint_origin import (
    find_named,
    is_library,
    library_name,
    library_version,
    module_name,
    name_part,
)
from .identity import identity

_DERIVED = frozenset({
    "__dict__", "__weakref__", "__module__", "__qualname__", "__firstlineno__",
    "__static_attributes__", "__abstractmethods__", "_abc_impl", "__annotations_cache__",
    "__parameters__", "__protocol_attrs__", "__pydantic_core_schema__", "__pydantic_validator__",
    "__pydantic_serializer__", "__pydantic_parent_namespace__", "__pydantic_complete__",
    "__signature__", "__pydantic_setattr_handlers__", "__slotnames__",
})  # fmt: skip
_DERIVED_OF_ENUMS = frozenset({
    "_member_map_", "_member_names_", "_value2member_map_", "_new_member_", "_unhashable_values_",
    "_unhashable_values_map_", "_hashable_values_", "__new__", "_generate_next_value_",
    "_sort_order_",
})  # fmt: skip
_MEMBER_FRAME = frozenset({
    "_value_", "_name_", "__objclass__", "_sort_order_", "_inverted_", "_hashable_values_",
    "_unhashable_values_",
})  # fmt: skip
_MODULE_FRAME = frozenset({
    "__name__", "__doc__", "__package__", "__loader__", "__spec__", "__file__", "__cached__",
    "__builtins__", "__path__", "__warningregistry__", "__annotations__", "__getattr__",
})  # fmt: skip


def read_class(kind: type, visit: Visit) -> Node | bytes:
    """Read a class: a library's by name, any other by what its body made."""
    found = visit.memo.immutable.get(identity(kind)) or library_name(
        kind, kind.__module__, kind.__qualname__
    )
    if found is not None:
        visit.memo.immutable[identity(kind)] = found
        return bytes(found)
    space = dict(type.__getattribute__(kind, "__dict__"))
    skipped = _DERIVED
    if issubclass(kind, enum.Enum):
        skipped = _DERIVED | _DERIVED_OF_ENUMS | frozenset(kind.__members__)
    names = sorted(name for name in space if name not in skipped)
    values = [space[name] for name in names]
    if issubclass(kind, enum.Enum):
        members = [
            (name, one._value_, *_set_on(one).items()) for name, one in kind.__members__.items()
        ]
        names.append("__members__")
        values.append(members)
    public = " ".join(n for n in space if n not in skipped and not n.startswith("_"))
    known = [encode_text(text) for text in (kind.__module__, kind.__qualname__, *names, public)]
    children = [type(kind), tuple(kind.__bases__), *values]
    # The list of an enumeration's members is made here, so what is inside it is not remembered.
    return Node(
        b"class",
        known,
        children,
        label=lambda at: (".__class__", ".__bases__", *(f".{name}" for name in names))[at],
        fresh=issubclass(kind, enum.Enum),
    )


def _set_on(member: enum.Enum) -> dict[str, Any]:
    return {name: one for name, one in vars(member).items() if name not in _MEMBER_FRAME}


def read_member(member: enum.Enum, visit: Visit) -> Node:
    """Read a member of an enumeration: its class, name, value and what was set on it."""
    name = member._name_ or ""  # combined flags may have none
    attributes = _set_on(member)
    children = [type(member), member._value_, *attributes.values()]
    places = ("", ".value", *(f".{one}" for one in attributes))
    known = [encode_text(text) for text in (name, *attributes)]
    return Node(b"enum member", known, children, label=places.__getitem__, mutable=False)


def read_method(method: MethodType, visit: Visit) -> Node | bytes:
    """Read a bound method: its function and the object it is bound to."""
    function = method.__func__
    name = getattr(function, "__name__", "")
    home = getattr(function, "__module__", None)
    if name == "get_ipython" and str(home).startswith("IPython."):
        return name_part(str(home), name, library_version(home) or "?")  # the shell is no value
    named = _offered_by_library(method, home, name)
    if named is not None:
        return named
    return Node(
        b"method", (), [function, method.__self__], label=(".__func__", ".__self__").__getitem__
    )


def read_builtin(function: Any, visit: Visit) -> Node | bytes:
    """Read a function or method written in C: by name, with the object it is bound to."""
    owner = getattr(function, "__self__", None)
    name = str(getattr(function, "__name__", "?"))
    home = function.__module__ if isinstance(getattr(function, "__module__", None), str) else None
    named = _offered_by_library(function, home or type(owner).__module__, name)
    if named is not None:
        return named
    path = str(getattr(function, "__qualname__", name))
    if owner is None or isinstance(owner, ModuleType):
        module = home or getattr(owner, "__name__", None)
        version = library_version(module)
        if version is None or module is None or find_named(module, path) is None:
            raise Unreadable(
                f"The compiled function {name!r} belongs to no installed library.",
                "Reach it through its module instead of binding it to a name.",
            )
        return name_part(module, path, version)
    return Node(b"builtin method", [encode_text(name)], [owner], label=lambda at: ".__self__")


def _offered_by_library(function: Any, home: Any, name: str) -> bytes | None:
    """Return the part of a method that its module offers as a function, as ``random.random``."""
    version = library_version(home)
    if version is None or getattr(sys.modules.get(home), "__dict__", {}).get(name) is not function:
        return None
    return name_part(str(home), name, version)


def read_slot(descriptor: Any, visit: Visit) -> Node:
    """Read a descriptor that Python or C made for a class: ``str.upper``, a slot of a class."""
    owner = descriptor.__objclass__
    kind = encode_text(type(descriptor).__name__)
    known = [kind, encode_text(descriptor.__name__), encode_text(owner.__qualname__)]
    children = [owner] if is_library(owner.__module__) else []
    return Node(b"descriptor", known, children, mutable=False)


def read_property(descriptor: property, visit: Visit) -> Node:
    """Read a property."""
    children = [descriptor.fget, descriptor.fset, descriptor.fdel, descriptor.__doc__]
    return Node(
        b"property",
        [_type_part(descriptor)],
        children,
        label=(".fget", ".fset", ".fdel", ".__doc__").__getitem__,
    )


def read_wrapped(descriptor: Any, visit: Visit) -> Node:
    """Read a classmethod or staticmethod."""
    return Node(
        b"wrapped", [_type_part(descriptor)], [descriptor.__func__], label=lambda at: ".__func__"
    )


def read_cached_property(descriptor: cached_property[Any], visit: Visit) -> Node:
    """Read a functools.cached_property without its lock."""
    known = [encode_text(str(descriptor.attrname))]
    return Node(b"cached property", known, [descriptor.func], label=lambda at: ".func")


def read_cell(cell: Any, visit: Visit) -> Node:
    """Read a cell of a closure; two functions may share it."""
    try:
        return Node(b"cell", (), [cell.cell_contents], label=lambda at: "")
    except ValueError:
        return Node(b"empty cell")


def read_module(module: ModuleType, visit: Visit) -> Node | bytes:
    """Read a module: a library by name and version, any other by what it holds in memory."""
    name = module_name(module)
    version = library_version(name)
    if version is not None and sys.modules.get(name) is module:
        return name_part(name, "", version)
    if sys.modules.get("__main__") is module:
        raise Unreadable("It is the namespace of the notebook itself.", "Bind the names you need.")
    space = dict(vars(module))
    names = sorted(one for one in space if one not in _MODULE_FRAME)
    known = [encode_text(text) for text in (name, *names)]
    return Node(b"module", known, [space[one] for one in names], label=lambda at: f".{names[at]}")


def _type_part(value: Any) -> bytes:
    return combine(b"type", [encode_text(f"{type(value).__module__}.{type(value).__qualname__}")])
