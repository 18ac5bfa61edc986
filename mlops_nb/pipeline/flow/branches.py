"""Which paths does a statement open, and what holds where they meet?

Loop bodies are walked twice, so that what one round leaves behind meets the next.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from mlops_nb.pipeline.flow import functions
from mlops_nb.pipeline.flow.attributes import call_special
from mlops_nb.pipeline.flow.effects import Bound, State, merge_states
from mlops_nb.pipeline.flow.expressions import evaluate_condition, truth
from mlops_nb.pipeline.flow.frames import Frame
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.patterns import bind_pattern, is_catch_all
from mlops_nb.pipeline.flow.targets import bind_name, bind_target
from mlops_nb.pipeline.flow.values import FRESH, Value


class _Fork:
    """Two or more paths from one point: the state and the local names of the frame that parts."""

    def __init__(self, m: Machine, frame: Frame) -> None:
        self.m, self.frame = m, frame
        self.state = m.state.fork()
        self.names = dict(frame.names) if frame.kind != "module" else {}
        self.ends: list[tuple[State, dict[str, Value]]] = []

    def restart(self) -> None:
        """Go back to the point where the paths part."""
        self.m.go_to(self.state.fork())
        if self.frame.kind != "module":
            self.frame.names = dict(self.names)

    def end(self) -> None:
        """Keep where the present path ends."""
        self.ends.append((self.m.state.fork(), dict(self.frame.names)))

    def join(self, partly: Bound = Bound.BRANCH) -> bool:
        """Continue where all ended paths meet; return False if there are none."""
        if not self.ends:
            return False
        state, names = self.ends[0]
        for other, other_names in self.ends[1:]:
            state = merge_states(state, other, partly=partly)
            names = _merge_names(names, other_names)
        self.m.go_to(state)
        if self.frame.kind != "module":
            self.frame.names = names
        return True


def _merge_names(first: dict[str, Value], second: dict[str, Value]) -> dict[str, Value]:
    merged = dict(first)
    for name, value in second.items():
        known = merged.get(name)
        merged[name] = value if known is None else known.union(value)
    return merged


def run_if(m: Machine, frame: Frame, node: ast.If) -> bool:
    """Run ``if``: a branch that is never taken is not run."""
    evaluate_condition(m, frame, node.test)
    known = truth(node.test)
    if known is not None:
        return m.execute(m, frame, node.body if known else node.orelse)
    fork = _Fork(m, frame)
    m.uncertain += 1
    if m.execute(m, frame, node.body):
        fork.end()
    fork.restart()
    if m.execute(m, frame, node.orelse):
        fork.end()
    m.uncertain -= 1
    return fork.join()


def run_for(m: Machine, frame: Frame, node: ast.For | ast.AsyncFor) -> bool:
    """Run ``for``, ``async for`` and their ``else``."""
    source = m.evaluate(m, frame, node.iter)
    runs = _surely_runs(node.iter)

    def one_round() -> bool:
        bind_target(m, frame, node.target, functions.iterate(m, source))
        return m.execute(m, frame, node.body)

    return _loop(m, frame, one_round, node.orelse, surely_runs=runs, ends=True)


def run_while(m: Machine, frame: Frame, node: ast.While) -> bool:
    """Run ``while`` and its ``else``."""
    known = truth(node.test)
    if known is False:
        return m.execute(m, frame, node.orelse)

    def one_round() -> bool:
        evaluate_condition(m, frame, node.test)
        return m.execute(m, frame, node.body)

    evaluate_condition(m, frame, node.test)
    is_endless = known is True
    return _loop(m, frame, one_round, node.orelse, surely_runs=is_endless, ends=not is_endless)


def _loop(
    m: Machine,
    frame: Frame,
    one_round: Callable[[], bool],
    orelse: list[ast.stmt],
    *,
    surely_runs: bool,
    ends: bool,
) -> bool:
    """Run a loop: no round, or rounds, or a break. `ends`: it also ends by itself."""
    fork = _Fork(m, frame)
    if not surely_runs:
        fork.end()
        m.uncertain += 1
    frame.loops.append([])
    is_alive = one_round()
    if len(frame.loops) == 1 and is_alive:
        if ends:
            fork.end()
        m.uncertain += surely_runs
        is_alive = one_round()
        m.uncertain -= surely_runs
    jumps = frame.loops.pop()
    m.uncertain -= not surely_runs
    if ends and is_alive:
        fork.end()
    continues = [state for state, is_break in jumps if not is_break and ends]
    fork.ends += [(state, dict(frame.names)) for state in continues]
    is_alive = fork.join(Bound.LOOP) and ends
    if is_alive and orelse:
        is_alive = m.execute(m, frame, orelse)
    breaks = [state for state, is_break in jumps if is_break]
    if not breaks:
        return is_alive
    after = _Fork(m, frame)
    if is_alive:
        after.end()
    after.ends += [(state, dict(frame.names)) for state in breaks]
    return after.join(Bound.LOOP)


def _surely_runs(node: ast.expr) -> bool:
    """Return True if there surely is a first element: a literal, or ``range(3)``."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return any(not isinstance(e, ast.Starred) for e in node.elts)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in {"enumerate", "reversed", "sorted", "list", "tqdm"} and node.args:
            return _surely_runs(node.args[0])
        if node.func.id in {"range", "trange"} and 1 <= len(node.args) <= 2:
            values = [a.value for a in node.args if isinstance(a, ast.Constant)]
            bounds = [v for v in values if isinstance(v, int)]
            if len(bounds) == len(node.args):
                return len(range(*bounds)) > 0
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)


