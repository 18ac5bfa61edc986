"""What do stages say of facts that nobody can observe? Read before a cell, added to what was seen.

``--deps``, ``--env`` and ``--version-of`` become facts that the cell read, ``--produces`` files
that its stage's last cell wrote: then they are judged, kept and restored like all others.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from mlops_nb.kernels.watch_shown_code import digest_lines
from mlops_nb.pipeline.incremental.facts import Fact, FactKind, State, Unknown
from mlops_nb.pipeline.incremental.judging import Look
from mlops_nb.pipeline.incremental.tasks import Course


class Outside(Protocol):
    """Facts as they are on the disk and in the environment: `world.World`, or a live kernel."""

    def look(self, fact: Fact) -> str | None: ...

    def path_of(self, key: str) -> Path: ...

    def facts_of_path(self, text: str) -> tuple[Fact, ...]: ...


def version_fact(expression: str) -> Fact:
    """Return the fact that the value of a ``--version-of`` is."""
    return Fact(FactKind.VERSION, expression)


class DeclaredFacts:
    """What the stages of one run say by their options.

    Parameters
    ----------
    course : Course
    world : Outside
    keep_file : callable
        Stores a file and returns its blob's digest; raises OSError.

    Attributes
    ----------
    notes : list of str
        What stages were seen to do otherwise than they say.
    """

    def __init__(self, course: Course, *, world: Outside, keep_file: Callable[[Path], str]) -> None:
        self._course = course
        self._world = world
        self._keep_file = keep_file
        self._versions: dict[Fact, tuple[str, str]] = {}
        self._asked: set[int] = set()
        self._before: dict[Fact, str | None] = {}
        self._ran: dict[str, dict[int, set[str]]] = {}
        self.notes: list[str] = []

    @functools.cached_property
    def _texts(self) -> frozenset[str]:
        cells = self._course.cells.values()
        return frozenset(digest_lines(cell.code.python) for cell in cells)

    def look(self, fact: Fact) -> State:
        """Return the digest of a fact that no cell of the run wrote."""
        if fact.kind is FactKind.LINES:
            return fact.key if fact.key in self._texts else None
        if fact.kind is not FactKind.VERSION:
            return self._world.look(fact)
        known = self._versions.get(fact)
        return Unknown(until=0) if known is None else known[0]

    def asks(self, position: int) -> str:
        """Return the expression to evaluate before it is decided what becomes of a cell, or an
        empty text."""
        terms = self._course.cells[position].terms
        return terms.version_of if terms.is_first and position not in self._asked else ""

    def answer(self, position: int, digest: str, shown: str) -> None:
        """Note what the expression of a cell's stage gave."""
        expression = self._course.cells[position].terms.version_of
        self._versions[version_fact(expression)] = (digest, shown)
        self._asked.add(position)

    def shown(self, fact: Fact) -> str:
        """Return what the value of an expression looks like, where it is short."""
        return self._versions.get(fact, ("", ""))[1]

    def begin(self, position: int, look: Look) -> None:
        """Take down what a cell that is about to run depends on by its stage's word."""
        terms = self._course.cells[position].terms
        facts = [fact for path in terms.deps for fact in self._world.facts_of_path(path)]
        facts += [Fact(FactKind.ENVIRONMENT, name) for name in terms.env]
        facts += [version_fact(terms.version_of)] if terms.version_of else []
        states = {fact: look(fact) for fact in facts}
        self._before = {f: s if isinstance(s, str) else None for f, s in states.items()}

    def complete(self, position: int, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the session told of a cell that ran, with what its stage says beside it."""
        before, self._before = self._before, {}
        reads = {str(fact): digest for fact, digest in before.items()}
        shown = {str(f): text for f in before if (text := self.shown(f))}
        writes, effects = dict(told["writes"]), dict(told["effects"])
        self._compare(position, told)
        terms = self._course.cells[position].terms
        if terms.is_last and terms.is_kept:
            for path in terms.produces:
                for fact in self._world.facts_of_path(path):
                    self._add_file(fact, writes, effects)
        return {
            **told,
            "reads": {**reads, **told["reads"]},
            "writes": writes,
            "effects": effects,
            "blockers": [*told["blockers"], *self._disturbed(before, writes)],
            "shown": {**told["shown"], **shown},
        }

    def _compare(self, position: int, told: Mapping[str, Any]) -> None:
        """Note where a stage was seen to do otherwise than its options say of names."""
        cell = self._course.cells[position]
        stage, terms = str(cell.stage), cell.terms
        for name in terms.inputs if terms.is_first else ():
            if told["reads"].get(f"name:{name}", "") is None:
                self.notes.append(
                    f"Stage '{stage}' says '--inputs {name}', and nothing was bound to '{name}'."
                )
        if not terms.outputs:
            return
        ran = self._ran.setdefault(stage, {})
        ran[position] = set(told["writes"])
        if ran.keys() != {p for p, c in self._course.cells.items() if c.stage == cell.stage}:
            return  # what a restored cell did was seen in another run
        written = set().union(*ran.values())
        self.notes += [
            f"Stage '{stage}' says '--outputs {name}', and was not seen to bind or change it."
            for name in terms.outputs
            if f"name:{name}" not in written
        ]

    def _add_file(self, fact: Fact, writes: dict[str, str | None], effects: dict[str, Any]) -> None:
        digest = self._world.look(fact)
        if fact.kind is not FactKind.FILE or digest is None or str(fact) in writes:
            return
        place = self._world.path_of(fact.key)
        writes[str(fact)] = digest
        effects[str(fact)] = {"path": str(place)}
        try:
            effects[str(fact)]["blob"] = self._keep_file(place)
        except OSError:
            return  # then the cell runs again where the file is not as it left it

    def _disturbed(
        self, before: Mapping[Fact, str | None], writes: Mapping[str, Any]
    ) -> list[list[str]]:
        """Return blockers for files that were not the same before and after the cell."""
        return [
            [
                "file",
                f"depends on '{fact.key}' (--deps), which changed while it ran",
                "Run it again when nobody writes to it; what the stage writes is --produces.",
            ]
            for fact, digest in before.items()
            if fact.kind in (FactKind.FILE, FactKind.MATCHES)
            and str(fact) not in writes
            and self._world.look(fact) != digest
        ]
