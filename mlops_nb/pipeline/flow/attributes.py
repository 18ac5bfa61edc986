"""What is inside an object? Attributes, subscripts and operators, the notebook's and others."""

from __future__ import annotations

import ast

from mlops_nb.pipeline.flow import callables
from mlops_nb.pipeline.flow.frames import Arguments
from mlops_nb.pipeline.flow.library import COPYING_KINDS, MUTATORS, MUTATORS_IF_UNUSED
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.mainspace import is_namespace, key_of, read_key
from mlops_nb.pipeline.flow.values import (
    CONSTANT,
    FRESH,
    MAIN,
    NAMESPACE,
    Strength,
    Value,
    union_all,
)

_OPERATORS = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
}
# Subscripts that select rows or columns by a list or a mask, and so copy.
_SELECTIONS = (ast.List, ast.Compare, ast.BoolOp, ast.ListComp)
_MASKS = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Invert)


def read_attribute(m: Machine, base: Value, name: str) -> Value:
    """Return what ``base.name`` may be; a property of a notebook class is run."""
    if base.module == MAIN:
        return Value(module=NAMESPACE) if name == "__dict__" else m.read_global(name)
    if base.module:
        path = f"{base.module}.{name}"
        return Value(module=MAIN if path == "builtins.get_ipython.user_module" else path)
    found = notebook_attribute(m, base, name)
    if found is not None:
        return found
    result = m.heap.at(base, name) or m.heap.inside(base)
    if name in MUTATORS or name in MUTATORS_IF_UNUSED:
        method = callables.LibraryMethod(base, name)
        result = Value(result.objects, result.near, (*result.calls, method))
    return result


def notebook_attribute(m: Machine, base: Value, name: str) -> Value | None:
    """Return the attribute as the notebook's own classes define it, or None."""
    found: list[Value] = []
    if m.heap.classes:
        for number, owner in m.heap.instance_classes(base):
            this = Value(frozenset({number}))
            field = m.heap.fields.get((number, name))
            if field is not None:
                found.append(field)
            attribute = owner.find(name)
            if attribute is not None:
                found.append(_bind(m, attribute, this, owner))
                found += _descriptor(m, attribute, this)
            if owner.find("__getattribute__") is not None or (
                attribute is None and field is None and owner.find("__getattr__") is not None
            ):
                found += _ask_for(m, this, owner)
    for call in base.calls:
        if isinstance(call, callables.Class):
            attribute = call.find(name)
            if attribute is not None:
                found.append(_bind(m, attribute, None, call))
        elif isinstance(call, callables.Super):
            owners = [c for _, c in m.heap.instance_classes(call.this)] or [call.owner]
            for owner in owners:
                attribute = owner.find(name, after=call.owner)
                if attribute is not None:
                    found.append(_bind(m, attribute, call.this, owner))
    return union_all(found) if found else None


def _descriptor(m: Machine, attribute: Value, this: Value) -> list[Value]:
    """Return what ``__get__`` of a descriptor among the class attributes gives."""
    found = call_special(m, attribute, "__get__", arguments=Arguments(positional=(this,)))
    return [] if found is None else [found]


def _ask_for(m: Machine, this: Value, owner: callables.Class) -> list[Value]:
    """Return what ``__getattr__`` gives."""
    functions = [
        Value(calls=(callables.Bound(call, this),))
        for name in ("__getattr__", "__getattribute__")
        for call in (owner.find(name) or FRESH).calls
        if isinstance(call, callables.Function)
    ]
    return [m.invoke(m, function, Arguments(rest=FRESH)) for function in functions]


def _bind(m: Machine, attribute: Value, this: Value | None, owner: callables.Class) -> Value:
    """Return a class attribute as seen on an instance (`this`) or on the class itself."""
    functions = [c for c in attribute.calls if isinstance(c, callables.Function)]
    if not functions:
        return attribute
    rest = m.heap.without_code(attribute)
    bound: list[Value] = [rest] if rest.objects or rest.near else []
    for function in functions:
        if function.binding in {"setter", "deleter"}:
            continue
        if function.binding == "property" and this is not None:
            bound.append(m.invoke(m, Value(calls=(callables.Bound(function, this),)), Arguments()))
        elif function.binding == "class":
            itself = Value(calls=(owner,)) if this is None else this.union(Value(calls=(owner,)))
            bound.append(Value(calls=(callables.Bound(function, itself),)))
        elif function.binding == "static" or this is None:
            bound.append(Value(attribute.objects, attribute.near, (function,)))
        else:
            bound.append(Value(calls=(callables.Bound(function, this),)))
    return union_all(bound)


def read_subscript(m: Machine, base: Value, index: Value, node: ast.expr) -> Value:
    """Return what ``base[index]`` may be: a copy, a part, or a view."""
    if base.module:
        if is_namespace(base):
            return read_key(m, key_of(node), node)
        is_main = getattr(node, "id", "") == "__name__" or key_of(node) == MAIN
        return Value(module=MAIN) if base.module == "sys.modules" and is_main else FRESH
    if m.heap.classes:
        found = call_special(m, base, "__getitem__", arguments=Arguments(positional=(index,)))
        if found is not None:
            return found
    if base is FRESH or base is CONSTANT:
        return base
    kind = m.heap.kind(base)
    if kind == "defaultdict":  # a key that is missing is put in
        m.change(base, Strength.POSSIBLE)
    is_mask = isinstance(node, ast.BinOp | ast.UnaryOp) and isinstance(node.op, _MASKS)
    if is_mask or isinstance(node, _SELECTIONS) or m.heap.kind(index) in {"list", "frame", "array"}:
        return FRESH
    if kind in COPYING_KINDS:
        return m.heap.inside(base, Strength.POSSIBLE)
    if isinstance(node, ast.Constant):
        found = m.heap.at(base, node.value)
        if found is not None:
            return found
    return m.heap.inside(base)


def call_special(
    m: Machine, base: Value, *names: str, arguments: Arguments | None = None
) -> Value | None:
    """Run special methods of notebook classes; None if `base` is an instance of none."""
    results = []
    for _, owner in m.heap.instance_classes(base):
        for name in names:
            if owner.find(name) is not None:
                method = notebook_attribute(m, base, name)
                if method is not None:
                    results.append(m.invoke(m, method, arguments or Arguments(rest=FRESH)))
    return union_all(results) if results else None


def call_operator(m: Machine, operator: ast.operator, left: Value, right: Value) -> Value | None:
    """Run the operator methods of notebook classes; None if neither side has them."""
    word = _OPERATORS.get(type(operator), "")
    found = call_special(m, left, f"__{word}__", arguments=Arguments(positional=(right,)))
    if found is None:
        found = call_special(m, right, f"__r{word}__", arguments=Arguments(positional=(left,)))
    return found
