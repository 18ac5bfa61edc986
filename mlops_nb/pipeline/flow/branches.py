"""Which paths does a statement open, and what holds where they meet?

Loop bodies are walked until another round adds nothing, so that what one round leaves behind meets
the next. What leaves a block early is in `interruptions`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from mlops_nb.pipeline.flow import functions
from mlops_nb.pipeline.flow.effects import Bound
from mlops_nb.pipeline.flow.expressions import evaluate_condition, truth
from mlops_nb.pipeline.flow.frames import Frame, Jump
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.paths import Fork
from mlops_nb.pipeline.flow.patterns import bind_pattern, is_catch_all
from mlops_nb.pipeline.flow.targets import bind_target

# Rounds of a loop of the notebook, and of a loop in a function, where each costs its calls again.
_MOST_ROUNDS = 5
_MOST_ROUNDS_IN_CALLS = 3


def run_if(m: Machine, frame: Frame, node: ast.If) -> bool:
    """Run ``if``: a branch that is never taken is not run."""
    evaluate_condition(m, frame, node.test)
    known = truth(node.test)
    if known is not None:
        return m.execute(m, frame, node.body if known else node.orelse)
    fork = Fork(m, frame)
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
    fork = Fork(m, frame)
    if not surely_runs:
        fork.end()
        m.uncertain += 1
    frame.loops.append([])
    is_alive = _rounds(m, frame, one_round, fork, surely_runs=surely_runs, ends=ends)
    jumps = frame.loops.pop()
    m.uncertain -= not surely_runs
    if ends and is_alive:
        fork.end()
    is_alive = fork.join(Bound.LOOP) and ends
    if is_alive and orelse:
        is_alive = m.execute(m, frame, orelse)
    if not jumps:
        return is_alive
    after = Fork(m, frame)
    if is_alive:
        after.end()
    for jump in jumps:
        after.end_at(jump.state, jump.names)
    return after.join(Bound.LOOP)


def _rounds(
    m: Machine,
    frame: Frame,
    one_round: Callable[[], bool],
    fork: Fork,
    *,
    surely_runs: bool,
    ends: bool,
) -> bool:
    """Run the body until another round leaves names standing for nothing more than before."""
    mark, seen = m.heap.n_made, _stands_for(m, frame, m.heap.n_made)
    most = _MOST_ROUNDS_IN_CALLS if m.stack else _MOST_ROUNDS
    n_most = most if len(frame.loops) == 1 else 1
    is_alive = False
    for number in range(n_most):
        m.uncertain += surely_runs and number > 0
        is_alive = one_round()
        m.uncertain -= surely_runs and number > 0
        is_alive = _continue(m, frame, is_alive=is_alive)
        if not is_alive:
            break
        more = _stands_for(m, frame, mark) - seen
        if number > 0 and not more:
            break
        seen |= more
        if ends and number + 1 < n_most:
            fork.end()
    return is_alive


def _continue(m: Machine, frame: Frame, *, is_alive: bool) -> bool:
    """Go where the end of a round and its ``continue`` statements meet."""
    jumps = frame.loops[-1]
    if all(jump.is_break for jump in jumps):
        return is_alive
    meet = Fork(m, frame)
    if is_alive:
        meet.end()
    for jump in jumps:
        if not jump.is_break:
            meet.end_at(jump.state, jump.names)
    jumps[:] = [jump for jump in jumps if jump.is_break]
    return meet.join()


def _stands_for(m: Machine, frame: Frame, mark: int) -> set[tuple[str, object]]:
    """Return which objects made before `mark`, and which functions, names stand for now."""
    found: set[tuple[str, object]] = set()
    names = [*((n, b.value) for n, b in m.state.names.items()), *frame.names.items()]
    for name, value in names:
        found.update((name, o) for o in value.objects if o <= mark)
        found.update((name, o) for o, _ in value.near if o <= mark)
        found.update((name, c) for c in value.calls)
        for number in value.objects:
            if number > mark:
                found.update((name, o) for o, _ in m.heap.near.get(number, ()) if o <= mark)
    return found


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
        place = Jump(m.state.fork(), dict(frame.names), isinstance(node, ast.Break))
        frame.loops[-1].append(place)
    return False


def run_match(m: Machine, frame: Frame, node: ast.Match) -> bool:
    """Run ``match``; without a pattern that takes all, no case may be taken."""
    subject = m.evaluate(m, frame, node.subject)
    fork = Fork(m, frame)
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
