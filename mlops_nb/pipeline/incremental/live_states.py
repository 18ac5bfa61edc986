"""Did a cell of a live kernel run with the random state and the options that the cells above it
leave? Decided in the order of the document, as for names; the walk asks (`live_walk`).

Who wrote a state is observed of every cell while somebody watches. A cell of the document that is
to run (anew) is read for words that say it may set one: what it will leave, nobody knows. What no
cell above set is as it was when the watch began. Open figures are not compared: pyplot has them,
and a kernel that draws inline closes them after each cell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.figures import FIGURES
from mlops_nb.pipeline.incremental.judging import Change, Writer, phrase_change, phrase_fact
from mlops_nb.pipeline.incremental.live_status import DocumentCell, Execution, Left

# Before somebody sets them; as `execution.world` has them for a run that has not begun.
AT_FIRST: Mapping[FactKind, str] = {FactKind.RANDOM: "fresh", FactKind.OPTION: "initial"}
_KINDS = frozenset({*AT_FIRST, FactKind.FOLDER})
_PLURAL = frozenset({FactKind.OPTION})
_SETS: Mapping[FactKind, re.Pattern[str]] = {
    FactKind.RANDOM: re.compile(
        # Not the names that plots have: xfit, profit, n_samples, plt.draw().
        r"seed|rand|rng|(?<!n_)sample|shuffle|permut|choice|(?<!plt\.)draw|split|(?<![a-z])fit",
        re.IGNORECASE,
    ),
    FactKind.OPTION: re.compile(
        r"option|rc_?param|\brc\(|warn|seterr|errstate|style|theme|context|locale|logging|"
        r"palette|precision|config|^\s*%(matplotlib|pylab|xmode)|sns\.set",
        re.IGNORECASE | re.MULTILINE,
    ),
    FactKind.FOLDER: re.compile(r"chdir|%cd\b|pushd|popd|^cd ", re.MULTILINE),
}
_SEEDS = re.compile(r"seed|set_?state", re.IGNORECASE)
_RESTART = "restart the kernel and run all to have it as a run from the top has it"


def is_state(fact: Fact) -> bool:
    """Return whether a fact is a state of the process that is compared here."""
    return fact.kind in _KINDS and fact != FIGURES


def may_set(source: str, fact: Fact) -> bool:
    """Return whether a text has words of setting a state; what a helper sets unseen, it misses.

    >>> may_set("np.random.seed(0)", Fact(FactKind.RANDOM, "numpy"))
    True
    >>> may_set("df.head()", Fact(FactKind.OPTION, "pandas.display"))
    False
    """
    return _has_words(source, fact.kind)


@lru_cache(maxsize=4_096)
def _has_words(source: str, kind: FactKind) -> bool:
    return _SETS[kind].search(source) is not None


def seeds(source: str) -> bool:
    """Return whether a text has words of setting a random state, whatever it was before."""
    return _SEEDS.search(source) is not None


@dataclass(slots=True, kw_only=True)
class Compared:
    """What came of comparing the states that a cell read.

    Attributes
    ----------
    changes : list of str
        Why it must run again.
    doubts : list of str
        What was different when it ran, and running it again alone may not mend.
    waits : list of int
        Cells of which nobody knows what they will leave.
    """

    changes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)


class StatePlaces:
    """The states of the process from cell to cell of one document.

    Parameters
    ----------
    base : Mapping of Fact to (str or None)
        What was not as at first when the watch began.
    """

    def __init__(self, base: Mapping[Fact, str | None]) -> None:
        self._base = base
        self._left: dict[Fact, Left] = {}
        # Cells above that may have set any state, as far as their texts tell.
        self._open: list[tuple[DocumentCell, Execution | None]] = []

    def left(self, fact: Fact, was: str | None) -> Left | None:
        """Return who decides a state here that a cell read as `was`; None: no cell above."""
        found = self._left.get(fact)
        for cell, execution in reversed(self._open):
            if found is not None and found.cell.index > cell.index:
                break
            if not may_set(cell.source, fact):
                continue
            if execution is None or not execution.is_watched:
                return Left(cell=cell, execution=execution)
            # Who sets what is set already changes nothing, and decides it all the same.
            sets = fact.kind is not FactKind.RANDOM or seeds(cell.source)
            if sets and execution.states.get(fact) == was:
                return Left(cell=cell, execution=execution, digest=was, is_seen=True)
        return found

    def compare(self, execution: Execution, found: Compared) -> None:
        """Add how the states that a cell read stand to what the cells above it leave."""
        for fact, was in sorted(execution.read_states.items()):
            if not is_state(fact):
                continue
            left = self.left(fact, was)
            since = self._set_since(fact, was, execution, left)
            if since is not None:
                told = f"{since.label} ran since, and may have set {phrase_fact(fact)}"
                found.doubts.append(told)
            elif left is None:
                self._compare_first(fact, was, found)
            elif left.execution is None:
                found.waits.append(left.cell.index)
            elif not left.is_seen:
                if left.execution.order > execution.order:
                    told = f"{left.cell.label} ran since, and may have set {phrase_fact(fact)}"
                    found.changes.append(told)
            elif left.digest != was:
                _tell(fact, was, left, execution, found)

    def leave(self, cell: DocumentCell, execution: Execution | None, *, is_done: bool) -> None:
        """Note what a cell leaves to those below it."""
        wrote = {} if execution is None else execution.writes
        if not is_done:
            for fact in filter(is_state, wrote):
                self._left[fact] = Left(cell=cell, execution=None)
            self._open.append((cell, None))
            return
        self._open.append((cell, execution))
        for fact, digest in wrote.items():
            if is_state(fact):
                self._left[fact] = Left(cell=cell, execution=execution, digest=digest, is_seen=True)

    def _set_since(
        self, fact: Fact, was: str | None, execution: Execution, left: Left | None
    ) -> DocumentCell | None:
        """Return a cell above that ran later, has words of setting an option, and found it set to
        something else already: whether by its own will, nobody knows."""
        if fact.kind is not FactKind.OPTION:
            return None
        for cell, other in reversed(self._open):
            if left is not None and cell.index <= left.cell.index:
                return None
            is_later = other is not None and other.order > execution.order
            if other is not None and is_later and other.is_watched and may_set(cell.source, fact):
                return None if other.states.get(fact) in (None, was) else cell
        return None

    def _compare_first(self, fact: Fact, was: str | None, found: Compared) -> None:
        first = self._base.get(fact, AT_FIRST.get(fact.kind))
        if first is None or was == first:
            return
        told = f"{_was(fact)} when it ran than no cell above it leaves"
        found.doubts.append(f"{told}; {_RESTART}")


def _tell(fact: Fact, was: str | None, left: Left, execution: Execution, found: Compared) -> None:
    assert left.execution is not None
    if left.execution.order > execution.order:
        change = Change(fact=fact, was=was, now=left.digest)
        found.changes.append(phrase_change(change, writer=Writer(label=left.cell.label)))
        return
    told = f"{_was(fact)} when it ran than {left.cell.label} leaves"
    (found.changes if fact.kind is FactKind.RANDOM else found.doubts).append(told)


def _was(fact: Fact) -> str:
    """Return that a fact was another one, up to what it is compared with."""
    verb = "were others" if fact.kind in _PLURAL else "was another"
    return f"{phrase_fact(fact)} {verb}"
