"""What do functions and classes of local modules leave in the process? Read from their source.

A helper module is a part of the notebook as much as a cell: what a call into it leaves is told from
its text by the same rules (`hidden_state`), through all local modules that it imports. Of a name
whose code cannot be found there (an object that the module holds, a name from a star import of a
library), and of a library, nothing is known.

Which file a kernel loads is only guessed at before it runs; whoever asks compares what was loaded
with what was read here (`is_as_loaded`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from mlops_nb.pipeline.incremental.code_parts import stars_in
from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.hidden_state import HiddenStates
from mlops_nb.pipeline.incremental.known_code import Verdict
from mlops_nb.pipeline.incremental.loading_code import leaving_code

_MAX_DEPTH = 20
_AROUND = re.compile(
    r"\b(import __main__|from __main__|_getframe|currentframe|f_globals|f_back|user_ns|"
    r"user_global_ns)\b|\binspect\.stack\(|modules\[.__main__.\]|import_module\(.__main__.\)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSource:
    """The source of a local module.

    Attributes
    ----------
    module : str
        Its dotted name.
    key : str
        What its file is called in facts.
    digest : str
        As in facts.
    text : str
    is_package : bool
    """

    module: str
    key: str
    digest: str
    text: str
    is_package: bool = False


class LocalCode:
    """The local modules of a notebook.

    Parameters
    ----------
    sources : collection of LocalSource
    """

    def __init__(self, sources: Collection[LocalSource]) -> None:
        self._sources = {source.module: source for source in sources}
        self._read: dict[str, _Module] = {}
        self._running: list[str] = []

    def judge(self, path: str) -> Verdict:
        """Return what is known of what stands at a dotted path."""
        module, names = self._split(path)
        if module is None or not names or len(self._running) > _MAX_DEPTH:
            return Verdict(path=path)
        found = self._module(module)
        if found is None:  # modules that lead to each other: nobody tells which comes first
            return Verdict(path=path)
        name = names[0]
        states, rest = found.states, names[1:]
        verdict = states.verdict_of(name, path=path)
        other = states.imports.get(name)
        if other is None:
            return verdict
        if name in states.defined:  # by one way or the other
            return replace(verdict, is_known=False)
        self._running.append(path)
        onward = self.judge(".".join([other, *rest]))
        self._running.pop()
        return replace(onward, leaves=onward.leaves or verdict.leaves)

    def is_local(self, path: str) -> bool:
        """Return whether a dotted path leads into a local module."""
        return self._split(path)[0] is not None

    def left_when_loaded(self, module: str) -> tuple[str, frozenset[str]] | None:
        """Return what decides what a module leaves in the process by what stands in it outside of
        functions, as `leaving_code` has it. What modules that it imports leave is not counted."""
        found = self._module(module)
        return None if found is None else found.leaving

    def names_of(self, module: str) -> frozenset[str]:
        """Return the names that a star import of a module binds, or more; none if it is unknown."""
        found = self._module(module) if module in self._sources else None
        if found is None:
            return frozenset()
        own = frozenset(name for name in found.names if not name.startswith("_"))
        return own.union(*(self.names_of(star) for star in found.stars if star != module))

    def _split(self, path: str) -> tuple[str | None, list[str]]:
        """Return the module that a path leads into, and the names beyond it."""
        parts = path.split(".")
        for n_parts in range(len(parts), 0, -1):
            module = ".".join(parts[:n_parts])
            if module in self._sources:
                return module, parts[n_parts:]
        return None, parts

    def _module(self, module: str) -> _Module | None:
        if module in self._read:
            return self._read[module]
        if f"{module}:" in self._running:
            return None
        self._running.append(f"{module}:")
        try:
            self._read[module] = found = _read_module(self._sources[module], self)
        finally:
            self._running.pop()
        return found


@dataclass(frozen=True, slots=True)
class _Module:
    states: HiddenStates
    stars: tuple[str, ...]
    names: frozenset[str]
    leaving: tuple[str, frozenset[str]] | None


def _read_module(source: LocalSource, code: LocalCode) -> _Module:
    """Return what is known of a module, by its text."""
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError):
        tree = ast.parse("")
    package = source.module if source.is_package else source.module.rpartition(".")[0]
    nodes = list(ast.walk(tree))
    states = HiddenStates(known=code)
    states.learn_module(tree, package=package)
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return _Module(
        states=states,
        stars=tuple(stars_in(nodes, package=package)),
        names=frozenset(states.defined | states.imports.keys() | stored),
        leaving=leaving_code(
            tree, leaves=states.is_left_by, package=package, is_local=code.is_local
        ),
    )


def looks_around(sources: Collection[LocalSource]) -> bool:
    """Return whether some local module goes to names of the notebook by another way than imports:
    by frames, by the module that it is, or by IPython."""
    return any(_AROUND.search(source.text) for source in sources)


def is_as_loaded(reads: Mapping[Fact, str | None], sources: Collection[LocalSource]) -> bool:
    """Return whether the local modules that a cell used are those that were read.

    Parameters
    ----------
    reads : Mapping of Fact to (str or None)
        What the cell depended on.
    sources : collection of LocalSource
    """
    digests = {source.key: source.digest for source in sources}
    tops = {source.module.partition(".")[0] for source in sources}
    return all(
        digests.get(fact.key) == digest
        for fact, digest in reads.items()
        if fact.kind is FactKind.MODULE and not tops.isdisjoint(_steps_of(fact.key))
    )


def _steps_of(key: str) -> list[str]:
    path = PurePosixPath(key)
    return [*path.parts[:-1], path.name.partition(".")[0]]
