"""What becomes of a cell, and why? Decided from the facts so far: it runs, it is restored, or that
is not known until others ran.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.figures import CLOSED, FIGURES, WHY
from mlops_nb.pipeline.incremental.judged import Judged
from mlops_nb.pipeline.incremental.judging import Verdict, choose
from mlops_nb.pipeline.incremental.ledger import Ledger
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
    found, importing = {}, dict[int, bool]()
    for fact, trace in ledger.unsettled():
        entry = ledger.entry(fact)
        if entry is None:
            continue
        is_lacking = fact in trace.only_by_running
        if fact.kind is FactKind.IMPORT and not is_lacking:
            if entry.cell not in importing:
                importing[entry.cell] = _imports_otherwise(trace, ledger)
            is_lacking = importing[entry.cell]
        if is_lacking:
            found[entry.cell] = FOR_THE_PROCESS + _OUT_OF_REACH.get(fact.kind, _OTHER)
    return found


def _imports_otherwise(trace: Trace, ledger: Ledger) -> bool:
    """Return whether a local module that a cell imported may come out otherwise where it is
    imported now: what the cell asked of the environment, or the folder, was changed since."""
    if all(fact.kind is not FactKind.MODULE for fact in trace.reads):
        return False
    asked = (
        (fact, digest)
        for fact, digest in trace.reads.items()
        if fact.kind in (FactKind.ENVIRONMENT, FactKind.FOLDER)
    )
    return any(
        ledger.look(fact) not in (digest, trace.writes.get(fact, digest)) for fact, digest in asked
    )


def missing_figures(task: Task, ledger: Ledger) -> dict[int, str]:
    """Return the cells that must have run in a kernel for a cell to find the figures open there
    that it asked for when it ran last, with the reason."""
    asks = any(trace.reads.get(FIGURES, CLOSED) != CLOSED for trace in task.traces)
    return dict.fromkeys(ledger.left_open(), WHY) if asks else {}


SET_UP = "it is set-up, and a kernel runs"
TOGETHER = "another cell of its stage runs, and what they leave by --produces is one"
_OTHER = "what it changed in the process can only come about by running it"
_OUT_OF_REACH = {FactKind.IMPORT: "what it imports works by being imported"}


def _name_change(trace: Trace) -> str:
    names = sorted(f.key for f in trace.writes if f.kind is FactKind.NAME)
    return f"'{names[0]}'" if names else f"{min(trace.writes)}"
