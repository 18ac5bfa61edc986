"""What happens when a notebook function runs? Its parameters are bound, and its body is walked."""

from __future__ import annotations

import ast

from mlops_nb.pipeline.flow.callables import Function
from mlops_nb.pipeline.flow.effects import merge_states
from mlops_nb.pipeline.flow.frames import Arguments, Frame
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.values import FRESH, Value, union_all


def enter(m: Machine, function: Function, arguments: Arguments) -> Frame:
    """Return the frame of a call, its parameters bound."""
    frame = Frame("function", function.frame, function.scope, function=function.name)
    frame.owner = function.owner
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
    return frame


def _named_argument(
    named: dict[str, Value], name: str, arguments: Arguments, function: Function
) -> Value:
    value = named.pop(name, None)
    if value is not None:
        return value
    default = function.defaults.get(name)
    if arguments.rest is None:
        return FRESH if default is None else default
    return arguments.rest if default is None else default.union(arguments.rest)


def run_body(m: Machine, frame: Frame, function: Function, arguments: Arguments) -> Value:
    """Walk the body of `function` in `frame`, and return what the call gives."""
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
    if not is_generator:
        return union_all(frame.returned)
    items = m.heap.new_value("iterator", holding=frame.returned)
    for number in items.objects:
        known = m.heap.pending.get(number)
        if known is not None and known[1] != arguments:
            arguments = Arguments(rest=union_all([*known[1].all(), *arguments.all()]))
        m.heap.pending[number] = (function, arguments)
    return items
