"""A kernel small enough to be right by inspection: cells run by `exec`, everything observed.

Values are plain (numbers, texts, lists, dicts, tuples), functions of the notebook, and `Handle`,
which can be fingerprinted and not be stored. Cells reach the world through a handful of functions,
so that files, options, random numbers and the clock are seen. What is observed is what a real
session may observe: names the cell reads by analysis, what their code looks up, and what shares
memory with these.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import hashlib
import io
import marshal
import pickle
import random
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_nb.artifacts.cell_changes import Changes
from mlops_nb.artifacts.changes import ValueWatch
from mlops_nb.pipeline.incremental.facts import Fact, FactKind, name_fact
from mlops_nb.pipeline.incremental.traces import Blocker, Group

RANDOM = Fact(FactKind.RANDOM, "toy")
FRESH = "fresh"


class Handle:
    """Something like a connection: it has a state, and it cannot be stored."""

    def __init__(self, of: Any) -> None:
        self.of = of

    def __reduce__(self) -> Any:
        raise TypeError("a handle cannot be pickled")


def digest(value: Any) -> str:
    """Return the fingerprint of a value; which of its lists and dicts are one object counts."""
    seen: dict[int, int] = {}

    def write(item: Any) -> Any:
        if isinstance(item, (list, dict, Handle)):
            if id(item) in seen:
                return ("again", seen[id(item)])
            seen[id(item)] = len(seen)
        if isinstance(item, list):
            return ("list", [write(each) for each in item])
        if isinstance(item, tuple):
            return ("tuple", [write(each) for each in item])
        if isinstance(item, dict):
            return ("dict", [(write(k), write(v)) for k, v in item.items()])
        if isinstance(item, Handle):
            return ("handle", write(item.of))
        if isinstance(item, types.FunctionType):
            return ("def", code_text(item.__code__), write(item.__defaults__))
        if isinstance(item, types.ModuleType):
            return ("module", item.__name__)
        return (type(item).__name__, repr(item))

    return hashlib.sha256(repr(write(value)).encode()).hexdigest()[:16]


def code_text(code: types.CodeType) -> str:
    consts = [code_text(c) if isinstance(c, types.CodeType) else repr(c) for c in code.co_consts]
    return repr((code.co_code, code.co_names, code.co_varnames, code.co_freevars, consts))


def mutables(value: Any) -> set[int]:
    """Return the ids of all mutable objects that can be reached from a value."""
    found: set[int] = set()
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, (list, dict, Handle)):
            if id(item) in found:
                continue
            found.add(id(item))
        if isinstance(item, (list, tuple)):
            todo += item
        elif isinstance(item, dict):
            todo += [*item, *item.values()]
        elif isinstance(item, Handle):
            todo.append(item.of)
        elif isinstance(item, types.FunctionType):
            todo += item.__defaults__ or ()
    return found


def partition(names: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the names in groups that share memory."""
    ids = {name: mutables(value) for name, value in names.items()}
    found, left = [], set(names)
    while left:
        part, todo = set(), {min(left)}
        while todo:
            one = todo.pop()
            part.add(one)
            todo |= {n for n in left if ids[n] & ids[one]} - part
        left -= part
        found.append(tuple(sorted(part)))
    return found


def names_looked_up(value: Any) -> set[str]:
    """Return the names that code in a value may look up among the notebook's."""
    found: set[str] = set()
    todo, seen = [value], set()
    while todo:
        item = todo.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, types.FunctionType):
            todo += [item.__code__, *(item.__defaults__ or ())]
        elif isinstance(item, types.CodeType):
            found.update(item.co_names)
            todo += [c for c in item.co_consts if isinstance(c, types.CodeType)]
        elif isinstance(item, (list, tuple)):
            todo += item
        elif isinstance(item, dict):
            todo += item.values()
        elif isinstance(item, Handle):
            todo.append(item.of)
    return found


