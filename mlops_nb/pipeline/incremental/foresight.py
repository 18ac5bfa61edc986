"""What will a run do? Told to people before it, as the run then does it, or that nobody knows yet.

Where a run waits and sees, what is to be expected is told; what a cell may set that never ran as it
stands leaves open what becomes of those that depend on it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.judged import Judged
from mlops_nb.pipeline.incremental.ledger import Ledger
from mlops_nb.pipeline.incremental.planning import (
    SET_UP,
    TOGETHER,
    Step,
    Task,
    missing_figures,
    missing_states,
)
from mlops_nb.pipeline.incremental.terms import unanswered
from mlops_nb.pipeline.incremental.traces import Trace
from mlops_nb.pipeline.incremental.walking import Walk

# Of a value without a fingerprint: two of them are never equal.
_UNTOLD = "none"
_AMBIENT = Fact(FactKind.AMBIENT)


def foresee_steps(
    tasks: Sequence[Task],
    ledger: Ledger,
    refused: Mapping[int, str] | None = None,
    *,
    may_set: Mapping[int, tuple[str, ...]] | None = None,
    unchanged: Container[int] = (),
    judged: Judged | None = None,
) -> tuple[Step, ...]:
    """Return what a run is expected to do with each task, before its first: for people.

    A cell that runs again only for what it leaves in the process is expected to leave what it left
    before, as long as it used nothing that varies. What a cell may set that never ran as it stands
    is not known, so who reads that is undecided; and so is whoever runs only if such a cell does.

    Parameters
    ----------
    tasks : sequence of Task
        All cells of the run.
    ledger : Ledger
        The facts before the first of them.
    refused : Mapping of int to str, optional
        Cells that run although a trace holds, with the reason.
    may_set : Mapping of int to tuple of str, optional
        How the facts begin, names aside, that may be set by cells of which nothing is kept.
    unchanged : container of int, optional
        Those among them that ran last as they stand: what others found then is what they leave.
    judged : Judged, optional
        Verdicts of earlier plans of the same run.
    """
    forced, judged, start = dict(refused or {}), judged or Judged(), ledger.standing()
    news = _News(tasks, may_set or {}, unchanged)
    perhaps: dict[int, str] = {}
    while True:
        walk = _Foresight(start.copy(), forced, judged=judged, perhaps=perhaps, news=news)
        found = walk.go(tasks)
        new = {c: why for c, why in found.lacking.items() if c not in forced}
        open_ = {c: why for c, why in found.perhaps.items() if c not in perhaps}
        if not new and not open_:
            return tuple(found.steps)
        forced |= new
        perhaps = {**open_, **perhaps}


class _News:
    """What may be set by cells of which nothing is kept, of what any task depends on.

    Parameters
    ----------
    tasks, may_set, unchanged
        As `foresee_steps` takes them.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        may_set: Mapping[int, tuple[str, ...]],
        unchanged: Container[int],
    ) -> None:
        self._may_set, self._unchanged = may_set, unchanged
        self._found: dict[Fact, set[str | None]] = {}
        if all(task.traces for task in tasks):
            return
        for trace in (trace for task in tasks for trace in task.traces):
            for fact, digest in trace.reads.items():
                if fact.kind is not FactKind.NAME:
                    self._found.setdefault(fact, set()).add(digest)

    def by(self, task: Task, ledger: Ledger) -> list[Fact]:
        """Return what a cell may set, or make one object, that is not known until it ran."""
        begins = self._may_set.get(task.cell, ())
        facts = [fact for fact in self._found if begins and str(fact).startswith(begins)]
        if task.cell in self._unchanged:
            return [fact for fact in facts if ledger.look(fact) not in self._found[fact]]
        return facts if task.traces else [*facts, *self._shared_by(task)]

    def _shared_by(self, task: Task) -> list[Fact]:
        """Return the facts of shared memory that a cell may change: what it binds may hold what it
        reads."""
        own = task.reads | task.touches if task.touches else frozenset[str]()
        needed = {FactKind.SHARING: 1, FactKind.BETWEEN: 2}
        return [
            fact
            for fact in self._found
            if fact.kind in needed and len(own.intersection(fact.key.split())) >= needed[fact.kind]
        ]


