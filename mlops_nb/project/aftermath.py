"""What is left to do when the cells are done, or will never be? Models, tracking, the last save.

The executed notebook says ``running`` until all of it is done: a run that is killed on the way is
not called completed.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InfrastructureError
from mlops_nb.execution.destination import Destination
from mlops_nb.pipeline.records import ErrorRecord, RunRecord
from mlops_nb.project.gate_display import show_gates
from mlops_nb.project.prepared import PreparedRun
from mlops_nb.stopping import StopRequests

if TYPE_CHECKING:
    from mlops_nb.execution.request import RunOutcome
    from mlops_nb.project.models import ModelKeeper
    from mlops_nb.tracking.recorder import RunRecorder

# What a run waits for MLflow, and one that was stopped; the rest is kept on disk.
FINISH_TIMEOUT_S = 60.0
_BREAK_OFF_S = 10.0
# Stands for the run's address in stage lines until the run ends.
RUN_LINK = "#mlops-nb-run"


class Aftermath:
    """The end of one run.

    Parameters
    ----------
    job : PreparedRun
    destination : Destination
        Of the executed notebook.
    recorder : RunRecorder or None
        None if the run is not tracked.
    keeper : ModelKeeper or None
        None if no stage names a model.
    stops : StopRequests
        The signals to the run.
    """

    def __init__(
        self,
        job: PreparedRun,
        destination: Destination,
        *,
        recorder: RunRecorder | None,
        keeper: ModelKeeper | None,
        stops: StopRequests,
    ) -> None:
        self._job = job
        self._destination = destination
        self._stops = stops
        self._recorder = recorder
        self._keeper = keeper

    def close(self, outcome: RunOutcome, *, kernel_python: str | None) -> RunRecord:
        """Wait for models and tracking, and write the record into the executed notebook.

        A signal that comes before both are known stops the run; one that comes later, or to a run
        that failed, shortens the waiting.
        """
        from mlops_nb.execution.endings import ending_by_error

        if self._recorder is None:
            return self._job.gates.untold(outcome.record)
        record, is_stopped = outcome.record, self._stops.asked is not None
        may_stop = record.status == "completed"
        if not (may_stop and is_stopped):
            try:
                with self._stops.breaking_off():
                    record = self._complete(outcome)
            except KeyboardInterrupt:
                is_stopped = True
            except Exception as error:
                status, told = ending_by_error(error, None)
                record = replace(record, status=status, error=told)
        with self._stops.listening(self._hurry):
            stopped_by = self._stops.settle()
            if may_stop and stopped_by is not None:
                record, is_stopped = self._stopped(outcome.record, stopped_by), True
            return self._finish(outcome, record, kernel_python, is_stopped=is_stopped)

    def _complete(self, outcome: RunOutcome) -> RunRecord:
        """Return the record with what the run's models and MLflow have to say of it."""
        assert self._recorder is not None
        record = replace(outcome.record, run_id=self._recorder.run_id())
        self._link_run(outcome.node, record.run_id)
        record = self._masked(self._add_models(record))
        record = self._masked(self._decide_gates(record))
        show_gates(outcome.node, record, self._job.pipeline)
        return record

    def _decide_gates(self, record: RunRecord) -> RunRecord:
        assert self._recorder is not None
        return self._job.gates.decide(
            record,
            store=self._recorder.store,
            git=self._recorder.git,
            interpreter=sys.executable if self._keeper is None else self._keeper.interpreter,
        )

    def _stopped(self, record: RunRecord, signum: int) -> RunRecord:
        """Return the record of a run that was stopped when its cells were done."""
        from mlops_nb.execution.endings import ending_by_signal

        assert self._recorder is not None
        ending = ending_by_signal(signum)
        error = ending.to_error(cell=None, stage=None)
        assert error is not None
        assert ending.run_status is not None
        fault = f"{error.message} Its cells were done, tracking and packaging were not."
        error = replace(error, message=fault)
        run_id = self._recorder.run_id(0)
        return replace(record, run_id=run_id, status=ending.run_status, error=error)

    def _finish(
        self, outcome: RunOutcome, record: RunRecord, kernel_python: str | None, *, is_stopped: bool
    ) -> RunRecord:
        """Tell MLflow and the executed notebook how the run ended; nothing changes that now."""
        from mlops_nb.execution.run import encode_executed, save_record

        assert self._recorder is not None
        if is_stopped:
            # First: who stops a run may not wait for MLflow.
            save_record(outcome.node, record, self._destination)
            if self._keeper is not None:
                self._keeper.abandon()
        tracked = self._recorder.finish(
            record,
            executed=b"".join(encode_executed(outcome.node, record)),
            files=self._overflow(outcome.node),
            graph=self._graph(),
            kernel_python=kernel_python,
            timeout_s=_BREAK_OFF_S if is_stopped else FINISH_TIMEOUT_S,
        )
        run_id, notes = tracked.run_id or record.run_id, (*record.notes, *tracked.notes)
        record = self._masked(replace(record, run_id=run_id, notes=notes))
        save_record(outcome.node, record, self._destination)
        return record

    def _overflow(self, node: dict[str, Any]) -> dict[str, Path]:
        """Return the files of what cells put out beyond the limit, by their names in MLflow."""
        from mlops_nb.execution.overflow import overflow_names

        if self._destination.path is None:
            return {}
        folder = self._destination.path.parent
        return {f"outputs/{name}": folder / name for name in overflow_names(node)}

    def _hurry(self, signum: int) -> None:
        if self._recorder is not None:
            self._recorder.hurry()
        if self._stops.count > 1:  # whoever asks twice waits for no upload
            self._destination.give_up()

    def _masked(self, record: RunRecord) -> RunRecord:
        masked: RunRecord = self._job.masker.value(record)
        return masked

    def _link_run(self, node: dict[str, Any], run_id: str | None) -> None:
        """Put the run's address, unknown when the kernel started, into the stage lines."""
        assert self._recorder is not None
        address = self._recorder.store.run_address(run_id) if run_id else ""
        address = self._job.masker.name(address)
        pages = [
            output["data"]
            for cell in node["cells"]
            for output in cell.get("outputs", ())
            if isinstance(output.get("data", {}).get("text/html"), str)
        ]
        for data in pages:
            data["text/html"] = data["text/html"].replace(f'href="{RUN_LINK}"', f'href="{address}"')

    def _add_models(self, record: RunRecord) -> RunRecord:
        outcomes = self._keeper.finish(record) if self._keeper is not None else []
        models = [outcome.record for outcome in outcomes if outcome.record is not None]
        failures = [outcome for outcome in outcomes if outcome.error is not None]
        notes = (*record.notes, *(note for outcome in outcomes for note in outcome.notes))
        record = replace(record, model=models[-1] if models else None, notes=notes)
        if record.status != "completed":
            return record
        if not failures and not models and self._job.must_register:
            return replace(record, status="failed", error=_no_model(self._job.file.path))
        if not failures:
            return record
        is_ours = isinstance(failures[0].error, InfrastructureError)
        return replace(
            record,
            status="died" if is_ours else "failed",
            error=failures[0].to_error_record(),
        )

    def _graph(self) -> str:
        from mlops_nb.export.graph_text import render_text

        return render_text(self._job.pipeline)

    def give_up(
        self, error: BaseException, stopped_by: int | None, *, known: RunRecord | None
    ) -> RunRecord:
        """Close the tracked run of a run that `error` broke off, and return its record: what is
        `known`, with how it ended."""
        from mlops_nb.execution.endings import ending_by_error

        with self._stops.listening(self._hurry):
            if self._keeper is not None:
                self._keeper.abandon()
            status, told = ending_by_error(error, stopped_by)
            record = known or RunRecord(
                run_id=None,
                notebook=self._job.file.path,
                output=self._destination.output,
                status=status,
                parameters=self._job.used_parameters(),
            )
            record = self._masked(replace(record, status=status, error=told))
            if self._recorder is None:
                return record
            tracked = self._recorder.finish(record, timeout_s=_BREAK_OFF_S)
            notes = (*record.notes, *tracked.notes)
            return self._masked(replace(record, run_id=tracked.run_id, notes=notes))


def _no_model(notebook: str) -> ErrorRecord:
    return ErrorRecord(
        code="MNB615",
        message=f"{notebook} ended without the model that --register asks for.\n"
        "Let the stage that names it run to its end.",
    )
