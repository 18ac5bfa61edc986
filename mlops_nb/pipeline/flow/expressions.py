"""What does an expression read, change and stand for? One function per kind of node."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mlops_nb.pipeline.flow import attributes, functions
from mlops_nb.pipeline.flow.calls import evaluate_call
from mlops_nb.pipeline.flow.effects import merge_states
from mlops_nb.pipeline.flow.frames import Frame
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.mainspace import evaluate_base
from mlops_nb.pipeline.flow.names import lookup
from mlops_nb.pipeline.flow.scopes import Scope
from mlops_nb.pipeline.flow.specials import (
    COMPARISON,
    KEY,
    MEMBERSHIP,
    TEXT,
    TRUTH,
    call_specials,
    call_specials_inside,
)
from mlops_nb.pipeline.flow.targets import bind_name, bind_target
from mlops_nb.pipeline.flow.values import CONSTANT, FRESH, Value

_UNARY = ("__neg__", "__pos__", "__invert__")


def evaluate(m: Machine, frame: Frame, node: ast.expr) -> Value:
    """Run `node` in the abstract and return what it may be."""
    visit = _VISITORS.get(type(node))
    if visit is not None:
        return visit(m, frame, node)
    for child in ast.iter_child_nodes(node):  # kinds of node later Pythons add
        if isinstance(child, ast.expr):
            evaluate(m, frame, child)
    return FRESH


def truth(node: ast.expr) -> bool | None:
    """Return what the condition always is (``if False``, ``__name__ == "__main__"``), or None."""
    if isinstance(node, ast.Constant):
        return bool(node.value)
    if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING":
        return False
    if isinstance(node, ast.Attribute) and node.attr == "TYPE_CHECKING":
        return False
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = truth(node.operand)
        return None if inner is None else not inner
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
        sides = [node.left, node.comparators[0]]
        if any(isinstance(s, ast.Name) and s.id == "__name__" for s in sides):
            return any(isinstance(s, ast.Constant) and s.value == "__main__" for s in sides) or None
    return None


def evaluate_condition(m: Machine, frame: Frame, node: ast.expr) -> Value:
    """Run a condition: its truth is asked for."""
    value = evaluate(m, frame, node)
    call_specials(m, value, TRUTH)
    return value


def _constant(m: Machine, frame: Frame, node: ast.Constant) -> Value:
    return CONSTANT


def _name(m: Machine, frame: Frame, node: ast.Name) -> Value:
    return lookup(m, frame, node.id, node)


def _attribute(m: Machine, frame: Frame, node: ast.Attribute) -> Value:
    return attributes.read_attribute(m, evaluate(m, frame, node.value), node.attr)


def _subscript(m: Machine, frame: Frame, node: ast.Subscript) -> Value:
    base = evaluate_base(m, frame, node.value)
    index = evaluate(m, frame, node.slice)
    call_specials(m, index, KEY)
    return attributes.read_subscript(m, base, index, node.slice)


def _many(m: Machine, frame: Frame, nodes: Iterable[ast.expr]) -> list[Value]:
    return [evaluate(m, frame, n) for n in nodes]


def _sequence(m: Machine, frame: Frame, node: ast.List | ast.Tuple | ast.Set) -> Value:
    parts = _many(m, frame, node.elts)
    if isinstance(node, ast.Tuple) and all(p is CONSTANT for p in parts):
        return CONSTANT
    kind = {ast.List: "list", ast.Set: "set"}.get(type(node), "tuple")
    box = m.heap.new_value(kind)
    is_unpacked = False
    for key, part in enumerate(parts):
        is_unpacked = is_unpacked or isinstance(node.elts[key], ast.Starred)
        m.heap.hold(box, part, None if is_unpacked else key)
        if isinstance(node, ast.Set):
            call_specials_inside(m, [part], KEY)
    return box


def _dict(m: Machine, frame: Frame, node: ast.Dict) -> Value:
    box = m.heap.new_value("dict")
    for key, value in zip(node.keys, node.values, strict=True):
        part = evaluate(m, frame, value)
        if key is None:
            m.heap.hold(box, m.heap.inside(part))
            continue
        call_specials_inside(m, [evaluate(m, frame, key)], KEY)
        m.heap.hold(box, part, key.value if isinstance(key, ast.Constant) else None)
    return box


def _binary(m: Machine, frame: Frame, node: ast.BinOp) -> Value:
    spine = [node]  # a sum of a thousand terms is a thousand nodes deep
    while isinstance(spine[-1].left, ast.BinOp):
        spine.append(spine[-1].left)
    left = evaluate(m, frame, spine[-1].left)
    for part in reversed(spine):
        left = _operate(m, part, left, evaluate(m, frame, part.right))
    return left


def _operate(m: Machine, node: ast.BinOp, left: Value, right: Value) -> Value:
    if left is CONSTANT and right is CONSTANT:
        return CONSTANT
    if isinstance(node.left, ast.Constant | ast.JoinedStr) and isinstance(node.op, ast.Mod):
        call_specials_inside(m, [right], TEXT)
        return CONSTANT
    if m.heap.classes:
        found = attributes.call_operator(m, node.op, left, right)
        if found is not None:
            return found
    kind = m.heap.kind(left)
    if kind == "list":
        return m.heap.new_value(kind, holding=[m.heap.inside(left), m.heap.inside(right)])
    return _computed(m, left, right)


def _computed(m: Machine, *operands: Value) -> Value:
    """Return a new value: of frames and arrays another, if any of the operands is one."""
    for operand in operands:
        origin = m.heap.origin(operand)
        if origin in ("pandas", "numpy"):
            return Value(origin=origin)
    return FRESH


def _unary(m: Machine, frame: Frame, node: ast.UnaryOp) -> Value:
    if isinstance(node.op, ast.Not):
        evaluate_condition(m, frame, node.operand)
        return CONSTANT
    value = evaluate(m, frame, node.operand)
    call_specials(m, value, _UNARY)
    return CONSTANT if value is CONSTANT else _computed(m, value)


def _compare(m: Machine, frame: Frame, node: ast.Compare) -> Value:
    values = _many(m, frame, (node.left, *node.comparators))
    if m.heap.classes:
        call_specials_inside(m, values, COMPARISON)
        if any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
            for value in values:
                call_specials(m, value, (*MEMBERSHIP, "__hash__"))
    return _computed(m, *values[:2])


def _boolean(m: Machine, frame: Frame, node: ast.BoolOp) -> Value:
    result = evaluate_condition(m, frame, node.values[0])
    before = m.state.fork()
    m.uncertain += 1
    for part in node.values[1:]:
        result = result.union(evaluate_condition(m, frame, part))
    m.uncertain -= 1
    m.go_to(merge_states(before, m.state))
    return result


def _choice(m: Machine, frame: Frame, node: ast.IfExp) -> Value:
    evaluate_condition(m, frame, node.test)
    known = truth(node.test)
    if known is not None:
        return evaluate(m, frame, node.body if known else node.orelse)
    before = m.state.fork()
    m.uncertain += 1
    first = evaluate(m, frame, node.body)
    after_first = m.state
    m.go_to(before)
    second = evaluate(m, frame, node.orelse)
    m.uncertain -= 1
    m.go_to(merge_states(after_first, m.state))
    return first.union(second)


def _walrus(m: Machine, frame: Frame, node: ast.NamedExpr) -> Value:
    value = evaluate(m, frame, node.value)
    owner = frame
    while owner.kind == "comprehension" and owner.parent is not None:
        owner = owner.parent
    bind_name(m, owner, node.target.id, value)
    return value


def _lambda(m: Machine, frame: Frame, node: ast.Lambda) -> Value:
    return functions.make_function(m, frame, node, "<lambda>")


def _text(m: Machine, frame: Frame, node: ast.expr) -> Value:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            value = evaluate(m, frame, child)
            if m.heap.classes and value.objects:
                attributes.call_special(m, value, "__format__", "__str__", "__repr__")
    return CONSTANT


def _inner(m: Machine, frame: Frame, node: Any) -> Value:
    value = evaluate(m, frame, node.value)
    return functions.iterate(m, value) if isinstance(node, ast.Starred) else value


def _yield(m: Machine, frame: Frame, node: ast.Yield | ast.YieldFrom) -> Value:
    if node.value is not None:
        value = evaluate(m, frame, node.value)
        if isinstance(node, ast.YieldFrom):
            value = functions.iterate(m, value)
        owner = frame
        while owner.kind == "comprehension" and owner.parent is not None:
            owner = owner.parent
        owner.returned.append(value)
    return FRESH


def _slice(m: Machine, frame: Frame, node: ast.Slice) -> Value:
    for part in (node.lower, node.upper, node.step):
        if part is not None:
            evaluate(m, frame, part)
    return CONSTANT


def _comprehension(m: Machine, frame: Frame, node: Any) -> Value:
    parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    first = evaluate(m, frame, node.generators[0].iter)
    items = _run_generators(m, frame, node.generators, first, parts)
    kinds = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict"}
    result = m.heap.new_value(kinds.get(type(node), "iterator"), holding=items)
    if isinstance(node, ast.GeneratorExp):
        m.heap.follow(result, [first])
    return result


def _run_generators(
    m: Machine,
    frame: Frame,
    generators: Sequence[ast.comprehension],
    first: Value,
    parts: Sequence[ast.expr],
) -> list[Value]:
    inner = Frame("comprehension", frame, Scope(local=frozenset()))
    before = m.state.fork()
    m.uncertain += 1
    for number, generator in enumerate(generators):
        source = first if number == 0 else evaluate(m, inner, generator.iter)
        bind_target(m, inner, generator.target, functions.iterate(m, source))
        for condition in generator.ifs:
            evaluate_condition(m, inner, condition)
    items = [evaluate(m, inner, part) for part in parts]
    m.uncertain -= 1
    m.go_to(merge_states(before, m.state))
    return items


_VISITORS: dict[type, Callable[[Machine, Frame, Any], Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: evaluate_call,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.IfExp: _choice,
    ast.NamedExpr: _walrus,
    ast.Lambda: _lambda,
    ast.JoinedStr: _text,
    ast.FormattedValue: _text,
    ast.Starred: _inner,
    ast.Await: _inner,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Slice: _slice,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
}
