"""What do the deeper calls of functions that call themselves do? One run stands for all of them.

Its parameters are whatever any of the deeper calls passes, and it gives what any of them gives. It
is run again, round after round, until nothing grows: then another call would do nothing new. In a
round each function is run once, so that a round costs the text of the functions in the circle.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mlops_nb.pipeline.flow.bodies import enter, run_body
from mlops_nb.pipeline.flow.callables import Function
from mlops_nb.pipeline.flow.coarse import call_coarsely, touch_all_inside
from mlops_nb.pipeline.flow.effects import merge_states
from mlops_nb.pipeline.flow.frames import Arguments, Frame
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.scopes import FunctionNode
from mlops_nb.pipeline.flow.values import FRESH, Value

_MOST_ROUNDS = 6
_MOST_DEPTH = 40
# Objects among the parameters up to which a run costs its size, and not a multiple.
_LIGHT = 16


@dataclass(slots=True)
class _Deeper:
    """The deeper calls of one function: what its parameters stand for, and what comes out."""

    names: dict[str, Value] = field(default_factory=dict)
    this: Value | None = None
    result: Value | None = None
    round: int = 0

    def join(self, frame: Frame) -> bool:
        """Add the parameters of one more call, and return whether that made them more."""
        has_grown = False
        for name, value in frame.names.items():
            known = self.names.get(name)
            joined = value if known is None else known.union(value)
            if joined != known:
                self.names[name] = joined
                has_grown = True
        self.this = frame.this if self.this is None else self.this.union(frame.this)
        return has_grown

    def give(self, result: Value) -> bool:
        """Add what one more run gave, and return whether that is new."""
        joined = result if self.result is None else self.result.union(result)
        has_grown = joined != self.result
        self.result = joined
        return has_grown


@dataclass(slots=True)
class Rounds:
    """The rounds that are being run, the functions in the circle, and those made on the way."""

    number: int = 0
    has_grown: bool = False
    deeper: dict[Function, _Deeper] = field(default_factory=dict)
    made: dict[FunctionNode, Function] = field(default_factory=dict)


def call_again(m: Machine, function: Function, arguments: Arguments) -> Value:
    """Call a function that is running already."""
    if m.rounds is not None:
        return _take_part(m, m.rounds, function, arguments)
    rounds = m.rounds = Rounds()
    m.uncertain += 1
    m.n_reentered += 1
    result = FRESH
    for number in range(1, _MOST_ROUNDS + 1):
        rounds.number, rounds.has_grown = number, False
        before, version = m.state.fork(), m.heap.version
        result = _take_part(m, rounds, function, arguments)
        m.go_to(merge_states(before, m.state))
        has_grown = rounds.has_grown or m.heap.version != version
        if not has_grown and m.state.names == before.names:
            break
        m.forget()
    else:
        _give_up(m, rounds)
    m.rounds = None
    m.uncertain -= 1
    m.n_reentered -= 1
    return result


def _take_part(m: Machine, rounds: Rounds, function: Function, arguments: Arguments) -> Value:
    """Add a call to the circle; its function is run unless this round has run it."""
    if len(m.stack) >= _MOST_DEPTH:
        return call_coarsely(m, function, arguments)
    known = rounds.deeper.setdefault(function, _Deeper())
    outer, m.heap.run = m.heap.run, m.next_run(function)
    frame = enter(m, function, arguments)
    rounds.has_grown |= known.join(frame)
    if known.round != rounds.number:
        known.round = rounds.number
        frame.names = dict(known.names)
        frame.this = FRESH if known.this is None else known.this
        weight = sum(len(v.objects) + len(v.near) for v in frame.names.values())
        m.spend(function.size * (1 + weight // _LIGHT))
        m.stack.append(function)
        rounds.has_grown |= known.give(run_body(m, frame, function, arguments))
        m.stack.pop()
    m.heap.run = outer
    return FRESH if known.result is None else known.result


def _give_up(m: Machine, rounds: Rounds) -> None:
    """Note that whatever came into the circle may be changed: it never came to rest."""
    m.rounds = None
    for known in rounds.deeper.values():
        passed = list(known.names.values())
        touch_all_inside(m, passed)
        for value in passed:
            for target in value.calls:
                call_coarsely(m, target, Arguments())
