"""Which cells run, which are restored, and why? Decided cell after cell, from the facts so far.

A plan made before a run leaves open what cells that run will decide; the run asks again at each
cell, when it is known. A value that is needed and cannot come from the store makes the cell that
made it run, which is found by planning once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, name_fact
from mlops_nb.pipeline.incremental.figures import CLOSED, FIGURES, WHY
from mlops_nb.pipeline.incremental.judged import Judged
from mlops_nb.pipeline.incremental.judging import Verdict, choose
from mlops_nb.pipeline.incremental.ledger import Ledger, Load
from mlops_nb.pipeline.incremental.terms import Terms, phrase_blockers, too_old, unanswered
from mlops_nb.pipeline.incremental.traces import Trace

LOST = "what it left is not to be had"
# Of what every later cell needs that runs.
FOR_THE_PROCESS = "a later cell runs, and "
StepAction = Literal["run", "restore", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is known of a cell before it is decided what becomes of it.

    Attributes
    ----------
    cell : int
        Index among all cells, from 0.
    label : str
        For reasons: ``"stage 'train'"``, ``"cell 4"``.
    traces : tuple of Trace
        Of its key, newest first.
    reads : frozenset of str
        Names it may read, by analysis.
    touches : frozenset of str
        Names it may bind, change or delete, by analysis.
    reads_all : bool
        Whether it may read any name (``globals()``, ``exec``).
    must_run : str
        Why it runs whatever its traces say; empty if it need not.
    is_setup : bool
        Whether it is run in every kernel that starts, so that a kernel never starts for it.
    is_inline : bool
        Whether it is of no stage: restored only if it was seen to change nothing.
    terms : Terms
        What its stage's options say of restoring it.
    asks : frozenset of str
        Names that its stage's ``--version-of`` reads: needed in any case.
    mates : frozenset of int
        Other cells of its stage, where all of them run or none: what they leave together cannot be
        told apart.
    now : datetime or None
        When the run began; needed for ``--fresh``.
    foresees : Mapping of Fact to str
        What it will write in any case, as can be read in it.
    machine : frozenset of str
        Keys of the facts of the machine that it asks, as can be read in it.
    """

    cell: int
    label: str
    traces: tuple[Trace, ...] = ()
    reads: frozenset[str] = frozenset()
    touches: frozenset[str] = frozenset()
    reads_all: bool = False
    must_run: str = ""
    is_setup: bool = False
    is_inline: bool = False
    terms: Terms = field(default_factory=Terms)
    asks: frozenset[str] = frozenset()
    mates: frozenset[int] = frozenset()
    now: datetime | None = None
    foresees: Mapping[Fact, str] = field(default_factory=dict)
    machine: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What becomes of a cell.

    Attributes
    ----------
    cell : int
    action : {"run", "restore", "undecided"}
    verdict : Verdict
    because : str
        Why it runs where this is not the verdict's; empty otherwise.
    """

    cell: int
    action: StepAction
    verdict: Verdict
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    steps: list[Step]
    lacking: dict[int, str]


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
        found = _walk(tasks, start.copy(), forced, _booted(tasks), stock, judged=judged)
        new = {c: why for c, why in found.lacking.items() if c not in forced}
        if not new:
            return {c: why for c, why in forced.items() if why.startswith(LOST)}
        forced |= new


def plan_steps(
    tasks: Sequence[Task],
    ledger: Ledger,
    refused: Mapping[int, str] | None = None,
    *,
    expects: bool = False,
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
    expects : bool, default=False
        Whether a cell that runs again only for what it leaves in the process is expected to leave
        what it left before, as long as it used nothing that varies: for people, who want to know
        of the cells after it. A run waits and sees.
    judged : Judged, optional
        Verdicts of earlier plans of the same run.
    """
    forced, judged, start = dict(refused or {}), judged or Judged(), ledger.standing()
    own = {task.cell for task in tasks}
    while True:
        found = _walk(
            tasks, start.copy(), forced, _booted(tasks), _Trusting(), judged=judged, expects=expects
        )
        lacking = {c: why for c, why in found.lacking.items() if c in own and c not in forced}
        if not lacking:
            return tuple(found.steps)
        forced |= lacking


def _booted(tasks: Sequence[Task]) -> frozenset[int]:
    return frozenset(task.cell for task in tasks if task.is_setup)


def _walk(
    tasks: Sequence[Task],
    ledger: Ledger,
    forced: Mapping[int, str],
    booted: frozenset[int],
    stock: Stock,
    *,
    judged: Judged,
    expects: bool = False,
) -> _Pass:
    """Decide every task in turn; collect the cells whose values are needed and cannot be stored."""
    steps: list[Step] = []
    lacking: dict[int, str] = {}
    mates: dict[int, str] = {}
    for task in tasks:
        because = forced.get(task.cell, "") or mates.get(task.cell, "")
        if task.terms.is_first:
            _note_lacking(ledger, task.asks, lacking, stock)
        step = decide(task, ledger, because=because, judged=judged)
        steps.append(step)
        if step.action == "run":
            mates |= dict.fromkeys(task.mates, TOGETHER)
        if step.action == "restore" and step.verdict.trace is not None:
            if fault := stock.fault_of(step.verdict.trace):
                lacking[task.cell] = f"{LOST}: {fault}"
            ledger.restore(task.cell, step.verdict.trace)
            continue
        names = ledger.names() if task.reads_all else task.reads
        _note_lacking(ledger, names, lacking, stock)
        for cell, why in {**missing_figures(task, ledger), **missing_states(ledger)}.items():
            if cell not in booted:
                lacking.setdefault(cell, why)
        trace = step.verdict.trace
        if expects and because and trace is not None and _comes_about_again(step, task):
            groups = [group.names for group in trace.groups]
            ledger.write(task.cell, trace.writes, groups=groups, reaches=trace.reaches)
            continue
        ledger.doubt(task.cell, _doubtful(task, step))
        ledger.write(task.cell, task.foresees)
    taken = {s.cell for s in steps if s.action == "restore"}
    lacking |= {cell: why for cell, why in mates.items() if cell in taken and cell not in lacking}
    return _Pass(steps=steps, lacking=lacking)


