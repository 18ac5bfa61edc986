"""What does one call in the text of a function join and change, of what it is given?

Libraries are looked up in tables, functions of the notebook bound; what is not known may change
what it is given, and give any part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlops_nb.pipeline.flow import callables, library
from mlops_nb.pipeline.flow.names import lookup
from mlops_nb.pipeline.flow.scopes import parameter_names
from mlops_nb.pipeline.flow.text_facts import CallFact, Inner, Symbol
from mlops_nb.pipeline.flow.values import Value
from mlops_nb.pipeline.flow.words import word_set

if TYPE_CHECKING:
    from mlops_nb.pipeline.flow.sharing import Sharing

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


class TextCall:
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
