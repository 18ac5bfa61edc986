"""What becomes of the cells still to come? Each is decided in turn, as a run would decide it.

A run asks again at each cell, when more is known. What is told to people before it is another
question (`foresight`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, name_fact
from mlops_nb.pipeline.incremental.judged import Judged
from mlops_nb.pipeline.incremental.ledger import Ledger, Load
from mlops_nb.pipeline.incremental.planning import (
    LOST,
    TOGETHER,
    Step,
    Task,
    decide,
    missing_figures,
    missing_states,
)
from mlops_nb.pipeline.incremental.traces import Trace


class Stock(Protocol):
    """What is really there of what traces promise."""

    def fault_of(self, trace: Trace) -> str:
        """Return why what a cell showed and wrote is not to be had, or an empty text."""

    def fault_in(self, load: Load) -> str:
        """Return why values are not to be had, or an empty text."""


class _Trusting:
    """A stock where all is there."""

    def fault_of(self, trace: Trace) -> str:
        return ""

    def fault_in(self, load: Load) -> str:
        return ""


def find_faults(
    tasks: Sequence[Task],
    ledger: Ledger,
    refused: Mapping[int, str],
    stock: Stock,
    *,
    judged: Judged | None = None,
) -> dict[int, str]:
    """Return the cells that must run since what they left is lost, with the reason.

    Asked before the first cell runs: found out later, it would make the run begin again, and cells
    that add to files would do so twice.
    """
    forced, judged, start = dict(refused), judged or Judged(), ledger.standing()
    while True:
        found = Walk(start.copy(), forced, judged=judged, stock=stock).go(tasks)
        new = {c: why for c, why in found.needed.items() if c not in forced}
        if not new:
            return {c: why for c, why in forced.items() if why.startswith(LOST)}
        forced |= new


def plan_steps(
    tasks: Sequence[Task],
    ledger: Ledger,
    refused: Mapping[int, str] | None = None,
    *,
    judged: Judged | None = None,
) -> tuple[Step, ...]:
    """Return a step for each task, in order, from the facts in `ledger`, which is left as it is.

    Parameters
    ----------
    tasks : sequence of Task
        The cells still to come, in the order in which they run.
    ledger : Ledger
        The facts before the first of them.
    refused : Mapping of int to str, optional
        Cells that run although a trace holds, with the reason.
    judged : Judged, optional
        Verdicts of earlier plans of the same run.
    """
    forced, judged, start = dict(refused or {}), judged or Judged(), ledger.standing()
    own = {task.cell for task in tasks}
    while True:
        found = Walk(start.copy(), forced, judged=judged).go(tasks)
        new = {c: why for c, why in found.needed.items() if c in own and c not in forced}
        if not new:
            return tuple(found.steps)
        forced |= new


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one walk found.

    Attributes
    ----------
    steps : list of Step
    lacking : dict of int to str
        Cells that must run for others that do, with the reason.
    perhaps : dict of int to str
        The same of cells that are undecided.
    """

    steps: list[Step] = field(default_factory=list)
    lacking: dict[int, str] = field(default_factory=dict)
    perhaps: dict[int, str] = field(default_factory=dict)

    @property
    def needed(self) -> dict[int, str]:
        """Return both: a run brings about in time what it may need."""
        return {**self.perhaps, **self.lacking}


class Walk:
    """Decides every task in turn; collects the cells that must run for another.

    Parameters
    ----------
    ledger : Ledger
        The facts before the first task; they are changed.
    forced : Mapping of int to str
        Cells that run although a trace holds, with the reason.
    judged : Judged
    stock : Stock, optional
        All is there, if it is not given.
    """

    def __init__(
        self,
        ledger: Ledger,
        forced: Mapping[int, str],
        *,
        judged: Judged,
        stock: Stock | None = None,
    ) -> None:
        self._ledger, self._forced, self._judged = ledger, forced, judged
        self._stock: Stock = stock or _Trusting()
        self._found = Pass()
        self._mates: dict[int, str] = {}
        self._booted = frozenset[int]()

    def go(self, tasks: Sequence[Task]) -> Pass:
        """Return what becomes of the tasks."""
        self._booted = frozenset(task.cell for task in tasks if task.is_setup)
        found = self._found
        for task in tasks:
            if task.terms.is_first:
                self._note_lacking(task.asks, found.lacking)
            step = self._decide(task)
            found.steps.append(step)
            if step.action == "run":
                self._mates |= dict.fromkeys(task.mates, TOGETHER)
            if step.action == "restore" and step.verdict.trace is not None:
                self._restore(task, step.verdict.trace)
            else:
                self._run(task, step)
        taken = {s.cell for s in found.steps if s.action == "restore"}
        for cell in self._mates.keys() & taken:
            found.lacking.setdefault(cell, self._mates[cell])
        return found

    def _decide(self, task: Task) -> Step:
        because = self._forced.get(task.cell, "") or self._mates.get(task.cell, "")
        return decide(task, self._ledger, because=because, judged=self._judged)

    def _restore(self, task: Task, trace: Trace) -> None:
        if fault := self._stock.fault_of(trace):
            self._found.lacking[task.cell] = f"{LOST}: {fault}"
        self._ledger.restore(task.cell, trace)

    def _run(self, task: Task, step: Step) -> None:
        self._note_needs(task, step)
        self._ledger.doubt(task.cell, self._doubtful(task, step))
        self._ledger.write(task.cell, task.foresees)

    def _note_needs(self, task: Task, step: Step) -> None:
        """Note which cells must run for one that runs, or may."""
        into = self._found.lacking if step.action == "run" else self._found.perhaps
        self._note_lacking(self._ledger.names() if task.reads_all else task.reads, into)
        states = {**missing_figures(task, self._ledger), **missing_states(self._ledger)}
        for cell, why in states.items():
            if cell not in self._booted:
                into.setdefault(cell, why)

    def _note_lacking(self, names: Iterable[str], into: dict[int, str]) -> None:
        """Note which cells must run for `names` to be had."""
        for load in self._ledger.loads(names):
            if load.group.content is None:
                into[self._maker(load.names)] = load.group.obstacle
            elif fault := self._stock.fault_in(load):
                into[self._maker(load.names)] = f"{LOST}: {fault}"

    def _maker(self, names: Sequence[str]) -> int:
        entry = self._ledger.entry(name_fact(names[0]))
        return -1 if entry is None else entry.cell

    def _doubtful(self, task: Task, step: Step) -> list[Fact]:
        """Return the facts that are not known until the task ran.

        By analysis the names; of all else what it wrote when it was last seen.
        """
        trace = step.verdict.trace
        written = () if trace is None else tuple(trace.writes)
        return [
            *(name_fact(name) for name in sorted(task.touches)),
            *(fact for fact in written if fact.kind is not FactKind.NAME),
            *(f for f in written if f.kind is FactKind.NAME and f.key not in task.touches),
        ]
