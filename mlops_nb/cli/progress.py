"""How does a person see that a run moves? A bar on a terminal, a line per cell in a log; on
stderr."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, TextIO

from mlops_nb.execution.events import RunPlan, SilentObserver
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import CellStatus, RunRecord, StageRecord


def make_progress(*, quiet: bool, verbose: bool, stream: TextIO | None = None) -> SilentObserver:
    """Return the observer that fits `stream` (stderr): a bar, lines, or silence."""
    target = sys.stderr if stream is None else stream
    if quiet:
        return SilentObserver()
    if verbose or not target.isatty():
        return LineProgress(target, verbose=verbose)
    return BarProgress(target)


class LineProgress(SilentObserver):
    """A line when a cell has ended, for logs: ``[ 3/12] stage train: cell 7 … 1.2 s``.

    Parameters
    ----------
    stream : TextIO
    verbose : bool
        Whether stages that do not run are told too, with the reason, and what each stage bound.
    """

    def __init__(self, stream: TextIO, *, verbose: bool) -> None:
        self._stream = stream
        self._verbose = verbose
        self._plan: RunPlan | None = None

    def run_started(self, plan: RunPlan) -> None:
        """Keep the plan; tell what does not run."""
        self._plan = plan
        for stage in plan.stages if self._verbose else ():
            if stage.action != "run":
                self._say(f"stage {stage.name}: {stage.action}, {stage.reason}")

    def cell_finished(self, index: int, status: CellStatus, seconds: float) -> None:
        """Write the cell's line."""
        if self._plan is None:
            return
        count = self._plan.cells.index(index) + 1  # cells come again where a stage is retried
        total = len(self._plan.cells)
        stage = self._plan.stage_of.get(index)
        place = f"stage {stage}: cell {index}" if stage else f"cell {index}"
        took = f"{seconds:.1f} s"
        ended = took if status == "completed" else f"{status} after {took}"
        width = len(str(total))
        told = status if status == "restored" else ended
        self._say(f"[{count:>{width}}/{total}] {place} … {told}")

    def stage_finished(self, record: StageRecord, report: Mapping[str, Any]) -> None:
        """Tell what the stage bound."""
        if self._verbose and record.bound:
            self._say(f"stage {record.name}: bound {', '.join(record.bound)}")

    def _say(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


class BarProgress(SilentObserver):
    """A bar over the cells that names the stage.

    Parameters
    ----------
    stream : TextIO
        A terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._plan: RunPlan | None = None
        self._bar: Any = None

    def run_started(self, plan: RunPlan) -> None:
        """Show the empty bar: the kernel is starting."""
        from tqdm import tqdm

        self._plan = plan
        self._bar = tqdm(
            total=len(plan.cells),
            desc="starting the kernel",
            unit="cell",
            file=self._stream,
            leave=False,
            dynamic_ncols=True,
        )

    def stage_started(self, name: StageName) -> None:
        """Name the stage."""
        self._bar.set_description(f"stage {name}", refresh=False)

    def cell_started(self, index: int) -> None:
        """Name the cell, where it is of no stage."""
        if self._plan is not None and index not in self._plan.stage_of:
            self._bar.set_description(f"cell {index}", refresh=False)
        self._bar.refresh()

    def cell_finished(self, index: int, status: CellStatus, seconds: float) -> None:
        """Move on."""
        self._bar.update(1)

    def run_finished(self, record: RunRecord) -> None:
        """Take the bar away."""
        self._bar.close()
