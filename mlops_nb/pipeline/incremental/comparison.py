"""In what do cells differ from a past run of theirs? Judged by that run's results alone, with all
that is known of now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlops_nb.pipeline.incremental.judged import Judged
from mlops_nb.pipeline.incremental.ledger import Ledger
from mlops_nb.pipeline.incremental.planning import Step, Task
from mlops_nb.pipeline.incremental.traces import Trace
from mlops_nb.pipeline.incremental.walking import Walk


def compare_steps(
    tasks: Sequence[Task], ledger: Ledger, standing: Mapping[int, Trace]
) -> tuple[Step, ...]:
    """Return a step for each task: restored if nothing it depends on differs from its traces.

    Parameters
    ----------
    tasks : sequence of Task
        All cells of a run, with traces of the past run alone.
    ledger : Ledger
        The facts before the first of them, which is left as it is.
    standing : Mapping of int to Trace
        By cell, what each leaves now, as far as that is known: later cells are judged by it.
    """
    walk = _Comparison(ledger.standing(), standing)
    return tuple(walk.go(tasks).steps)


class _Comparison(Walk):
    """A walk that goes on from what a cell leaves now, whatever it left then."""

    def __init__(self, ledger: Ledger, standing: Mapping[int, Trace]) -> None:
        super().__init__(ledger, {}, judged=Judged())
        self._standing = standing

    def _restore(self, task: Task, trace: Trace) -> None:
        super()._restore(task, self._standing.get(task.cell, trace))

    def _run(self, task: Task, step: Step) -> None:
        trace = self._standing.get(task.cell)
        if trace is None:
            super()._run(task, step)
        else:
            self._ledger.restore(task.cell, trace)