def _comes_about_again(step: Step, task: Task) -> bool:
    """Return whether a cell that runs is expected to do what it did when it ran last."""
    trace = step.verdict.trace
    is_free = trace is not None and not unanswered(trace.blockers, task.terms)
    return step.action == "run" and step.verdict.holds and is_free and not task.must_run


def _note_lacking(
    ledger: Ledger, names: Iterable[str], lacking: dict[int, str], stock: Stock
) -> None:
    """Note which cells must run for `names` to be had."""
    for load in ledger.loads(names):
        if load.group.content is None:
            lacking[_maker(ledger, load.names)] = load.group.obstacle
        elif fault := stock.fault_in(load):
            lacking[_maker(ledger, load.names)] = f"{LOST}: {fault}"


def decide(task: Task, ledger: Ledger, *, because: str = "", judged: Judged | None = None) -> Step:
    """Return what becomes of a cell, given the facts before it.

    Parameters
    ----------
    task : Task
    ledger : Ledger
    because : str, optional
        Why it must run although a trace holds.
    judged : Judged, optional
        Verdicts of the same run.
    """
    verdict, expiry = _choose_fresh(task, ledger, judged or Judged())
    because = task.must_run or because or expiry
    is_possible = verdict.holds or verdict.is_open
    if task.must_run or (because and is_possible):
        return Step(cell=task.cell, action="run", verdict=verdict, because=because)
    if verdict.trace is None:
        return Step(cell=task.cell, action="run", verdict=verdict)
    if task.is_inline and verdict.trace.writes and (verdict.holds or verdict.is_open):
        told = f"it is of no stage, and changes {_name_change(verdict.trace)}"
        return Step(cell=task.cell, action="run", verdict=verdict, because=told)
    blockers = unanswered(verdict.trace.blockers, task.terms)
    if blockers and (verdict.holds or verdict.is_open):
        told = phrase_blockers(blockers, task.terms)
        return Step(cell=task.cell, action="run", verdict=verdict, because=told)
    if verdict.holds:
        return Step(cell=task.cell, action="restore", verdict=verdict)
    return Step(cell=task.cell, action="undecided" if verdict.is_open else "run", verdict=verdict)


def _choose_fresh(task: Task, ledger: Ledger, judged: Judged) -> tuple[Verdict, str]:
    """Return the verdict by the traces that are young enough, and why an older one is not."""
    if task.now is None or task.terms.fresh_s is None:
        return judged.choose(task.cell, task.traces, ledger.look), ""
    faults = {trace.id: too_old(trace, task.terms, task.now) for trace in task.traces}
    verdict = choose((t for t in task.traces if not faults[t.id]), ledger.look)
    if verdict.holds or verdict.is_open:
        return verdict, ""
    older = choose((t for t in task.traces if faults[t.id]), ledger.look)
    if older.trace is not None and (older.holds or older.is_open):
        return older, faults[older.trace.id]
    return (older if verdict.trace is None else verdict), ""


def missing_states(ledger: Ledger) -> dict[int, str]:
    """Return the cells that must have run in a kernel for another to run there, with the reason."""
    found = {}
    for fact, trace in ledger.unsettled():
        entry = ledger.entry(fact)
        if fact in trace.only_by_running and entry is not None:
            found[entry.cell] = FOR_THE_PROCESS + _OUT_OF_REACH.get(fact.kind, _OTHER)
    return found


def missing_figures(task: Task, ledger: Ledger) -> dict[int, str]:
    """Return the cells that must have run in a kernel for a cell to find the figures open there
    that it asked for when it ran last, with the reason."""
    asks = any(trace.reads.get(FIGURES, CLOSED) != CLOSED for trace in task.traces)
    return dict.fromkeys(ledger.left_open(), WHY) if asks else {}


TOGETHER = "another cell of its stage runs, and what they leave by --produces is one"
_OTHER = "what it changed in the process can only come about by running it"
_OUT_OF_REACH = {FactKind.IMPORT: "what it imports works by being imported"}


def _name_change(trace: Trace) -> str:
    names = sorted(f.key for f in trace.writes if f.kind is FactKind.NAME)
    return f"'{names[0]}'" if names else f"{min(trace.writes)}"


def _maker(ledger: Ledger, names: Sequence[str]) -> int:
    entry = ledger.entry(name_fact(names[0]))
    return -1 if entry is None else entry.cell


def _doubtful(task: Task, step: Step) -> list[Fact]:
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
