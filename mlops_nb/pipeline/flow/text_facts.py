"""What does the text of a function do to what it mentions, whatever the order and the calls?

Symbols are names, and numbers for what expressions give. Of two symbols it is noted that one may
be what the other is, or be in it; of one, that it may be changed. Names of functions
inside others are taken for the same as theirs: that says too much, never too little.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mlops_nb.pipeline.flow.scopes import FunctionNode, parameter_names

Symbol = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One argument of a call: its place or keyword ("*" for any), and what it is.

    Attributes
    ----------
    name : str
        The name it is, if it is just a name; that of a lambda, if it is one.
    """

    place: int | str
    symbol: Symbol
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFact:
    """A call.

    Attributes
    ----------
    path : tuple of str
        The dotted callee, if it starts at a name.
    method : str
        Its last attribute, if it has one; `receiver` is what it is an attribute of.
    """

    path: tuple[str, ...]
    method: str
    receiver: Symbol
    given: tuple[Given, ...]
    result: int
    is_unused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A function or lambda in the text of another: its parameters, and what it gives."""

    parameters: tuple[str, ...]
    returned: tuple[Symbol, ...]


@dataclass(slots=True)
class TextFacts:
    """What was found.

    Attributes
    ----------
    given : list of (Symbol, Symbol)
        Of each pair, the first may be what the second is.
    stored : list of (Symbol, Symbol)
        Of each pair, the second is put into the first.
    taken : list of (Symbol, Symbol)
        Of each pair, the second is anything that is in the first.
    changed : set of Symbol
    operands : list of tuple of Symbol
        What meets in an operator, its result included; only methods of classes make more of it.
    modules : dict
        Dotted paths by the names that imports in the text bind.
    values : set of str
        Names and attributes that are used other than by calling them.
    unknown : set of str
        Names that may stand for code: neither made here nor given by a call.
    is_clear : bool
        False if there is something in the text that is not understood.
    """

    given: list[tuple[Symbol, Symbol]] = field(default_factory=list)
    stored: list[tuple[Symbol, Symbol]] = field(default_factory=list)
    taken: list[tuple[Symbol, Symbol]] = field(default_factory=list)
    changed: set[Symbol] = field(default_factory=set)
    operands: list[tuple[Symbol, ...]] = field(default_factory=list)
    calls: list[CallFact] = field(default_factory=list)
    modules: dict[str, str] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)
    inner: dict[str, Inner] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    returned: tuple[Symbol, ...] = ()
    is_clear: bool = True


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


class _Reader:
    """Walks the text once; `counters` are names that stand for nothing but tables of numbers."""

    def __init__(self, counters: frozenset[str]) -> None:
        self.facts = TextFacts()
        self._counters = counters
        self._n_made = 0
        self._returned: list[list[Symbol]] = []

    def function(self, node: FunctionNode) -> Inner:
        """Walk a function, and return what it takes and gives."""
        self._returned.append([])
        if isinstance(node, ast.Lambda):
            self._returned[-1].append(self.of(node.body))
        else:
            self._walk(node.body)
        parameters = tuple(parameter_names(node.args))
        return Inner(parameters=parameters, returned=tuple(self._returned.pop()))

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
                self._bind(node.target, self._part_of(self.of(node.iter)))
                self._walk([*node.body, *node.orelse])
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    value = self.of(item.context_expr)
                    if item.optional_vars is not None:  # itself, or what is in it
                        self.facts.stored.append((value, value))
                        self._bind(item.optional_vars, value)
                self._walk(node.body)
            case ast.Return():
                if node.value is not None:
                    self._returned[-1].append(self.of(node.value))
            case ast.Expr(value=ast.Call() as call):
                self._call(call, is_unused=True)
            case ast.Delete():
                for target in node.targets:
                    if isinstance(target, ast.Attribute | ast.Subscript):
                        self._all(_parts(target))
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
        self._all(node.decorator_list)
        self._defaults(node)
        if node.name in self.facts.inner or node.decorator_list:
            self.facts.is_clear = False  # one name for several functions, or for what wraps one
        self.facts.inner[node.name] = Inner(parameters=(), returned=())
        inner = self.facts.inner[node.name] = self.function(node)
        self.facts.stored += [(node.name, symbol) for symbol in inner.returned]

    def _lambda(self, node: ast.Lambda) -> str:
        """Walk a lambda, and return what it is called here."""
        self._defaults(node)
        name = f"<lambda {len(self.facts.inner)}>"
        self.facts.inner[name] = Inner(parameters=(), returned=())
        inner = self.facts.inner[name] = self.function(node)
        self.facts.stored += [(name, symbol) for symbol in inner.returned]
        return name

    def _defaults(self, node: FunctionNode) -> None:
        args = node.args
        positional = [*args.posonlyargs, *args.args]
        pairs = [
            *zip(reversed(positional), reversed(args.defaults), strict=False),
            *zip(args.kwonlyargs, args.kw_defaults, strict=True),
        ]
        self.facts.given += [(p.arg, self.of(d)) for p, d in pairs if d is not None]

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
                for place, symbol in zip(target.elts, self._all(value.elts), strict=True):
                    self._bind(place, symbol)
                return
        symbol = self.of(value)
        for target in targets:
            self._bind(target, symbol)

    def _augment(self, node: ast.AugAssign) -> None:
        """Run ``x += y``: a list grows by what is in `y`, where `x` stands and in its holder."""
        target, value = node.target, self.of(node.value)
        held = self._part_of(value)
        symbol = self.of(target)
        self.facts.stored.append((symbol, held))
        self.facts.operands.append((symbol, value))
        if isinstance(target, ast.Name):
            self.facts.changed.add(symbol)
        elif isinstance(target, ast.Attribute | ast.Subscript):
            base = target.value
            self.facts.changed.add(self.of(base))
            if not (isinstance(base, ast.Name) and base.id in self._counters):
                self.facts.changed.add(symbol)

    def _bind(self, target: ast.expr, symbol: Symbol) -> None:
        match target:
            case ast.Name():
                self.facts.given.append((target.id, symbol))
            case ast.Tuple() | ast.List():
                part = self._part_of(symbol)
                for place in target.elts:
                    self._bind(place, part)
            case ast.Starred():  # a list of some of the parts, which is given here as a part
                self._bind(target.value, self._made([symbol]))
            case ast.Attribute() | ast.Subscript():
                base = self.of(target.value)
                if isinstance(target, ast.Subscript):
                    self.facts.stored.append((base, self.of(target.slice)))
                    if isinstance(target.slice, ast.Slice):
                        self.facts.stored.append((base, self._part_of(symbol)))
                self.facts.changed.add(base)
                self.facts.stored.append((base, symbol))
                self.facts.operands.append((base, symbol))

    # what expressions give

    def of(self, node: ast.expr) -> Symbol:
        """Return the symbol of what an expression gives."""
        match node:
            case ast.Name():
                self.facts.values.add(node.id)
                return node.id
            case ast.Attribute():
                self.facts.values.add(node.attr)
                return self._part_of(self.of(node.value))
            case ast.Subscript():
                base, key = self.of(node.value), self.of(node.slice)
                part = self._part_of(base) if _is_single(node.slice) else self._slice_of(base)
                self.facts.operands.append((base, key, part))
                return part
            case ast.Call():
                return self._call(node)
            case ast.Lambda():
                return self._lambda(node)
            case ast.NamedExpr():
                symbol = self.of(node.value)
                self._bind(node.target, symbol)
                return symbol
            case ast.List() | ast.Tuple() | ast.Set():
                return self._literal(node.elts)
            case ast.Dict():
                return self._literal([*(k for k in node.keys if k is not None), *node.values])
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._comprehension(node.generators, [node.elt])
            case ast.DictComp():
                return self._comprehension(node.generators, [node.key, node.value])
            case ast.IfExp():
                self.of(node.test)
                return self._either([node.body, node.orelse])
            case ast.BoolOp():
                return self._either(node.values)
            case ast.Starred() | ast.Await():
                return self.of(node.value)
            case ast.Yield() | ast.YieldFrom():
                return self._yield(node)
        return self._operator(node)

    def _operator(self, node: ast.expr) -> Symbol:
        """Return what arithmetic gives: something new that may hold what its operands hold."""
        symbols = self._all(_parts(node))
        result = self._new()
        if isinstance(node, ast.BinOp):
            self.facts.stored += [(result, self._part_of(symbol)) for symbol in symbols]
        self.facts.operands.append((result, *symbols))
        return result

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Symbol:
        """Run a yield; what a generator gives holds what it yields."""
        if node.value is not None:
            value = self.of(node.value)
            if isinstance(node, ast.YieldFrom):
                value = self._part_of(value)
            self._returned[-1].append(self._made([value]))
        return self._new()

    def _literal(self, nodes: Sequence[ast.expr]) -> Symbol:
        symbols = []
        for node in nodes:
            symbol = self.of(node)
            symbols.append(self._part_of(symbol) if isinstance(node, ast.Starred) else symbol)
        return self._made(symbols)

    def _either(self, nodes: Sequence[ast.expr]) -> Symbol:
        result = self._new()
        self.facts.given += [(result, symbol) for symbol in self._all(nodes)]
        return result

    def _comprehension(
        self, generators: Sequence[ast.comprehension], parts: Sequence[ast.expr]
    ) -> Symbol:
        for generator in generators:
            self._bind(generator.target, self._part_of(self.of(generator.iter)))
            self._all(generator.ifs)
        return self._made(self._all(parts))

    def _call(self, node: ast.Call, *, is_unused: bool = False) -> int:
        given = [self._given(number, part) for number, part in enumerate(node.args)]
        given += [self._given(k.arg or "*", k.value) for k in node.keywords]
        path = _path_of(node.func)
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        receiver: Symbol = ""
        if isinstance(node.func, ast.Attribute):
            receiver = self.of(node.func.value)
        elif not path:
            receiver = self.of(node.func)
        result = self._new()
        self.facts.calls.append(
            CallFact(
                path=path,
                method=method,
                receiver=receiver,
                given=tuple(given),
                result=result,
                is_unused=is_unused,
            )
        )
        return result

    def _given(self, place: int | str, node: ast.expr) -> Given:
        symbol = self.of(node)
        if isinstance(node, ast.Starred) or place == "*":
            return Given(place="*", symbol=self._part_of(symbol))
        name = symbol if isinstance(node, ast.Name | ast.Lambda) else ""
        return Given(place=place, symbol=symbol, name=str(name))

    # symbols

    def _all(self, nodes: Iterable[ast.expr]) -> list[Symbol]:
        return [self.of(node) for node in nodes]

    def _new(self) -> int:
        self._n_made += 1
        return self._n_made

    def _made(self, parts: Iterable[Symbol]) -> int:
        """Return something new that holds `parts`."""
        made = self._new()
        self.facts.stored += [(made, part) for part in parts]
        return made

    def _part_of(self, symbol: Symbol) -> int:
        """Return what may be in `symbol`."""
        part = self._new()
        self.facts.taken.append((symbol, part))
        return part

    def _slice_of(self, symbol: Symbol) -> int:
        """Return what a slice of `symbol` may be: itself, for arrays, or a part."""
        part = self._part_of(symbol)
        self.facts.stored.append((part, self._part_of(symbol)))
        return part


def _is_single(node: ast.expr) -> bool:
    """Return True for a subscript that takes one item out."""
    return not isinstance(node, ast.Slice | ast.Tuple)


def _parts(node: ast.AST) -> list[ast.expr]:
    return [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]


def _path_of(node: ast.expr) -> tuple[str, ...]:
    """Return the parts of a dotted name, () for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


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
