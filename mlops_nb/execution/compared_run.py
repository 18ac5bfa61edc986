"""What would a run do if a past one's results were the only ones? Asked, and never done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_nb.execution.incremental import IncrementalRun
from mlops_nb.pipeline.incremental.comparison import compare_steps
from mlops_nb.pipeline.incremental.planning import Step
from mlops_nb.pipeline.incremental.traces import Trace


class ComparedRun(IncrementalRun):
    """A run that is only planned; parameters as for `IncrementalRun`.

    Parameters
    ----------
    standing : Mapping of int to Trace
        By cell, what each leaves now, as far as that is known.
    """

    def __init__(self, *arguments: Any, standing: Mapping[int, Trace], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._standing = standing

    def plan(self) -> tuple[Step, ...]:
        """Return a step for each cell, restored where nothing differs from the past run."""
        return compare_steps(self.course.tasks, self._conductor.ledger, self._standing)
