"""Runs cells and says what they did to names: the truth that analysis is held against.

Cells run with a dict of our own for globals. CPython reads a name of a function, a comprehension or
a cell through ``__getitem__`` where globals are no plain dict. What it does past it is seen by
comparing: names that ``global`` binds, and names a class body reads, whose namespace is ours too.
"""

from __future__ import annotations

import asyncio
import builtins
import inspect
import types
import warnings
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from value_content import content

_MISSING = object()
_MOST_READS = 20_000
_build_class = builtins.__build_class__


class TooLongError(BaseException):
    """A cell reads more names than a generated cell may: it calls itself without end."""


class TracingNamespace(dict[str, Any]):
    """Globals that note which names are read before the cell binds them, and which are bound."""

    def __init__(self, *, most_reads: float = float("inf")) -> None:
        super().__init__()
        self.most_reads = most_reads
        self.start_cell()

    def start_cell(self) -> None:
        self.n_reads = 0
        self.read: set[str] = set()
        self.bound: set[str] = set()
        self.gone: set[str] = set()
        self.before = dict.copy(self)

    def __getitem__(self, name: str) -> Any:
        self.n_reads += 1
        if self.n_reads > self.most_reads:
            raise TooLongError
        value = super().__getitem__(name)
        if name not in self.bound and value is self.before.get(name, _MISSING):
            self.read.add(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self.bound.add(name)
        self.gone.discard(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self.bound.discard(name)
        self.gone.add(name)
        self.before.pop(name, None)


class _ClassNames(dict[str, Any]):
    """The namespace of a class body: what it does not bind is read from the notebook's."""

    def __init__(self, names: Mapping[str, Any], outer: TracingNamespace) -> None:
        super().__init__(names)
        self.outer = outer

    def __missing__(self, name: str) -> Any:
        return self.outer[name]


def build_class(func: Any, name: str, *bases: Any, **keywords: Any) -> Any:
    """Build a class as ``__build_class__`` does; its body's reads of globals are traced."""
    outer = func.__globals__
    if not isinstance(outer, TracingNamespace):
        return _build_class(func, name, *bases, **keywords)
    real = types.resolve_bases(bases)
    meta, names, rest = types.prepare_class(name, real, keywords)
    if type(names) is not dict:  # what an enum's body assigns to
        return _build_class(func, name, *bases, **keywords)
    body = _ClassNames(names, outer)
    exec(func.__code__, outer, body, closure=func.__closure__)
    if real is not bases:
        body["__orig_bases__"] = bases
    return meta(name, real, dict(body), **rest)


def traced_builtins() -> dict[str, Any]:
    """Return the builtins with a way to build classes that can be traced."""
    return {**vars(builtins), "__build_class__": build_class}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What one cell did. `changed` are names whose value kept its identity and not its content."""

    read: frozenset[str]
    bound: frozenset[str]
    deleted: frozenset[str]
    changed: frozenset[str]
    completed: bool
    values: dict[str, Any] = field(default_factory=dict)


def is_own(name: str) -> bool:
    """Return True for the names of the notebook, False for those of Python and IPython."""
    return not name.startswith("_") and name not in {"In", "Out", "exit", "quit", "get_ipython"}


def contents_of(names: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return value and content of every name of the notebook."""
    return {n: (v, content(v)) for n, v in dict.copy(names).items() if is_own(n)}


def observe(
    names: TracingNamespace, before: Mapping[str, tuple[Any, Any]], *, completed: bool
) -> tuple[Observed, dict[str, tuple[Any, Any]]]:
    """Return what a cell did since `before`, and the contents after it."""
    read, traced = set(names.read), set(names.bound)
    after = contents_of(names)
    # Functions bind by `global` past the namespace: compare.
    rebound = {n for n, (v, _) in after.items() if n not in before or before[n][0] is not v}
    changed = {
        n
        for n, (v, now) in after.items()
        if n in before and before[n][0] is v and now != before[n][1]
    }
    seen = Observed(
        read=frozenset(read & before.keys()),
        bound=frozenset((traced | rebound) & after.keys()),
        deleted=frozenset(before.keys() - after.keys()),
        changed=frozenset(changed - traced),
        completed=completed,
        values={n: now for n, (_, now) in after.items()},
    )
    return seen, after


def run_cells(sources: Sequence[str]) -> list[Observed]:
    """Run `sources` in one namespace, up to the first that fails."""
    names = TracingNamespace(most_reads=_MOST_READS)
    dict.__setitem__(names, "__builtins__", traced_builtins())
    dict.__setitem__(names, "__name__", "__main__")
    found: list[Observed] = []
    before = contents_of(names)
    for source in sources:
        names.start_cell()
        completed = _run(source, names)
        seen, before = observe(names, before, completed=completed)
        found.append(seen)
        if not completed:
            break
    return found


def _run(source: str, names: TracingNamespace) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # files that generated code leaves open
        try:
            code = compile(source, "cell", "exec", flags=PyCF_ALLOW_TOP_LEVEL_AWAIT)
            if code.co_flags & inspect.CO_COROUTINE:
                asyncio.run(eval(code, names))
            else:
                exec(code, names)
        except (Exception, TooLongError):
            return False
    return True
