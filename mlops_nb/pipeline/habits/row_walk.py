"""How do rows flow through a notebook? Statement by statement, with values of `rows` for names.

Both branches of an ``if`` are walked, loops once, functions of the notebook where they are called.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from mlops_nb.pipeline.habits.learning import CROSS, LEARNERS, SPLIT, Learning, mixed
from mlops_nb.pipeline.habits.rows import NOTHING, Data

_MAX_DEPTH = 4
_MAX_FOLLOWED = 2000


class RowWalk:
    """Walks cells in order and collects leaks."""

    def __init__(self) -> None:
        self._names: dict[str, Data] = {}
        self._functions: dict[str, ast.FunctionDef] = {}
        self._returned: list[Data] = []
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
                self._walk([*node.body, *node.orelse])
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    value = self._value(item.context_expr)
                    if item.optional_vars is not None:
                        self._bind(item.optional_vars, value)
                self._walk(node.body)
            case _:
                self._others(node)

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
        if isinstance(node, ast.DictComp):
            return mixed([self._value(node.key), self._value(node.value)])
        return self._whole(self._value(node.elt))

    def _call(self, node: ast.Call) -> Data:
        given = [self._value(argument) for argument in node.args]
        named = {k.arg or "": self._value(k.value) for k in node.keywords}
        if isinstance(node.func, ast.Name) and node.func.id in self._functions:
            return self._follow(self._functions[node.func.id], given, named)
        everything = [*given, *named.values()]
        if isinstance(node.func, ast.Attribute):
            owner = self._value(node.func.value)
            if owner.estimator:
                return self.learning.call(node, owner, everything, cell=self._cell)
            if not owner.module:
                return mixed([owner, *everything])
        function = self._value(node.func)
        if function.module == SPLIT:
            return self.learning.split(node, given, cell=self._cell)
        name = function.module.rpartition(".")[2]
        if name in CROSS and function.module.startswith("sklearn."):
            self.learning.cross(node, everything, cell=self._cell)
        made = mixed(everything)
        if made.rows or not function.module:
            return made
        is_class = name[:1].isupper() or name.startswith("make_")
        if is_class and function.module.startswith(LEARNERS):
            return self.learning.construct(function.module, name)
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
