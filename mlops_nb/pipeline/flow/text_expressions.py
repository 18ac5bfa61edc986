"""What does an expression in the text of a function give, and what does it join on the way?

Symbols are made for what has no name; the statements around it are read in `text_reading`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from mlops_nb.pipeline.flow.scopes import FunctionNode, parameter_names
from mlops_nb.pipeline.flow.text_facts import CallFact, Given, Inner, Symbol, TextFacts


class ExpressionReader:
    """Reads expressions; `counters` are names that stand for nothing but tables of numbers."""

    def __init__(self, counters: frozenset[str]) -> None:
        self.facts = TextFacts()
        self.counters = counters
        self.returned: list[list[Symbol]] = []
        self._n_made = 0

    def of(self, node: ast.expr) -> Symbol:
        """Return the symbol of what an expression gives."""
        match node:
            case ast.Name():
                self.facts.values.add(node.id)
                return node.id
            case ast.Attribute():
                self.facts.values.add(node.attr)
                return self.part_of(self.of(node.value))
            case ast.Subscript():
                base, key = self.of(node.value), self.of(node.slice)
                part = self.part_of(base) if _is_single(node.slice) else self._slice_of(base)
                self.facts.operands.append((base, key, part))
                return part
            case ast.Call():
                return self.call(node)
            case ast.Lambda():
                return self._lambda(node)
            case ast.NamedExpr():
                symbol = self.of(node.value)
                self.bind(node.target, symbol)
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
        symbols = self.all(parts_of(node))
        result = self._new()
        if isinstance(node, ast.BinOp):
            self.facts.stored += [(result, self.part_of(symbol)) for symbol in symbols]
        self.facts.operands.append((result, *symbols))
        return result

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Symbol:
        """Run a yield; what a generator gives holds what it yields."""
        if node.value is not None:
            value = self.of(node.value)
            if isinstance(node, ast.YieldFrom):
                value = self.part_of(value)
            self.returned[-1].append(self._made([value]))
        return self._new()

    def _literal(self, nodes: Sequence[ast.expr]) -> Symbol:
        symbols = []
        for node in nodes:
            symbol = self.of(node)
            symbols.append(self.part_of(symbol) if isinstance(node, ast.Starred) else symbol)
        return self._made(symbols)

    def _either(self, nodes: Sequence[ast.expr]) -> Symbol:
        result = self._new()
        self.facts.given += [(result, symbol) for symbol in self.all(nodes)]
        return result

    def _comprehension(
        self, generators: Sequence[ast.comprehension], parts: Sequence[ast.expr]
    ) -> Symbol:
        for generator in generators:
            self.bind(generator.target, self.part_of(self.of(generator.iter)))
            self.all(generator.ifs)
        return self._made(self.all(parts))

    def call(self, node: ast.Call, *, is_unused: bool = False) -> int:
        """Note a call, and return the symbol of what it gives."""
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
            return Given(place="*", symbol=self.part_of(symbol))
        name = symbol if isinstance(node, ast.Name | ast.Lambda) else ""
        return Given(place=place, symbol=symbol, name=str(name))

    # symbols

    def all(self, nodes: Iterable[ast.expr]) -> list[Symbol]:
        """Return the symbols of what expressions give."""
        return [self.of(node) for node in nodes]

    def _new(self) -> int:
        self._n_made += 1
        return self._n_made

    def _made(self, parts: Iterable[Symbol]) -> int:
        """Return something new that holds `parts`."""
        made = self._new()
        self.facts.stored += [(made, part) for part in parts]
        return made

    def part_of(self, symbol: Symbol) -> int:
        """Return what may be in `symbol`."""
        part = self._new()
        self.facts.taken.append((symbol, part))
        return part

    def _slice_of(self, symbol: Symbol) -> int:
        """Return what a slice of `symbol` may be: itself, for arrays, or a part."""
        part = self.part_of(symbol)
        self.facts.stored.append((part, self.part_of(symbol)))
        return part

    # functions and targets

    def take_inner(self, node: FunctionNode) -> Inner:
        """Return a function that has been read: what it takes, and what it was noted to give."""
        parameters = tuple(parameter_names(node.args))
        return Inner(parameters=parameters, returned=tuple(self.returned.pop()))

    def _lambda(self, node: ast.Lambda) -> str:
        """Walk a lambda, and return what it is called here."""
        self.defaults(node)
        name = f"<lambda {len(self.facts.inner)}>"
        self.facts.inner[name] = Inner(parameters=(), returned=())
        self.returned.append([])
        self.returned[-1].append(self.of(node.body))
        inner = self.facts.inner[name] = self.take_inner(node)
        self.facts.stored += [(name, symbol) for symbol in inner.returned]
        return name

    def defaults(self, node: FunctionNode) -> None:
        """Note what the defaults of a function may make of its parameters."""
        args = node.args
        positional = [*args.posonlyargs, *args.args]
        pairs = [
            *zip(reversed(positional), reversed(args.defaults), strict=False),
            *zip(args.kwonlyargs, args.kw_defaults, strict=True),
        ]
        self.facts.given += [(p.arg, self.of(d)) for p, d in pairs if d is not None]

    def bind(self, target: ast.expr, symbol: Symbol) -> None:
        """Note that a target may be what a symbol is."""
        match target:
            case ast.Name():
                self.facts.given.append((target.id, symbol))
            case ast.Tuple() | ast.List():
                part = self.part_of(symbol)
                for place in target.elts:
                    self.bind(place, part)
            case ast.Starred():  # a list of some of the parts, which is given here as a part
                self.bind(target.value, self._made([symbol]))
            case ast.Attribute() | ast.Subscript():
                base = self.of(target.value)
                if isinstance(target, ast.Subscript):
                    self.facts.stored.append((base, self.of(target.slice)))
                    if isinstance(target.slice, ast.Slice):
                        self.facts.stored.append((base, self.part_of(symbol)))
                self.facts.changed.add(base)
                self.facts.stored.append((base, symbol))
                self.facts.operands.append((base, symbol))


def _is_single(node: ast.expr) -> bool:
    """Return True for a subscript that takes one item out."""
    return not isinstance(node, ast.Slice | ast.Tuple)


def parts_of(node: ast.AST) -> list[ast.expr]:
    """Return the expressions right under a node."""
    return [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]


def _path_of(node: ast.expr) -> tuple[str, ...]:
    """Return the parts of a dotted name, () for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()
