"""What may calls do that are not followed? Whatever the texts of the code they reach could do.

The answer where following costs too much: recursion, very long chains, a budget that is spent. It
may say too much, never too little: each name mentioned is read, what the texts may change of it is
changed (`sharing`), names declared global may be bound, and calling what comes out does all of it
again. Its cost grows with the code that is reached.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from mlops_nb.pipeline.flow import callables
from mlops_nb.pipeline.flow.carriers import (
    DESIGNS,
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
from mlops_nb.pipeline.flow.sharing import RESULT, USED_UP, Sharing
from mlops_nb.pipeline.flow.text_facts import TextFacts
from mlops_nb.pipeline.flow.text_reading import read_text
from mlops_nb.pipeline.flow.values import FRESH, IMMUTABLE, NAMESPACE, NAMESPACES, Strength, Value

# Contents that are told apart, and pairs of a box and an item that are put together one by one.
_MOST_GROUPS = 20
_MOST_PUT = 100
_NONE: frozenset[tuple[int, Strength]] = frozenset()
# Functions whose mentions are remembered: they are made again in each round of a loop.
_MOST_KEPT = 512
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
    facts : TextFacts
        What it does to what it mentions.
    """

    names: tuple[str, ...]
    in_texts: tuple[str, ...]
    stored: tuple[str, ...]
    has_modules: bool
    facts: TextFacts


@dataclass(slots=True)
class _Reach:
    """What has been reached: callables and objects, each looked at once."""

    sharing: Sharing
    todo: list[Any] = field(default_factory=list)
    seen: set[Any] = field(default_factory=set)
    objects: set[int] = field(default_factory=set)
    classes: dict[callables.Class, None] = field(default_factory=dict)

    def add(self, targets: tuple[Any, ...], *, is_value: bool = False) -> None:
        """Reach callables; `is_value`: they may be called by whoever has them."""
        for target in targets:
            if is_value and isinstance(target, callables.Function):
                self.sharing.escaped.add(target)
            if target not in self.seen:
                self.seen.add(target)
                self.todo.append(target)


def _takes_names(function: ast.expr) -> bool:
    name = getattr(function, "attr", "") or getattr(function, "id", "")
    return name in DESIGNS or name in ("eval", "evaluate")


