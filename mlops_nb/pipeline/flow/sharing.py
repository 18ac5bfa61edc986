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

from mlops_nb.pipeline.flow import callables, library
from mlops_nb.pipeline.flow.frames import Arguments
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.names import lookup
from mlops_nb.pipeline.flow.scopes import parameter_names
from mlops_nb.pipeline.flow.text_facts import CallFact, Inner, Symbol, TextFacts
from mlops_nb.pipeline.flow.values import IMMUTABLE, Value
from mlops_nb.pipeline.flow.words import word_set

# Kinds of objects that change when they are used.
USED_UP = frozenset({"iterator", "file", "random", "database", "defaultdict"})
RESULT = ("result",)
_ANY = ("any",)
_GIVEN = ("given",)
_MAKING = frozenset({"__init__", "__post_init__", "__new__"})
# Methods that give what is in their object, a collection of it, or pairs of it; those of texts.
_TAKING = word_set("get pop popleft setdefault item __getitem__")
_COPYING = word_set("copy values keys union intersection difference symmetric_difference elements")
_PAIRING = word_set("items most_common popitem")
_TEXTUAL = word_set(
    "split rsplit splitlines strip lstrip rstrip join format lower upper title replace startswith "
    "endswith find rfind index count isdigit isalpha encode decode zfill ljust rjust center"
)
_SHALLOW = word_set(
    """
    builtins.list builtins.tuple builtins.set builtins.frozenset builtins.sorted builtins.iter
    builtins.reversed collections.deque collections.Counter itertools.islice itertools.cycle
    builtins.filter itertools.chain copy.copy
    """
)
_OPENING = word_set("builtins.getattr builtins.vars builtins.sum")
_PAIRING_PATHS = word_set("builtins.zip builtins.enumerate")
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
# Functions and methods that call what they are given with what is in the rest, and where that is.
_CALLING: dict[str, int | str] = {
    "builtins.map": 0,
    "builtins.filter": 0,
    "builtins.sorted": "key",
    "builtins.min": "key",
    "builtins.max": "key",
}
_NEVER_CALLING = word_set(
    """
    builtins.list builtins.tuple builtins.set builtins.dict builtins.sum builtins.any builtins.all
    builtins.enumerate builtins.zip builtins.next collections.deque itertools.chain
    """
)
_CALLING_METHODS = word_set(
    "apply map applymap agg aggregate transform filter pipe sort groupby assign submit rolling"
)
# Methods that put what they are given into their object; and what is in it.
_PUTTING = word_set("append appendleft add insert setdefault put put_nowait push __setitem__")
_SPREADING = word_set("extend extendleft update")


