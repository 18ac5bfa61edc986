"""What does a call of a notebook function do? Its body is run with the arguments of that call.

Names it reads are looked up at call time, as Python does. Recursion and very long chains of calls
end in a coarser answer: every name the functions mention is read, every argument may be changed.
"""

from __future__ import annotations

import ast
from typing import Any

from mlops_nb.pipeline.flow import callables
from mlops_nb.pipeline.flow.attributes import call_special
from mlops_nb.pipeline.flow.effects import merge_states
from mlops_nb.pipeline.flow.machine import Arguments, Frame, Machine
from mlops_nb.pipeline.flow.scopes import FunctionNode, free_names, function_scope
from mlops_nb.pipeline.flow.values import FRESH, Strength, Value, union_all

_MAX_DEPTH = 25
_MAX_REENTRY = 3


def lookup(m: Machine, frame: Frame, name: str, node: ast.AST | None = None) -> Value:
    """Return what `name` stands for in `frame`: local, enclosing, or the notebook's."""
    current: Frame | None = frame
    while current is not None and current.kind != "module":
        if name in current.names and (current.kind != "class" or current is frame):
            return current.names[name]
        if name in current.scope.declared_global:
            break
        if name in current.scope.local and current.kind == "function":
            return FRESH
        current = current.parent
    return m.read_global(name, node)


def make_function(m: Machine, frame: Frame, node: FunctionNode, name: str) -> Value:
    """Return the function `node` defines; defaults run now, the body when it is called."""
    function = callables.Function(name, node, frame, function_scope(node))
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    for parameter, default in zip(reversed(positional), reversed(args.defaults), strict=False):
        function.defaults[parameter.arg] = m.heap.materialise(m.evaluate(m, frame, default))
    for parameter, keyword_default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if keyword_default is not None:
            value = m.heap.materialise(m.evaluate(m, frame, keyword_default))
            function.defaults[parameter.arg] = value
    return Value(frozenset({m.heap.new("function")}), calls=(function,))


def invoke(m: Machine, value: Value, arguments: Arguments) -> Value:
    """Run whatever calling `value` runs, and return what it gives; `FRESH` if that is unknown."""
    results = []
    is_choice = len(value.calls) > 1
    m.uncertain += is_choice
    for target in value.calls:
        before = m.state.fork() if is_choice else None
        results.append(_invoke_one(m, target, arguments))
        if before is not None:
            m.go_to(merge_states(before, m.state))
    m.uncertain -= is_choice
    special = call_special(m, value, "__call__", "forward", arguments=arguments)
    if special is not None:
        results.append(special)
    return union_all(results)


def _invoke_one(m: Machine, target: Any, arguments: Arguments) -> Value:
    if isinstance(target, callables.Function):
        return _call(m, target, arguments)
    if isinstance(target, callables.Bound):
        with_this = Arguments(
            positional=(target.this, *arguments.positional),
            keywords=arguments.keywords,
            rest=arguments.rest,
        )
        return _call(m, target.function, with_this)
    if isinstance(target, callables.Class):
        return _instantiate(m, target, arguments)
    if isinstance(target, callables.Partial):
        known = target.arguments
        return invoke(
            m,
            target.target,
            Arguments(
                positional=(*known.positional, *arguments.positional),
                keywords=(*known.keywords, *arguments.keywords),
                rest=arguments.rest if known.rest is None else known.rest,
            ),
        )
    if isinstance(target, callables.LibraryMethod):
        m.change(target.this, Strength.SURE)
        for value in arguments.all():
            m.heap.hold(target.this, value)
    return FRESH


def _instantiate(m: Machine, owner: callables.Class, arguments: Arguments) -> Value:
    this = m.heap.new_value("instance")
    for number in this.objects:
        m.heap.classes[number] = (owner,)
    has_own = False
    for name in ("__init__", "__post_init__"):
        attribute = owner.find(name)
        if attribute is not None:
            has_own = has_own or name == "__init__"
            for call in attribute.calls:
                if isinstance(call, callables.Function):
                    passed = arguments.positional if name == "__init__" else ()
                    _call(
                        m,
                        call,
                        Arguments(
                            positional=(this, *passed),
                            keywords=arguments.keywords if passed or name == "__init__" else (),
                            rest=arguments.rest,
                        ),
                    )
    if not has_own:
        for key, value in arguments.keywords:
            m.heap.hold(this, value, key)
        for value in (*arguments.positional, *([arguments.rest] if arguments.rest else [])):
            m.heap.hold(this, value)
    return this


def _call(m: Machine, function: callables.Function, arguments: Arguments) -> Value:
    n_running = sum(1 for running in m.stack if running is function)
    m.budget -= 1
    if n_running >= _MAX_REENTRY or len(m.stack) >= _MAX_DEPTH or m.budget < 0:
        return _call_coarsely(m, function, arguments)
    key = (function, arguments, m.uncertain > 0)
    known = m.memo.get(key)
    if known is not None:
        return known
    version = m.version
    m.stack.append(function)
    try:
        result = _run(m, function, arguments)
    finally:
        m.stack.pop()
    if m.version == version:
        m.memo[key] = result
    return result


