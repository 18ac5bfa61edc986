"""How did a run end, and what does its record say of it?

What ends a run first decides; a signal that came before is what ended it. The notebook is saved
with the record, and what broke the run off is raised only after that.
"""

from __future__ import annotations

import contextlib
from typing import Any

from mlops_nb.errors import InfrastructureError, MlopsNbError
from mlops_nb.execution.assignment import Assignment
from mlops_nb.execution.cellplan import CellPlan
from mlops_nb.execution.collector import OutputCollector
from mlops_nb.execution.endings import CellEnding, ending_by_error, ending_by_signal
from mlops_nb.execution.journal import NotebookJournal
from mlops_nb.execution.seat import KernelSeat
from mlops_nb.execution.stagebook import StageBook
from mlops_nb.pipeline.literals import to_plain
from mlops_nb.pipeline.records import ErrorRecord, RunRecord, RunStatus


class Conclusion:
    """How a run ends.

    Parameters
    ----------
    assignment : Assignment
    journal : NotebookJournal
    collector : OutputCollector
    book : StageBook

    Attributes
    ----------
    fault : MlopsNbError or None
        What broke the run off, not by the notebook.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        journal: NotebookJournal,
        collector: OutputCollector,
        book: StageBook,
    ) -> None:
        self._assignment = assignment
        self._journal = journal
        self._collector = collector
        self._book = book
        self._stops = assignment.stops
        self._status: RunStatus = "completed"
        self._error: ErrorRecord | None = None
        self.fault: MlopsNbError | None = None

    def end(self, ending: CellEnding, plan: CellPlan | None) -> None:
        """Take over how the run ends, if this ending ends it and no signal came before."""
        if ending.run_status is None:
            return
        if ending.run_status != "completed":
            stopped_by = self._stops.settle()
            if stopped_by is not None:
                ending = ending_by_signal(stopped_by)
        self._status = ending.run_status or "completed"
        self._error = ending.to_error(
            cell=None if plan is None else plan.index,
            stage=None if plan is None else plan.stage,
        )

    async def close(self, seat: KernelSeat, *, seconds: float) -> RunRecord:
        """Settle how the run ended, save, tell, and return the record; raise what broke it off."""
        if not self._assignment.goes_on or self.fault is not None:
            self._stops.settle()
        stopped_by = self._stops.asked
        if stopped_by is not None and self._status == "completed":
            self.end(ending_by_signal(stopped_by), None)
        try:
            await self._save(seat, seconds)
        except MlopsNbError as error:
            self.broke_off(error)
            with contextlib.suppress(MlopsNbError):  # the copy that is kept elsewhere says so too
                await self._save(seat, seconds)
        if self.fault is not None and stopped_by is not None:
            self._journal.notes.append(str(self.fault))
        record = self._assignment.record = self._record(seat, seconds)
        self._assignment.reports = self._book.reports
        self._assignment.audience.tell(lambda observer: observer.run_finished(record))
        if self.fault is not None and stopped_by is None:
            raise self.fault
        return record

    async def _save(self, seat: KernelSeat, seconds: float) -> None:
        self._journal.close(self._told(self._record(seat, seconds)))
        await self._journal.save_apart(is_last=True)

    def broke_off(self, error: Exception) -> None:
        """Note that the run broke off, not by the notebook, unless it did before."""
        if self.fault is not None:
            return
        fault = error
        if not isinstance(error, MlopsNbError):
            fault = InfrastructureError(
                "MNB420",
                self._assignment.run_plan.notebook,
                f"the run broke off, not by the notebook: {type(error).__name__}: {error}.",
                "Run it again; if it ends so again, report it with the notebook.",
            )
            fault.__cause__ = error
        assert isinstance(fault, MlopsNbError)
        if self._stops.asked is None:
            self._status, self._error = ending_by_error(fault, None)
        self.fault = fault

    def _told(self, record: RunRecord) -> dict[str, Any]:
        """Return the record as the notebook is to keep it now."""
        told = record.to_json()
        if self._assignment.goes_on and record.status == "completed":
            told["status"] = "running"
        return told

    def _record(self, seat: KernelSeat, seconds: float) -> RunRecord:
        """Return the record as it is now, without secrets."""
        seat.settle()
        self._collector.settle()
        plan = self._assignment.run_plan
        stages = self._book.records()
        place = self._assignment.destination
        notes = [*self._assignment.audience.notes, *self._journal.notes]
        notes += [] if place is None else place.notes
        if self._assignment.launch.lacked_memory and self._status != "died":
            notes.append("While the notebook ran, the system ended a process as memory ran out.")
        notes += [f"A message of the kernel was not understood: {f}" for f in seat.faults]
        used = {**plan.defaults, **plan.parameters}
        record = RunRecord(
            run_id=None,
            notebook=plan.notebook,
            output=plan.output,
            status=self._status,
            parameters=to_plain(self._assignment.masker.parameters(used)),
            stages=stages,
            metrics={k: value for stage in stages for k, value in stage.final_metrics.items()},
            error=self._error,
            started=plan.started,
            seconds=seconds,
            notes=tuple(dict.fromkeys(notes)),
            restored=None if self._assignment.incremental is None else self._book.restored,
        )
        masked: RunRecord = self._assignment.masker.value(record)
        return masked