class _Foresight(Walk):
    """A walk whose steps are told before a run.

    Parameters
    ----------
    ledger, forced, judged
        As `Walk` takes them.
    perhaps : Mapping of int to str
        Cells that run if one does that is undecided, with the reason.
    news : _News
    """

    def __init__(
        self,
        ledger: Ledger,
        forced: Mapping[int, str],
        *,
        judged: Judged,
        perhaps: Mapping[int, str],
        news: _News,
    ) -> None:
        super().__init__(ledger, forced, judged=judged)
        self._perhaps, self._news = perhaps, news
        self._set_up = ledger.fresh()
        self._is_started = False
        self._may_start = ""
        self._newest: int | None = None

    def _decide(self, task: Task) -> Step:
        self._is_started |= task.terms.is_first and task.terms.version_of != ""
        step = super()._decide(task)
        if self._newest is not None and not step.because and _is_hidden_alone(step):
            self._ledger.doubt(self._newest, [_AMBIENT])
            step = super()._decide(task)
        if step.action != "restore":
            return step
        if task.is_setup and self._is_started and not self._lacks(task):
            return replace(step, action="run", because=SET_UP)
        because = self._perhaps.get(task.cell, "")
        if task.is_setup and self._may_start:
            because = f"it is set-up, and runs if {self._may_start} does"
        return replace(step, action="undecided", because=because) if because else step

    def _lacks(self, task: Task) -> bool:
        """Return whether a cell cannot run in the kernel unless others do that need not."""
        names = self._ledger.names() if task.reads_all else task.reads
        if any(load.group.content is None for load in self._ledger.loads(names)):
            return True
        states = {*missing_figures(task, self._ledger), *missing_states(self._ledger)}
        return not states <= self._booted

    def _restore(self, task: Task, trace: Trace) -> None:
        """As a kernel that starts later executes the set-up cells that find in it what they found
        at their place, only these need not run for what they leave in the process."""
        super()._restore(task, trace)
        reads = trace.reads.items()
        if task.is_setup and all(self._set_up.look(fact) == digest for fact, digest in reads):
            self._set_up.restore(task.cell, trace)
        else:
            self._booted -= {task.cell}

    def _run(self, task: Task, step: Step) -> None:
        trace = step.verdict.trace
        is_for_others = step.because != "" and trace is not None
        if trace is None or not is_for_others or not _comes_about_again(step, task):
            super()._run(task, step)
        else:
            self._note_needs(task, step)
            self._leave_again(task, trace)
        self._newest = self._newest if task.traces else task.cell
        if step.action == "run":
            self._is_started = True
        else:
            self._may_start = self._may_start or task.label
            for cell in task.mates:
                self._found.perhaps.setdefault(cell, TOGETHER)

    def _leave_again(self, task: Task, trace: Trace) -> None:
        untold = [f for f, d in trace.writes.items() if d is not None and d.startswith(_UNTOLD)]
        groups = [group.names for group in trace.groups]
        self._ledger.write(task.cell, trace.writes, groups=groups, reaches=trace.reaches)
        self._ledger.doubt(task.cell, untold)

    def _doubtful(self, task: Task, step: Step) -> list[Fact]:
        return [*super()._doubtful(task, step), *self._news.by(task, self._ledger)]


def _is_hidden_alone(step: Step) -> bool:
    """Return whether a cell is to run for nothing but what nobody sees in the process, which a cell
    that never ran as it stands may set like the one it stands for."""
    changes = step.verdict.changes
    return step.action == "run" and changes != () and all(c.fact == _AMBIENT for c in changes)


def _comes_about_again(step: Step, task: Task) -> bool:
    """Return whether a cell that runs for others is expected to do what it did when it ran last."""
    trace = step.verdict.trace
    is_free = trace is not None and not unanswered(trace.blockers, task.terms)
    return step.verdict.holds and is_free and not task.must_run
