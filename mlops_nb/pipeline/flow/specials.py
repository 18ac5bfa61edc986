"""Which methods of the notebook's classes run without being called? Those Python calls by itself.

Conditions ask for truth, dicts for hashes, loops for elements, assignments to attributes for what
a property or descriptor does with them. Asked only in notebooks that define classes.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlops_nb.pipeline.flow import callables
from mlops_nb.pipeline.flow.attributes import call_special
from mlops_nb.pipeline.flow.frames import Arguments
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.values import IMMUTABLE, Value

TRUTH = ("__bool__", "__len__")
KEY = ("__hash__", "__eq__", "__index__")
TEXT = ("__format__", "__str__", "__repr__")
COMPARISON = ("__eq__", "__ne__", "__lt__", "__gt__", "__le__", "__ge__")
MEMBERSHIP = ("__contains__", "__iter__", "__next__", "__getitem__", "__len__")
# IPython asks for the second and third kind when it shows an object.
_SPECIAL = ("__", "_repr_", "_ipython_display_")
_MOST_INSIDE = 200


def call_specials(m: Machine, value: Value, names: Iterable[str]) -> None:
    """Run those of the methods `names` that `value` has, once or not at all."""
    if m.heap.classes and value.objects:
        m.uncertain += 1
        call_special(m, value, *names)
        m.uncertain -= 1


def call_specials_inside(m: Machine, values: Iterable[Value], names: Iterable[str]) -> None:
    """Run the methods `names` of `values` and of what containers among them hold."""
    if m.heap.classes:
        for value in reached_instances(m, values):
            call_specials(m, value, names)


def show(m: Machine, value: Value) -> None:
    """Run what shows `value` under a cell."""
    if m.heap.classes:
        for instance in reached_instances(m, [value]):
            shown = [n for n in all_specials(m, instance) if n in TEXT or n[:2] != "__"]
            call_specials(m, instance, [*shown, "__len__", "__iter__"])


def reached_instances(m: Machine, values: Iterable[Value]) -> list[Value]:
    """Return the instances of notebook classes among `values` and in containers among them."""
    heap, found = m.heap, []
    todo = [o for value in values for o in value.objects]
    seen: set[int] = set()
    while todo and len(seen) < _MOST_INSIDE:
        number = todo.pop()
        if number in seen or number <= IMMUTABLE:
            continue
        seen.add(number)
        if number in heap.classes:
            found.append(Value(frozenset({number})))
        elif number in heap.held:
            todo += sorted(heap.held[number].objects)
    return found


def all_specials(m: Machine, value: Value) -> list[str]:
    """Return the special methods that the notebook classes of `value` define."""
    names: dict[str, None] = {}
    for _, owner in m.heap.instance_classes(value):
        for member in owner.family():
            names.update(dict.fromkeys(n for n in member.names if n.startswith(_SPECIAL)))
    names.pop("__init__", None)
    return list(names)


def store_attribute(m: Machine, box: Value, name: str, value: Value) -> None:
    """Run what an assignment to an attribute runs: setters, descriptors, ``__setattr__``."""
    if m.heap.classes:
        _run_accessors(m, box, name, "setter", "__set__", Arguments(positional=(value,)))
        call_special(m, box, "__setattr__", arguments=Arguments(positional=(Value(), value)))


def delete_attribute(m: Machine, box: Value, name: str) -> None:
    """Run what ``del box.name`` runs."""
    if m.heap.classes:
        _run_accessors(m, box, name, "deleter", "__delete__", Arguments())
        call_special(m, box, "__delattr__", arguments=Arguments(positional=(Value(),)))


def _run_accessors(
    m: Machine, box: Value, name: str, binding: str, special: str, arguments: Arguments
) -> None:
    for number, owner in m.heap.instance_classes(box):
        attribute = owner.find(name)
        if attribute is None:
            continue
        this = Value(frozenset({number}))
        for call in attribute.calls:
            if isinstance(call, callables.Function) and call.binding == binding:
                m.invoke(m, Value(calls=(callables.Bound(call, this),)), arguments)
        with_this = Arguments(positional=(this, *arguments.positional))
        call_special(m, attribute, special, arguments=with_this)
