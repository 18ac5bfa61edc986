"""How do rows flow through a notebook? Statement by statement, with values of `rows` for names.

Both branches of an ``if`` are walked, loops once, functions of the notebook where they are called.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mlops_nb.pipeline.habits.learning import WATCHED, Learning
from mlops_nb.pipeline.habits.row_calls import RowCalls
from mlops_nb.pipeline.habits.row_methods import RowMethods
from mlops_nb.pipeline.habits.row_values import RowValues, item_of, names_in
from mlops_nb.pipeline.habits.rows import NOTHING, Data, mixed, whole

_MAX_DEPTH = 4
_MAX_FOLLOWED = 2000
_Function = ast.FunctionDef | ast.Lambda


class RowWalk:
    """Walks cells in order and collects leaks."""

    def __init__(self) -> None:
        self._functions: dict[str, _Function] = {}
        self._homes: dict[_Function, int] = {}  # the cells that define them
        self._returned: list[Data] = []
        self.learning = Learning()
        self._values = RowValues(self.learning, self._call, self._bind)
        self._calls = RowCalls(self.learning, self._values)
        self._methods = RowMethods(self.learning, self._values, self._bind, self._follow_passed)
        # What the parameters of the function that is walked hold, unless they were bound again.
        self._passed: dict[str, Data] = {}
        self._changed: list[Data | None] = []
        self._depth = self._followed = 0
        self._starred: Mapping[str, str] = {}

    def run(
        self, cell: int, body: Sequence[ast.stmt], *, starred: Mapping[str, str] | None = None
    ) -> None:
        """Walk the statements of one cell; `starred` is what its star imports may bind."""
        self._values.cell = cell
        self._starred = starred or {}
        self._walk(body)

    def _walk(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self._step(statement)

    def _step(self, node: ast.stmt) -> None:
        values = self._values
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.FunctionDef():
                self._functions[node.name] = node
                self._homes[node] = values.cell
                values.names.pop(node.name, None)
            case ast.AsyncFunctionDef() | ast.ClassDef():
                values.names[node.name] = NOTHING
            case ast.Return():
                self._returned.append(values.of(node.value))
            case ast.Assign():
                value = values.of(node.value)
                for target in node.targets:
                    self._bind(target, value)
                    if isinstance(target, ast.Name) and isinstance(node.value, ast.Lambda):
                        self._functions[target.id] = node.value
                        self._homes[node.value] = values.cell
            case ast.AnnAssign():
                self._bind(node.target, values.of(node.value))
            case ast.AugAssign():
                held, value = values.of(node.target), values.of(node.value)
                self._bind(node.target, values.computed(node.target, held, node.op, value))
            case ast.For() | ast.AsyncFor():
                self._bind(node.target, item_of(values.of(node.iter)))
                values.loops.append(names_in(node.target))
                self._walk(node.body)
                values.loops.pop()
                self._walk(node.orelse)
            case ast.If():
                self._branch(node)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    value = values.of(item.context_expr)
                    if item.optional_vars is not None:
                        self._bind(item.optional_vars, value)
                self._walk(node.body)
            case _:
                self._others(node)

    def _branch(self, node: ast.If) -> None:
        tested = self._values.of(node.test)
        assigned = [part for part in node.body if isinstance(part, ast.Assign)]
        stored = [n for part in assigned for target in part.targets for n in ast.walk(target)]
        kept = {n.id for n in stored if isinstance(n, ast.Name)}
        holds_more = any(isinstance(part.value, ast.Dict) for part in assigned)
        keeps_more = holds_more or bool(kept - names_in(node.test))  # than the best score
        if self._values.loops and keeps_more and isinstance(node.test, ast.Compare):
            self.learning.judging.choose(node.test, tested.trials, cell=self._values.cell)
        self._walk([*node.body, *node.orelse])

    def _others(self, node: ast.stmt) -> None:
        """Walk what holds statements and expressions without a meaning for rows."""
        for _, field in ast.iter_fields(node):
            for part in field if isinstance(field, list) else [field]:
                if isinstance(part, ast.expr):
                    self._values.of(part)
                elif isinstance(part, ast.stmt):
                    self._step(part)
                elif isinstance(part, ast.ExceptHandler | ast.match_case):
                    self._walk(part.body)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name in node.names:
            if isinstance(node, ast.ImportFrom) and name.name == "*":
                for bound, path in self._starred.items():
                    if path.rpartition(".")[0] == node.module:
                        self._values.names[bound] = Data(module=path)
            elif isinstance(node, ast.ImportFrom):
                module = f"{node.module or ''}.{name.name}"
                self._values.names[name.asname or name.name] = Data(module=module)
            elif name.asname:
                self._values.names[name.asname] = Data(module=name.name)
            else:
                top = name.name.partition(".")[0]
                self._values.names[top] = Data(module=top)

    def _bind(self, target: ast.expr, value: Data) -> None:
        match target:
            case ast.Name():
                self._values.names[target.id] = value
                self._functions.pop(target.id, None)
                self._passed.pop(target.id, None)
            case ast.Tuple() | ast.List():
                parts = value.parts if value.parts and len(value.parts) == len(target.elts) else ()
                for position, inner in enumerate(target.elts):
                    self._bind(inner, parts[position] if parts else whole(value))
            case ast.Starred():
                self._bind(target.value, whole(value))
            case ast.Subscript() | ast.Attribute():
                self._put(target, value)

    def _put(self, target: ast.Subscript | ast.Attribute, value: Data) -> None:
        """Put a value into a table, or into something else, under a name."""
        owner = target.value
        while isinstance(owner, ast.Subscript | ast.Attribute):
            owner = owner.value
        if not isinstance(owner, ast.Name):
            return
        held = self._values.names.get(owner.id, NOTHING)
        if held.module or held.estimator:
            return
        columns = self._columns_of(target)
        if not columns or not (held.rows or value.rows):
            self._put_at(owner.id, mixed([held, value]))
            return
        is_partial = isinstance(target.value, ast.Attribute)  # df.loc[rows, column]
        told = value.lessons if value.rows or is_partial else frozenset()
        told = frozenset(lesson for lesson in told if lesson.how != "extreme")
        new = {
            name: told | (held.columns.get(name, frozenset()) if is_partial else frozenset())
            for name in columns
        }
        trials, pending = held.trials | value.trials, held.pending | value.pending
        self._put_at(
            owner.id,
            replace(
                held,
                rows=held.rows | value.rows,
                columns={**held.columns, **new},
                trials=trials,
                pending=pending,
                parts=None,
            ),
        )

    def _columns_of(self, target: ast.Subscript | ast.Attribute) -> tuple[str, ...]:
        """Return the columns that an assignment puts values into, as far as they are known."""
        if isinstance(target, ast.Attribute):
            return (target.attr,)
        index = target.slice
        if isinstance(target.value, ast.Attribute):
            if target.value.attr not in ("loc", "at"):
                return (target.value.attr,) if isinstance(target.value.value, ast.Name) else ()
            if not isinstance(index, ast.Tuple) or len(index.elts) != 2:
                return ()
            index = index.elts[1]
        return self._values.of(index).texts or ()

    def _call(self, node: ast.Call) -> Data:
        values = self._values
        given = [values.of(argument) for argument in node.args]
        named = {k.arg or "": values.of(k.value) for k in node.keywords}
        if isinstance(node.func, ast.Name) and node.func.id in self._functions:
            values.loops.append(self._passed_targets(node, self._functions[node.func.id]))
            made = self._follow(self._functions[node.func.id], given, named)
            values.loops.pop()
            self._take_changes(node.args, given)
            return made
        owner = values.of(node.func.value) if isinstance(node.func, ast.Attribute) else NOTHING
        if owner.estimator:
            watched = [value for name, value in named.items() if name in WATCHED]
            others = [value for name, value in named.items() if name not in WATCHED]
            return self.learning.call(
                node, owner, [*given, *others], watched=watched, cell=values.cell
            )
        if isinstance(node.func, ast.Attribute) and not owner.module:
            return self._methods.call(node, owner, given, named)
        return self._calls.call(node, values.of(node.func), given, named)

    def _take_changes(self, arguments: Sequence[ast.expr], given: Sequence[Data]) -> None:
        """Bind what was passed as what the function put into it has made of it."""
        changed, self._changed = self._changed, []
        for argument, before, after in zip(arguments, given, changed, strict=False):
            if isinstance(argument, ast.Name) and after is not None and after is not before:
                self._put_at(argument.id, after)

    def _put_at(self, name: str, value: Data) -> None:
        self._values.names[name] = value
        if name in self._passed:
            self._passed[name] = value

    def _passed_targets(self, node: ast.Call, function: _Function) -> frozenset[str]:
        """Return the parameters of a function that is called with the variable of a loop."""
        if not any(names_in(node) & targets for targets in self._values.loops):
            return frozenset()
        return frozenset(argument.arg for argument in function.args.args)

    def _follow_passed(self, node: ast.expr, given: Sequence[Data]) -> Data | None:
        """Return what a function returns that a method calls; None if it is not the notebook's."""
        if isinstance(node, ast.Lambda):
            return self._follow(node, given, {})
        if isinstance(node, ast.Name) and node.id in self._functions:
            return self._follow(self._functions[node.id], given, {})
        return None

    def _follow(
        self, function: _Function, given: Sequence[Data], named: Mapping[str, Data]
    ) -> Data:
        """Return what a function of the notebook returns for these arguments."""
        self._followed += 1
        if self._depth >= _MAX_DEPTH or self._followed > _MAX_FOLLOWED:
            return mixed([*given, *named.values()])
        values = self._values
        outer, returned, caller = values.names, self._returned, values.cell
        values.cell = self._homes.get(function, caller)
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        values.names = dict(outer)
        values.names.update(dict.fromkeys(names, NOTHING))
        values.names.update(zip(names, given, strict=False))
        values.names.update(named)
        self._returned, self._depth = [], self._depth + 1
        passed, self._passed = self._passed, dict(zip(names, given, strict=False))
        try:
            if isinstance(function, ast.Lambda):
                self._returned.append(values.of(function.body))
            else:
                self._walk(function.body)
            found = self._returned
        finally:
            values.names, self._returned, self._depth = outer, returned, self._depth - 1
            values.cell = caller
            self._changed, self._passed = [self._passed.get(name) for name in names], passed
        return found[0] if len(found) == 1 else mixed(found)
