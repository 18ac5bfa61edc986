"""What does the text of a function do to what it mentions, whatever the order and the calls?

Every statement is read once, also those that may never run. Names of functions inside others are
taken for the same as theirs: that says too much, never too little.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from mlops_nb.pipeline.flow.scopes import FunctionNode, parameter_names
from mlops_nb.pipeline.flow.text_expressions import ExpressionReader, parts_of
from mlops_nb.pipeline.flow.text_facts import Inner, TextFacts


def read_text(node: FunctionNode) -> TextFacts:
    """Return what the text of a function does, the functions inside it included."""
    reader = _Reader(_counters(node))
    facts = reader.facts
    facts.returned = reader.function(node).returned
    for inner in facts.inner.values():
        facts.unknown.update(inner.parameters)
    facts.unknown.update(parameter_names(node.args))
    taken = {part for _, part in facts.taken}
    for name, source in facts.given:
        if isinstance(name, str) and (isinstance(source, str) or source in taken):
            facts.unknown.add(name)
    return facts


class _Reader(ExpressionReader):
    """Walks the text of a function once."""

    def function(self, node: FunctionNode) -> Inner:
        """Walk a function, and return what it takes and gives."""
        self.returned.append([])
        if isinstance(node, ast.Lambda):
            self.returned[-1].append(self.of(node.body))
        else:
            self._walk(node.body)
        return self.take_inner(node)

    def _walk(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self._step(statement)

    def _step(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign():
                self._assign(node.targets, node.value)
            case ast.AnnAssign():
                if node.value is not None:
                    self._assign([node.target], node.value)
            case ast.AugAssign():
                self._augment(node)
            case ast.For() | ast.AsyncFor():
                self.bind(node.target, self.part_of(self.of(node.iter)))
                self._walk([*node.body, *node.orelse])
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    value = self.of(item.context_expr)
                    if item.optional_vars is not None:  # itself, or what is in it
                        self.facts.stored.append((value, value))
                        self.bind(item.optional_vars, value)
                self._walk(node.body)
            case ast.Return():
                if node.value is not None:
                    self.returned[-1].append(self.of(node.value))
            case ast.Expr(value=ast.Call() as call):
                self.call(call, is_unused=True)
            case ast.Delete():
                for target in node.targets:
                    if isinstance(target, ast.Attribute | ast.Subscript):
                        self.all(parts_of(target))
                        self.facts.changed.add(self.of(target.value))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node)
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.ClassDef():
                self.facts.is_clear = False
            case ast.Match():
                self._match(node)
            case _:
                self._others(node)

    def _others(self, node: ast.AST) -> None:
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self.of(part)
            elif isinstance(part, ast.stmt):
                self._step(part)
            elif isinstance(part, ast.ExceptHandler):
                self._others(part)

    def _match(self, node: ast.Match) -> None:
        """Take what a pattern binds for the subject, and for any part of it."""
        subject = self.of(node.subject)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if isinstance(name, str):
                    self.facts.given.append((name, subject))
                    self.facts.taken.append((subject, name))
            if case.guard is not None:
                self.of(case.guard)
            self._walk(case.body)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.all(node.decorator_list)
        self.defaults(node)
        if node.name in self.facts.inner or node.decorator_list:
            self.facts.is_clear = False  # one name for several functions, or for what wraps one
        self.facts.inner[node.name] = Inner(parameters=(), returned=())
        inner = self.facts.inner[node.name] = self.function(node)
        self.facts.stored += [(node.name, symbol) for symbol in inner.returned]

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            path = alias.name if alias.asname else name
            if isinstance(node, ast.ImportFrom):
                path = f"{node.module or ''}.{alias.name}"
            self.facts.modules[name] = path

    # what is bound and stored

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        target = targets[0]
        if isinstance(value, ast.Tuple) and isinstance(target, ast.Tuple) and len(targets) == 1:
            parts = [*value.elts, *target.elts]
            is_even = len(target.elts) == len(value.elts)
            if is_even and not any(isinstance(part, ast.Starred) for part in parts):
                for place, symbol in zip(target.elts, self.all(value.elts), strict=True):
                    self.bind(place, symbol)
                return
        symbol = self.of(value)
        for target in targets:
            self.bind(target, symbol)

    def _augment(self, node: ast.AugAssign) -> None:
        """Run ``x += y``: a list grows by what is in `y`, where `x` stands and in its holder."""
        target, value = node.target, self.of(node.value)
        held = self.part_of(value)
        symbol = self.of(target)
        self.facts.stored.append((symbol, held))
        self.facts.operands.append((symbol, value))
        if isinstance(target, ast.Name):
            self.facts.changed.add(symbol)
        elif isinstance(target, ast.Attribute | ast.Subscript):
            base = target.value
            self.facts.changed.add(self.of(base))
            if not (isinstance(base, ast.Name) and base.id in self.counters):
                self.facts.changed.add(symbol)


def _counters(node: FunctionNode) -> frozenset[str]:
    """Return the names that are only bound to new tables of numbers: what is in them is a number
    whatever is added to it."""
    counting: set[str] = set()
    others = set(parameter_names(node.args))
    for part in ast.walk(node):
        targets: list[ast.AST | None] = []
        match part:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_counting(value):
                counting.add(name)
            case ast.Assign():
                targets += part.targets
            case ast.For() | ast.AsyncFor() | ast.comprehension() | ast.NamedExpr():
                targets.append(part.target)
            case ast.AnnAssign():
                targets.append(part.target)
            case ast.withitem():
                targets.append(part.optional_vars)
            case ast.arg():
                others.add(part.arg)
        for target in targets:
            found = ast.walk(target) if target is not None else ()
            others.update(inner.id for inner in found if isinstance(inner, ast.Name))
    return frozenset(counting - others)


def _is_counting(node: ast.expr) -> bool:
    """Return True for ``Counter(…)``, ``defaultdict(int)`` and ``[0] * n``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        items = node.left.elts if isinstance(node.left, ast.List) else []
        return bool(items) and all(isinstance(item, ast.Constant) for item in items)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    factory = node.args[0] if node.args else None
    is_number = isinstance(factory, ast.Name) and factory.id in ("int", "float")
    return node.func.id == "Counter" or (node.func.id == "defaultdict" and is_number)