class PlainWatch:
    """What `ValueWatch` does, for toy values, always from scratch: the model to compare it with."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace

    def names(self) -> dict[str, Any]:
        return {n: v for n, v in self._namespace.items() if not n.startswith("__")}

    def start(self, reads: Iterable[str]) -> None:
        self._were = self.names()
        self._parts = {name: part for part in partition(self._were) for name in part}
        found, todo = set(), set(reads)
        while todo:
            name = todo.pop()
            found.add(name)
            more = {*self._parts.get(name, ())}
            if name in self._were:
                more |= names_looked_up(self._were[name])
            todo |= more - found
        self._near, self._own, todo = found, set[str](), set(reads)
        while todo:
            name = todo.pop()
            self._own.add(name)
            if name in self._were:
                todo |= names_looked_up(self._were[name]) - self._own
        self._before = {name: self._digest(name) for name in found}

    def stop(self, touches: Iterable[str]) -> Changes:
        now, were = self.names(), self._were
        changed = {n for n in now if n not in were or now[n] is not were[n]}
        changed |= {n for n in were if n not in now}
        changed |= {n for n in self._near if self._digest(n) != self._before[n]}
        reads = dict(self._before)
        for name in (set(touches) & set(now)) - changed:
            reads.setdefault(name, self._digest(name))
            changed.add(name)
        groups = []
        for part in partition(now):
            is_new = any(self._parts.get(name) != part for name in part)
            if changed & set(part) or (is_new and self._near & set(part)):
                for member in set(part) - changed:
                    reads.setdefault(member, self._digest(member))
                groups.append(part)
        together = {name for group in groups for name in group}
        mingles = bool(self._near & (changed | together))
        return Changes(
            reads={n: d for n, d in reads.items() if mingles or n not in self._near - self._own},
            writes={n: self._digest(n) for n in changed | together},
            groups=tuple(groups),
            mingles=mingles,
            reaches={n: tuple(sorted(names_looked_up(now[n]))) for n in together},
        )

    def _digest(self, name: str) -> str | None:
        return digest(self._namespace[name]) if name in self._namespace else None


MakeWatch = Callable[[dict[str, Any]], PlainWatch | ValueWatch]


@dataclass
class World:
    """What outlives a kernel: files, and a clock that never shows one time twice."""

    files: dict[str, str] = field(default_factory=dict)
    clock: int = 0

    def file_digest(self, path: str) -> str | None:
        text = self.files.get(path)
        return None if text is None else hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass
class Seen:
    """What one execution of a cell was seen to do."""

    reads: dict[Fact, str | None]
    writes: dict[Fact, str | None]
    groups: tuple[Group, ...]
    reaches: dict[str, tuple[str, ...]]
    blockers: tuple[Blocker, ...]
    outputs: str
    effects: dict[str, Any]
    error: str | None
    mingles: bool


class ToyKernel:
    """One process that runs cells."""

    def __init__(
        self, world: World, store: dict[str, Any], make_watch: MakeWatch = PlainWatch
    ) -> None:
        self.world = world
        self.store = store
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.options: dict[str, int] = {}
        self.random = random.Random(
            world.clock
        )  # another one for every run, the same for both ways
        self.is_seeded = False
        self._reads: dict[Fact, str | None] = {}
        self._writes: set[Fact] = set()
        self._blockers: list[Blocker] = []
        self._metrics: dict[str, float] = {}
        tools = {name: getattr(self, f"_{name}") for name in TOOLS}
        self.names["__builtins__"] = {**vars(builtins), **tools}
        self.watch = make_watch(self.names)

    # What cells can call.

    def _seed(self, n: int) -> None:
        if not self._is_drawn:
            self._reads.pop(RANDOM, None)  # what was before does not matter
        self._is_drawn = True
        self.random.seed(n)
        self.is_seeded = True
        self._writes.add(RANDOM)

    def _draw(self) -> int:
        if not self._is_drawn:
            self._note(RANDOM, self._random_digest())
            if not self.is_seeded:
                self._blockers.append(Blocker(cause="entropy", message="drew fresh numbers"))
        self._is_drawn = True
        self._writes.add(RANDOM)
        return self.random.randrange(1000)

    def _read(self, path: str) -> str:
        self._note(Fact(FactKind.FILE, path), self.world.file_digest(path))
        if path not in self.world.files:
            raise FileNotFoundError(path)
        return self.world.files[path]

    def _exists(self, path: str) -> bool:
        self._note(Fact(FactKind.FILE, path), self.world.file_digest(path))
        return path in self.world.files

    def _write(self, path: str, text: Any) -> None:
        self.world.files[path] = str(text)
        self._writes.add(Fact(FactKind.FILE, path))

    def _append(self, path: str, text: Any) -> None:
        self._note(Fact(FactKind.FILE, path), self.world.file_digest(path))
        self._write(path, self.world.files.get(path, "") + str(text))

    def _option(self, key: str) -> int:
        self._note(Fact(FactKind.OPTION, key), self.option_digest(key))
        return self.options.get(key, 0)

    def _set_option(self, key: str, value: int) -> None:
        self.options[key] = value
        self._writes.add(Fact(FactKind.OPTION, key))

    def _now(self) -> int:
        self._blockers.append(Blocker(cause="time", message="read the clock"))
        self.world.clock += 1
        return self.world.clock

    def _metric(self, name: str, value: float) -> None:
        self._metrics[name] = value

    def _handle(self, value: Any) -> Handle:
        return Handle(value)

    def _note(self, fact: Fact, state: str | None) -> None:
        if fact not in self._writes:
            self._reads.setdefault(fact, state)

    # What the runner asks for.

    def option_digest(self, key: str) -> str | None:
        return repr(self.options[key]) if key in self.options else None

    def _random_digest(self) -> str:
        if not self.is_seeded:
            return FRESH
        return hashlib.sha256(repr(self.random.getstate()).encode()).hexdigest()[:16]

    def user_names(self) -> dict[str, Any]:
        return {n: v for n, v in self.names.items() if not n.startswith("__")}

    def state_of(self, fact: Fact) -> str | None:
        if fact.kind is FactKind.FILE:
            return self.world.file_digest(fact.key)
        if fact.kind is FactKind.OPTION:
            return self.option_digest(fact.key)
        if fact.kind is FactKind.RANDOM:
            return self._random_digest()
        raise ValueError(fact)

    def run(self, source: str, reads: set[str], touches: frozenset[str] = frozenset()) -> Seen:
        """Run a cell that reads and may bind or change names, by analysis; return what it did."""
        self._reads, self._writes, self._blockers, self._metrics = {}, set(), [], {}
        self._is_drawn = False
        self.watch.start(reads)
        printed = io.StringIO()
        error = None
        with contextlib.redirect_stdout(printed):
            try:
                exec(compile(source, "<cell>", "exec"), self.names)
            except Exception as fault:
                error = f"{type(fault).__name__}: {fault}"
        changes = self.watch.stop(touches)
        effects: dict[str, Any] = {"metrics": dict(self._metrics)}
        effects["files"] = {
            f.key: self.world.files[f.key] for f in self._writes if f.kind is FactKind.FILE
        }
        effects["options"] = {
            f.key: self.options[f.key] for f in self._writes if f.kind is FactKind.OPTION
        }
        if RANDOM in self._writes:
            effects["random"] = self.random.getstate()
        names = {name_fact(n): d for n, d in changes.writes.items()}
        return Seen(
            reads={name_fact(n): d for n, d in changes.reads.items()} | self._reads,
            writes=names | {fact: self.state_of(fact) for fact in self._writes},
            groups=tuple(self._store(part) for part in changes.groups),
            reaches=dict(changes.reaches),
            blockers=tuple(self._blockers),
            outputs=printed.getvalue(),
            effects=effects,
            error=error,
            mingles=changes.mingles,
        )

    def digest(self, value: Any) -> str:
        """Return what a value is compared by when runs have ended."""
        return digest(value)

    def _store(self, names: tuple[str, ...]) -> Group:
        file = io.BytesIO()
        try:
            _Pickler(file).dump({n: self.names[n] for n in names})
        except TypeError as fault:
            return Group(names=names, content=None, obstacle=str(fault))
        content = hashlib.sha256(file.getvalue()).hexdigest()
        self.store[content] = file.getvalue()
        return Group(names=names, content=content)

    def load(self, group: Group, names: tuple[str, ...]) -> None:
        """Bring back names of a group from the store."""
        assert group.content is not None
        values = _Unpickler(io.BytesIO(self.store[group.content]), self.names).load()
        for name in names:
            self.names[name] = values[name]
        self.told(names)

    def told(self, names: Iterable[str]) -> None:
        """Tell the watch that names have other values, and not by a cell."""
        if isinstance(self.watch, ValueWatch):
            self.watch.changed(names)

    def set_state(self, fact: Fact, effects: Mapping[str, Any]) -> None:
        """Set what is no name as a trace's effects say."""
        if fact.kind is FactKind.OPTION:
            self.options[fact.key] = effects["options"][fact.key]
        elif fact.kind is FactKind.RANDOM:
            self.random.setstate(effects["random"])
            self.is_seeded = True


TOOLS = (
    "seed",
    "draw",
    "read",
    "exists",
    "write",
    "append",
    "option",
    "set_option",
    "now",
    "metric",
    "handle",
)


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, types.FunctionType):
            return _Function, (marshal.dumps(value.__code__), value.__name__, value.__defaults__)
        return NotImplemented


class _Function:
    """Stands in a pickle for a function, which is made anew among the kernel's names."""


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, names: dict[str, Any]) -> None:
        super().__init__(file)
        self._names = names

    def find_class(self, module: str, name: str) -> Any:
        if name == "_Function":
            return self._make
        return super().find_class(module, name)

    def _make(self, code: bytes, name: str, defaults: tuple[Any, ...] | None) -> Any:
        return types.FunctionType(marshal.loads(code), self._names, name, defaults)


def builtin_names(source: str) -> set[str]:
    """Return the names in a cell that stand for builtins as long as nobody binds them."""
    known = {*dir(builtins), *TOOLS}
    tree = ast.parse(source)
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id in known}
