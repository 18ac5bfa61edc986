"""How is a stage that failed tried again? From its inputs as they were, in the same kernel.

Before the first of its cells that runs, the kernel takes down what the stage could change; after a
failure it makes everything be as it was, and the run goes back to that cell. Cells of other stages
or of none that stand between a stage's cells are never run twice: what comes behind them is tried
again alone. What ended by a signal, a timeout or the kernel's death is not tried again, nor what
cannot be brought back: that is said.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops_nb.execution.cellplan import CellPlan
from mlops_nb.execution.endings import CellEnding
from mlops_nb.execution.incremental import IncrementalRun
from mlops_nb.execution.journal import NotebookJournal
from mlops_nb.execution.seat import KernelSeat
from mlops_nb.pipeline.incremental.conductor import Mark
from mlops_nb.pipeline.incremental.tasks import RunCell

_SESSION = "__import__('_mlops_nb_session').current.cells"
# These end a program on purpose, or by a person.
_FINAL = ("SystemExit", "KeyboardInterrupt")
# What a cell is told to watch where nothing is kept: files only.
_FILES_ONLY = {"cell": "", "reads": [], "touches": [], "reads_all": False, "keeps": False}


class TryAgainError(Exception):
    """A stage is tried again; carries the position of the cell to go back to."""


@dataclass(slots=True, kw_only=True)
class _Block:
    """Cells of one stage that follow each other, as they are tried."""

    first: int
    mark: Mark | None
    tries: int = 1
    failures: dict[int, list[str]] = field(default_factory=dict)


class StageRetries:
    """The stages of one run that may be tried again.

    Parameters
    ----------
    plans : sequence of CellPlan
    cells : Mapping of int to RunCell
        What is known of the cells that run, by position.
    seat : KernelSeat
    journal : NotebookJournal
    """

    def __init__(
        self,
        plans: Sequence[CellPlan],
        *,
        cells: Mapping[int, RunCell],
        seat: KernelSeat,
        journal: NotebookJournal,
    ) -> None:
        self._plans = plans
        self._cells = cells
        self._seat = seat
        self._journal = journal
        self._block: _Block | None = None
        self._folder: Path | None = None

    def watch(self, position: int) -> Mapping[str, Any] | None:
        """Return what the session is to watch in a cell that nobody else wants to be watched."""
        return _FILES_ONLY if self._plans[position].retries else None

    async def begin(self, position: int, run: IncrementalRun | None) -> None:
        """Have the kernel take down what the stage of the next cell could change, if the cell is
        the first of its stage, or the first behind others."""
        if not self._plans[position].retries:
            if self._block is not None:
                self._block = None
                await self._seat.ask(f"{_SESSION}.release()")
            return
        block = self._block
        if block is not None and position in (block.first, *self._followers(block.first)):
            return
        self._folder = self._folder or Path(tempfile.mkdtemp(prefix="mlops_nb-retries-"))
        asked = {"folder": str(self._folder / str(position)), "reads": self._reads(position)}
        self._block = _Block(first=position, mark=None if run is None else run.mark())
        await self._seat.ask(f"{_SESSION}.snapshot({json.dumps(asked)!r})")

    async def again(
        self,
        position: int,
        ending: CellEnding,
        *,
        run: IncrementalRun | None,
    ) -> int | None:
        """Return the cell to go back to after a cell ended so; None if the stage is not tried
        again, or did not fail."""
        block, plan = self._block, self._plans[position]
        if block is None or not plan.retries:
            return None
        if ending.status != "failed" or ending.run_status != "failed" or ending.name in _FINAL:
            self._show(position, block)
            return None
        said = f"{ending.name}: {ending.message}".splitlines()[0][:200]
        if block.tries > plan.retries:
            self._note(f"stage {plan.stage!r} failed {block.tries} times, last with {said}")
            self._show(position, block)
            return None
        fault = await self._revert()
        if fault:
            self._note(f"stage {plan.stage!r} is not tried again: {fault}.")
            self._show(position, block)
            return None
        told_try = f"Try {block.tries} of stage {plan.stage!r} failed here: {said}"
        block.failures.setdefault(position, []).append(told_try)
        self._note(f"try {block.tries} of stage {plan.stage!r} failed: {said}")
        block.tries += 1
        if run is not None and block.mark is not None:
            run.rewind(block.mark, because="its stage is tried again")
        return block.first

    def forget(self) -> None:
        """Note that another kernel is taken."""
        self._block = None

    def close(self) -> None:
        """Remove what was stored."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _followers(self, first: int) -> list[int]:
        """Return the cells behind the first of a block that belong to it."""
        stage, found = self._plans[first].stage, []
        for at in range(first + 1, len(self._plans)):
            if self._plans[at].action == "run":
                if self._plans[at].stage != stage:
                    break
                found.append(at)
        return found

    def _reads(self, first: int) -> list[str] | None:
        """Return the names that the cells of a block may read or change; None: any."""
        names: set[str] = set()
        for position in (first, *self._followers(first)):
            cell = self._cells[position]
            if cell.flow.opaque or (cell.analysis is not None and cell.analysis.rebinds):
                return None
            flow = cell.flow
            names |= {*flow.reads, *flow.binds, *flow.mutates, *flow.may_mutate, *flow.deletes}
            names |= {*cell.code.reads, *cell.code.binds}
        return sorted(names)

    async def _revert(self) -> str:
        told = (await self._seat.ask(f"{_SESSION}.revert()")).get("reverted")
        return "the kernel does not answer" if told is None else str(told["fault"])

    def _show(self, position: int, block: _Block) -> None:
        """Say above a cell's outputs which tries failed there."""
        from nbformat.v4 import new_output

        for text in reversed(block.failures.pop(position, [])):
            note = new_output("stream", name="stderr", text=f"{text}\n")
            self._journal.nb.cells[position].outputs.insert(0, note)
            self._journal.touch(position)

    def _note(self, text: str) -> None:
        self._journal.notes.append(f"{text[:1].upper()}{text[1:]}")