def _run(m: Machine, function: callables.Function, arguments: Arguments) -> Value:
    frame = Frame("function", function.frame, function.scope, function=function.name)
    frame.owner = function.owner
    _pass_arguments(m, frame, function, arguments)
    node = function.node
    if isinstance(node, ast.Lambda):
        return m.evaluate(m, frame, node.body)
    is_generator = function.scope.is_generator
    m.uncertain += is_generator
    falls_through = m.execute(m, frame, node.body)
    m.uncertain -= is_generator
    ends = [*frame.exits, m.state] if falls_through else frame.exits
    if ends:
        state = ends[0]
        for other in ends[1:]:
            state = merge_states(state, other)
        m.go_to(state)
    if is_generator:
        items = m.heap.new_value("iterator", holding=frame.returned)
        for number in items.objects:
            m.heap.pending[number] = (function, arguments)
        return items
    return union_all(frame.returned)


def _pass_arguments(
    m: Machine, frame: Frame, function: callables.Function, arguments: Arguments
) -> None:
    args = function.node.args
    positional = [a.arg for a in (*args.posonlyargs, *args.args)]
    named = dict(arguments.keywords)
    for number, name in enumerate(positional):
        if number < len(arguments.positional):
            value = arguments.positional[number]
        else:
            value = _named_argument(named, name, arguments, function)
        frame.names[name] = m.heap.materialise(value)
    for parameter in args.kwonlyargs:
        value = _named_argument(named, parameter.arg, arguments, function)
        frame.names[parameter.arg] = m.heap.materialise(value)
    rest = [] if arguments.rest is None else [arguments.rest]
    if args.vararg is not None:
        extra = [*arguments.positional[len(positional) :], *rest]
        frame.names[args.vararg.arg] = m.heap.new_value("tuple", holding=extra)
    if args.kwarg is not None:
        frame.names[args.kwarg.arg] = m.heap.new_value("dict", holding=[*named.values(), *rest])
    if positional:
        frame.this = frame.names[positional[0]]


def _named_argument(
    named: dict[str, Value], name: str, arguments: Arguments, function: callables.Function
) -> Value:
    value = named.pop(name, None)
    if value is not None:
        return value
    default = function.defaults.get(name)
    if arguments.rest is None:
        return FRESH if default is None else default
    return arguments.rest if default is None else default.union(arguments.rest)


def _call_coarsely(m: Machine, function: callables.Function, arguments: Arguments) -> Value:
    """Note every name that the function, and what it may call, mentions."""
    m.touch(arguments.all(), Strength.LIKELY)
    m.uncertain += 1
    todo, done = [function], set()
    while todo:
        current = todo.pop()
        if current in done:
            continue
        done.add(current)
        if current.mentions is None:
            current.mentions = free_names(current.node)
        for name in sorted(current.mentions):
            value = lookup(m, current.frame, name)
            todo += [c for c in value.calls if isinstance(c, callables.Function)]
            todo += [
                f
                for c in value.calls
                if isinstance(c, callables.Class)
                for attribute in c.names.values()
                for f in attribute.calls
                if isinstance(f, callables.Function)
            ]
    m.uncertain -= 1
    return FRESH


def invoke_loosely(m: Machine, value: Value, near: Value) -> None:
    """Note that something unknown may call `value`, or a method of it, with parts of `near`."""
    if not value.calls and not m.heap.classes:
        return
    m.uncertain += 1
    before = m.state.fork()
    if value.calls:
        invoke(m, Value(calls=value.calls), Arguments(rest=near))
    for number, owner in m.heap.instance_classes(value):
        this = Value(frozenset({number}))
        for member in owner.family():
            for name, attribute in member.names.items():
                for call in attribute.calls:
                    if isinstance(call, callables.Function) and name != "__init__":
                        _call(m, call, Arguments(positional=(this,), rest=near))
    m.go_to(merge_states(before, m.state))
    m.uncertain -= 1


def iterate(m: Machine, value: Value) -> Value:
    """Return what one element of `value` may be; an iterator is used up, a generator runs."""
    if value is FRESH:
        return FRESH
    consume(m, value)
    special = call_special(m, value, "__iter__", "__next__", "__getitem__")
    if special is not None:
        return m.heap.inside(special).union(special)
    return m.heap.inside(value)


def consume(m: Machine, value: Value) -> None:
    """Note that `value` is used up if it is an iterator."""
    if m.heap.kind(value) == "iterator":
        m.change(value, Strength.SURE)
        for number in value.objects:
            pending = m.heap.pending.get(number)
            if pending is not None:
                m.uncertain += 1
                _call(m, *pending)
                m.uncertain -= 1


def lookup_path(m: Machine, frame: Frame, node: ast.expr) -> str:
    """Return the dotted library path `node` stands for, or ``""``."""
    if isinstance(node, ast.Name):
        return lookup(m, frame, node.id, node).module
    if isinstance(node, ast.Attribute):
        owner = lookup_path(m, frame, node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""
