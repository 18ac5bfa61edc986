"""What does a statement do, and which paths leave it? One function per kind of node.

Every visitor returns True if the statement after it may run. Those where paths part are in
`branches`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from mlops_nb.pipeline.flow import branches, interruptions
from mlops_nb.pipeline.flow.attributes import (
    call_operator,
    call_special,
    read_attribute,
    read_subscript,
)
from mlops_nb.pipeline.flow.calls import evaluate_call
from mlops_nb.pipeline.flow.definitions import (
    define_class,
    define_function,
    import_from,
    import_modules,
    kind_of_binding,
)
from mlops_nb.pipeline.flow.expressions import evaluate, evaluate_condition, truth
from mlops_nb.pipeline.flow.frames import Arguments, Frame
from mlops_nb.pipeline.flow.functions import iterate
from mlops_nb.pipeline.flow.library import CONTAINER_KINDS, ENDING
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.mainspace import (
    evaluate_base,
    is_namespace,
    key_of,
    read_key,
    store_key,
)
from mlops_nb.pipeline.flow.names import lookup, lookup_path
from mlops_nb.pipeline.flow.specials import store_attribute
from mlops_nb.pipeline.flow.targets import bind_name, bind_target, change_path, delete_target
from mlops_nb.pipeline.flow.values import CONSTANT, FRESH, MAIN, Strength, Value


def execute(m: Machine, frame: Frame, body: Sequence[ast.stmt]) -> bool:
    """Run `body`; return False if its end is never reached."""
    for node in body:
        if not m.stack:
            m.site = node
        visit = _VISITORS.get(type(node))
        if visit is not None and not visit(m, frame, node):
            return False
    return True


def _expression(m: Machine, frame: Frame, node: ast.Expr) -> bool:
    value = node.value
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.Call):
        shown = evaluate_call(m, frame, value, is_unused=True)
        is_alive = not _is_ending(m, frame, value)
    else:
        shown, is_alive = evaluate(m, frame, value), True
    m.last_value = shown if frame.kind == "module" else m.last_value
    return is_alive


def _is_ending(m: Machine, frame: Frame, node: ast.Call) -> bool:
    func = node.func
    if isinstance(func, ast.Name) and func.id in {"exit", "quit"}:
        return not m.is_bound(func.id)
    if isinstance(func, ast.Attribute) and func.attr in {"exit", "_exit", "abort"}:
        return lookup_path(m, frame, func) in ENDING
    return False


def _assign(m: Machine, frame: Frame, node: ast.Assign) -> bool:
    value = evaluate(m, frame, node.value)
    for target in node.targets:
        if isinstance(target, ast.Name):
            kind, origin = kind_of_binding(m, node.value)
            if len(node.targets) > 1:
                value = m.heap.materialise(value)
            bind_name(m, frame, target.id, value, kind=kind, origin=origin)
        else:
            bind_target(m, frame, target, value)
    return True


def _assign_annotated(m: Machine, frame: Frame, node: ast.AnnAssign) -> bool:
    value = None if node.value is None else evaluate(m, frame, node.value)
    if frame.kind != "function" and not m.lazy_annotations:
        evaluate(m, frame, node.annotation)
    if value is not None:
        bind_target(m, frame, node.target, value)
    elif not isinstance(node.target, ast.Name):
        for part in ast.iter_child_nodes(node.target):
            if isinstance(part, ast.expr):
                evaluate(m, frame, part)
    return True


def _assign_augmented(m: Machine, frame: Frame, node: ast.AugAssign) -> bool:
    target = node.target
    if not isinstance(target, ast.Name):
        box = evaluate_base(m, frame, target.value)
        if is_namespace(box) or box.module == MAIN:
            _assign_key(m, frame, node)
        else:
            _assign_inside(m, frame, node, target, box)
        return True
    old = lookup(m, frame, target.id, target)
    right = evaluate(m, frame, node.value)
    if is_namespace(old):
        store_key(m, None, right)
        return True
    result = _call_in_place(m, node.op, old, right)
    if m.heap.is_constant(old):
        bind_name(m, frame, target.id, CONSTANT if right is CONSTANT else FRESH)
        return True
    strength = _in_place_strength(m, old, right)
    m.change(old, strength, but=target.id)
    m.heap.hold(old, m.heap.inside(right))
    if result is not None:
        bind_name(m, frame, target.id, old.union(result))
        return True
    bind_name(m, frame, target.id, old.union(FRESH) if strength < Strength.SURE else old)
    return True


def _in_place_strength(m: Machine, old: Value, right: Value) -> Strength:
    """A list grows in place and a number does not: what else stands for the object may change."""
    if m.heap.kind(old) in CONTAINER_KINDS:
        return Strength.SURE
    return Strength.POSSIBLE if right is CONSTANT else Strength.LIKELY


def _call_in_place(m: Machine, operator: ast.operator, old: Value, right: Value) -> Value | None:
    """Run the operator method of a notebook class, in place or not; None if there is none."""
    if not m.heap.classes:
        return None
    word = f"__i{type(operator).__name__.lower()}__"
    word = {"__imult__": "__imul__", "__idiv__": "__itruediv__"}.get(word, word)
    given = Arguments(positional=(right,))
    found = call_special(m, old, word, arguments=given)
    if found is None:
        iterate(m, right)  # a list that grows by it
        found = call_operator(m, operator, old, right)
    return found


def _assign_inside(
    m: Machine, frame: Frame, node: ast.AugAssign, target: ast.expr, box: Value
) -> None:
    """Run ``box.name += 1`` and ``box[key] += 1``: what is there may grow in place."""
    if isinstance(target, ast.Attribute):
        old = read_attribute(m, box, target.attr)
    else:
        assert isinstance(target, ast.Subscript)  # no other target has something inside
        index = evaluate(m, frame, target.slice)
        old = read_subscript(m, box, index, target.slice)
    right = evaluate(m, frame, node.value)
    if old is not FRESH and not m.heap.is_constant(old):
        _call_in_place(m, node.op, old, right)
        m.change(old, _in_place_strength(m, old, right))
        m.heap.hold(old, m.heap.inside(right))
    if isinstance(target, ast.Attribute):
        store_attribute(m, box, target.attr, old.union(right))
        base = target.value
    else:
        call_special(m, box, "__setitem__")
        base = target.value
    change_path(m, frame, base, box, Strength.SURE)
    m.heap.hold(box, m.heap.inside(right))


def _assign_key(m: Machine, frame: Frame, node: ast.AugAssign) -> None:
    """Run ``globals()["n"] += 1``: a name is read and bound."""
    target = node.target
    name = target.attr if isinstance(target, ast.Attribute) else None
    if isinstance(target, ast.Subscript):
        name = key_of(target.slice)
    old = read_key(m, name, target)
    evaluate(m, frame, node.value)
    m.change(old, Strength.LIKELY)
    store_key(m, name, CONSTANT if m.heap.is_constant(old) else old.union(FRESH))


def _delete(m: Machine, frame: Frame, node: ast.Delete) -> bool:
    for target in node.targets:
        delete_target(m, frame, target)
    return True


def _return(m: Machine, frame: Frame, node: ast.Return) -> bool:
    if node.value is not None:
        frame.returned.append(evaluate(m, frame, node.value))
    frame.exits.append(m.state.fork())
    return False


def _raise(m: Machine, frame: Frame, node: ast.Raise) -> bool:
    for part in (node.exc, node.cause):
        if part is not None:
            evaluate(m, frame, part)
    return False


def _assert(m: Machine, frame: Frame, node: ast.Assert) -> bool:
    evaluate_condition(m, frame, node.test)
    if node.msg is not None:
        m.uncertain += 1
        evaluate(m, frame, node.msg)
        m.uncertain -= 1
    return truth(node.test) is not False


def _define_function(m: Machine, frame: Frame, node: ast.FunctionDef) -> bool:
    define_function(m, frame, node)
    return True


def _define_class(m: Machine, frame: Frame, node: ast.ClassDef) -> bool:
    define_class(m, frame, node)
    return True


def _import(m: Machine, frame: Frame, node: ast.Import) -> bool:
    import_modules(m, frame, node)
    return True


def _import_from(m: Machine, frame: Frame, node: ast.ImportFrom) -> bool:
    import_from(m, frame, node)
    return True


def _type_alias(m: Machine, frame: Frame, node: Any) -> bool:
    bind_name(m, frame, node.name.id, FRESH, kind="helper")
    return True


_VISITORS: dict[type, Callable[[Machine, Frame, Any], bool]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _assign_annotated,
    ast.AugAssign: _assign_augmented,
    ast.Delete: _delete,
    ast.If: branches.run_if,
    ast.For: branches.run_for,
    ast.AsyncFor: branches.run_for,
    ast.While: branches.run_while,
    ast.Break: branches.run_jump,
    ast.Continue: branches.run_jump,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Try: interruptions.run_try,
    ast.TryStar: interruptions.run_try,
    ast.With: interruptions.run_with,
    ast.AsyncWith: interruptions.run_with,
    ast.Match: branches.run_match,
    ast.FunctionDef: _define_function,
    ast.AsyncFunctionDef: _define_function,
    ast.ClassDef: _define_class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
}
if hasattr(ast, "TypeAlias"):  # Python 3.12
    _VISITORS[ast.TypeAlias] = _type_alias
