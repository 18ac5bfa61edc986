"""What is to be done next in a run? The cells in order, each decided when its facts are known.

The runner that drives a kernel and the tests that play one ask the same conductor: it never touches
a kernel, a file or the store, and says what must be in the kernel before a cell can run there.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, name_fact
from mlops_nb.pipeline.incremental.foresight import foresee_steps
from mlops_nb.pipeline.incremental.judged import Judged
from mlops_nb.pipeline.incremental.judging import Look
from mlops_nb.pipeline.incremental.ledger import Ledger, Load
from mlops_nb.pipeline.incremental.planning import (
    SET_UP,
    TOGETHER,
    Step,
    Task,
    decide,
    missing_figures,
    missing_states,
)
from mlops_nb.pipeline.incremental.traces import Trace
from mlops_nb.pipeline.incremental.walking import Stock, find_faults, plan_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What the kernel lacks before a cell can run in it.

    Attributes
    ----------
    drops : tuple of str
        Names to delete first: a cell that was restored has bound or deleted them since.
    loads : tuple of Load
        Values to bring from the store, in this order.
    states : tuple of (Fact, Trace)
        Random states, options and the like to set as the trace left them, in this order.
    missing : Mapping of int to str
        Cells whose values are needed and are not in the store, with the reason: the run must
        begin again with these cells running.
    """

    drops: tuple[str, ...]
    loads: tuple[Load, ...]
    states: tuple[tuple[Fact, Trace], ...]
    missing: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A point of a run to which it can come back: what was decided until then."""

    ledger: Ledger
    refused: Mapping[int, str]
    taken: Mapping[int, Trace]
    position: int


class Conductor:
    """The course of one run.

    Parameters
    ----------
    tasks : sequence of Task
        The cells, in the order in which they run.
    world : callable
        The digest of a fact that no cell of this run wrote.
    refused : Mapping of int to str, optional
        Cells that run although a trace holds, with the reason.
    stock : Stock, optional
        What is really there of what traces promise; all of it, if it is not given.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        world: Look,
        refused: Mapping[int, str] | None = None,
        *,
        stock: Stock | None = None,
    ) -> None:
        self.ledger = Ledger(world)
        self.refused = dict(refused or {})
        self._tasks = tuple(tasks)
        self._next = 0
        self._is_started = False
        self._taken: dict[int, Trace] = {}
        # The others never run for another cell: what becomes of them can be decided without a plan.
        self._may_lack = tuple(map(_may_lack, tasks))
        self._steps: tuple[Step, ...] = ()
        self._stock = stock
        self._judged = Judged()

    def mark(self) -> Mark:
        """Return what `rewind` needs to come back to the next cell."""
        return Mark(
            ledger=self.ledger.copy(),
            refused=dict(self.refused),
            taken=dict(self._taken),
            position=self._next,
        )

    def rewind(self, mark: Mark) -> None:
        """Come back to the cell that was the next when `mark` was made: it runs again, and the
        kernel has what it had then."""
        self.ledger, self.refused = mark.ledger.copy(), dict(mark.refused)
        self._taken, self._next, self._steps = dict(mark.taken), mark.position, ()

    def plan(self) -> tuple[Step, ...]:
        """Return the steps still to come, as far as they are known now."""
        return plan_steps(self._tasks[self._next :], self.ledger, self.refused, judged=self._judged)

    def foresee(
        self,
        *,
        may_set: Mapping[int, tuple[str, ...]] | None = None,
        unchanged: Container[int] = (),
    ) -> tuple[Step, ...]:
        """Return what is to be expected of all cells before the first of them is decided, as
        `foresee_steps` does."""
        return foresee_steps(
            self._tasks,
            self.ledger,
            self._refused_for_faults(),
            may_set=may_set,
            unchanged=unchanged,
            judged=self._judged,
        )

    def step(self) -> Step | None:
        """Return what becomes of the next cell; None after the last.

        A set-up cell runs once a kernel does, unless it lacks there what only other cells bring
        about that no later one needs.
        """
        if self._next >= len(self._tasks):
            return None
        task = self._tasks[self._next]
        if self._stock is not None:
            self.refused, self._stock = self._refused_for_faults(), None
        because = self.refused.get(task.cell, "")
        if task.is_setup and self._is_started and not self.supply().missing:
            because = SET_UP
        elif self._may_lack[self._next]:
            self._steps = self._steps or self.plan()
            return self._steps[0]
        return decide(task, self.ledger, because=because, judged=self._judged)

    @property
    def next_task(self) -> Task | None:
        """Return the cell whose turn it is; None after the last."""
        return self._tasks[self._next] if self._next < len(self._tasks) else None

    def refuse(self, because: str) -> None:
        """Let the next cell run, whatever its traces say: what they need is not to be had."""
        self.refused[self._tasks[self._next].cell] = because
        self._steps = ()

    def boot(self) -> tuple[int, ...]:
        """Return the set-up cells to execute in the kernel that has just started, in order.

        Those that were taken as done and find in it all that they found at their place: names of
        each other, and the environment, the working folder, the search path and the options that
        they asked for. What other set-up cells bound comes from the store.
        """
        self._is_started = True
        fresh = self.ledger.fresh()
        cells = []
        for task in self._tasks[: self._next]:
            trace = self._taken.get(task.cell)
            if not task.is_setup or trace is None:
                continue
            if all(fresh.look(fact) == digest for fact, digest in trace.reads.items()):
                fresh.restore(task.cell, trace)
                cells.append(task.cell)
                own = {f for f in trace.writes if self._is_from(f, trace, task.cell)}
                self.ledger.outdate(trace.writes.keys() - own)
                self.ledger.settle(own)
        return tuple(cells)

    def supply(self, also: Collection[str] = (), *, asks: bool = False) -> Supply:
        """Return what the kernel lacks before the next cell can run in it.

        Parameters
        ----------
        also : collection of str, optional
            Names that are wanted beside those it reads.
        asks : bool, default=False
            Whether not the cell is to run, but its stage's ``--version-of``.
        """
        task = self._tasks[self._next]
        names = self.ledger.names() if task.reads_all else task.reads
        names = task.asks if asks else names
        loads = self.ledger.loads({*names, *also})
        missing = {
            entry.cell: load.group.obstacle
            for load in loads
            if load.group.content is None
            and (entry := self.ledger.entry(name_fact(load.names[0]))) is not None
        }
        missing |= missing_states(self.ledger)
        missing |= {} if asks else missing_figures(task, self.ledger)
        if not asks:
            missing |= dict.fromkeys(task.mates & self._taken.keys(), TOGETHER)
        return Supply(
            drops=self.ledger.stale(),
            loads=loads,
            states=self.ledger.unsettled(),
            missing=missing,
        )

    def supplied(self, supply: Supply) -> None:
        """Note that the kernel has what it lacked."""
        self.ledger.dropped()
        self.ledger.settle(name_fact(name) for load in supply.loads for name in load.names)
        self.ledger.settle(fact for fact, _ in supply.states)

    def restored(self, trace: Trace) -> None:
        """Note that the next cell was restored from `trace`."""
        cell = self._tasks[self._next].cell
        self._taken[cell] = trace
        self.ledger.restore(cell, trace)
        self._next += 1
        self._steps = self._steps[1:]

    def executed(
        self,
        writes: Mapping[Fact, str | None],
        *,
        groups: Sequence[tuple[str, ...]] = (),
        reaches: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """Note that the next cell ran, and what it was seen to write."""
        cell = self._tasks[self._next].cell
        for mate in self._tasks[self._next].mates:
            self.refused.setdefault(mate, TOGETHER)
        self.ledger.write(cell, writes, groups=groups, reaches=reaches)
        self._next += 1
        self._steps = ()

    def restored_with_labels_of(self, names: Iterable[str]) -> tuple[int, ...]:
        """Return the cells that were restored and made one of `names`, or what had an index with
        it, if there are any that had: brought back, each has an index of its own."""
        told = [trace.effects.get("labels", {}) for trace in self._taken.values()]
        found = set(names)
        while True:
            more = {m for pairs in told for n, others in pairs.items() for m in (n, *others)
                    if found & {n, *others}} - found  # fmt: skip
            if not more:
                break
            found |= more
        entries = [self.ledger.entry(name_fact(name)) for name in found]
        makers = {e.cell for e in entries if e is not None and e.state and e.cell in self._taken}
        return tuple(sorted(makers)) if len(found) > 1 else ()

    def _refused_for_faults(self) -> dict[int, str]:
        """Return the cells that run although a trace holds, with those among them whose values are
        lost."""
        if self._stock is None:
            return dict(self.refused)
        lost = find_faults(self._tasks, self.ledger, self.refused, self._stock, judged=self._judged)
        return {**self.refused, **lost}

    def _is_from(self, fact: Fact, trace: Trace, cell: int) -> bool:
        """Return whether a fact is as `cell` left it; another cell may be of the same trace."""
        entry = self.ledger.entry(fact)
        return entry is not None and entry.trace is trace and entry.cell == cell


def _may_lack(task: Task) -> bool:
    """Return whether something that a cell left may be had by running it alone."""
    return (
        bool(task.mates)
        or any(trace.only_by_running for trace in task.traces)
        or any(
            group.content is None and _writes_any(trace, group.names)
            for trace in task.traces
            for group in trace.groups
        )
    )


def _writes_any(trace: Trace, names: Sequence[str]) -> bool:
    return any(trace.writes.get(Fact(FactKind.NAME, name)) is not None for name in names)
