"""What is left to do when the cells are done, or will never be? Models, tracking, the last save.

The executed notebook says ``running`` until all of it is done: a run that is killed on the way is
not called completed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from signal import SIGINT
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InfrastructureError
from mlops_nb.execution.destination import Destination
from mlops_nb.execution.supervision import Terminated
from mlops_nb.pipeline.records import ErrorRecord, RunRecord, RunStatus
from mlops_nb.project.prepared import PreparedRun

if TYPE_CHECKING:
    from mlops_nb.execution.request import RunOutcome
    from mlops_nb.project.models import ModelKeeper
    from mlops_nb.tracking.recorder import RunRecorder

# What a run that was stopped waits for MLflow; the rest is kept on disk.
_BREAK_OFF_S = 10.0
_GIVEN_UP: Mapping[type[BaseException], RunStatus] = {
    KeyboardInterrupt: "interrupted",
    Terminated: "terminated",
}
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
    """

    def __init__(
        self,
        job: PreparedRun,
        destination: Destination,
        *,
        recorder: RunRecorder | None,
        keeper: ModelKeeper | None,
    ) -> None:
        self._job = job
        self._destination = destination
        self._recorder = recorder
        self._keeper = keeper

    def close(self, outcome: RunOutcome, *, kernel_python: str | None) -> RunRecord:
        """Wait for models and tracking, and write the record into the executed notebook."""
        from mlops_nb.execution.run import encode_executed, save_record

        if self._recorder is None:
            return outcome.record
        record = replace(outcome.record, run_id=self._recorder.run_id())
        self._link_run(outcome.node, record.run_id)
        record = self._masked(self._add_models(record))
        tracked = self._recorder.finish(
            record,
            executed=b"".join(encode_executed(outcome.node, record)),
            graph=self._graph(),
            kernel_python=kernel_python,
        )
        notes = (*record.notes, *tracked.notes)
        record = self._masked(replace(record, run_id=tracked.run_id, notes=notes))
        save_record(outcome.node, record, self._destination)
        return record

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

    def break_off(self, outcome: RunOutcome, error: BaseException) -> RunRecord:
        """Return the record of a run that was stopped when its cells were done; it says so."""
        from mlops_nb.execution.endings import ending_by_signal
        from mlops_nb.execution.run import encode_executed, save_record

        if self._recorder is None:  # nothing was left to do
            return outcome.record
        ending = ending_by_signal(error.args[0] if isinstance(error, Terminated) else SIGINT)
        stopped = ending.to_error(cell=None, stage=None)
        assert stopped is not None
        assert ending.run_status is not None
        fault = f"{stopped.message} Its cells were done, tracking and packaging were not."
        record = replace(
            outcome.record,
            run_id=self._recorder.run_id(0),
            status=ending.run_status,
            error=replace(stopped, message=fault),
        )
        save_record(outcome.node, record, self._destination)  # first: a second signal may follow
        if self._keeper is not None:
            self._keeper.abandon()
        executed = b"".join(encode_executed(outcome.node, record))
        tracked = self._recorder.finish(record, executed=executed, timeout_s=_BREAK_OFF_S)
        return self._masked(replace(record, notes=(*record.notes, *tracked.notes)))

    def give_up(self, error: BaseException) -> None:
        """Close the tracked run of a run that ended without a record."""
        if self._keeper is not None:
            self._keeper.abandon()
        if self._recorder is None:
            return
        record = RunRecord(
            run_id=None,
            notebook=self._job.file.path,
            output=self._destination.output,
            status=_GIVEN_UP.get(type(error), "died"),
            parameters=self._job.used_parameters(),
            notes=(f"{type(error).__name__}: {error}",),
        )
        self._recorder.finish(self._masked(record), timeout_s=_BREAK_OFF_S)


def _no_model(notebook: str) -> ErrorRecord:
    return ErrorRecord(
        code="MNB615",
        message=f"{notebook} ended without the model that --register asks for.\n"
        "Let the stage that names it run to its end.",
    )
