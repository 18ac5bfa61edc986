"""What is an object of any class made of, where no reader knows its type?

What pickling would keep: the class, and what ``__reduce_ex__`` says. Where a class of the notebook
or of a local module has its own way of pickling, attributes that it leaves out count too: a reader
could use them, though a restored copy would not have them. Of a library's objects only what they
pickle counts; they answer for that. An object that pickles by a name stands for what has that name.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import copyreg
import sys
from collections.abc import Sequence
from typing import Any

from .fingerprint_atoms import encode_text
from .fingerprint_columns import encode_columns
from .fingerprint_node import Node, Reader, Unreadable, Visit, full_type_name
from .fingerprint_origin import find_named, is_library, library_version, name_part
from .undisturbed import reduce_undisturbed

_PROTOCOL = 4
_REMEDY = "Keep what later stages need in plain values, or make the object's class picklable."
# Attributes that differ from process to process or with use, and say nothing about the object.
_VOLATILE = {
    # The id() of the list of stop words; how many cores the machine has.
    "sklearn": frozenset({"_stop_words_id", "_n_threads", "n_threads"}),
}


def reader_of_objects(kind: type) -> Reader:
    """Return the reader of objects of a class that no other knows; it reads many of them faster
    than `read_object`, and what it says is the same."""
    if copyreg.dispatch_table.get(kind) is not None or not _is_default(kind):
        return read_object
    is_foreign = is_library(kind.__module__)
    volatile = _volatile(kind)
    shapes: dict[tuple[str, ...], tuple[list[bytes], list[str]]] = {}

    def read(value: Any, visit: Visit) -> Node | bytes:
        try:
            reduced = value.__reduce_ex__(_PROTOCOL)
        except Exception as error:
            raise _unpicklable(error) from error
        if type(reduced) is not tuple or len(reduced) != 5 or reduced[3:] != (None, None):
            return read_object(value, visit)
        _, arguments, state, _, _ = reduced
        if type(state) is not dict or len(arguments) != 1:
            return read_object(value, visit)
        names, values = tuple(state), list(state.values())
        shape = shapes.get(names)
        if shape is None:
            if not {str}.issuperset(map(type, names)) or not volatile.isdisjoint(names):
                return read_object(value, visit)
            known = [b"1", *(encode_columns(names) or ()), b"no names", b"-", b"-"]
            places = ["", *(f".{name}" for name in names), ".__getstate__()", ""]
            shape = shapes[names] = (known, places)
        known, places = shape
        if len(values) != len(names):
            raise RuntimeError("Another thread changes it.")
        return Node(
            b"object",
            known,
            [kind, *values, None, None],
            label=places.__getitem__,
            foreign=is_foreign,
        )

    return read


def read_object(value: Any, visit: Visit) -> Node | bytes:
    """Read an object by what it pickles."""
    kind = type(value)
    reduced, is_default = _reduce(value, kind)
    if isinstance(reduced, str):
        return _read_name(value, reduced)
    if not isinstance(reduced, tuple) or not 2 <= len(reduced) <= 6:
        raise Unreadable(f"Its __reduce__ returns a {full_type_name(reduced)}.", _REMEDY)
    function, arguments, state, items, pairs, setter = (*reduced, *[None] * 6)[:6]
    if function is iter and state is None:
        state = 0  # at its end it says no place; read back, it stands at the start of nothing
    version = library_version(kind.__module__)
    parts = _Parts()
    parts.add("", kind)
    if not is_default:
        parts.add(".__reduce__()", function)
    if is_default and isinstance(arguments, tuple):
        arguments = arguments[1:]  # the class itself
    for argument in arguments or ():
        parts.add(".__reduce__()", argument)
    parts.known.append(b"%d" % len(parts.children))
    _add_state(parts, state, kind)
    for name, source in (("", items), ("", pairs)):
        parts.known.append(b"-" if source is None else b"*")
        if source is not None:
            parts.add(name, list(source))
    parts.add("", setter)
    if not is_default and version is None:
        _add_omitted(parts, value, state, visit)
    return Node(
        b"object" if is_default else b"reduced",
        parts.known,
        parts.children,
        label=parts.places.__getitem__,
        fresh=not is_default or bool(arguments) or items is not None or pairs is not None,
        foreign=version is not None,
    )


class _Parts:
    def __init__(self) -> None:
        self.known: list[bytes] = []
        self.children: list[Any] = []
        self.places: list[str] = []

    def add(self, place: str, child: Any) -> None:
        self.places.append(place)
        self.children.append(child)


def _reduce(value: Any, kind: type) -> tuple[Any, bool]:
    """Return what pickling would keep, and whether it is Python's default for the class."""
    registered = copyreg.dispatch_table.get(kind)
    is_default = registered is None and _is_default(kind)
    try:
        if registered is not None:
            return registered(value), False
        if is_default:
            return value.__reduce_ex__(_PROTOCOL), is_default
        return reduce_undisturbed(value, _PROTOCOL), is_default
    except Exception as error:
        raise _unpicklable(error) from error


