"""What may calls do that are not followed? Everything that the code they reach mentions.

The answer where following costs too much: recursion, very long chains, a budget that is spent. It
may say too much, never too little: each name mentioned is read, what it stands for may be changed,
names declared global may be bound, and calling what comes out does all of it again. Its cost grows
with the code that is reached.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from mlops_nb.pipeline.flow import callables
from mlops_nb.pipeline.flow.carriers import (
    constant_text,
    expression_names,
    looks_like_formula,
    query_names,
    table_names,
)
from mlops_nb.pipeline.flow.effects import merge_states
from mlops_nb.pipeline.flow.frames import Arguments
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.names import lookup
from mlops_nb.pipeline.flow.scopes import FunctionNode, free_names
from mlops_nb.pipeline.flow.values import FRESH, IMMUTABLE, NAMESPACE, NAMESPACES, Strength, Value

# What a function can do to names that it does not mention.
_BARRIERS = frozenset({"exec", "globals", "get_ipython"})
_LOOKERS = frozenset({"eval", "getattr"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """What the text of a function mentions.

    Attributes
    ----------
    names : tuple of str
        Its free names.
    in_texts : tuple of str
        Words of its strings that may be names.
    stored : tuple of str
        Names declared global.
    has_modules : bool
        True if it says ``sys.modules``, where the notebook itself may be looked up.
    """

    names: tuple[str, ...]
    in_texts: tuple[str, ...]
    stored: tuple[str, ...]
    has_modules: bool


@dataclass(slots=True)
class _Reach:
    """What has been reached: callables and objects, each looked at once."""

    todo: list[Any] = field(default_factory=list)
    seen: set[Any] = field(default_factory=set)
    objects: set[int] = field(default_factory=set)
    classes: dict[Any, None] = field(default_factory=dict)

    def add(self, targets: tuple[Any, ...]) -> None:
        for target in targets:
            if target not in self.seen:
                self.seen.add(target)
                self.todo.append(target)


def mentions_of(node: FunctionNode) -> Mentions:
    """Return what a function mentions, the functions inside it included."""
    texts: list[str] = []
    stored: dict[str, None] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.Global):
            stored.update(dict.fromkeys(part.names))
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            texts += query_names(part.value)
            texts += table_names(part.value)
            if looks_like_formula(part.value):
                texts += expression_names(part.value)
        elif isinstance(part, ast.Call) and getattr(part.func, "attr", "") == "eval":
            texts += expression_names(" ".join(constant_text(a) or "" for a in part.args))
    return Mentions(
        names=tuple(sorted(free_names(node))),
        in_texts=tuple(sorted(set(texts))),
        stored=tuple(stored),
        has_modules=any(getattr(n, "attr", "") == "modules" for n in ast.walk(node)),
    )


def call_coarsely(m: Machine, target: Any, arguments: Arguments) -> Value:
    """Do whatever a call of `target` may do, and return anything it may give."""
    passed = arguments.all()
    key = ("coarse", target, arguments)
    known = m.memo.get(key)
    if known is not None and known[0] == m.heap.version:
        remembered: Value = known[1]
        return remembered
    m.uncertain += 1
    before = m.state.fork()
    reach = _Reach()
    reach.add((target,))
    for value in passed:
        _reach_value(m, reach, value)
    while reach.todo:
        _reach_target(m, reach, reach.todo.pop())
    m.budget -= len(reach.objects) + len(reach.seen)
    near = frozenset((o, Strength.LIKELY) for o in reach.objects)
    result = Value(near=near, calls=(callables.Unfollowed(target),))
    if reach.classes:
        result = m.heap.materialise(result)
        for number in result.objects:
            for owner in reach.classes:
                m.heap.set_class(number, owner)
    m.go_to(merge_states(before, m.state))
    m.uncertain -= 1
    m.memo[key] = (m.heap.version, result)
    return result


def touch_all_inside(m: Machine, passed: list[Value]) -> None:
    """Note that `passed` and everything they hold may be changed."""
    reach = _Reach()
    for value in passed:
        _reach_value(m, reach, value)
    m.spend(len(reach.objects))


def _reach_value(m: Machine, reach: _Reach, value: Value) -> None:
    """Change `value` and all it holds; what it can be called for is reached."""
    todo = [value]
    while todo:
        current = todo.pop()
        reach.add(current.calls)
        m.touch([current] if current.module in NAMESPACES else [], Strength.LIKELY)
        numbers = {o for o in current.objects if o > IMMUTABLE}
        numbers |= {o for o, _ in current.near}
        for number in numbers - reach.objects:
            reach.objects.add(number)
            if m.heap.kinds.get(number) not in {"function", "class"}:
                m.change(Value(frozenset({number})), Strength.LIKELY)
            reach.add(m.heap.classes.get(number, ()))
            pending = m.heap.pending.get(number)
            if pending is not None:
                reach.add(pending[:1])
                todo += pending[1].all()
            held = m.heap.held.get(number)
            if held is not None:
                todo.append(held)
            near = m.heap.near.get(number)
            if near is not None:
                todo.append(Value(near=near))


def _reach_target(m: Machine, reach: _Reach, target: Any) -> None:
    if isinstance(target, callables.Function):
        _reach_function(m, reach, target)
    elif isinstance(target, callables.Class):
        reach.classes[target] = None
        for value in (*target.names.values(), *target.bases):
            _reach_value(m, reach, value)
    elif isinstance(target, callables.Bound):
        reach.add((target.function,))
        _reach_value(m, reach, target.this)
    elif isinstance(target, callables.Partial):
        for value in (target.target, *target.arguments.all()):
            _reach_value(m, reach, value)
    elif isinstance(target, callables.LibraryMethod):
        _reach_value(m, reach, target.this)
    elif isinstance(target, callables.Super):
        reach.add((target.owner,))
    elif isinstance(target, callables.Unfollowed):
        reach.add((target.target,))


def _reach_function(m: Machine, reach: _Reach, function: callables.Function) -> None:
    if function.mentions is None:
        function.mentions = mentions_of(function.node)
    mentions: Mentions = function.mentions
    for value in function.defaults.values():
        _reach_value(m, reach, value)
    for name in mentions.names:
        value = lookup(m, function.frame, name)
        if value.module:
            if name in _BARRIERS or name in _LOOKERS:
                m.note_opaque(name)
                m.effects.rebinds = m.effects.rebinds or name in _BARRIERS
            elif value.module in NAMESPACES or (value.module == "sys" and mentions.has_modules):
                m.touch([Value(module=NAMESPACE)], Strength.LIKELY)
            continue
        _reach_value(m, reach, value)
    for name in mentions.in_texts:
        if m.is_bound(name):
            _reach_value(m, reach, lookup(m, function.frame, name))
    for name in mentions.stored:
        if m.is_bound(name):
            _reach_value(m, reach, m.read_global(name))
        m.bind_global(name, FRESH)
