"""Runs of a toy notebook, from scratch and with what earlier runs left: a runner in small."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from toy_kernel import (
    FRESH,
    Seen,
    ToyKernel,
    World,
    builtin_names,
)

from mlops_nb.pipeline.cells import Cell, CellId, Code
from mlops_nb.pipeline.dataflow import analyse_notebook
from mlops_nb.pipeline.incremental.conductor import Conductor
from mlops_nb.pipeline.incremental.facts import NAMES, Fact, FactKind, sharing_fact
from mlops_nb.pipeline.incremental.keys import cell_key
from mlops_nb.pipeline.incremental.planning import Step, Task
from mlops_nb.pipeline.incremental.traces import Trace, parse_trace
from mlops_nb.pipeline.incremental.walking import plan_steps

# How the facts begin that a call in a cell sets.
_SETS = {"seed(": "random:", "draw(": "random:", "write(": "file:", "append('log'": "file:",
         "set_option(": "option:"}  # fmt: skip
MakeKernel = Callable[[World, dict[str, Any]], ToyKernel]


@dataclass(frozen=True)
class ToyCell:
    source: str
    kind: str = "stage"  # "stage", "inline", "setup"


@dataclass
class Outcome:
    """What can be compared after a run; `values` brings every name back from the store."""

    outputs: list[str]
    metrics: dict[str, float]
    values: dict[str, str]
    aliases: str
    files: dict[str, str]
    options: dict[str, int]
    random: Any
    error: tuple[int, str] | None
    ran: list[int] = field(default_factory=list, compare=False)
    started: bool = field(default=True, compare=False)
    parked: list[str] = field(default_factory=list, compare=False)
    foreseen: list[str] = field(default_factory=list, compare=False)


@dataclass
class Memory:
    """What runs leave for later ones: traces by key, contents by digest."""

    traces: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    store: dict[str, Any] = field(default_factory=dict)
    count: Any = field(default_factory=itertools.count)

    def find(self, key: str) -> tuple[Trace, ...]:
        return tuple(parse_trace(content) for content in reversed(self.traces.get(key, [])))

    def keep(self, trace: Trace) -> None:
        self.traces.setdefault(trace.key, []).append(trace.to_json())


def run_clean(cells: Sequence[ToyCell], world: World, make: MakeKernel = ToyKernel) -> Outcome:
    """Run every cell in a new kernel."""
    kernel = make(world, {})
    outputs, metrics, error = [], {}, None
    for index, cell in enumerate(cells):
        seen = kernel.run(cell.source, set())
        outputs.append(seen.outputs)
        metrics |= seen.effects["metrics"]
        if seen.error is not None:
            error = (index, seen.error)
            break
    return _outcome(kernel, outputs, metrics, error)


def run_again(
    cells: Sequence[ToyCell],
    world: World,
    memory: Memory,
    make: MakeKernel = ToyKernel,
) -> Outcome:
    """Run a notebook with what earlier runs left, as the runner of mlops_nb does."""
    forced: dict[int, str] = {}
    foreseen = _Run(cells, world, memory, forced, make).foresee()
    while True:
        run = _Run(cells, world, memory, forced, make)
        missing = run.play()
        if not missing:
            outcome = run.outcome()
            outcome.foreseen = foreseen
            return outcome
        forced |= missing


class _Run:
    def __init__(
        self,
        cells: Sequence[ToyCell],
        world: World,
        memory: Memory,
        forced: dict[int, str],
        make: MakeKernel,
    ) -> None:
        self.make = make
        self.cells, self.world, self.memory = cells, world, memory
        self.kernel: ToyKernel | None = None
        self.parked: dict[Fact, Trace] = {}
        self.outputs: list[str] = []
        self.metrics: dict[str, float] = {}
        self.error: tuple[int, str] | None = None
        self.ran: list[int] = []
        self.tasks = _tasks(cells, memory, forced)
        self.conductor = Conductor(self.tasks, self._look)

    def _look(self, fact: Fact) -> str | None:
        if fact.kind is FactKind.FILE:
            return self.world.file_digest(fact.key)
        return FRESH if fact.kind is FactKind.RANDOM else None

    def foresee(self) -> list[str]:
        """Return what is told of each cell before the run."""
        may_set = {
            task.cell: tuple(begin for call, begin in _SETS.items() if call in cell.source)
            for task, cell in zip(self.tasks, self.cells, strict=True)
            if not task.traces
        }
        told = {cell: begins for cell, begins in may_set.items() if begins}
        return [step.action for step in self.conductor.foresee(may_set=told)]

    def play(self) -> dict[int, str]:
        """Run to the end; return the cells that must run if the run has to begin again."""
        while (step := self.conductor.step()) is not None:
            task = self.conductor.next_task
            assert task is not None
            if not task.is_setup or self.kernel is None:
                assert step == self._step_of_whole_plan(step.cell)
            trace = step.verdict.trace
            if step.action == "restore" and trace is not None:
                self._restore(trace)
                continue
            assert step.action == "run", step
            missing = self._run(step.cell)
            if missing:
                return missing
            if self.error is not None:
                break
        return {}

    def _step_of_whole_plan(self, cell: int) -> Step:
        """Return what becomes of the next cell if nothing is known of earlier plans."""
        todo = [task for task in self.tasks if task.cell >= cell]
        return plan_steps(todo, self.conductor.ledger, self.conductor.refused)[0]

    def _restore(self, trace: Trace) -> None:
        self.world.files |= trace.effects["files"]
        self.metrics |= trace.effects["metrics"]
        self.outputs.append(trace.outputs or "")
        self.conductor.restored(trace)

    def _run(self, cell: int) -> dict[int, str]:
        self._start()
        missing = self._supply()
        if missing:
            return missing
        assert self.kernel is not None
        task = self.tasks[cell]
        reads = set(self.conductor.ledger.names()) if task.reads_all else set(task.reads)
        seen = self.kernel.run(self.cells[cell].source, reads, task.touches)
        self.ran.append(cell)
        self.outputs.append(seen.outputs)
        self.metrics |= seen.effects["metrics"]
        if seen.error is not None:
            self.error = (cell, seen.error)
            return {}
        if self.cells[cell].kind != "inline":
            self.memory.keep(
                Trace(
                    id=str(next(self.memory.count)),
                    key=_key(self.cells[cell]),
                    reads=seen.reads | self._sharing(seen, lists_names=task.reads_all),
                    writes=seen.writes,
                    groups=seen.groups,
                    reaches=seen.reaches,
                    blockers=seen.blockers,
                    outputs=seen.outputs,
                    effects=seen.effects,
                )
            )
        self.conductor.executed(
            seen.writes, groups=[group.names for group in seen.groups], reaches=seen.reaches
        )
        return {}

    def _sharing(self, seen: Seen, *, lists_names: bool) -> dict[Fact, str | None]:
        names = [f.key for f, d in seen.reads.items() if f.kind is FactKind.NAME and d is not None]
        fact = sharing_fact(names, only_between=not seen.mingles)
        state = self.conductor.ledger.look(fact)
        assert isinstance(state, str)
        names = self.conductor.ledger.look(NAMES)
        assert isinstance(names, str)
        return {fact: state} | ({NAMES: names} if lists_names else {})

    def _start(self) -> None:
        if self.kernel is None:
            self.kernel = self.make(self.world, self.memory.store)
            for cell in self.conductor.boot():
                self.kernel.run(self.cells[cell].source, set())

    def _supply(self) -> dict[int, str]:
        assert self.kernel is not None
        supply = self.conductor.supply()
        if supply.missing:
            return dict(supply.missing)
        for name in supply.drops:
            self.kernel.names.pop(name, None)
        self.kernel.told(supply.drops)
        for load in supply.loads:
            self.kernel.load(load.group, load.names)
        for fact, trace in supply.states:
            self.kernel.set_state(fact, trace.effects)
        self.conductor.supplied(supply)
        return {}

    def outcome(self) -> Outcome:
        """Bring everything back, as somebody who opens the result would see it."""
        started = self.kernel is not None
        ran = list(self.ran)
        self._start()
        assert self.kernel is not None
        ledger = self.conductor.ledger
        for load in ledger.loads(ledger.names()):
            if load.group.content is not None:
                self.kernel.load(load.group, load.names)
            else:  # the store has it not: its digest is all that can be compared
                for name in load.names:
                    self.parked[Fact(FactKind.NAME, name)] = load.trace
        for fact, trace in ledger.unsettled():
            self.kernel.set_state(fact, trace.effects)
        for name in list(self.kernel.user_names()):
            if self.error is None and ledger.look(Fact(FactKind.NAME, name)) is None:
                del self.kernel.names[name]
        found = _outcome(self.kernel, self.outputs, self.metrics, self.error)
        for fact in self.parked:
            state = ledger.look(fact)
            assert isinstance(state, str)
            found.values[fact.key] = state
        found.parked = [fact.key for fact in self.parked]
        found.ran, found.started = ran, started
        if self.parked:
            found.aliases = ""
        return found


def _key(cell: ToyCell) -> str:
    return cell_key(Code(python=cell.source))


def _tasks(cells: Sequence[ToyCell], memory: Memory, forced: dict[int, str]) -> list[Task]:
    nodes = [
        Cell(
            index=i,
            id=CellId(str(i)),
            type="code",
            source=cell.source,
            code=Code(python=cell.source),
        )
        for i, cell in enumerate(cells)
    ]
    analyses = analyse_notebook(nodes, star_names=lambda module: None)
    tasks = []
    for i, cell in enumerate(cells):
        flow = analyses[i].flow
        touches = {*flow.binds, *flow.mutates, *flow.may_mutate, *flow.deletes}
        must_run = "untagged" if cell.kind == "inline" else forced.get(i, "")
        tasks.append(
            Task(
                cell=i,
                label=f"cell {i}",
                traces=memory.find(_key(cell)),
                reads=frozenset({*flow.reads, *builtin_names(cell.source)}),
                touches=frozenset(touches),
                reads_all=bool(flow.opaque),
                must_run=must_run,
                is_setup=cell.kind == "setup",
            )
        )
    return tasks


def _outcome(
    kernel: ToyKernel,
    outputs: list[str],
    metrics: dict[str, float],
    error: tuple[int, str] | None,
) -> Outcome:
    names = kernel.user_names()
    return Outcome(
        outputs=outputs,
        metrics=metrics,
        values={name: kernel.digest(value) for name, value in names.items()},
        aliases=kernel.digest([names[name] for name in sorted(names)]),
        files=dict(kernel.world.files),
        options=dict(kernel.options),
        random=kernel.random.getstate() if kernel.is_seeded else None,
        error=error,
    )
