"""What do ``def``, ``class`` and ``import`` bind, and what do they run at once?"""

from __future__ import annotations

import ast

from mlops_nb.pipeline.flow import callables, functions
from mlops_nb.pipeline.flow.frames import Arguments, Frame
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.scopes import Scope
from mlops_nb.pipeline.flow.targets import bind_name
from mlops_nb.pipeline.flow.values import Value

_BINDINGS = {"staticmethod": "static", "classmethod": "class"}
_PROPERTIES = frozenset({"property", "cached_property", "getter"})
_ACCESSOR_BINDINGS = frozenset({"setter", "deleter"})


def define_function(m: Machine, frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Run a ``def``: decorators, defaults and annotations now, the body when it is called."""
    is_accessor = frame.kind == "class" and _binding(node.decorator_list) in _ACCESSOR_BINDINGS
    earlier = frame.names.get(node.name) if is_accessor else None
    decorators = [] if is_accessor else [m.evaluate(m, frame, d) for d in node.decorator_list]
    value = functions.make_function(m, frame, node, node.name)
    if not m.lazy_annotations:
        for annotation in _annotations(node):
            m.evaluate(m, frame, annotation)
    for function in value.calls:
        function.binding = _binding(node.decorator_list)
    for decorator in reversed(decorators):
        if decorator.calls:
            wrapped = m.invoke(m, decorator, Arguments(positional=(value,)))
            if wrapped.calls or wrapped.objects:
                value = wrapped if wrapped.calls else wrapped.union(value)
    if earlier is not None:
        value = Value(value.objects, value.near, (*earlier.calls, *value.calls))
    bind_name(m, frame, node.name, value, kind="helper")


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    args = node.args
    parameters = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    found = [p.annotation for p in parameters if p is not None and p.annotation is not None]
    generic = {p.name for p in getattr(node, "type_params", [])}
    if node.returns is not None:
        found.append(node.returns)
    return [a for a in found if not (isinstance(a, ast.Name) and a.id in generic)]


def _binding(decorators: list[ast.expr]) -> str:
    for decorator in decorators:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
        if name in _ACCESSOR_BINDINGS and isinstance(target, ast.Attribute):
            return name
        if name in _PROPERTIES:
            return "property"
        if name in _BINDINGS:
            return _BINDINGS[name]
    return ""


def define_class(m: Machine, frame: Frame, node: ast.ClassDef) -> None:
    """Run a ``class``: decorators, bases and its body now, its methods when they are called."""
    decorators = [m.evaluate(m, frame, d) for d in node.decorator_list]
    generic = frozenset(p.name for p in getattr(node, "type_params", []))
    outer = Frame("function", frame, Scope(local=generic)) if generic else frame
    bases = tuple(m.evaluate(m, outer, b) for b in node.bases)
    for keyword in node.keywords:
        m.evaluate(m, outer, keyword.value)
    body = Frame("class", outer, _class_scope(node))
    m.execute(m, body, node.body)
    owner = callables.Class(node.name, body.names, bases)
    for attribute in body.names.values():
        for call in attribute.calls:
            if isinstance(call, callables.Function) and call.owner is None:
                call.owner = owner
    value = Value(frozenset({m.heap.new("class")}), calls=(owner,))
    for name, attribute in body.names.items():
        if not attribute.calls or m.heap.without_code(attribute).objects:
            m.heap.hold(value, m.heap.without_code(attribute), name)
    for decorator in decorators:
        if decorator.calls:
            m.invoke(m, decorator, Arguments(positional=(value,)))
    bind_name(m, frame, node.name, value, kind="helper")


def _class_scope(node: ast.ClassDef) -> Scope:
    declared = {n for s in node.body if isinstance(s, ast.Global) for n in s.names}
    return Scope(local=frozenset(), declared_global=frozenset(declared))


def import_modules(m: Machine, frame: Frame, node: ast.Import) -> None:
    """Run ``import a.b`` and ``import a.b as c``."""
    for alias in node.names:
        name = alias.asname or alias.name.split(".")[0]
        path = alias.name if alias.asname else name
        bind_name(m, frame, name, Value(module=path), kind="import", origin=path)


def import_from(m: Machine, frame: Frame, node: ast.ImportFrom) -> None:
    """Run ``from m import a``; the names of a star come from the resolver, or are unknown."""
    module = "." * node.level + (node.module or "")
    if module == "__future__":
        m.lazy_annotations = m.lazy_annotations or any(a.name == "annotations" for a in node.names)
    for alias in node.names:
        if alias.name != "*":
            path = f"{module}.{alias.name}"
            name = alias.asname or alias.name
            bind_name(m, frame, name, Value(module=path), kind="import", origin=path)
            continue
        names = m.star_names(module)
        if names is None:
            m.effects.rebinds = True
        for name in sorted(names or ()):
            path = f"{module}.{name}"
            bind_name(m, frame, name, Value(module=path), kind="import", origin=path)


def kind_of_binding(m: Machine, node: ast.expr) -> tuple[str, str]:
    """Return kind and origin of a name assigned from `node`: an alias of an import is one."""
    if isinstance(node, ast.Lambda):
        return "helper", ""
    if isinstance(node, ast.Name):
        return m.kind_of(node.id)
    return "value", ""