@dataclass(slots=True)
class Sharing:
    """The classes, as far as functions have been read.

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

    m: Machine
    parents: dict[Any, Any] = field(default_factory=dict)
    sources: dict[Any, list[Any]] = field(default_factory=dict)
    contents: dict[Any, Any] = field(default_factory=dict)
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
    n_parts: int = 0

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
        """Note that symbols may be the same; then what is in them may be, too."""
        todo = [(keys[0], key) for key in keys[1:]]
        while todo:
            one, other = todo.pop()
            one = self.find(one) if one in self.parents else one
            other = self.find(other) if other in self.parents else other
            if one is other or one == other:
                continue
            self.parents[other] = one
            inner = self.contents.pop(other, None)
            if inner is not None:
                known = self.contents.setdefault(one, inner)
                if known is not inner:
                    todo.append((known, inner))

    def part_of(self, key: Any) -> Any:
        """Return the symbol of what is in a symbol."""
        root = self.find(key) if key in self.parents else key
        part = self.contents.get(root)
        if part is None:
            self.n_parts += 1
            part = self.contents[root] = -self.n_parts  # objects have positive numbers
        return part

    def flow(self, target: Any, *sources: Any) -> None:
        """Note that a symbol may be what others are."""
        known = self.sources.setdefault(target, [])
        part = self.part_of(target)
        for source in sources:
            known.append(source)
            other = self.part_of(source)
            if part is not other:
                self.join(part, other)

    def put(self, box: Any, *parts: Any) -> None:
        """Note that symbols may be in another."""
        if parts:
            self.flow(self.part_of(box), *parts)

    def gather(self, target: Any, *sources: Any) -> None:
        """Note that a symbol may be what others are, or what is in them."""
        for source in sources:
            self.flow(target, source, self.part_of(source))

    def blend(self, *keys: Any) -> None:
        """Note that symbols may be the same, or in one another, however deep."""
        self.join(*keys)
        self.join(self.part_of(keys[0]), keys[0])

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

    def within(self, key: Any) -> list[Any]:
        """Return a symbol, what is in it, what is in that, and so on."""
        found = [self.find(key)]
        while (part := self.contents.get(found[-1])) is not None:
            part = self.find(part)
            if part in found:
                break
            found.append(part)
        return found

    def origins(self, keys: Iterable[Any], *, with_wholes: bool = False) -> set[Any]:
        """Return the classes of all that may flow to `keys`; with what holds it, if asked."""
        parents = self.parents
        before: dict[Any, list[Any]] = {}
        for target, sources in self.sources.items():
            target = self.find(target) if target in parents else target
            before.setdefault(target, []).extend(sources)
        if with_wholes:
            for whole, part in self.contents.items():
                part = self.find(part) if part in parents else part
                before.setdefault(part, []).append(whole)
        todo = list(keys)
        found: set[Any] = set()
        while todo:
            key = todo.pop()
            key = self.find(key) if key in parents else key
            if key not in found:
                found.add(key)
                todo += before.get(key, ())
        return found

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
                _Call(self, function, call).run()
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


class _Call:
    """One call in a text, and what it joins and changes."""

    def __init__(self, sharing: Sharing, function: callables.Function, call: CallFact) -> None:
        self.sharing, self.function, self.call = sharing, function, call
        self.facts, self.free = sharing.functions[function]
        self.places = [one.place for one in call.given]
        self.given = [self._key(one.symbol, number) for number, one in enumerate(call.given)]
        self.receiver = (function, call.receiver)
        self.result = (function, call.result)

    def _key(self, symbol: Symbol, number: int) -> Any:
        """Return an argument; code that is passed is the same everywhere, and joins nothing."""
        if symbol in self.free:
            value = lookup(self.sharing.m, self.function.frame, str(symbol))
            if value.module or value.calls:
                return (self.function, self.call.result, number)
        return (self.function, symbol)

    def run(self) -> None:
        """Take in what the call does."""
        sharing, path = self.sharing, self.call.path
        library_path, value = self._callee()
        if library_path:
            self._call_library(library_path)
        elif self.call.method:
            self._call_method()
        elif path and path[0] in self.facts.inner:
            self._bind_inner(self.facts.inner[path[0]], self.given, self.result)
        elif value is not None and value.calls:
            for target in value.calls:
                sharing.call_target(target, self.places, self.given, self.result)
        elif value is not None and not sharing.m.heap.instance_classes(value):
            self._call_unknown(self.given)
        else:
            sharing.call_any(self.given, self.result)

    def _callee(self) -> tuple[str, Value | None]:
        """Return the dotted path of a library's function, or the value of a name."""
        if not self.call.path:
            return "", None
        root, *rest = self.call.path
        if root in self.facts.modules:
            return ".".join([self.facts.modules[root], *rest]), None
        if root in self.facts.inner or root not in self.free:
            return "", None
        value = lookup(self.sharing.m, self.function.frame, root)
        return (".".join([value.module, *rest]) if value.module else ""), value

    def _call_unknown(self, keys: Sequence[Any]) -> None:
        """Note that something may change what it is given, and give any part of it."""
        if keys:
            self.sharing.blend(*keys, self.result)
            self.sharing.changed.update(keys)
        self.sharing.call_any(keys, self.result)

    def _call_library(self, path: str) -> None:
        sharing = self.sharing
        if not (library.is_pure(path) or path in library.CHANGING):
            self._call_unknown(self.given)
            return
        changing = library.CHANGING.get(path, ())
        for place, key in zip(self.places, self.given, strict=True):
            if place in (*changing, "out") or (changing and place == "*"):
                sharing.changed.add(key)
        if changing and self.given:
            sharing.put(self.given[0], *self.given[1:])
            for key in self.given[1:]:
                sharing.put(self.given[0], sharing.part_of(key))
        self._give(path)
        if library.calls_back(path) and path not in _NEVER_CALLING:
            self._pass_functions(_CALLING.get(path), is_whole=path not in _CALLING)
            if path == "functools.reduce":
                sharing.flow(self.result, sharing.part_of(self.result))

    def _give(self, path: str) -> None:
        """Join the result of a library's function with what it may be made of."""
        sharing, result = self.sharing, self.result
        given = [key for key in self.given if len(key) == 2]  # what is no code
        name = path.rpartition(".")[2]
        if path in library.CONSTANTS or not given:
            return
        parts = [sharing.part_of(key) for key in given]
        if path in _SHALLOW:
            sharing.put(result, *parts)
        elif path in _PAIRING_PATHS:
            sharing.put(sharing.part_of(result), *parts)
        elif path in library.ELEMENTS:
            sharing.flow(result, *parts, *(given if len(given) > 1 else ()))
        elif path in library.VIEWS or path in _OPENING:
            sharing.gather(result, *given)
        elif path in library.SHALLOW and path not in library.MAPPING:
            sharing.put(result, *given, *parts, *map(sharing.part_of, parts))
        elif name[:1].isupper() or name.startswith("make_") or library.kind_made_by(path):
            sharing.put(result, *given, *parts)

    def _call_method(self) -> None:
        sharing, name = self.sharing, self.call.method
        known = sharing.named.get(name, ())
        for method in known:
            names = parameter_names(method.node.args)[:1]
            is_bound = method.binding != "static"
            for name_of_self in names if is_bound else ():
                sharing.flow((method, name_of_self), self.receiver)
            sharing.bind(method, self.places, self.given, n_before=int(is_bound))
            sharing.flow(self.result, (method, "return"))
        is_change = name in library.MUTATORS or (
            name in library.MUTATORS_IF_UNUSED and self.call.is_unused
        )
        is_pure = name in library.PURE_METHODS or name in library.MUTATORS_IF_UNUSED
        if is_change:
            sharing.changed.add(self.receiver)
            sharing.filled.add(self.receiver)
            self._put_into_receiver(name)
        if is_change or is_pure:
            self._give_by_method(name)
        elif not known:
            self._call_unknown([self.receiver, *self.given])
        if name in _CALLING_METHODS:
            self._pass_functions(None, is_whole=True)
            if name == "pipe":
                sharing.flow(self.result, sharing.part_of(self.result))

    def _put_into_receiver(self, name: str) -> None:
        if name not in _SPREADING:
            self.sharing.put(self.receiver, *self.given)
        if name not in _PUTTING:
            self.sharing.put(self.receiver, *map(self.sharing.part_of, self.given))

    def _give_by_method(self, name: str) -> None:
        """Join the result of a method of an object nobody knows with what it may be."""
        sharing, result = self.sharing, self.result
        part = sharing.part_of(self.receiver)
        if name in _TAKING:
            sharing.flow(result, part, *self.given[1:])
        elif name in _COPYING:
            sharing.put(result, part, *map(sharing.part_of, self.given))
        elif name in _PAIRING:
            sharing.put(sharing.part_of(result), part)
            if name == "popitem":
                sharing.put(result, part)
        elif name not in _TEXTUAL and not self.call.is_unused:
            sharing.gather(result, part)
            if name in library.SHARING or name in library.RETURNING_SELF:
                sharing.flow(result, self.receiver)

    def _pass_functions(self, place: int | str | None, *, is_whole: bool) -> None:
        """Note that functions that are given may be called with what is in the rest."""
        sharing, result = self.sharing, self.sharing.part_of(self.result)
        for number, one in enumerate(self.call.given):
            if not one.name or (place is not None and one.place != place):
                continue
            rest = [key for other, key in enumerate(self.given) if other != number]
            rest += [self.receiver] if self.call.method else []
            parts = [*map(sharing.part_of, rest), *(rest if is_whole else ())]
            if one.name in self.facts.inner:
                self._bind_inner(self.facts.inner[one.name], parts, result)
            elif one.name in self.free:
                for target in lookup(sharing.m, self.function.frame, one.name).calls:
                    sharing.call_target(target, ["*"] * len(parts), parts, result)
            elif rest and one.name in self.facts.unknown:
                sharing.call_any(parts, result)

    def _bind_inner(self, inner: Inner, keys: Sequence[Any], result: Any) -> None:
        function = self.function
        for name in inner.parameters:
            self.sharing.flow((function, name), *keys)
        self.sharing.flow(result, *((function, symbol) for symbol in inner.returned))