def run_jump(m: Machine, frame: Frame, node: ast.Break | ast.Continue) -> bool:
    """Run ``break`` and ``continue``."""
    if frame.loops:
        frame.loops[-1].append((m.state.fork(), isinstance(node, ast.Break)))
    return False


def run_try(m: Machine, frame: Frame, node: ast.Try | Any) -> bool:
    """Run ``try``: its body may stop anywhere, a handler that raises leaves no path."""
    fork = _Fork(m, frame)
    is_guarded = bool(node.handlers)
    m.uncertain += is_guarded
    m.guarded += is_guarded
    is_alive = m.execute(m, frame, node.body)
    m.guarded -= is_guarded
    interrupted = _Fork(m, frame)
    interrupted.state = merge_states(fork.state, m.state)
    if is_alive and m.execute(m, frame, node.orelse):
        fork.end()
    for handler in node.handlers:
        interrupted.restart()
        if _handler(m, frame, handler):
            fork.end()
    m.uncertain -= is_guarded
    is_alive = fork.join()
    if not is_alive and node.finalbody:
        interrupted.restart()
    return m.execute(m, frame, node.finalbody) and is_alive


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
    for item in node.items:
        value = m.evaluate(m, frame, item.context_expr)
        entered = call_special(m, value, "__enter__", "__aenter__")
        functions.consume(m, value)
        is_suppressing = is_suppressing or _suppresses(item.context_expr)
        if item.optional_vars is not None:
            bind_target(m, frame, item.optional_vars, value if entered is None else entered)
    if not is_suppressing:
        is_alive = m.execute(m, frame, node.body)
    else:
        fork = _Fork(m, frame)
        fork.end()
        m.uncertain += 1
        if m.execute(m, frame, node.body):
            fork.end()
        m.uncertain -= 1
        is_alive = fork.join()
    for item in node.items:
        if m.heap.classes:
            call_special(m, m.evaluate(m, frame, item.context_expr), "__exit__", "__aexit__")
    return is_alive


def _suppresses(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    return name in {"suppress", "raises", "ignored"}


def run_match(m: Machine, frame: Frame, node: ast.Match) -> bool:
    """Run ``match``; without a pattern that takes all, no case may be taken."""
    subject = m.evaluate(m, frame, node.subject)
    fork = _Fork(m, frame)
    is_complete = False
    m.uncertain += 1
    for case in node.cases:
        fork.restart()
        bind_pattern(m, frame, case.pattern, subject)
        if case.guard is not None:
            evaluate_condition(m, frame, case.guard)
        if m.execute(m, frame, case.body):
            fork.end()
        is_complete = is_complete or (case.guard is None and is_catch_all(case.pattern))
    m.uncertain -= 1
    if not is_complete:
        fork.restart()
        fork.end()
    return fork.join()
