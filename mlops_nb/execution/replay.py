"""How do cells that need not run get into the executed notebook, and those that run what they need?

For each cell in turn: restored, its outputs, files, metrics and model come from the store and no
kernel is needed; run, the kernel is taken if it is not yet, set up and given the values that the
cell reads. What turns out not to be had makes the run begin again, with the cells running that
make it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import from_dict

from mlops_nb.errors import InfrastructureError
from mlops_nb.execution.assignment import Assignment
from mlops_nb.execution.cellplan import CellPlan
from mlops_nb.execution.collector import OutputCollector
from mlops_nb.execution.endings import CellEnding, ending_of_version
from mlops_nb.execution.incremental import IncrementalRun
from mlops_nb.execution.isolated_run import IsolatedRun
from mlops_nb.execution.isolation import Isolation
from mlops_nb.execution.journal import NotebookJournal
from mlops_nb.execution.kept import CellResult
from mlops_nb.execution.restored_cells import line_of
from mlops_nb.execution.seat import KernelSeat
from mlops_nb.kernels.stage_line import is_stage_line
from mlops_nb.pipeline.incremental.costs import is_dear
from mlops_nb.pipeline.incremental.planning import Step

_SESSION = "__import__('_mlops_nb_session').current.cells"


class BeginAgainError(Exception):
    """What a cell needs is not to be had: the run begins again, with other cells running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a cell.

    Attributes
    ----------
    step : Step
    reason : str
    result : CellResult or None
        What it showed, where it is restored; None where it runs.
    """

    step: Step
    reason: str
    result: CellResult | None = None


class Replay:
    """The cells of one run that are restored, and what those that run are given.

    Parameters
    ----------
    assignment : Assignment
    seat : KernelSeat
    journal : NotebookJournal
    collector : OutputCollector
    begin : callable
        ``begin(refused)`` returns the incremental run from its first cell.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        seat: KernelSeat,
        journal: NotebookJournal,
        collector: OutputCollector,
        begin: Callable[[Mapping[int, str]], IncrementalRun],
    ) -> None:
        self._assignment = assignment
        self._seat = seat
        self._journal = journal
        self._collector = collector
        self._begin = begin
        self.run = begin({})
        running = [p for p, plan in enumerate(assignment.plans) if plan.action == "run"]
        self._count = {position: number for number, position in enumerate(running, start=1)}
        self._missing: dict[int, str] = {}
        # Which number the kernel gives the next cell, as far as that is known.
        self._next_number: int | None = None
        rule, cells = assignment.isolation, self.run.course.cells.values()
        self._isolation = None if rule is None else Isolation(cells, rule)

    def decide(self) -> Decision:
        """Return what becomes of the next cell; what it left is at hand if it is restored."""
        while True:
            step = self.run.step()
            reason = self.run.explain(step)
            if step.action == "run":
                return Decision(step=step, reason=reason)
            result = self.run.fetch(step, wants_model=self._assignment.handover_dir is not None)
            if result is not None:
                return Decision(step=step, reason=reason, result=result)

    def put_back(
        self, position: int, plan: CellPlan, decision: Decision
    ) -> Mapping[str, Any] | None:
        """Put what a restored cell showed into the notebook; return its stage's report."""
        step, result = decision.step, decision.result
        assert result is not None
        mask = self._assignment.masker.value  # what was no secret then may be one now
        report = None if result.report is None else mask(dict(result.report))
        if report is not None and report.get("model"):
            report["model"] = self._hand_over(step, str(plan.stage))
        cell = self._journal.nb.cells[position]
        outputs = [from_dict(output) for output in mask(result.outputs)]
        count = self._count[position]
        for output in outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
        if report is not None and self._assignment.show_line != "off":
            terms = self.run.course.cells[position].terms
            detail = self._assignment.show_line
            outputs.append(line_of(report, step, terms=terms, detail=detail))
        cell.outputs, cell.execution_count = outputs, count
        self._collector.restore_displays(position, result.displays)
        self._collector.widget_state.update(mask(dict(result.widgets)))
        self.run.restored(step)
        return report

    async def enter(self, position: int) -> CellEnding | None:
        """Leave the kernel if the next cell is to have another; return how the run ends if it
        cannot.

        Raises
        ------
        BeginAgainError
        """
        apart, run = self._isolation, self.run
        if apart is None or not self._seat.is_taken or apart.is_at_home(position):
            return None
        assert isinstance(run, IsolatedRun)
        told = await self._seat.ask(f"{_SESSION}.drain()")
        if "stored" not in told:  # somebody stopped the run, or the kernel is gone
            return None
        run.stored(told["stored"]["stored"])
        unseen = run.leave_kernel()
        if unseen is not None:
            return self._lack(position, {unseen: "nobody could observe what that is."})
        await self._seat.shut_down()
        self._collector.part_with_kernel()
        assert self._assignment.launch_again is not None
        await self._seat.renew(self._assignment.launch_again)
        return None

    async def prepare(self, position: int) -> CellEnding | None:
        """Have a kernel that has all that the next cell needs; return how the run ends if there is
        none.

        Raises
        ------
        BeginAgainError
        """
        return await self._prepare(position)

    async def ask_version(self, position: int) -> CellEnding | None:
        """Have the kernel evaluate the ``--version-of`` of a stage whose first cell is next; return
        how the run ends if that fails.

        Raises
        ------
        BeginAgainError
        """
        expression = self.run.declared.asks(position)
        if not expression:
            return None
        ending = await self._prepare(position, asks=True)
        if ending is not None:
            return ending
        asked = {"expression": expression, "names": self.run.names_asked(position)}
        told = (await self._seat.ask(f"{_SESSION}.evaluate({json.dumps(asked)!r})")).get("version")
        if told is None:  # somebody stopped the run, or the kernel is gone
            return None
        if told["digest"] is None:
            return ending_of_version(expression, told)
        self.run.declared.answer(position, told["digest"], told["shown"])
        return None

    async def _prepare(self, position: int, *, asks: bool = False) -> CellEnding | None:
        if not self._seat.is_taken:
            self._next_number = None
            ending = await self._seat.take()
            if ending is not None:
                return ending
            if self._isolation is not None:
                self._isolation.enter(position)
            failed = await self._boot()
            if failed:
                return self._lack(position, failed)
        history = "" if self._isolation is None else self._isolation.find_history(position)
        if history and isinstance(self.run, IsolatedRun):
            return self._lack(position, {self.run.first_ran: f"{history}."})
        order = self.run.order(count=self._count[position], asks=asks)
        if order.missing:
            return self._lack(position, order.missing)
        if order.is_empty and self._next_number == self._count[position]:
            self.run.supplied(order, {})
            return None
        self._next_number = None
        told = await self._seat.ask(f"{_SESSION}.supply({order.text!r})")
        if "supplied" in told:  # else somebody stopped the run, or the kernel is gone
            missing = self.run.supplied(order, told["supplied"])
            if missing:
                return self._lack(position, missing)
        return None

    def ran(
        self,
        position: int,
        ending: CellEnding,
        told: Mapping[str, Any],
        seconds: float,
    ) -> CellEnding | None:
        """Note how a cell that ran ended, and what the session told of it; return how the run ends
        if no kernel can have what the cell asked for.

        Raises
        ------
        BeginAgainError
        """
        self.run.images.hear(told.get("cell"))
        is_counted = (
            ending.status == "completed" and self._journal.nb.cells[position].source.strip()
        )
        self._next_number = self._count[position] + 1 if is_counted else None
        if ending.name == "NameError" and self.run.lacks(position, ending.message):
            raise self._again({})
        cell, report = told.get("cell"), told.get("report")
        missing = self.run.makers_lacking(cell)
        if missing:
            return self._lack(position, missing)
        if "lost" in told:
            note = f"A cell could not be observed, so later ones run: {told['lost']['error']}"
            self._journal.notes.append(note)
        handover = None
        if report is not None and (report.get("model") or {}).get("folder"):
            handover = Path(report["model"]["folder"])
        keeps = ending.status == "completed" and ending.run_status is None
        result = self._result(position, report) if keeps else None
        self.run.ran(position, cell, result=result, handover=handover, seconds=seconds)
        self._journal.notes += self.run.declared.notes
        self.run.declared.notes.clear()
        if cell is not None:
            self._note_cost(position, float(cell["overhead_s"]), seconds)
        return None

    def _note_cost(self, position: int, overhead_s: float, seconds: float) -> None:
        """Tell of a cell that costs more than it should to watch and to keep."""
        if is_dear(overhead_s, own_s=seconds - overhead_s):
            label = self.run.course.cells[position].label
            self._journal.notes.append(
                f"{label}: to watch it and to keep what it left took {overhead_s:.1f} s of its "
                f"{seconds:.1f} s; --no-cache leaves that out, on its line for this stage alone."
            )

    async def finish(self) -> None:
        """Wait until the kernel has stored everything."""
        self.run.close()
        if self.run.is_storing and self._seat.is_taken:
            told = await self._seat.ask(f"{_SESSION}.drain()")
            self.run.stored(told.get("stored", {}).get("stored", ()))

    async def begin_again(self, make_launch: Callable[[], Any]) -> None:
        """Take another kernel and begin with the first cell, with files as they were then.

        Raises
        ------
        InfrastructureError
            MNB432 a file that a cell changed cannot be put back.
        """
        await self.finish()
        await self._seat.renew(make_launch)
        before = self.run
        before.kept.flush()
        failed = before.images.put_back()
        if failed:
            raise InfrastructureError(
                "MNB432",
                failed[0],
                "the run has to begin again, since a value that was kept is not to be had, and "
                "this file, which a cell changed meanwhile, cannot be put back.",
                "Put the file back, and run again with --no-cache.",
            )
        self.run = self._begin({**before.refused, **self._missing})
        self.run.load_as(before)

    def _again(self, missing: Mapping[int, str]) -> BeginAgainError:
        self._missing |= missing
        return BeginAgainError()

    def _lack(self, position: int, missing: Mapping[int, str]) -> CellEnding:
        """Return how the run ends since no kernel can be given what a cell needs; or let it begin
        again, where that helps."""
        apart, run = self._isolation, self.run
        if apart is not None and isinstance(run, IsolatedRun):
            gone = {
                cell: why
                for cell, why in missing.items()
                if run.has_run(cell) and apart.is_apart(cell, position)
            }
            if gone:
                ending = apart.settle(position, gone)
                if ending is not None:
                    return ending
                run.joined(apart.joints[-1])
                raise self._again({})
            ending = apart.refuse_again(position, missing)
            if ending is not None:
                return ending
        raise self._again(missing)

    async def _boot(self) -> dict[int, str]:
        """Set the kernel up; return the set-up cell that fails there."""
        for position in self.run.boot():
            try:
                await self._seat.ask(self._journal.nb.cells[position].source)
            except InfrastructureError:
                return {position: "it does not run in a new kernel."}
        return {}

    def _result(self, position: int, report: Mapping[str, Any] | None) -> CellResult | None:
        """Return what a cell showed as it is kept; None if that cannot be shown again."""
        if not self._collector.is_whole(position):
            return None
        outputs = self._journal.nb.cells[position].outputs
        shown = [o for o in outputs if not is_stage_line(o)]
        kept = [json.loads(json.dumps(o)) for o in shown]
        if report is not None and report.get("model"):  # the rest is kept with the model
            report = {**report, "model": {"name": report["model"]["name"]}}
        return CellResult(
            outputs=kept,
            widgets=self._collector.widgets_of(kept),
            report=report,
            displays=self._collector.displays_in(position, shown),
        )

    def _hand_over(self, step: Step, stage: str) -> dict[str, Any] | None:
        folder = self._assignment.handover_dir
        return None if folder is None else self.run.hand_over(step, folder / stage)
