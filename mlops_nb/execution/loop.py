"""How does a notebook run from its first cell to a record that tells the truth?

One asyncio loop: the cells in order, and beside them a saver and two watchers. Whatever ends the
run, the notebook is saved, the kernel is gone and a record is there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from mlops_nb.execution.assignment import Assignment
from mlops_nb.execution.cellplan import CellPlan
from mlops_nb.execution.cellrun import CellRunner
from mlops_nb.execution.collector import OutputCollector
from mlops_nb.execution.conclusion import Conclusion
from mlops_nb.execution.endings import CellEnding
from mlops_nb.execution.estimator_ids import number_estimators
from mlops_nb.execution.incremental import IncrementalRun
from mlops_nb.execution.journal import NotebookJournal
from mlops_nb.execution.replay import BeginAgainError, Decision, Replay
from mlops_nb.execution.restored_cells import origin_of
from mlops_nb.execution.retrying import StageRetries, TryAgainError
from mlops_nb.execution.seat import KernelSeat
from mlops_nb.execution.stagebook import StageBook
from mlops_nb.execution.supervision import Supervision
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import CellStatus, ErrorRecord, RunRecord, StageRecord


class NotebookLoop:
    """One run of a notebook.

    Parameters
    ----------
    assignment : Assignment
    journal : NotebookJournal
        Its notebook has a cell for each of the assignment's plans.
    collector : OutputCollector
    """

    def __init__(
        self, assignment: Assignment, *, journal: NotebookJournal, collector: OutputCollector
    ) -> None:
        self._assignment = assignment
        self._journal = journal
        self._collector = collector
        self._book = StageBook(assignment.pipeline, assignment.run_plan.stages)
        self._begun = time.monotonic()
        self._stops = assignment.stops
        self._retries: StageRetries | None = None
        self._conclusion = Conclusion(
            assignment, journal=journal, collector=collector, book=self._book
        )

    async def run(self) -> RunRecord:
        """Run all cells, save, end the kernel, and return the record.

        Raises
        ------
        MlopsNbError
            If the kernel cannot be used, or the notebook cannot be saved. The kernel is gone.
        """
        supervision = Supervision(self._assignment.launch, self._stops)
        place = self._assignment.destination
        if place is not None:  # whoever asks twice waits for no upload
            supervision.hurry_asked.add_done_callback(lambda _: place.give_up())
        seat = self._seat = KernelSeat(self._assignment, self._collector, supervision)
        self._retries = self._make_retries()
        beside = [
            asyncio.ensure_future(supervision.watch_kernel()),
            asyncio.ensure_future(self._journal.keep_saving()),
        ]
        with supervision.signals_heard():
            try:
                await self._run_cells(supervision)
                await seat.shut_down()
            except Exception as error:
                self._conclusion.broke_off(error)
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
                await seat.leave()
                await self._journal.rest()
                if self._retries is not None:
                    self._retries.close()
            seconds = time.monotonic() - self._begun
            return await self._conclusion.close(seat, seconds=seconds)

    async def _run_cells(self, supervision: Supervision) -> None:
        assignment = self._assignment
        assignment.audience.tell(lambda observer: observer.run_started(assignment.run_plan))
        timeout_s = assignment.timeout_s
        runner = CellRunner(
            seat=self._seat,
            supervision=supervision,
            assignment=assignment,
            collector=self._collector,
            book=self._book,
            deadline=None if timeout_s is None else self._begun + timeout_s,
        )
        replay = None if assignment.incremental is None else self._make_replay()
        while True:
            try:
                await self._run_all(runner, replay)
                break
            except BeginAgainError:
                assert replay is not None
                await self._begin_again(replay)
        for record in self._book.close_open():
            self._tell_stage(record)
        self._journal.notes += runner.notes
        self._collector.finish()
        for changed in [] if replay is None else number_estimators(self._journal.nb.cells):
            self._journal.touch(changed)

    async def _run_all(self, runner: CellRunner, replay: Replay | None) -> None:
        if replay is None:
            ending = await self._seat.take()
            if ending is not None:
                self._conclusion.end(ending, None)
                return
        plans, position = self._assignment.plans, 0
        while position < len(plans):
            try:
                if not await self._take_cell(runner, plans[position], position, replay):
                    break
                position += 1
            except TryAgainError as error:
                position = error.args[0]
        if replay is not None:
            await replay.finish()

    def _make_retries(self) -> StageRetries | None:
        assignment = self._assignment
        if assignment.watch is None or not any(plan.retries for plan in assignment.plans):
            return None
        return StageRetries(
            assignment.plans,
            cells=assignment.cells,
            seat=self._seat,
            journal=self._journal,
        )

    def _make_replay(self) -> Replay:
        assert self._assignment.incremental is not None
        replay = Replay(
            self._assignment,
            seat=self._seat,
            journal=self._journal,
            collector=self._collector,
            begin=self._assignment.incremental,
        )
        self._book.digests_of = lambda names: replay.run.digests_of(names)
        return replay

    async def _begin_again(self, replay: Replay) -> None:
        """Forget what was done so far, and have another kernel."""
        assert self._assignment.launch_again is not None
        await replay.begin_again(self._assignment.launch_again)
        if self._retries is not None:
            self._retries.forget()
        self._journal.notebook_start()
        self._collector.forget()
        self._book.clear()

    async def _take_cell(
        self, runner: CellRunner, plan: CellPlan, position: int, replay: Replay | None
    ) -> bool:
        """Do with a cell what its plan says; return whether the run goes on."""
        if plan.action == "skip":
            self._journal.end(position, "skipped", reason=plan.reason)
            return True
        if plan.action != "run":
            self._journal.end(position, "completed")
            return True
        ending, decision = runner.ending_before(plan), None
        if ending is None and replay is not None:
            ending = await replay.enter(position) or runner.ending_before(plan)
        if ending is None and replay is not None:
            fault = await runner.within_limit(replay.ask_version(position), plan)
            ending = runner.ending_before(plan)
            if fault is not None and ending is None:
                return self._end_unrun(plan, position, fault)
            decision = None if ending is not None else replay.decide()
            if decision is not None and decision.result is not None:
                self._restore_cell(plan, position, decision, replay)
                return True
            ending = ending or await replay.prepare(position) or runner.ending_before(plan)
        if ending is not None:
            self._conclusion.end(ending, plan)
            return False
        ending = await self._run_cell(runner, plan, position, replay, decision)
        self._conclusion.end(ending, plan)
        return ending.run_status is None

    def _end_unrun(self, plan: CellPlan, position: int, ending: CellEnding) -> bool:
        """Let a cell fail that could not even start; return whether the run goes on."""
        tell, index, stage = self._assignment.audience.tell, plan.index, plan.stage
        if ending.status == "failed" and index is not None and stage is not None:
            if self._book.begin_cell(stage):
                tell(lambda observer: observer.stage_started(stage))
            self._journal.begin(position)
            self._collector.begin(position, index, stage)
            self._journal.add_error(
                position, ending.name, ending.message, traceback=ending.traceback
            )
            self._journal.end(position, ending.status, seconds=0.0, error=ending.message)
            tell(lambda observer: observer.cell_finished(index, ending.status, 0.0))
            error = ending.to_error(cell=index, stage=stage)
            self._end_cell(stage, index, ending.status, 0.0, error)
        self._conclusion.end(ending, plan)
        return False

    def _restore_cell(
        self, plan: CellPlan, position: int, decision: Decision, replay: Replay
    ) -> None:
        tell, index, stage = self._assignment.audience.tell, plan.index, plan.stage
        if stage is not None and self._book.begin_cell(stage):
            tell(lambda observer: observer.stage_started(stage))
        report = replay.put_back(position, plan, decision)
        trace = replay.run.traces.get(position)
        self._journal.end(position, "restored", reason=decision.reason, trace=trace)
        if index is None:
            return
        if self._assignment.audience.hears_output:
            for output in self._journal.nb.cells[position].outputs:
                self._assignment.audience.tell_output(index, output)
        self._book.count_cell(stage, origin_of(decision.step))
        tell(lambda observer: observer.cell_finished(index, "restored", 0.0))
        if stage is not None:
            if report is not None:
                self._book.take_report(stage, report)
            self._book.note_reason(stage, "restore", decision.reason)
            self._end_cell(stage, index, "restored", 0.0, None)

    def _end_cell(
        self,
        stage: StageName,
        index: int,
        status: CellStatus,
        seconds: float,
        error: ErrorRecord | None,
    ) -> None:
        record = self._book.end_cell(stage, index, status=status, seconds=seconds, error=error)
        if record is not None:
            self._tell_stage(record)

    async def _run_cell(
        self,
        runner: CellRunner,
        plan: CellPlan,
        position: int,
        replay: Replay | None,
        decision: Decision | None,
    ) -> CellEnding:
        tell, index, stage = self._assignment.audience.tell, plan.index, plan.stage
        if stage is not None and self._book.begin_cell(stage):
            tell(lambda observer: observer.stage_started(stage))
        if stage is not None and decision is not None:
            self._book.note_reason(stage, "run", decision.reason)
        self._journal.begin(position)
        if index is not None:
            tell(lambda observer: observer.cell_started(index))
        run = None if replay is None else replay.run
        if self._retries is not None:
            await self._retries.begin(position, run)
        watch = self._watch_files(position) if run is None else run.watch(position)
        begun = time.monotonic()
        ending = await runner.run(plan, self._journal.nb.cells[position], position, watch=watch)
        seconds = time.monotonic() - begun
        if replay is not None:
            ending = replay.ran(position, ending, runner.told, seconds) or ending
        await self._try_again(position, ending, run, seconds)
        if not ending.told_by_kernel:
            self._journal.add_error(
                position, ending.name, ending.message, traceback=ending.traceback
            )
        error = ending.to_error(cell=index, stage=stage)
        told = None if error is None else error.message
        reason = None if decision is None else decision.reason
        trace = None if replay is None else replay.run.traces.get(position)
        self._journal.end(
            position, ending.status, seconds=seconds, error=told, reason=reason, trace=trace
        )
        if index is not None:
            self._book.count_cell(stage, None)
            tell(lambda observer: observer.cell_finished(index, ending.status, seconds))
            if stage is not None:
                self._end_cell(stage, index, ending.status, seconds, error)
        return ending

    def _watch_files(self, position: int) -> Mapping[str, Any] | None:
        return None if self._retries is None else self._retries.watch(position)

    async def _try_again(
        self,
        position: int,
        ending: CellEnding,
        run: IncrementalRun | None,
        seconds: float,
    ) -> None:
        """Raise TryAgainError if the stage of a cell that failed is to be tried again."""
        if self._retries is None:
            return
        back = await self._retries.again(position, ending, run=run)
        if back is not None:
            plans = self._assignment.plans[back : position + 1]
            stage = plans[0].stage
            assert stage is not None
            own = [plan.index for plan in plans if plan.index is not None and plan.stage == stage]
            self._book.reopen(stage, own, seconds=seconds)
            self._journal.end(position, "not run", reason="its stage is tried again")
            raise TryAgainError(back)

    def _tell_stage(self, record: StageRecord) -> None:
        report = self._book.report_of(record.name)
        self._assignment.audience.tell(lambda observer: observer.stage_finished(record, report))
