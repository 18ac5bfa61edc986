"""What does a call of a notebook function do? Its body is run with the arguments of that call.

Names it reads are looked up at call time, as Python does. The cost is bounded by the code, whatever
the ways through it: objects made in recursion and by many calls stand for one another, calls alike
are remembered, and each costs its size out of the cell's budget. Very long chains and a spent
budget end in the coarser answer of `coarse`.
"""

from __future__ import annotations

from typing import Any

from mlops_nb.pipeline.flow import callables
from mlops_nb.pipeline.flow.attributes import call_special
from mlops_nb.pipeline.flow.bodies import enter, run_body
from mlops_nb.pipeline.flow.coarse import call_coarsely
from mlops_nb.pipeline.flow.effects import merge_states
from mlops_nb.pipeline.flow.frames import Arguments, Frame
from mlops_nb.pipeline.flow.machine import Machine, SpentError
from mlops_nb.pipeline.flow.recursion import call_again
from mlops_nb.pipeline.flow.scopes import FunctionNode, function_scope
from mlops_nb.pipeline.flow.values import FRESH, Strength, Value, union_all

_MAX_DEPTH = 25
_MAX_REENTRY = 1
# Objects in the arguments of a call up to which it costs its size, and not a multiple.
_LIGHT = 16


def make_function(m: Machine, frame: Frame, node: FunctionNode, name: str) -> Value:
    """Return the function `node` defines; defaults run now, the body when it is called."""
    function = _function(m, frame, node, name)
    args = node.args
    positional = [*args.posonlyargs, *args.args]
    for parameter, default in zip(reversed(positional), reversed(args.defaults), strict=False):
        _set_default(m, function, parameter.arg, m.evaluate(m, frame, default))
    for parameter, keyword_default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if keyword_default is not None:
            _set_default(m, function, parameter.arg, m.evaluate(m, frame, keyword_default))
    return Value(frozenset({m.heap.new("function")}), calls=(function,))


def _function(m: Machine, frame: Frame, node: FunctionNode, name: str) -> callables.Function:
    """Return a new function; in rounds of recursion, one stands for all that a text makes."""
    known: callables.Function | None = None if m.rounds is None else m.rounds.made.get(node)
    if known is not None:
        known.frame = frame
        return known
    function = callables.Function(name, node, frame, function_scope(node))
    if m.rounds is not None:
        m.rounds.made[node] = function
    return function


def _set_default(m: Machine, function: callables.Function, name: str, default: Value) -> None:
    value = m.heap.materialise(default)
    known = function.defaults.get(name)
    function.defaults[name] = value if known is None else known.union(value)


def invoke(m: Machine, value: Value, arguments: Arguments) -> Value:
    """Run whatever calling `value` runs, and return what it gives; `FRESH` if that is unknown."""
    results = []
    is_choice = len(value.calls) > 1
    m.spend(len(value.calls))
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
    if isinstance(target, callables.Unfollowed):
        return call_coarsely(m, target.target, arguments)
    if isinstance(target, callables.LibraryMethod):
        m.change(target.this, Strength.SURE)
        for value in arguments.all():
            m.heap.hold(target.this, value)
    return FRESH


def _instantiate(m: Machine, owner: callables.Class, arguments: Arguments) -> Value:
    this = m.heap.new_value("instance")
    for number in this.objects:
        m.heap.set_class(number, owner)
    origin = owner.origin()
    if origin:
        m.heap.origins.update(dict.fromkeys(this.objects, origin))
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
    """Follow a call as far as the budget lasts; the outermost takes the coarser answer instead."""
    if m.stack:
        return _follow(m, function, arguments)
    mark = m.mark()
    before = m.state.fork()
    try:
        return _follow(m, function, arguments)
    except (SpentError, RecursionError):
        m.return_to(mark)
        m.go_to(merge_states(before, m.state))
        return call_coarsely(m, function, arguments)


def _follow(m: Machine, function: callables.Function, arguments: Arguments) -> Value:
    key = (function, arguments, m.uncertain > 0, m.guarded > 0)
    known = m.memo.get(key)
    if known is not None and known[0] == m.heap.version:
        m.spend(1)
        result: Value = known[1]
        return result
    n_running = sum(1 for running in m.stack if running is function)
    if n_running >= _MAX_REENTRY:
        return call_again(m, function, arguments)
    if len(m.stack) >= _MAX_DEPTH:
        return call_coarsely(m, function, arguments)
    weight = sum(len(v.objects) + len(v.near) for v in arguments.all())
    m.spend(function.size * (1 + weight // _LIGHT))
    version = m.version
    m.stack.append(function)
    m.n_reentered += n_running > 0
    outer, m.heap.run = m.heap.run, m.next_run(function)
    result = run_body(m, enter(m, function, arguments), function, arguments)
    m.stack.pop()
    m.n_reentered -= n_running > 0
    m.heap.run = outer
    if m.version == version:
        m.memo[key] = (m.heap.version, result)
    return result


def invoke_loosely(m: Machine, value: Value, near: Value, *, without: str = "") -> Value:
    """Note that something unknown may call `value`, or a method of it, with parts of `near`.

    Methods whose names start with `without` are not called.

    Returns what calling `value` itself gives.
    """
    result = FRESH
    if not value.calls and not m.heap.classes:
        return result
    m.uncertain += 1
    before = m.state.fork()
    if value.calls:
        result = invoke(m, Value(calls=value.calls), Arguments(rest=near))
    for number, owner in m.heap.instance_classes(value):
        this = Value(frozenset({number}))
        for member in owner.family():
            for name, attribute in member.names.items():
                if without and name.startswith(without):
                    continue
                for call in attribute.calls:
                    if isinstance(call, callables.Function) and name != "__init__":
                        _call(m, call, Arguments(positional=(this,), rest=near))
    m.go_to(merge_states(before, m.state))
    m.uncertain -= 1
    return result


def iterate(m: Machine, value: Value) -> Value:
    """Return what one element of `value` may be; an iterator is used up, a generator runs."""
    if value is FRESH:
        return FRESH
    consume(m, value)
    special = call_special(m, value, "__iter__", "__next__", "__getitem__", "__len__")
    if special is not None:
        return m.heap.inside(special).union(special)
    return m.heap.inside(value)


def consume(m: Machine, value: Value) -> None:
    """Note that `value` is used up if it is an iterator, and read on if it is a file."""
    kind = m.heap.kind(value)
    if kind == "file":
        m.change(value, Strength.SURE)
    elif kind == "iterator":
        m.change(value, Strength.SURE)
        for number in value.objects:
            pending = m.heap.pending.get(number)
            if pending is not None:
                m.uncertain += 1
                _call(m, *pending)
                m.uncertain -= 1
