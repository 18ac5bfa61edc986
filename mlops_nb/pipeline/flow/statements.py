"""What does a statement do, and which paths leave it? One function per kind of node.

Every visitor returns True if the statement after it may run. Loop bodies are walked twice, so
that what one round leaves behind meets the next.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from mlops_nb.pipeline.flow import functions
from mlops_nb.pipeline.flow.attributes import call_special
from mlops_nb.pipeline.flow.calls import evaluate_call
from mlops_nb.pipeline.flow.definitions import (
    define_class,
    define_function,
    import_from,
    import_modules,
    kind_of_binding,
)
from mlops_nb.pipeline.flow.effects import Bound, State, merge_states
from mlops_nb.pipeline.flow.expressions import evaluate, truth
from mlops_nb.pipeline.flow.library import CONTAINER_KINDS, ENDING
from mlops_nb.pipeline.flow.machine import Frame, Machine
from mlops_nb.pipeline.flow.patterns import bind_pattern, is_catch_all
from mlops_nb.pipeline.flow.targets import bind_name, bind_target, change_path, delete_target
from mlops_nb.pipeline.flow.values import CONSTANT, FRESH, Strength, Value


def execute(m: Machine, frame: Frame, body: Sequence[ast.stmt]) -> bool:
    """Run `body`; return False if its end is never reached."""
    for node in body:
        if not m.stack:
            m.site = node
        visit = _VISITORS.get(type(node))
        if visit is not None and not visit(m, frame, node):
            return False
    return True


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


def _expression(m: Machine, frame: Frame, node: ast.Expr) -> bool:
    value = node.value
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.Call):
        evaluate_call(m, frame, value, is_unused=True)
        return not _is_ending(m, frame, value)
    evaluate(m, frame, value)
    return True


def _is_ending(m: Machine, frame: Frame, node: ast.Call) -> bool:
    func = node.func
    if isinstance(func, ast.Name) and func.id in {"exit", "quit"}:
        return not m.is_bound(func.id)
    if isinstance(func, ast.Attribute) and func.attr in {"exit", "_exit", "abort"}:
        return functions.lookup_path(m, frame, func) in ENDING
    return False


def _assign(m: Machine, frame: Frame, node: ast.Assign) -> bool:
    value = evaluate(m, frame, node.value)
    for target in node.targets:
        if isinstance(target, ast.Name):
            kind, origin = kind_of_binding(m, node.value)
            if len(node.targets) > 1:
                value = m.heap.materialise(value)
            bind_name(m, frame, target.id, value, kind=kind, origin=origin)
        else:
            bind_target(m, frame, target, value)
    return True


def _assign_annotated(m: Machine, frame: Frame, node: ast.AnnAssign) -> bool:
    value = None if node.value is None else evaluate(m, frame, node.value)
    if frame.kind != "function" and not m.lazy_annotations:
        evaluate(m, frame, node.annotation)
    if value is not None:
        bind_target(m, frame, node.target, value)
    elif not isinstance(node.target, ast.Name):
        for part in ast.iter_child_nodes(node.target):
            if isinstance(part, ast.expr):
                evaluate(m, frame, part)
    return True


def _assign_augmented(m: Machine, frame: Frame, node: ast.AugAssign) -> bool:
    target = node.target
    if not isinstance(target, ast.Name):
        box = evaluate(m, frame, target.value)
        if isinstance(target, ast.Subscript):
            evaluate(m, frame, target.slice)
        inner = evaluate(m, frame, node.value)
        change_path(m, frame, target.value, box, Strength.SURE)
        m.heap.hold(box, m.heap.inside(inner))
        return True
    old = functions.lookup(m, frame, target.id, target)
    right = evaluate(m, frame, node.value)
    if m.heap.classes:
        word = f"__i{type(node.op).__name__.lower()}__"
        call_special(m, old, {"__imult__": "__imul__", "__idiv__": "__itruediv__"}.get(word, word))
    if m.heap.is_constant(old):
        bind_name(m, frame, target.id, CONSTANT if right is CONSTANT else FRESH)
        return True
    # A list grows in place and a number does not: what else stands for the object may change.
    if m.heap.kind(old) in CONTAINER_KINDS:
        strength = Strength.SURE
    else:
        strength = Strength.POSSIBLE if right is CONSTANT else Strength.LIKELY
    m.change(old, strength, but=target.id)
    m.heap.hold(old, m.heap.inside(right))
    bind_name(m, frame, target.id, old.union(FRESH) if strength < Strength.SURE else old)
    return True


def _delete(m: Machine, frame: Frame, node: ast.Delete) -> bool:
    for target in node.targets:
        delete_target(m, frame, target)
    return True


def _if(m: Machine, frame: Frame, node: ast.If) -> bool:
    evaluate(m, frame, node.test)
    known = truth(node.test)
    if known is not None:
        return execute(m, frame, node.body if known else node.orelse)
    fork = _Fork(m, frame)
    m.uncertain += 1
    if execute(m, frame, node.body):
        fork.end()
    fork.restart()
    if execute(m, frame, node.orelse):
        fork.end()
    m.uncertain -= 1
    return fork.join()


def _for(m: Machine, frame: Frame, node: ast.For | ast.AsyncFor) -> bool:
    source = evaluate(m, frame, node.iter)
    runs = _surely_runs(node.iter)

    def one_round() -> bool:
        bind_target(m, frame, node.target, functions.iterate(m, source))
        return execute(m, frame, node.body)

    return _loop(m, frame, one_round, node.orelse, surely_runs=runs, ends=True)


def _while(m: Machine, frame: Frame, node: ast.While) -> bool:
    known = truth(node.test)
    if known is False:
        return execute(m, frame, node.orelse)

    def one_round() -> bool:
        evaluate(m, frame, node.test)
        return execute(m, frame, node.body)

    evaluate(m, frame, node.test)
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
        is_alive = execute(m, frame, orelse)
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


def _jump(m: Machine, frame: Frame, node: ast.Break | ast.Continue) -> bool:
    if frame.loops:
        frame.loops[-1].append((m.state.fork(), isinstance(node, ast.Break)))
    return False


def _return(m: Machine, frame: Frame, node: ast.Return) -> bool:
    if node.value is not None:
        frame.returned.append(evaluate(m, frame, node.value))
    frame.exits.append(m.state.fork())
    return False


def _raise(m: Machine, frame: Frame, node: ast.Raise) -> bool:
    for part in (node.exc, node.cause):
        if part is not None:
            evaluate(m, frame, part)
    return False


def _assert(m: Machine, frame: Frame, node: ast.Assert) -> bool:
    evaluate(m, frame, node.test)
    if node.msg is not None:
        m.uncertain += 1
        evaluate(m, frame, node.msg)
        m.uncertain -= 1
    return truth(node.test) is not False


def _try(m: Machine, frame: Frame, node: ast.Try | Any) -> bool:
    fork = _Fork(m, frame)
    is_guarded = bool(node.handlers)
    m.uncertain += is_guarded
    m.guarded += is_guarded
    is_alive = execute(m, frame, node.body)
    m.guarded -= is_guarded
    interrupted = _Fork(m, frame)
    interrupted.state = merge_states(fork.state, m.state)
    if is_alive and execute(m, frame, node.orelse):
        fork.end()
    for handler in node.handlers:
        interrupted.restart()
        if _handler(m, frame, handler):
            fork.end()
    m.uncertain -= is_guarded
    is_alive = fork.join()
    if not is_alive and node.finalbody:
        interrupted.restart()
    return execute(m, frame, node.finalbody) and is_alive


def _handler(m: Machine, frame: Frame, handler: ast.ExceptHandler) -> bool:
    if handler.type is not None:
        evaluate(m, frame, handler.type)
    if handler.name is None:
        return execute(m, frame, handler.body)
    is_global = frame.kind == "module" or handler.name in frame.scope.declared_global
    is_known = is_global and m.is_bound(handler.name)
    bind_name(m, frame, handler.name, FRESH)
    is_alive = execute(m, frame, handler.body)
    # Python unbinds the name at the end of the handler, and with it what had the name before.
    if is_known:
        m.delete_global(handler.name)
    elif is_global:
        names = dict(m.state.names)
        names.pop(handler.name, None)
        m.go_to(State(names))
    return is_alive


def _with(m: Machine, frame: Frame, node: ast.With | ast.AsyncWith) -> bool:
    is_suppressing = False
    for item in node.items:
        value = evaluate(m, frame, item.context_expr)
        entered = call_special(m, value, "__enter__", "__aenter__")
        functions.consume(m, value)
        is_suppressing = is_suppressing or _suppresses(item.context_expr)
        if item.optional_vars is not None:
            bind_target(m, frame, item.optional_vars, value if entered is None else entered)
    if not is_suppressing:
        is_alive = execute(m, frame, node.body)
    else:
        fork = _Fork(m, frame)
        fork.end()
        m.uncertain += 1
        if execute(m, frame, node.body):
            fork.end()
        m.uncertain -= 1
        is_alive = fork.join()
    for item in node.items:
        if m.heap.classes:
            call_special(m, evaluate(m, frame, item.context_expr), "__exit__", "__aexit__")
    return is_alive


def _suppresses(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    return name in {"suppress", "raises", "ignored"}


def _match(m: Machine, frame: Frame, node: ast.Match) -> bool:
    subject = evaluate(m, frame, node.subject)
    fork = _Fork(m, frame)
    is_complete = False
    m.uncertain += 1
    for case in node.cases:
        fork.restart()
        bind_pattern(m, frame, case.pattern, subject)
        if case.guard is not None:
            evaluate(m, frame, case.guard)
        if execute(m, frame, case.body):
            fork.end()
        is_complete = is_complete or (case.guard is None and is_catch_all(case.pattern))
    m.uncertain -= 1
    if not is_complete:
        fork.restart()
        fork.end()
    return fork.join()


def _define_function(m: Machine, frame: Frame, node: ast.FunctionDef) -> bool:
    define_function(m, frame, node)
    return True


def _define_class(m: Machine, frame: Frame, node: ast.ClassDef) -> bool:
    define_class(m, frame, node)
    return True


def _import(m: Machine, frame: Frame, node: ast.Import) -> bool:
    import_modules(m, frame, node)
    return True


def _import_from(m: Machine, frame: Frame, node: ast.ImportFrom) -> bool:
    import_from(m, frame, node)
    return True


def _type_alias(m: Machine, frame: Frame, node: Any) -> bool:
    bind_name(m, frame, node.name.id, FRESH, kind="helper")
    return True


_VISITORS: dict[type, Callable[[Machine, Frame, Any], bool]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _assign_annotated,
    ast.AugAssign: _assign_augmented,
    ast.Delete: _delete,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.Break: _jump,
    ast.Continue: _jump,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Match: _match,
    ast.FunctionDef: _define_function,
    ast.AsyncFunctionDef: _define_function,
    ast.ClassDef: _define_class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
}
if hasattr(ast, "TypeAlias"):  # Python 3.12
    _VISITORS[ast.TypeAlias] = _type_alias
