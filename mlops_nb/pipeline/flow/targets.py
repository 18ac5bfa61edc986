"""Where does an assignment put a value? Names, attributes, subscripts and their deletion."""

from __future__ import annotations

import ast

from mlops_nb.pipeline.flow.attributes import call_special
from mlops_nb.pipeline.flow.frames import Arguments, Frame
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.mainspace import (
    delete_key,
    evaluate_base,
    is_namespace,
    key_of,
    store_key,
)
from mlops_nb.pipeline.flow.specials import delete_attribute, store_attribute
from mlops_nb.pipeline.flow.values import CONSTANT, FRESH, MAIN, Strength, Value


def bind_name(
    m: Machine, frame: Frame, name: str, value: Value, *, kind: str = "value", origin: str = ""
) -> None:
    """Bind `name` in the scope it belongs to."""
    if frame.kind == "module" or name in frame.scope.declared_global:
        m.bind_global(name, value, kind=kind, origin=origin)
        return
    if name in frame.scope.declared_nonlocal:
        owner = frame.parent
        while owner is not None and owner.kind != "module":
            if owner.kind == "function" and name in owner.scope.local:
                owner.names[name] = value.union(owner.names.get(name, FRESH))
                m.forget()
                return
            owner = owner.parent
    named = m.heap.materialise(value) if value.near or value.calls else value
    if value is FRESH:
        named = m.heap.new_value()
    frame.names[name] = named
    if frame.passed:
        known = frame.passed[-1].get(name)
        frame.passed[-1][name] = named if known is None else known.union(named)


def bind_target(m: Machine, frame: Frame, target: ast.expr, value: Value) -> None:
    """Assign `value` to any assignment target."""
    if isinstance(target, ast.Name):
        bind_name(m, frame, target.id, value)
    elif isinstance(target, ast.Tuple | ast.List):
        if m.heap.classes:
            call_special(m, value, "__iter__", "__next__", "__getitem__")
        for key, part in enumerate(target.elts):
            if isinstance(part, ast.Starred):
                bind_target(
                    m, frame, part.value, m.heap.new_value("list", holding=[m.heap.inside(value)])
                )
            else:
                bind_target(m, frame, part, _element(m, value, key, target.elts))
    elif isinstance(target, ast.Starred):
        bind_target(m, frame, target.value, value)
    elif isinstance(target, ast.Attribute):
        box = m.evaluate(m, frame, target.value)
        if box.module == MAIN:
            m.bind_global(target.attr, value)
            return
        store_attribute(m, box, target.attr, value)
        change_path(m, frame, target.value, box, Strength.SURE)
        m.heap.hold(box, value, target.attr)
    elif isinstance(target, ast.Subscript):
        _store_item(m, frame, target, value)


def _element(m: Machine, value: Value, key: int, targets: list[ast.expr]) -> Value:
    if any(isinstance(t, ast.Starred) for t in targets):
        return m.heap.inside(value)
    found = m.heap.at(value, key)
    if found is not None:
        return found
    if value is CONSTANT:
        return CONSTANT
    return m.heap.inside(value)


def _store_item(m: Machine, frame: Frame, target: ast.Subscript, value: Value) -> None:
    base = target.value
    box = evaluate_base(m, frame, base)
    index = m.evaluate(m, frame, target.slice)
    if is_namespace(box):
        store_key(m, key_of(target.slice), value)
        return
    if m.heap.classes:
        call_special(m, box, "__setitem__", arguments=Arguments(positional=(index, value)))
    change_path(m, frame, base, box, Strength.SURE)
    key = target.slice.value if isinstance(target.slice, ast.Constant) else None
    m.heap.hold(box, value, key)


def change_path(m: Machine, frame: Frame, node: ast.expr, value: Value, strength: Strength) -> None:
    """Note that `value`, what `node` leads to, is changed, and with it where the path starts."""
    m.change(value, strength)
    root = node
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    if isinstance(root, ast.Name):
        if root is not node:
            m.change(m.evaluate(m, frame, root), strength)
        if is_global(frame, root.id):
            m.change_name(root.id, strength)


def is_global(frame: Frame, name: str) -> bool:
    """Return True if `name` in `frame` is the notebook's."""
    current: Frame | None = frame
    while current is not None and current.kind != "module":
        if name in current.scope.declared_global:
            return True
        if name in current.names or name in current.scope.local:
            return False
        current = current.parent
    return True


def delete_target(m: Machine, frame: Frame, target: ast.expr) -> None:
    """Run ``del target``."""
    if isinstance(target, ast.Name):
        m.evaluate(m, frame, target)
        if frame.kind == "module" or target.id in frame.scope.declared_global:
            m.delete_global(target.id)
        else:
            frame.names.pop(target.id, None)
    elif isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            delete_target(m, frame, part)
    elif isinstance(target, ast.Attribute | ast.Subscript):
        box = evaluate_base(m, frame, target.value)
        if isinstance(target, ast.Subscript):
            m.evaluate(m, frame, target.slice)
            if is_namespace(box):
                delete_key(m, key_of(target.slice), target)
                return
            call_special(m, box, "__delitem__")
        elif box.module == MAIN:
            delete_key(m, target.attr, target)
            return
        else:
            delete_attribute(m, box, target.attr)
        change_path(m, frame, target.value, box, Strength.SURE)