def _unpicklable(error: Exception) -> Unreadable:
    reason = f"It cannot be pickled ({type(error).__name__}: {_first_line(error)})."
    return Unreadable(reason, _REMEDY)


def _is_default(kind: type) -> bool:
    """Return whether objects of a class are pickled as Python does it."""
    own = ("__reduce_ex__", "__reduce__", "__getstate__")
    return all(_inherits(kind, name) for name in own) and not hasattr(kind, "__getnewargs_ex__")


def _inherits(kind: type, name: str) -> bool:
    """Return whether a class has a special method from `object`, or has none."""
    return getattr(kind, name, None) is getattr(object, name, None)


def _first_line(error: Exception) -> str:
    try:
        lines = str(error).splitlines()
    except Exception:
        return "no text"
    return lines[0][:200].rstrip(".") if lines else "no text"


def _add_state(parts: _Parts, state: Any, kind: type) -> None:
    slots = None
    if (
        type(state) is tuple
        and len(state) == 2
        and type(state[1]) is dict
        and (state[0] is None or type(state[0]) is dict)
    ):
        state, slots = state
    for attributes in (state, slots):
        if type(attributes) is dict and all(type(name) is str for name in attributes):
            volatile = _volatile(kind)
            shown = {n: v for n, v in list(attributes.items()) if n not in volatile}
            parts.known.extend(encode_columns(list(shown)) or ())
            for name, value in shown.items():
                parts.add(f".{name}", value)
        else:
            parts.known.append(b"no names")
            parts.add(".__getstate__()", attributes)


def _volatile(kind: type) -> frozenset[str]:
    return _VOLATILE.get(kind.__module__.partition(".")[0], frozenset())


def _add_omitted(parts: _Parts, value: Any, state: Any, visit: Visit) -> None:
    """Add attributes that a class does not pickle, or not as they are, as observers of traitlets;
    those without a fingerprint by type."""
    if type(state) is tuple and len(state) == 2:
        state = {**(state[0] or {}), **(state[1] or {})}
    kept = state if isinstance(state, dict) else {}
    attributes = getattr(value, "__dict__", None)
    found = dict(attributes) if type(attributes) is dict else {}
    for name in _slots(type(value)):
        if hasattr(value, name):
            found[name] = getattr(value, name)
    for name, left_out in sorted(found.items()):
        if name in kept and kept[name] is left_out:
            continue
        try:
            part = visit.alone(left_out, value)
        except Unreadable:
            part = encode_text(full_type_name(left_out))
        parts.known.extend((b"omitted " + encode_text(name), part))


def _slots(kind: type) -> list[str]:
    """Return the names of all slots of a class, private names as they are stored."""
    try:
        return [str(name) for name in copyreg._slotnames(kind)]  # type: ignore[attr-defined]
    except Exception:
        return []


def _read_name(value: Any, name: str) -> Node | bytes:
    """Read an object that pickles as a name of its module."""
    home = getattr(value, "__module__", None)
    homes: Sequence[Any] = [home] if isinstance(home, str) else _possible_homes(value)
    for module in homes:
        if find_named(module, name) is not value:
            continue
        version = library_version(module)
        if version is not None:
            return name_part(module, name, version)
        kind = type(value)
        return Node(b"named", [encode_text(f"{module} {name}")], [kind], mutable=False)
    raise Unreadable(f"It pickles as {name!r}, and no loaded module calls it so.", _REMEDY)


def _possible_homes(value: Any) -> list[str]:
    top = type(value).__module__.partition(".")[0]
    return sorted(name for name in list(sys.modules) if name == top or name.startswith(top + "."))
