"""What holds where a block was left early: in handlers, in ``finally``, after ``suppress``?

A body may stop at any point, so a handler meets every value that a name had on the way. What leaves
a ``try`` by ``return``, ``break`` or ``continue`` passes its ``finally`` first.
"""

from __future__ import annotations

import ast
from typing import Any

from mlops_nb.pipeline.flow import functions
from mlops_nb.pipeline.flow.attributes import call_special
from mlops_nb.pipeline.flow.effects import State, merge_bindings
from mlops_nb.pipeline.flow.frames import Frame, Jump
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.paths import Fork, merge_names
from mlops_nb.pipeline.flow.targets import bind_name, bind_target
from mlops_nb.pipeline.flow.values import FRESH, Value


def _run_interruptible(m: Machine, frame: Frame, body: list[ast.stmt]) -> tuple[bool, Fork]:
    """Return whether the end of `body` is reached, and a fork from where it may have stopped."""
    before = Fork(m, frame)
    m.passed.append({})
    frame.passed.append({})
    is_alive = m.execute(m, frame, body)
    bindings, values = m.passed.pop(), frame.passed.pop()
    stopped = Fork(m, frame)
    state = before.state.fork()
    for name, passed in bindings.items():
        state.set(name, merge_bindings(before.state.names.get(name), passed))
        if m.passed:
            known = m.passed[-1].get(name)
            m.passed[-1][name] = passed if known is None else merge_bindings(known, passed)
    stopped.state = state
    stopped.names = merge_names(before.names, values)
    if frame.passed:
        frame.passed[-1] = merge_names(frame.passed[-1], values)
    return is_alive, stopped


def run_try(m: Machine, frame: Frame, node: ast.Try | Any) -> bool:
    """Run ``try``: its body may stop anywhere, a handler that raises leaves no path."""
    early = _Early(m, frame, node.finalbody)
    fork = Fork(m, frame)
    is_guarded = bool(node.handlers)
    m.uncertain += is_guarded
    m.guarded += is_guarded
    is_alive, stopped = _run_interruptible(m, frame, node.body)
    m.guarded -= is_guarded
    if is_alive and m.execute(m, frame, node.orelse):
        fork.end()
    for handler in node.handlers:
        stopped.restart()
        if _handler(m, frame, handler):
            fork.end()
            if isinstance(node, ast.TryStar):
                stopped = _with_here(m, frame, stopped)
    m.uncertain -= is_guarded
    early.pass_through()
    is_alive = fork.join()
    if node.finalbody and (m.guarded or not is_alive):
        m.uncertain += is_alive
        early.run_aside(stopped)
        m.uncertain -= is_alive
    return is_alive and m.execute(m, frame, node.finalbody)


def _with_here(m: Machine, frame: Frame, stopped: Fork) -> Fork:
    """Return a fork from `stopped` or from here: several ``except*`` run one after the other."""
    meet = Fork(m, frame)
    meet.end()
    meet.end_at(stopped.state.fork(), stopped.names)
    meet.join()
    return Fork(m, frame)


class _Early:
    """What leaves a ``try`` early passes its ``finally``."""

    def __init__(self, m: Machine, frame: Frame, body: list[ast.stmt]) -> None:
        self.m, self.frame, self.body = m, frame, body
        self.n_exits = len(frame.exits)
        self.n_jumps = len(frame.loops[-1]) if frame.loops else 0

    def pass_through(self) -> None:
        """Run ``finally`` for what has returned and jumped since; ends of one sort as one."""
        m, frame = self.m, self.frame
        if not self.body:
            return
        here = Fork(m, frame)
        exits = frame.exits[self.n_exits :]
        del frame.exits[self.n_exits :]
        if self._pass([(state, frame.names) for state in exits]):
            frame.exits.append(m.state.fork())
        if frame.loops:
            jumps = frame.loops[-1][self.n_jumps :]
            del frame.loops[-1][self.n_jumps :]
            for is_break in (True, False):
                if self._pass([(j.state, j.names) for j in jumps if j.is_break is is_break]):
                    frame.loops[-1].append(Jump(m.state.fork(), dict(frame.names), is_break))
        here.restart()

    def _pass(self, ends: list[tuple[State, dict[str, Value]]]) -> bool:
        meet = Fork(self.m, self.frame)
        meet.ends = ends
        if not meet.join():
            return False
        self.m.uncertain += 1
        is_alive = self.m.execute(self.m, self.frame, self.body)
        self.m.uncertain -= 1
        return is_alive

    def run_aside(self, stopped: Fork) -> None:
        """Run ``finally`` for an exception that nothing here catches, and go on as before."""
        here = Fork(self.m, self.frame)
        stopped.restart()
        self.m.execute(self.m, self.frame, self.body)
        here.restart()


def _handler(m: Machine, frame: Frame, handler: ast.ExceptHandler) -> bool:
    if handler.type is not None:
        m.evaluate(m, frame, handler.type)
    if handler.name is None:
        return m.execute(m, frame, handler.body)
    is_global = frame.kind == "module" or handler.name in frame.scope.declared_global
    is_known = is_global and m.is_bound(handler.name)
    bind_name(m, frame, handler.name, FRESH)
    is_alive = m.execute(m, frame, handler.body)
    # Python unbinds the name at the end of the handler, and with it what had the name before.
    if is_known:
        m.delete_global(handler.name)
    elif is_global:
        names = dict(m.state.names)
        names.pop(handler.name, None)
        m.go_to(State(names))
    return is_alive


def run_with(m: Machine, frame: Frame, node: ast.With | ast.AsyncWith) -> bool:
    """Run ``with``; a body under ``suppress`` may stop anywhere."""
    is_suppressing = False
    entered_values = []
    for item in node.items:
        value = m.evaluate(m, frame, item.context_expr)
        entered = call_special(m, value, "__enter__", "__aenter__")
        functions.consume(m, value)
        is_suppressing = is_suppressing or _suppresses(m, item.context_expr, value)
        if item.optional_vars is not None:
            bind_target(m, frame, item.optional_vars, value if entered is None else entered)
        entered_values.append(value)
    if not is_suppressing:
        is_alive = m.execute(m, frame, node.body)
    else:
        m.uncertain += 1
        fork = Fork(m, frame)
        is_alive, stopped = _run_interruptible(m, frame, node.body)
        if is_alive:
            fork.end()
        stopped.restart()
        fork.end()
        m.uncertain -= 1
        is_alive = fork.join()
    for value in reversed(entered_values):
        call_special(m, value, "__exit__", "__aexit__")
    return is_alive


def _suppresses(m: Machine, node: ast.expr, value: Value) -> bool:
    """Return True if an exception in the body may end at the ``with``."""
    if any(owner.find("__exit__") is not None for _, owner in m.heap.instance_classes(value)):
        return True
    if not isinstance(node, ast.Call):
        return False
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    return name in {"suppress", "raises", "ignored"}
