"""Which of the objects that calls reach may those calls change? Told without following them.

Values flow from name to name through the functions that are reached (`text_facts`), from objects
that are there before; what is in them is told apart by what holds it, no further (Das:
*Unification-based Pointer Analysis with Directional Assignments*, PLDI 2000). An object is changed
if it may flow to where a text changes something, or if what is in it is. So what a function makes
and changes itself changes nothing else. Costs as much as the texts are long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops_nb.pipeline.flow import callables
from mlops_nb.pipeline.flow.frames import Arguments
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.names import lookup
from mlops_nb.pipeline.flow.partition import Partition
from mlops_nb.pipeline.flow.scopes import parameter_names
from mlops_nb.pipeline.flow.text_calls import TextCall
from mlops_nb.pipeline.flow.text_facts import TextFacts
from mlops_nb.pipeline.flow.values import IMMUTABLE, Value
from mlops_nb.pipeline.flow.words import word_set

# Kinds of objects that change when they are used.
USED_UP = frozenset({"iterator", "file", "random", "database", "defaultdict"})
RESULT = ("result",)
_ANY = ("any",)
_GIVEN = ("given",)
_MAKING = frozenset({"__init__", "__post_init__", "__new__"})
# Methods that Python calls by itself: with others of their kind, to get what is inside, and those
# that leave what they are given alone.
_COMPARING = word_set("__eq__ __ne__ __lt__ __le__ __gt__ __ge__")
_GIVING = word_set("__iter__ __next__ __enter__")
_QUIET = (
    _COMPARING
    | _GIVING
    | _MAKING
    | word_set("__repr__ __str__ __format__ __hash__ __bool__ __len__ __call__ __exit__")
)


@dataclass(slots=True)
class Sharing(Partition):
    """The classes of symbols, as far as functions have been read.

    Attributes
    ----------
    functions : dict
        The functions that are reached, with what their texts do and the names that are not theirs.
    named : dict
        Functions by the names that methods of the notebook's classes have.
    escaped : set of Function
        Those that may be called by whoever has them.
    changed, filled : set
        Symbols that may be changed, and those that something may be put into.
    is_clear : bool
        False if anything may be changed.
    """

    m: Machine = field(kw_only=True)
    changed: set[Any] = field(default_factory=set)
    functions: dict[callables.Function, tuple[TextFacts, frozenset[str]]] = field(
        default_factory=dict
    )
    named: dict[str, list[callables.Function]] = field(default_factory=dict)
    owners: dict[callables.Function, callables.Class] = field(default_factory=dict)
    escaped: set[callables.Function] = field(default_factory=set)
    filled: set[Any] = field(default_factory=set)
    calls_any: bool = False
    is_clear: bool = True

    def flow_value(self, key: Any, value: Value) -> None:
        """Note that a symbol may be the objects of a value, or what is in others."""
        for number in value.objects:
            if number > IMMUTABLE:
                self.flow(key, number)
        for number, _ in value.near:
            self.flow(key, self.part_of(number))

    def hold_value(self, key: Any, value: Value) -> None:
        """Note that what a value is may be in a symbol."""
        self.flow_value(self.part_of(key), value)

    # what is there before

    def add_function(
        self, function: callables.Function, facts: TextFacts, free: frozenset[str]
    ) -> None:
        """Take in a function that may be called."""
        self.functions[function] = (facts, free)
        for name, value in function.defaults.items():
            self.flow_value((function, name), value)
        for name in free:
            self.flow_value((function, name), lookup(self.m, function.frame, name))

    def add_class(self, owner: callables.Class) -> None:
        """Take in a class: its methods, by their names, and what all instances share."""
        for name, value in owner.names.items():
            self.hold_value(("class", owner), value)
            for call in value.calls:
                if isinstance(call, callables.Function):
                    self.named.setdefault(name, []).append(call)
                    self.owners[call] = owner
        for base in owner.bases:
            for call in base.calls:
                if isinstance(call, callables.Class):
                    self.join(("class", owner), ("class", call))

    def _join_methods(self) -> None:
        """Join methods that run without being called by name with the instances there are."""
        for name, methods in self.named.items():
            for method in methods:
                itself = ("class", self.owners[method])
                names = [(method, n) for n in parameter_names(method.node.args)]
                is_implicit = name[:2] == "__" and name not in _MAKING
                if is_implicit or method.binding or method in self.escaped:
                    for key in names[:1]:
                        self.flow(key, itself)
                if name in _COMPARING:
                    for key in names:
                        self.flow(key, itself)
                if method.binding == "property" or name in _GIVING:
                    self.put(itself, (method, "return"), self.part_of((method, "return")))

    def enter(self, target: Any, arguments: Arguments, *, result: Any = RESULT) -> None:
        """Note a call whose arguments are values; what it gives is joined with `result`."""
        given = []
        for number, value in enumerate(arguments.all()):
            given.append(("given", id(arguments), number))
            self.flow_value(given[-1], value)
        places: list[int | str] = [*range(len(arguments.positional))]
        places += [name for name, _ in arguments.keywords]
        places += ["*"] * (arguments.rest is not None)
        self.call_target(target, places, given, result)

    # texts

    def settle(self) -> None:
        """Take in what the functions that are reached do to each other."""
        for function, (facts, free) in self.functions.items():
            self._read(function, facts, free)
        for function, (facts, _) in self.functions.items():
            for call in facts.calls:
                TextCall(self, function, call).run()
        if self.calls_any:
            self._join_escaped()
        self._join_methods()

    def _read(self, function: callables.Function, facts: TextFacts, free: frozenset[str]) -> None:
        self.is_clear = self.is_clear and facts.is_clear
        for one, other in facts.given:
            self.flow((function, one), (function, other))
        for box, part in facts.taken:
            self.join(self.part_of((function, box)), (function, part))
        for box, part in facts.stored:
            self.put((function, box), (function, part))
        if any(name[:2] == "__" and name not in _QUIET for name in self.named):
            for symbols in facts.operands:
                self.blend(*((function, s) for s in symbols))
        self.flow((function, "return"), *((function, s) for s in facts.returned))
        for name in facts.values:
            calls = lookup(self.m, function.frame, name).calls if name in free else ()
            self.escaped.update(c for c in calls if isinstance(c, callables.Function))
            self.escaped.update(self.named.get(name, ()))
        spared = set()  # an instance is changed while it is made
        if getattr(function.node, "name", "") in _MAKING:
            spared = {parameter.arg for parameter in function.node.args.args[:1]}
        self.changed.update((function, s) for s in facts.changed - spared)
        self.filled.update((function, s) for s in facts.changed)

    def call_target(
        self, target: Any, places: Sequence[int | str], given: Sequence[Any], result: Any
    ) -> None:
        """Join what is given with the parameters of what is called, and the result."""
        if isinstance(target, callables.Bound):
            names = parameter_names(target.function.node.args)[:1]
            for name in names:
                self.flow_value((target.function, name), target.this)
            self.bind(target.function, places, given, n_before=len(names))
            self.flow(result, (target.function, "return"))
        elif isinstance(target, callables.Function):
            self.bind(target, places, given)
            self.flow(result, (target, "return"))
        elif isinstance(target, callables.Class):
            self._construct(target, places, given, result)
        else:
            self.call_any(given, result)

    def bind(
        self,
        target: callables.Function,
        places: Sequence[int | str],
        given: Sequence[Any],
        *,
        n_before: int = 0,
    ) -> None:
        """Join arguments with parameters; `n_before` parameters come first."""
        args = target.node.args
        positional = [a.arg for a in (*args.posonlyargs, *args.args)][n_before:]
        named = {*positional, *(a.arg for a in args.kwonlyargs)}
        boxes = [a.arg for a in (args.vararg, args.kwarg) if a is not None]
        has_rest = "*" in places
        for place, key in zip(places, given, strict=True):
            if isinstance(place, int) and place < len(positional) and not has_rest:
                self.flow((target, positional[place]), key)
            elif isinstance(place, str) and place in named:
                self.flow((target, place), key)
            else:
                for name in sorted(named) if has_rest else ():
                    self.flow((target, name), key)
                for name in boxes:
                    self.put((target, name), key)

    def _construct(
        self, owner: callables.Class, places: Sequence[int | str], given: Sequence[Any], result: Any
    ) -> None:
        """Note that an instance is made: its class stands for it."""
        self.flow(result, ("new", owner))
        self.join(self.part_of(("class", owner)), self.part_of(result))
        has_own = False
        for name in ("__init__", "__new__"):
            attribute = owner.find(name)
            for call in () if attribute is None else attribute.calls:
                if isinstance(call, callables.Function):
                    has_own = True
                    self.bind(call, places, given, n_before=1)
                    for key in [(call, n) for n in parameter_names(call.node.args)[:1]]:
                        self.join(self.part_of(key), self.part_of(result))
        if not has_own:
            self.put(("class", owner), *given)

    def call_any(self, given: Iterable[Any], result: Any) -> None:
        """Note a call of something unknown."""
        self.calls_any = True
        self.escaped.update(self.named.get("__call__", ()))
        self.flow(_ANY, *given)
        self.flow(result, _GIVEN)

    def _join_escaped(self) -> None:
        """Note that a call of something unknown may call whatever is used as a value."""
        for function, (facts, _) in self.functions.items():
            for inner in facts.inner.values():
                for name in inner.parameters:
                    self.flow((function, name), _ANY)
                self.flow(_GIVEN, *((function, s) for s in inner.returned))
            if function in self.escaped:
                is_method = function in self.owners and function.binding != "static"
                for name in parameter_names(function.node.args)[int(is_method) :]:
                    self.flow((function, name), _ANY)
                self.flow(_GIVEN, (function, "return"))
