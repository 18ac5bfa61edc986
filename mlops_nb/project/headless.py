"""How do the floors work together in one headless run? Read, start, run, record, in that order.

What can be refused was refused before (`prepared`). The kernel boots while this process imports
what runs and tracks, and another what packages; the run waits for them once, at its end.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from signal import SIGINT, Signals
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InfrastructureError, RunTerminatedError
from mlops_nb.execution.claim import claimed
from mlops_nb.execution.destination import Destination
from mlops_nb.execution.events import SilentObserver
from mlops_nb.execution.supervision import Terminated, termination_raises
from mlops_nb.kernels.scratch import guarded_temporaries
from mlops_nb.pipeline.records import ErrorRecord, RunRecord, RunStatus, StageRecord
from mlops_nb.project.announcement import Announcement
from mlops_nb.project.handovers import open_handover
from mlops_nb.project.prepared import PreparedRun, RunOptions, prepare_run
from mlops_nb.project.secrecy import told_without
from mlops_nb.project.settings import must_sanitize

if TYPE_CHECKING:
    from mlops_nb.execution.events import RunObserver
    from mlops_nb.execution.request import RunOutcome, RunRequest
    from mlops_nb.project.models import ModelKeeper
    from mlops_nb.project.project import Project
    from mlops_nb.tracking.recorder import RunRecorder

# What a run that was stopped waits for MLflow; the rest is kept on disk.
_BREAK_OFF_S = 10.0
_GIVEN_UP: Mapping[type[BaseException], RunStatus] = {
    KeyboardInterrupt: "interrupted",
    Terminated: "terminated",
}
# Stands for the run's address in stage lines until the run ends.
_RUN_LINK = "#mlops-nb-run"


def run_headless(
    project: Project,
    notebook: Path | str,
    output: Path | str | None = None,
    *,
    options: RunOptions,
) -> RunRecord:
    """Run `notebook` and return its record; see `mlops_nb.run`.

    Raises
    ------
    InputError
        Before a kernel starts, if notebook, parameters, options or settings cannot be used.
    InfrastructureError
        If the kernel would not start or the output cannot be written.
    """
    job = prepare_run(project, notebook, output, options)
    with (
        told_without(job.masker),
        claimed(Destination(job.output), job.file.path) as destination,
        guarded_temporaries(is_own_process=job.is_own_process),
    ):
        return _HeadlessRun(project, job, destination).execute()


class _HeadlessRun:
    """One run with everything that takes part in it."""

    def __init__(self, project: Project, job: PreparedRun, destination: Destination) -> None:
        self._project = project
        self._job = job
        self._destination = destination
        self._handover = project.layout.handover / uuid.uuid4().hex
        self._python: str | None = None
        self._recorder = self._make_recorder() if job.settings.track else None
        self._keeper = None if self._recorder is None else self._make_keeper(self._recorder)
        recorder = self._recorder
        self._announcement = Announcement(
            project.layout.running,
            job,
            find_run_id=lambda: None if recorder is None else recorder.run_id(0),
        )

    def execute(self) -> RunRecord:
        """Run, track, package; return the record."""
        if self._keeper is not None:
            open_handover(self._handover)
        try:
            self._announcement.post()
            with termination_raises():
                return self._run()
        except BaseException as error:
            self._give_up(error)
            if isinstance(error, Terminated):
                raise RunTerminatedError(
                    "MNB414",
                    self._job.file.path,
                    f"the run was stopped by {Signals(error.args[0]).name} before it had begun.",
                    "Start it again.",
                ) from None
            raise
        finally:
            self._announcement.remove()
            shutil.rmtree(self._handover, ignore_errors=True)

    def _run(self) -> RunRecord:
        from mlops_nb.execution.run import run_pipeline

        request = self._make_request()
        self._prepare(request)
        self._python = None if request.kernel is None else request.kernel.python
        outcome = run_pipeline(request, observers=[*self._job.observers, *self._watchers()])
        try:
            return self._close(outcome)
        except (KeyboardInterrupt, Terminated) as error:
            return self._break_off(outcome, error)

    def _prepare(self, request: RunRequest) -> None:
        """Begin what goes on beside the kernel, which boots by now."""
        from mlops_nb.execution.imports import import_lightly

        try:
            if self._job.is_own_process:
                import_lightly()
            if self._recorder is not None:
                self._recorder.start()
        except BaseException:
            if request.kernel is not None:
                request.kernel.discard()
            raise

    def _make_request(self) -> RunRequest:
        from mlops_nb.execution.request import RunRequest
        from mlops_nb.execution.run import launch_for

        job = self._job
        request = RunRequest(
            source=job.file,
            pipeline=job.pipeline,
            selection=job.selection,
            parameters=job.values,
            defaults=job.defaults(),
            output=job.output,
            destination=self._destination,
            timeout_s=job.settings.timeout,
            cwd=job.cwd,
            kernel_name=job.settings.kernel,
            kernel_environment={
                **({} if self._recorder is None else self._recorder.kernel_environment()),
                **job.secrets,
            },
            masker=job.masker,
            output_limit=job.settings.output_limit,
            handover_dir=None if self._keeper is None else self._handover,
            link=None if self._recorder is None else _RUN_LINK,
            goes_on=self._recorder is not None,
            show_line="off" if job.settings.stage_line == "off" else "full",
        )
        return replace(request, kernel=launch_for(request))

    def _watchers(self) -> list[RunObserver]:
        watchers: list[RunObserver] = [self._announcement]
        if self._recorder is not None:
            watchers.append(_StageForwarder(self._recorder))
        if self._keeper is not None:
            watchers.append(self._keeper)
        return watchers

    def _close(self, outcome: RunOutcome) -> RunRecord:
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
            kernel_python=self._python,
        )
        notes = (*record.notes, *tracked.notes)
        record = self._masked(replace(record, run_id=tracked.run_id, notes=notes))
        save_record(outcome.node, record)
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
            data["text/html"] = data["text/html"].replace(
                f'href="{_RUN_LINK}"', f'href="{address}"'
            )

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

    def _break_off(self, outcome: RunOutcome, error: BaseException) -> RunRecord:
        """Return the record of a run that was stopped when its cells were done; it says so."""
        from mlops_nb.execution.endings import ending_by_signal
        from mlops_nb.execution.run import encode_executed, save_record

        ending = ending_by_signal(error.args[0] if isinstance(error, Terminated) else SIGINT)
        stopped = ending.to_error(cell=None, stage=None)
        assert stopped is not None
        assert ending.run_status is not None
        assert self._recorder is not None
        fault = f"{stopped.message} Its cells were done, tracking and packaging were not."
        record = replace(
            outcome.record,
            run_id=self._recorder.run_id(0),
            status=ending.run_status,
            error=replace(stopped, message=fault),
        )
        save_record(outcome.node, record)  # first: a second signal may follow
        if self._keeper is not None:
            self._keeper.abandon()
        executed = b"".join(encode_executed(outcome.node, record))
        tracked = self._recorder.finish(record, executed=executed, timeout_s=_BREAK_OFF_S)
        return self._masked(replace(record, notes=(*record.notes, *tracked.notes)))

    def _give_up(self, error: BaseException) -> None:
        """Close the tracked run of a run that ended without a record."""
        if self._keeper is not None:
            self._keeper.abandon()
        if self._recorder is None:
            return
        record = RunRecord(
            run_id=None,
            notebook=self._job.file.path,
            output=self._job.output,
            status=_GIVEN_UP.get(type(error), "died"),
            parameters=self._job.used_parameters(),
            notes=(f"{type(error).__name__}: {error}",),
        )
        self._recorder.finish(self._masked(record))

    def _make_recorder(self) -> RunRecorder:
        from mlops_nb.tracking.entries import RunSource
        from mlops_nb.tracking.recorder import RunRecorder

        source = RunSource(
            notebook=Path(self._job.file.path).absolute(),
            root=self._project.root,
            digest=self._job.file.digest,
        )
        return RunRecorder(
            self._project.store(self._job.settings),
            experiment=self._project.experiment_name(self._job.file.path, self._job.settings),
            source=source,
            parameters=self._job.used_parameters(),
            door="headless",
            masker=self._job.masker,
            sanitize_html=must_sanitize(self._job.settings, os.environ),
        )

    def _make_keeper(self, recorder: RunRecorder) -> ModelKeeper | None:
        from mlops_nb.project.models import ModelKeeper

        if not any(stage.options.model for stage in self._job.pipeline.stages):
            return None
        return ModelKeeper(
            recorder,
            folder=self._project.layout.record / "packages" / self._handover.name,
            cwd=self._job.cwd,
            register=self._job.settings.register,
            trusted_types=self._job.settings.trusted_types,
            python=lambda: self._python,
        )


class _StageForwarder(SilentObserver):
    """Hands the record of each stage to the recorder."""

    def __init__(self, recorder: RunRecorder) -> None:
        self._recorder = recorder

    def stage_finished(self, record: StageRecord, report: Mapping[str, Any]) -> None:
        self._recorder.stage_finished(record)


def _no_model(notebook: str) -> ErrorRecord:
    return ErrorRecord(
        code="MNB615",
        message=f"{notebook} ended without the model that --register asks for.\n"
        "Let the stage that names it run to its end.",
    )
