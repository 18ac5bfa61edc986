"""Which of the objects that calls reach may those calls change? Told without following them.

What may stand for one thing, or for parts of it, is joined into one class: names of the functions
that are reached (`text_facts`), objects that are there before, classes of the notebook with all
their instances (Steensgaard: *Points-to Analysis in Almost Linear Time*, POPL 1996). A class is
changed when anything in the texts may change one of its members; what a function makes itself and
changes itself is none of it. Costs as much as the texts are long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops_nb.pipeline.flow import callables, library
from mlops_nb.pipeline.flow.frames import Arguments
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.names import lookup
from mlops_nb.pipeline.flow.scopes import parameter_names
from mlops_nb.pipeline.flow.text_facts import MAKING, CallFact, Given, Inner, TextFacts
from mlops_nb.pipeline.flow.values import IMMUTABLE, Value

# Kinds of objects that change when they are used.
USED_UP = frozenset({"iterator", "file", "random", "database", "defaultdict"})
_ANY = ("any",)
RESULT = ("result",)
_MAKING_SELF = frozenset({"__init__", "__post_init__", "__new__", "__init_subclass__"})


@dataclass(slots=True)
class Sharing:
    """The classes, as far as functions have been read.

    Attributes
    ----------
    functions : dict
        The functions that are reached, with what their texts do and the names that are not theirs.
    named : dict
        Functions by the names that methods of the notebook's classes have.
    is_clear : bool
        False if anything may be changed.
    """

    m: Machine
    parents: dict[Any, Any] = field(default_factory=dict)
    changed: set[Any] = field(default_factory=set)
    functions: dict[callables.Function, tuple[TextFacts, frozenset[str]]] = field(
        default_factory=dict
    )
    named: dict[str, list[callables.Function]] = field(default_factory=dict)
    escaped: set[callables.Function] = field(default_factory=set)
    calls_any: bool = False
    is_clear: bool = True

    # classes

    def find(self, key: Any) -> Any:
        """Return what stands for the class of a symbol."""
        parents = self.parents
        while (parent := parents.get(key, key)) is not key:
            grand = parents.get(parent, parent)
            parents[key] = grand
            key = grand
        return key

    def join(self, *keys: Any) -> None:
        """Note that symbols may stand for the same, or for parts of one thing."""
        if not keys:
            return
        first = self.find(keys[0])
        for key in keys[1:]:
            other = self.find(key)
            if other is not first:
                self.parents[other] = first

    def join_value(self, key: Any, value: Value) -> None:
        """Note that a symbol may stand for the objects of a value."""
        for number in value.objects:
            if number > IMMUTABLE:
                self.join(key, number)
        for number, _ in value.near:
            self.join(key, number)

    def changed_classes(self) -> set[Any]:
        """Return what stands for the classes that are changed."""
        return {self.find(key) for key in self.changed}

    # what is there before

    def add_function(
        self, function: callables.Function, facts: TextFacts, free: frozenset[str]
    ) -> None:
        """Take in a function that may be called."""
        self.functions[function] = (facts, free)
        for name, value in function.defaults.items():
            self.join_value((function, name), value)
        for name in free:
            self.join_value((function, name), lookup(self.m, function.frame, name))

    def add_class(self, owner: callables.Class) -> None:
        """Take in a class: its methods, by their names, and what all instances share."""
        for name, value in owner.names.items():
            self.join_value(("class", owner), value)
            for call in value.calls:
                if isinstance(call, callables.Function):
                    self.named.setdefault(name, []).append(call)
                    if call.binding != "static":
                        names = parameter_names(call.node.args)[:1]
                        self.join(("class", owner), *((call, n) for n in names))
        for base in owner.bases:
            for call in base.calls:
                if isinstance(call, callables.Class):
                    self.join(("class", owner), ("class", call))

    # what is called from outside the texts

    def enter(self, target: Any, arguments: Arguments, *, result: Any = RESULT) -> None:
        """Note a call whose arguments are values; what it gives is joined with `result`."""
        given = []
        for number, value in enumerate(arguments.all()):
            given.append(("given", id(arguments), number))
            self.join_value(given[-1], value)
        function = target.function if isinstance(target, callables.Bound) else target
        if isinstance(function, callables.Function):
            keys = [(function, name) for name in parameter_names(function.node.args)]
            if isinstance(target, callables.Bound) and keys:
                self.join_value(keys[0], target.this)
            places = [Given(place=n, symbols=()) for n in range(len(arguments.positional))]
            places += [Given(place=name, symbols=()) for name, _ in arguments.keywords]
            places += [Given(place="*", symbols=())] * (arguments.rest is not None)
            n_before = int(isinstance(target, callables.Bound))
            self._bind_function(function, places, [[key] for key in given], n_before=n_before)
            self.join(result, (function, "return"))
        elif isinstance(function, callables.Class):
            self._construct(function, (), [given], result)
        else:
            self.calls_any = True
            self.join(_ANY, result, *given)

    # texts

    def settle(self) -> None:
        """Take in what the functions that are reached do to each other."""
        for function, (facts, free) in self.functions.items():
            self._read(function, facts, free)
        for function, (facts, free) in self.functions.items():
            own = self._own(facts, free)
            self._note_changes(function, facts, own)
            for call in facts.calls:
                self._call(function, facts, call, own)
        if self.calls_any:
            self._join_escaped()

    def _own(self, facts: TextFacts, free: frozenset[str]) -> set[str]:
        """Return the names that stand for nothing but what the function has made."""
        if any(name[:2] == "__" and name not in _MAKING_SELF for name in self.named):
            return set()  # an operator may give its operand
        for name in MAKING & free:
            if not self.m.read_global(name).module.startswith(("builtins.", "collections.")):
                return set()
        return facts.own - free

    def _read(self, function: callables.Function, facts: TextFacts, free: frozenset[str]) -> None:
        self.is_clear = self.is_clear and facts.is_clear
        for symbols in facts.joins:
            self.join(*((function, s) for s in symbols))
        if any(name[:2] == "__" for name in self.named):
            for symbols in facts.operands:
                self.join(*((function, s) for s in symbols))
        self.join((function, "return"), *((function, s) for s in facts.returned))
        for name in facts.values:
            calls = lookup(self.m, function.frame, name).calls if name in free else ()
            self.escaped.update(c for c in calls if isinstance(c, callables.Function))
            self.escaped.update(self.named.get(name, ()))

    def _note_changes(self, function: callables.Function, facts: TextFacts, own: set[str]) -> None:
        makes_self = function.node.args.args[:1] if self._is_making(function) else []
        spared = own | {parameter.arg for parameter in makes_self}
        self.changed.update((function, s) for s in facts.changed)
        self.changed.update((function, name) for name in facts.boxes - spared)

    def _is_making(self, function: callables.Function) -> bool:
        return getattr(function.node, "name", "") in _MAKING_SELF

    def _call(
        self, function: callables.Function, facts: TextFacts, call: CallFact, own: set[str]
    ) -> None:
        given = [[(function, s) for s in one.symbols] for one in call.given]
        flat = [key for keys in given for key in keys]
        result = (function, call.result)
        for one, keys in zip(call.given, given, strict=True):
            if one.inner:  # what a lambda is called with is at hand here
                inner = facts.inner[one.inner]
                self.join(*((function, p) for p in inner.parameters), *flat)
                self.join(result, *keys)
        path, value = self._callee(function, facts, call)
        if path:
            self._call_library(function, call, path, own)
        elif call.method:
            self._call_method(function, call, own)
        elif call.path and call.path[0] in facts.inner:
            self._bind_inner(function, facts.inner[call.path[0]], flat, result)
        elif value is not None and value.calls:
            for target in value.calls:
                self._bind_target(target, call.given, given, result)
        else:
            self._call_unknown(flat, result)

    def _callee(
        self, function: callables.Function, facts: TextFacts, call: CallFact
    ) -> tuple[str, Value | None]:
        """Return the dotted path of a library's function, or the value of a name."""
        if not call.path:
            return "", None
        root, *rest = call.path
        if root in facts.modules:
            return ".".join([facts.modules[root], *rest]), None
        if root in facts.inner or root not in self.functions[function][1]:
            return "", None
        value = lookup(self.m, function.frame, root)
        return (".".join([value.module, *rest]) if value.module else ""), value

    def _call_library(
        self, function: callables.Function, call: CallFact, path: str, own: set[str]
    ) -> None:
        flat = [(function, s) for one in call.given for s in one.symbols]
        changing = library.CHANGING.get(path, ())
        is_known = library.is_pure(path) or path in library.CHANGING
        for one in call.given:
            if one.place in (*changing, "out") or (changing and one.place == "*") or not is_known:
                self._change(function, one, own, is_inside=not is_known)
        if path not in library.CONSTANTS:
            self.join((function, call.result), *flat)
        if changing:
            self.join(*flat)
        if library.calls_back(path):
            self._pass_functions(function, call)

    def _call_method(self, function: callables.Function, call: CallFact, own: set[str]) -> None:
        receiver = [(function, s) for s in call.receiver]
        flat = [(function, s) for one in call.given for s in one.symbols]
        result = (function, call.result)
        known = self.named.get(call.method, ())
        for method in known:
            names = [(method, name) for name in parameter_names(method.node.args)]
            self.join(*names[:1], *receiver)
            self.join(*names, *flat)
            self.join(result, (method, "return"))
        is_change = call.method in library.MUTATORS or (
            call.method in library.MUTATORS_IF_UNUSED and call.is_unused
        )
        is_pure = call.method in library.PURE_METHODS or call.method in library.MUTATORS_IF_UNUSED
        if is_change:
            self.join(*receiver, *flat)
        if (is_change or not (is_pure or known)) and call.box not in own:
            self.changed.update(receiver)
        if not (is_change or is_pure or known):
            self.changed.update(flat)
            self._call_unknown(flat, result)
        self.join(result, *receiver)
        self._pass_functions(function, call)

    def _pass_functions(self, function: callables.Function, call: CallFact) -> None:
        """Note that what is called calls what it is given, with the rest of what it is given."""
        free = self.functions[function][1]
        flat = [(function, s) for s in call.receiver]
        flat += [(function, s) for one in call.given for s in one.symbols]
        for one in call.given:
            if not one.box:
                continue
            if one.box in self.functions[function][0].inner:
                inner = self.functions[function][0].inner[one.box]
                self._bind_inner(function, inner, flat, (function, call.result))
            elif one.box in free:
                for target in lookup(self.m, function.frame, one.box).calls:
                    self._bind_target(target, (), [flat], (function, call.result))
            elif self.escaped:
                self._call_unknown(flat, (function, call.result))

    def _change(
        self, function: callables.Function, one: Given, own: set[str], *, is_inside: bool
    ) -> None:
        if is_inside or not (one.is_new or one.box in own):
            self.changed.update((function, s) for s in one.symbols)

    def _call_unknown(self, flat: Sequence[Any], result: Any) -> None:
        self.calls_any = True
        self.join(_ANY, result, *flat)

    def _bind_inner(
        self, function: callables.Function, inner: Inner, flat: Sequence[Any], result: Any
    ) -> None:
        self.join(*((function, p) for p in inner.parameters), *flat)
        self.join(result, *((function, s) for s in inner.returned))

    def _bind_target(
        self, target: Any, places: Sequence[Given], given: Sequence[Sequence[Any]], result: Any
    ) -> None:
        """Join what is given with the parameters of what is called."""
        if isinstance(target, callables.Function):
            self._bind_function(target, places, given)
            self.join(result, (target, "return"))
        elif isinstance(target, callables.Class):
            self._construct(target, places, given, result)
        else:
            flat = [key for keys in given for key in keys]
            self.changed.update(flat)
            self._call_unknown(flat, result)

    def _bind_function(
        self,
        target: callables.Function,
        places: Sequence[Given],
        given: Sequence[Sequence[Any]],
        *,
        n_before: int = 0,
    ) -> None:
        """Join arguments with parameters; `n_before` parameters come first."""
        args = target.node.args
        positional = [a.arg for a in (*args.posonlyargs, *args.args)][n_before:]
        names = parameter_names(args)[n_before:]
        is_plain = len(places) == len(given) and not any(p.place == "*" for p in places)
        for number, keys in enumerate(given):
            place = places[number].place if is_plain else "*"
            if isinstance(place, int) and place < len(positional):
                self.join((target, positional[place]), *keys)
            elif isinstance(place, str) and place in names:
                self.join((target, place), *keys)
            else:
                self.join(*((target, name) for name in names), *keys)

    def _construct(
        self,
        owner: callables.Class,
        places: Sequence[Given],
        given: Sequence[Sequence[Any]],
        result: Any,
    ) -> None:
        """Note that an instance is made: its class stands for it."""
        self.join(("class", owner), result)
        has_own = False
        for name in ("__init__", "__new__"):
            attribute = owner.find(name)
            for call in () if attribute is None else attribute.calls:
                if isinstance(call, callables.Function):
                    has_own = True
                    self._bind_function(call, places, given, n_before=1)
        if not has_own:
            self.join(("class", owner), *(key for keys in given for key in keys))

    def _join_escaped(self) -> None:
        """Note that a call of something unknown may call whatever is used as a value."""
        for function in self.functions:
            facts = self.functions[function][0]
            for inner in facts.inner.values():
                self.join(_ANY, *((function, p) for p in inner.parameters))
                self.join(_ANY, *((function, s) for s in inner.returned))
            if function in self.escaped:
                self.join(_ANY, *((function, n) for n in parameter_names(function.node.args)))
                self.join(_ANY, (function, "return"))
