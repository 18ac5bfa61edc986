"""What does the text of a function do to what it mentions, whatever the order and the calls?

Symbols are names, and numbers for what calls give. Those that may stand for the same thing, or for
parts of one thing, are joined; what is stored into or has methods called is a box. Names of
functions inside others are taken for the same as theirs: that joins too much, never too little.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mlops_nb.pipeline.flow.scopes import FunctionNode, parameter_names
from mlops_nb.pipeline.flow.words import word_set

Symbol = str | int
Symbols = tuple[Symbol, ...]

# Methods and builtins whose result is a new container or no container at all.
_MAKING_METHODS = word_set("copy split rsplit splitlines tolist format join strip lower upper")
MAKING = word_set(
    """
    list dict set tuple frozenset sorted len range int float str bool sum abs round repr defaultdict
    Counter deque OrderedDict zip map filter enumerate reversed
    """
)
_LITERALS = (
    ast.List,
    ast.Tuple,
    ast.Set,
    ast.Dict,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.Constant,
    ast.JoinedStr,
    ast.Compare,
    ast.BinOp,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One argument of a call: its place or keyword ("*" for any), and what it may be.

    Attributes
    ----------
    box : str
        The name it is, if it is just a name.
    is_new : bool
        True if it is a container made on the spot.
    inner : str
        The function of the text that it is, if it is one.
    """

    place: int | str
    symbols: Symbols
    box: str = ""
    is_new: bool = False
    inner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFact:
    """A call. `path` is the dotted callee if it starts at a name, `method` its last attribute."""

    path: tuple[str, ...]
    method: str
    receiver: Symbols
    box: str
    given: tuple[Given, ...]
    result: int
    is_unused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A function or lambda in the text of another: its parameters, and what it gives."""

    parameters: tuple[str, ...]
    returned: Symbols


@dataclass(slots=True)
class TextFacts:
    """What was found.

    Attributes
    ----------
    joins : list of Symbols
    changed : set of Symbol
        What parts are stored into: whatever these stand for may be changed inside.
    boxes : set of str
        Names that are stored into themselves.
    operands : list of Symbols
        What meets in operators, which only methods of classes may join.
    made : set of str
        Names that are bound to new containers.
    bound : set of str
        Names that are bound to anything else.
    modules : dict
        Dotted paths by the names that imports in the text bind.
    values : set of str
        Names and attributes that are used other than by calling them.
    is_clear : bool
        False if there is something in the text that is not understood.
    """

    joins: list[Symbols] = field(default_factory=list)
    changed: set[Symbol] = field(default_factory=set)
    boxes: set[str] = field(default_factory=set)
    operands: list[Symbols] = field(default_factory=list)
    calls: list[CallFact] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    modules: dict[str, str] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)
    inner: dict[str, Inner] = field(default_factory=dict)
    returned: Symbols = ()
    is_clear: bool = True

    @property
    def own(self) -> set[str]:
        """Names that stand for new containers only."""
        return self.made - self.bound


def read_text(node: FunctionNode) -> TextFacts:
    """Return what the text of a function does, the functions inside it included."""
    reader = _Reader()
    inner = reader.function(node)
    reader.facts.returned = inner.returned
    return reader.facts


class _Reader:
    """Walks the text once."""

    def __init__(self) -> None:
        self.facts = TextFacts()
        self._n_results = 0
        self._returned: list[list[Symbol]] = []

    def function(self, node: FunctionNode) -> Inner:
        """Walk a function, and return what it takes and gives."""
        parameters = tuple(parameter_names(node.args))
        self.facts.bound.update(parameters)
        self._returned.append([])
        if isinstance(node, ast.Lambda):
            self._returned[-1] += self.sources(node.body)
        else:
            self._walk(node.body)
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
                self._bind(node.target, self.sources(node.iter))
                self._walk([*node.body, *node.orelse])
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    value = self.sources(item.context_expr)
                    if item.optional_vars is not None:
                        self._bind(item.optional_vars, value)
                self._walk(node.body)
            case ast.Return():
                self._returned[-1] += self.sources(node.value)
            case ast.Expr(value=ast.Call() as call):
                self._call(call, is_unused=True)
            case ast.Delete():
                for target in node.targets:
                    if isinstance(target, ast.Attribute | ast.Subscript):
                        self._store(target, ())
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
                self.sources(part)
            elif isinstance(part, ast.stmt):
                self._step(part)
            elif isinstance(part, ast.ExceptHandler):
                self._others(part)

    def _match(self, node: ast.Match) -> None:
        subject = self.sources(node.subject)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if isinstance(name, str):
                    self._bind_name(name, subject)
            if case.guard is not None:
                self.sources(case.guard)
            self._walk(case.body)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for part in node.decorator_list:
            self.sources(part)
        self._defaults(node)
        inner = self.function(node)
        known = self.facts.inner.get(node.name)
        if known is not None or node.decorator_list:
            self.facts.is_clear = False  # one name for several functions, or for what wraps one
        self.facts.inner[node.name] = inner
        self._bind_name(node.name, inner.returned)

    def _defaults(self, node: FunctionNode) -> None:
        args = node.args
        positional = [*args.posonlyargs, *args.args]
        pairs = [
            *zip(reversed(positional), reversed(args.defaults), strict=False),
            *zip(args.kwonlyargs, args.kw_defaults, strict=True),
        ]
        for parameter, default in pairs:
            if default is not None:
                self._bind_name(parameter.arg, self.sources(default))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            path = alias.name if alias.asname else name
            if isinstance(node, ast.ImportFrom):
                path = f"{node.module or ''}.{alias.name}"
            self.facts.modules[name] = path
            self.facts.bound.add(name)

    # what is bound and stored

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        if isinstance(value, ast.Tuple) and len(targets) == 1:
            target = targets[0]
            parts = [*value.elts, *getattr(target, "elts", [])]
            is_even = isinstance(target, ast.Tuple) and len(target.elts) == len(value.elts)
            if is_even and not any(isinstance(part, ast.Starred) for part in parts):
                given = [self.sources(part) for part in value.elts]
                assert isinstance(target, ast.Tuple)  # as `is_even` says
                for place, part, symbols in zip(target.elts, value.elts, given, strict=True):
                    self._bind(place, symbols, is_new=_is_new(part))
                return
        symbols = self.sources(value)
        for target in targets:
            self._bind(target, symbols, is_new=_is_new(value))

    def _augment(self, node: ast.AugAssign) -> None:
        symbols = self.sources(node.value)
        if isinstance(node.target, ast.Name):
            self.facts.boxes.add(node.target.id)
            self._join(node.target.id, *symbols)
            if node.target.id not in self.facts.made:
                self.facts.bound.add(node.target.id)
        elif isinstance(node.target, ast.Attribute | ast.Subscript):
            self._store(node.target, symbols)
            self.facts.changed.update(self.sources(node.target.value))

    def _bind(self, target: ast.expr, symbols: Symbols, *, is_new: bool = False) -> None:
        match target:
            case ast.Name():
                self._bind_name(target.id, symbols, is_new=is_new)
            case ast.Tuple() | ast.List():
                for part in target.elts:
                    self._bind(part, symbols)
            case ast.Starred():
                self._bind(target.value, symbols, is_new=True)
            case ast.Attribute() | ast.Subscript():
                self._store(target, symbols)

    def _bind_name(self, name: str, symbols: Symbols, *, is_new: bool = False) -> None:
        (self.facts.made if is_new else self.facts.bound).add(name)
        self._join(name, *symbols)

    def _store(self, target: ast.Attribute | ast.Subscript, symbols: Symbols) -> None:
        key = self.sources(target.slice) if isinstance(target, ast.Subscript) else ()
        base = self.sources(target.value)
        if isinstance(target.value, ast.Name):
            self.facts.boxes.add(target.value.id)
        else:
            self.facts.changed.update(base)
        self._join(*base, *key, *symbols)

    def _join(self, *symbols: Symbol) -> None:
        if len(symbols) > 1:
            self.facts.joins.append(symbols)

    # what expressions may be

    def sources(self, node: ast.expr | None) -> Symbols:
        """Return the symbols that an expression may be, or be a part of."""
        match node:
            case None | ast.Constant():
                return ()
            case ast.Name():
                self.facts.values.add(node.id)
                return (node.id,)
            case ast.Attribute():
                self.facts.values.add(node.attr)
                return self.sources(node.value)
            case ast.Subscript():
                key = self.sources(node.slice)
                base = self.sources(node.value)
                self.facts.operands.append((*base, *key))
                return base
            case ast.Call():
                return (self._call(node),)
            case ast.Lambda():
                return self._lambda(node)[1]
            case ast.NamedExpr():
                symbols = self.sources(node.value)
                self._bind(node.target, symbols, is_new=_is_new(node.value))
                return symbols
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._comprehension(node.generators, [node.elt])
            case ast.DictComp():
                return self._comprehension(node.generators, [node.key, node.value])
            case ast.IfExp():
                self.sources(node.test)
                return (*self.sources(node.body), *self.sources(node.orelse))
            case ast.Compare():
                symbols = self._all([node.left, *node.comparators])
                self.facts.operands.append(symbols)
                return ()
            case ast.Yield() | ast.YieldFrom():
                self._returned[-1] += self.sources(node.value)
                return ()
            case ast.JoinedStr() | ast.FormattedValue():
                self._all(_parts(node))
                return ()
            case _:
                symbols = self._all(
                    n for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr)
                )
                if isinstance(node, ast.BinOp):
                    self.facts.operands.append(symbols)
                return symbols

    def _all(self, nodes: Iterable[ast.expr]) -> Symbols:
        return tuple(symbol for node in nodes for symbol in self.sources(node))

    def _comprehension(
        self, generators: Sequence[ast.comprehension], parts: Sequence[ast.expr]
    ) -> Symbols:
        for generator in generators:
            self._bind(generator.target, self.sources(generator.iter))
            self._all(generator.ifs)
        return self._all(parts)

    def _lambda(self, node: ast.Lambda) -> tuple[str, Symbols]:
        """Walk a lambda; return what it is called here, and what it is joined by."""
        self._defaults(node)
        name = f"<lambda {len(self.facts.inner)}>"
        self.facts.inner[name] = Inner(parameters=(), returned=())
        inner = self.facts.inner[name] = self.function(node)
        self._join(name, *inner.returned)
        return name, (name,)

    def _call(self, node: ast.Call, *, is_unused: bool = False) -> int:
        given = [self._given(number, part) for number, part in enumerate(node.args)]
        given += [self._given(k.arg or "*", k.value) for k in node.keywords]
        path = _path_of(node.func)
        box, method = "", ""
        receiver: Symbols = ()
        if isinstance(node.func, ast.Attribute):
            method = node.func.attr
            receiver = self.sources(node.func.value)
            box = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        elif not path:
            receiver = self.sources(node.func)
        self._n_results += 1
        self.facts.calls.append(
            CallFact(
                path=path,
                method=method,
                receiver=receiver,
                box=box,
                given=tuple(given),
                result=self._n_results,
                is_unused=is_unused,
            )
        )
        return self._n_results

    def _given(self, place: int | str, node: ast.expr) -> Given:
        if isinstance(node, ast.Starred):
            return Given(place="*", symbols=self.sources(node.value))
        if isinstance(node, ast.Lambda):
            name, symbols = self._lambda(node)
            return Given(place=place, symbols=symbols, inner=name)
        return Given(
            place=place,
            symbols=self.sources(node),
            box=node.id if isinstance(node, ast.Name) else "",
            is_new=_is_new(node),
        )


def _parts(node: ast.AST) -> list[ast.expr]:
    return [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]


def _path_of(node: ast.expr) -> tuple[str, ...]:
    """Return the parts of a dotted name, () for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


def _is_new(node: ast.expr) -> bool:
    """Return True if an expression gives a container that it makes, or none."""
    if isinstance(node, ast.Call):
        func = node.func
        if isinstance(func, ast.Name):
            return func.id in MAKING
        return isinstance(func, ast.Attribute) and func.attr in _MAKING_METHODS
    return isinstance(node, _LITERALS)