@lru_cache(maxsize=_MOST_KEPT)
def mentions_of(node: FunctionNode) -> Mentions:
    """Return what a function mentions, the functions inside it included."""
    texts: list[str] = []
    stored: dict[str, None] = {}
    nodes = list(ast.walk(node))
    for part in nodes:
        if isinstance(part, ast.Global):
            stored.update(dict.fromkeys(part.names))
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            texts += query_names(part.value)
            texts += table_names(part.value)
            if looks_like_formula(part.value):
                texts += expression_names(part.value)
        elif isinstance(part, ast.Call) and _takes_names(part.func):
            texts += expression_names(" ".join(constant_text(a) or "" for a in part.args))
    return Mentions(
        names=tuple(sorted(free_names(node))),
        in_texts=tuple(sorted(set(texts))),
        stored=tuple(stored),
        has_modules=any(getattr(n, "attr", "") == "modules" for n in nodes),
        facts=read_text(node),
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
    sharing = Sharing(m=m)
    reach = _reach_all(m, _Reach(sharing), target, passed)
    sharing.enter(target, arguments)
    sharing.settle()
    _change(m, reach)
    _fill(m, reach)
    m.budget -= len(reach.objects) + len(reach.seen)
    result = _result(m, reach, target)
    m.go_to(merge_states(before, m.state))
    m.uncertain -= 1
    m.memo[key] = (m.heap.version, result)
    return result


def _result(m: Machine, reach: _Reach, target: Any) -> Value:
    """Return what may come out: objects that flow to the call's result or into it, or new ones."""
    sharing = reach.sharing
    given = sharing.origins(sharing.within(RESULT))
    near = frozenset((o, Strength.LIKELY) for o in reach.objects if sharing.find(o) in given)
    core = target.target if isinstance(target, callables.Unfollowed) else target
    result = Value(near=near, calls=(callables.Unfollowed(core),))
    keys = {o: (("class", o), ("new", o)) for o in reach.classes}
    owners = [o for o, both in keys.items() if not given.isdisjoint(map(sharing.find, both))]
    if owners:
        result = m.heap.materialise(result)
        for number in result.objects:
            for owner in owners:
                m.heap.set_class(number, owner)
    return result


def touch_all_inside(m: Machine, passed: list[Value]) -> None:
    """Note that `passed` and everything they hold may be changed."""
    reach = _Reach(Sharing(m=m))
    for value in passed:
        _reach_value(m, reach, value)
    reach.sharing.is_clear = False
    _change(m, reach)
    m.spend(len(reach.objects))


def _change(m: Machine, reach: _Reach) -> None:
    """Change what may be changed of the objects that are reached."""
    sharing, heap = reach.sharing, m.heap
    changed = sharing.origins(sharing.changed, with_wholes=True)
    for number in sorted(reach.objects):
        kind = heap.kinds.get(number)
        if kind in {"function", "class"}:
            continue
        if kind in USED_UP or not sharing.is_clear or sharing.find(number) in changed:
            m.change(Value(frozenset({number})), Strength.LIKELY)


def _fill(m: Machine, reach: _Reach) -> None:
    """Put into objects what the texts may put there."""
    sharing = reach.sharing
    filled = sharing.origins(sharing.filled)
    groups: dict[Any, list[int]] = {}
    for number in sorted(reach.objects):
        root = sharing.find(number)
        if root in filled and root in sharing.contents:
            groups.setdefault(sharing.find(sharing.contents[root]), []).append(number)
    if len(groups) > _MOST_GROUPS:
        _put(m, reach, list(groups), [box for boxes in groups.values() for box in boxes])
        return
    for part, boxes in groups.items():
        _put(m, reach, [part], boxes)


def _put(m: Machine, reach: _Reach, parts: list[Any], boxes: list[int]) -> None:
    """Put what flows to `parts` into each of the boxes; by way of one more, if they are many."""
    sharing, heap = reach.sharing, m.heap
    inside = sharing.origins(parts)
    items = frozenset(o for o in reach.objects if sharing.find(o) in inside)
    if not items:
        return
    if len(boxes) * len(items) > _MOST_PUT:
        known = m.links.get(boxes[0])
        link = m.links[boxes[0]] = heap.new() if known is None else known
        items -= {link}
        heap.hold(Value(frozenset({link})), Value(items))
        heap.set_near(link, frozenset((item, Strength.LIKELY) for item in items))
        items = frozenset({link})
    for box in boxes:
        held = heap.held.get(box, FRESH).objects
        if not items <= held and box not in items:
            heap.hold(Value(frozenset({box})), Value(items - {box}))


def _reach_all(m: Machine, reach: _Reach, target: Any, passed: list[Value]) -> _Reach:
    reach.add((target,))
    for value in passed:
        _reach_value(m, reach, value, is_value=True)
    while reach.todo:
        _reach_target(m, reach, reach.todo.pop())
    return reach


def _reach_value(m: Machine, reach: _Reach, value: Value, *, is_value: bool = False) -> None:
    """Reach `value` and all it holds, and what they can be called for."""
    reach.add(value.calls, is_value=is_value)
    todo = [value]
    while todo:
        current = todo.pop()
        if current is not value:
            reach.add(current.calls, is_value=True)
        m.touch([current] if current.module in NAMESPACES else [], Strength.LIKELY)
        numbers = {o for o in current.objects if o > IMMUTABLE}
        numbers |= {o for o, _ in current.near}
        for number in numbers - reach.objects:
            reach.objects.add(number)
            for owner in m.heap.classes.get(number, ()):
                reach.add((owner,))
                reach.sharing.flow(("class", owner), number)
            pending = m.heap.pending.get(number)
            if pending is not None:
                reach.add(pending[:1])
                reach.sharing.enter(*pending, result=number)
                todo += pending[1].all()
            held, whole = m.heap.held.get(number, FRESH), m.heap.near.get(number, _NONE)
            reach.sharing.hold_value(number, held)
            for base, _ in whole:
                reach.sharing.put(base, number)
            todo += [held, Value(near=whole)]


def _reach_target(m: Machine, reach: _Reach, target: Any) -> None:
    if isinstance(target, callables.Function):
        _reach_function(m, reach, target)
    elif isinstance(target, callables.Class):
        reach.classes[target] = None
        reach.sharing.add_class(target)
        for value in (*target.names.values(), *target.bases):
            _reach_value(m, reach, value)
    elif isinstance(target, callables.Bound):
        reach.add((target.function,), is_value=True)
        _reach_value(m, reach, target.this)
    elif isinstance(target, callables.Partial):
        for value in (target.target, *target.arguments.all()):
            _reach_value(m, reach, value, is_value=True)
    elif isinstance(target, callables.LibraryMethod):
        _reach_value(m, reach, target.this)
    elif isinstance(target, callables.Super):
        reach.add((target.owner,))
    elif isinstance(target, callables.Unfollowed):
        reach.add((target.target,), is_value=True)


def _reach_function(m: Machine, reach: _Reach, function: callables.Function) -> None:
    if function.mentions is None:
        function.mentions = mentions_of(function.node)
    mentions: Mentions = function.mentions
    reach.sharing.add_function(function, mentions.facts, frozenset(mentions.names))
    for value in function.defaults.values():
        _reach_value(m, reach, value, is_value=True)
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
