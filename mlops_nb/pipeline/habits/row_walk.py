"""How do rows flow through a notebook? Statement by statement, with values of `rows` for names.

Both branches of an ``if`` are walked, loops once, functions of the notebook where they are called.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.learning import (
    CROSS,
    LEARNERS,
    SPLIT,
    WATCHED,
    Learning,
    as_scores,
    mixed,
)
from mlops_nb.pipeline.habits.rows import NOTHING, Data

# Functions and methods that choose, those that do with a key, and methods that put into a list.
_CHOOSING = word_set("argmax argmin nanargmax nanargmin idxmax idxmin index")
_CHOOSING_BY_KEY = word_set("max min sorted")
_PUTTING = word_set("append extend add update insert")
_MAX_DEPTH = 4
_MAX_FOLLOWED = 2000


class RowWalk:
    """Walks cells in order and collects leaks."""

    def __init__(self) -> None:
        self._names: dict[str, Data] = {}
        self._functions: dict[str, ast.FunctionDef] = {}
        self._returned: list[Data] = []
        self._loops: list[frozenset[str]] = []
        self.learning = Learning()
        self._cell = self._depth = self._followed = 0

    def run(self, cell: int, body: Sequence[ast.stmt]) -> None:
        """Walk the statements of one cell."""
        self._cell = cell
        self._walk(body)

    def _walk(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self._step(statement)

    def _step(self, node: ast.stmt) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.FunctionDef():
                self._functions[node.name] = node
                self._names.pop(node.name, None)
            case ast.AsyncFunctionDef() | ast.ClassDef():
                self._names[node.name] = NOTHING
            case ast.Return():
                self._returned.append(self._value(node.value))
            case ast.Assign():
                value = self._value(node.value)
                for target in node.targets:
                    self._bind(target, value)
            case ast.AnnAssign():
                self._bind(node.target, self._value(node.value))
            case ast.AugAssign():
                self._bind(node.target, mixed([self._value(node.target), self._value(node.value)]))
            case ast.For() | ast.AsyncFor():
                self._bind(node.target, self._whole(self._value(node.iter)))
                self._loops.append(_names(node.target))
                self._walk(node.body)
                self._loops.pop()
                self._walk(node.orelse)
            case ast.If():
                self._branch(node)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    value = self._value(item.context_expr)
                    if item.optional_vars is not None:
                        self._bind(item.optional_vars, value)
                self._walk(node.body)
            case _:
                self._others(node)

    def _branch(self, node: ast.If) -> None:
        tested = self._value(node.test)
        kept = {
            target.id
            for part in node.body
            if isinstance(part, ast.Assign)
            for target in part.targets
            if isinstance(target, ast.Name)
        }
        keeps_more = bool(kept - _names(node.test))  # than the best score
        if self._loops and keeps_more and isinstance(node.test, ast.Compare):
            self.learning.choose(node.test, tested.trials, cell=self._cell)
        self._walk([*node.body, *node.orelse])

    def _others(self, node: ast.stmt) -> None:
        """Walk what holds statements and expressions without a meaning for rows."""
        for _, field in ast.iter_fields(node):
            for part in field if isinstance(field, list) else [field]:
                if isinstance(part, ast.expr):
                    self._value(part)
                elif isinstance(part, ast.stmt):
                    self._step(part)
                elif isinstance(part, ast.ExceptHandler | ast.match_case):
                    self._walk(part.body)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name in node.names:
            if isinstance(node, ast.ImportFrom):
                module = f"{node.module or ''}.{name.name}"
                self._names[name.asname or name.name] = Data(module=module)
            elif name.asname:
                self._names[name.asname] = Data(module=name.name)
            else:
                top = name.name.partition(".")[0]
                self._names[top] = Data(module=top)

    def _bind(self, target: ast.expr, value: Data) -> None:
        match target:
            case ast.Name():
                self._names[target.id] = value
                self._functions.pop(target.id, None)
            case ast.Tuple() | ast.List():
                parts = value.parts if value.parts and len(value.parts) == len(target.elts) else ()
                for position, inner in enumerate(target.elts):
                    self._bind(inner, parts[position] if parts else self._whole(value))
            case ast.Starred():
                self._bind(target.value, self._whole(value))
            case ast.Subscript() | ast.Attribute():
                owner = target.value
                while isinstance(owner, ast.Subscript | ast.Attribute):
                    owner = owner.value
                if isinstance(owner, ast.Name):
                    held = self._names.get(owner.id, NOTHING)
                    if not held.module and not held.estimator:
                        self._names[owner.id] = mixed([held, value])

    # expressions

    def _value(self, node: ast.expr | None) -> Data:
        match node:
            case None | ast.Constant() | ast.Lambda():
                return NOTHING
            case ast.Name():
                return self._names.get(node.id, NOTHING)
            case ast.Tuple() | ast.List():
                parts = tuple(self._value(part) for part in node.elts)
                return replace(mixed(parts), parts=parts)
            case ast.Attribute():
                owner = self._value(node.value)
                if owner.module:
                    return Data(module=f"{owner.module}.{node.attr}")
                return self._whole(owner)
            case ast.Call():
                return self._call(node)
            case ast.NamedExpr():
                value = self._value(node.value)
                self._bind(node.target, value)
                return value
            case ast.Starred():
                return self._value(node.value)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
            case _:
                parts = tuple(
                    self._value(part)
                    for part in ast.iter_child_nodes(node)
                    if isinstance(part, ast.expr)
                )
                return mixed(parts)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> Data:
        for generator in node.generators:
            self._bind(generator.target, self._whole(self._value(generator.iter)))
        self._loops += [_names(generator.target) for generator in node.generators]
        if isinstance(node, ast.DictComp):
            made = mixed([self._value(node.key), self._value(node.value)])
        else:
            made = self._whole(self._value(node.elt))
        del self._loops[-len(node.generators) :]
        return made

    def _call(self, node: ast.Call) -> Data:
        given = [self._value(argument) for argument in node.args]
        named = {k.arg or "": self._value(k.value) for k in node.keywords}
        if isinstance(node.func, ast.Name) and node.func.id in self._functions:
            self._loops.append(self._passed_targets(node, self._functions[node.func.id]))
            made = self._follow(self._functions[node.func.id], given, named)
            self._loops.pop()
            return made
        everything = [*given, *named.values()]
        if isinstance(node.func, ast.Attribute):
            owner = self._value(node.func.value)
            if owner.estimator:
                watched = [value for name, value in named.items() if name in WATCHED]
                others = [value for name, value in named.items() if name not in WATCHED]
                return self.learning.call(
                    node, owner, [*given, *others], watched=watched, cell=self._cell
                )
            if not owner.module:
                return self._call_method(node, node.func, owner, everything)
        return self._call_function(node, self._value(node.func), given, everything)

    def _passed_targets(self, node: ast.Call, function: ast.FunctionDef) -> frozenset[str]:
        """Return the parameters of a function that is called with the variable of a loop."""
        if not any(_names(node) & targets for targets in self._loops):
            return frozenset()
        return frozenset(argument.arg for argument in function.args.args)

    def _call_method(
        self, node: ast.Call, method: ast.Attribute, owner: Data, given: Sequence[Data]
    ) -> Data:
        """Return what a method of what is no estimator returns: the rows of all it is given."""
        made = mixed([owner, *given])
        if method.attr in _PUTTING and isinstance(method.value, ast.Name) and made.trials:
            self._names[method.value.id] = made
        elif method.attr in _CHOOSING:
            self.learning.choose(node, made.trials, cell=self._cell)
        elif method.attr == "mean":
            return replace(made, trials=as_scores(made.trials))
        return made

    def _call_function(
        self, node: ast.Call, function: Data, given: Sequence[Data], everything: Sequence[Data]
    ) -> Data:
        """Return what a function returns that is not the notebook's."""
        if function.module == SPLIT:
            return self.learning.split(node, given, cell=self._cell)
        plain = node.func.id if isinstance(node.func, ast.Name) else ""
        name = function.module.rpartition(".")[2] or plain
        if name in CROSS and function.module.startswith("sklearn."):
            self.learning.cross(node, everything, cell=self._cell)
        made = mixed(everything)
        if function.module.startswith("sklearn.metrics.") or name == "mean":
            made = replace(made, trials=as_scores(made.trials))
        elif name in _CHOOSING or (name in _CHOOSING_BY_KEY and _has_key(node)):
            self.learning.choose(node, made.trials, cell=self._cell)
        if made.rows or not function.module:
            return made
        is_class = name[:1].isupper() or name.startswith("make_")
        if is_class and function.module.startswith(LEARNERS):
            stops = any(k.arg == "early_stopping_rounds" for k in node.keywords)
            tries = any(_names(node) & targets for targets in self._loops)
            return self.learning.construct(function.module, name, tries=tries, stops_early=stops)
        return self.learning.new_rows()

    def _follow(
        self, function: ast.FunctionDef, given: Sequence[Data], named: dict[str, Data]
    ) -> Data:
        """Return what a function of the notebook returns for these arguments."""
        self._followed += 1
        if self._depth >= _MAX_DEPTH or self._followed > _MAX_FOLLOWED:
            return mixed([*given, *named.values()])
        outer, returned = dict(self._names), self._returned
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        self._names.update(dict.fromkeys(names, NOTHING))
        self._names.update(zip(names, given, strict=False))
        self._names.update(named)
        self._returned, self._depth = [], self._depth + 1
        try:
            self._walk(function.body)
            found = self._returned
        finally:
            self._names, self._returned, self._depth = outer, returned, self._depth - 1
        return found[0] if len(found) == 1 else mixed(found)

    @staticmethod
    def _whole(value: Data) -> Data:
        """Return a value with the rows of `value`, whose parts are not told apart."""
        return value if value.parts is None else Data(value.rows, value.learnt)


def _names(node: ast.AST) -> frozenset[str]:
    return frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def _has_key(node: ast.Call) -> bool:
    return any(keyword.arg == "key" for keyword in node.keywords)
