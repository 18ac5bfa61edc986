"""How do the floors work together in one headless run? Read, start, run, record, in that order.

What can be refused was refused before (`prepared`). The kernel boots while this process imports
what runs and tracks, and another what packages; the run waits for them once, at its end.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from signal import SIGINT
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import RunTerminatedError
from mlops_nb.execution.claim import claimed
from mlops_nb.execution.destination import Destination
from mlops_nb.execution.events import SilentObserver
from mlops_nb.kernels.scratch import guarded_temporaries
from mlops_nb.notebook.addresses import is_url
from mlops_nb.pipeline.records import RunRecord, StageRecord
from mlops_nb.project.aftermath import RUN_LINK, Aftermath
from mlops_nb.project.announcement import Announcement
from mlops_nb.project.cache import request_cache
from mlops_nb.project.handovers import open_handover
from mlops_nb.project.prepared import PreparedRun, RunOptions, prepare_run, run_source
from mlops_nb.project.secrecy import told_without
from mlops_nb.project.settings import must_sanitize
from mlops_nb.stopping import StopRequests, ignore, number_of, taking_stops

if TYPE_CHECKING:
    from mlops_nb.execution.events import RunObserver
    from mlops_nb.execution.planning import Foreseen
    from mlops_nb.execution.request import RunOutcome, RunRequest
    from mlops_nb.kernels.launch import KernelLaunch
    from mlops_nb.project.models import ModelKeeper
    from mlops_nb.project.project import Project
    from mlops_nb.tracking.recorder import RunRecorder


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
    with taking_stops() as stops:
        stops.check()
        job = prepare_run(project, notebook, output, options)
        return _run_prepared(project, job, stops)


def _run_prepared(project: Project, job: PreparedRun, stops: StopRequests) -> RunRecord:
    with (
        told_without(job.masker),
        claimed(_destination(project, job), job.file.path) as destination,
        guarded_temporaries(is_own_process=job.is_own_process),
    ):
        return _HeadlessRun(project, job, destination, stops).execute()


class _HeadlessRun:
    """One run with everything that takes part in it."""

    def __init__(
        self, project: Project, job: PreparedRun, destination: Destination, stops: StopRequests
    ) -> None:
        self._project = project
        self._stops = stops
        self._job = job
        self._destination = destination
        self._cache, self._notes = request_cache(
            project, job.settings, notebook=job.file.path, force=job.force
        )
        if job.isolate:
            from mlops_nb.project.temporary_cache import isolate_stages

            self._cache = isolate_stages(self._cache, root=project.root, notebook=job.file.path)
        self._handover = project.layout.handover / uuid.uuid4().hex
        self._python: str | None = None
        self._foreseen: Foreseen | None = None
        self._last = _LastRecord()
        self._launch: KernelLaunch | None = None
        self._recorder = self._make_recorder() if job.settings.track else None
        self._keeper = None if self._recorder is None else self._make_keeper(self._recorder)
        recorder = self._recorder
        if self._cache is not None and recorder is not None:
            self._cache.kept.find_run = recorder.run_id
        self._aftermath = Aftermath(
            job, destination, recorder=recorder, keeper=self._keeper, stops=stops
        )
        self._announcement = Announcement(
            project.layout.running,
            notebook=job.file.path,
            output=job.output,
            source_cells=len(job.file.node["cells"]),
            find_run_id=lambda: None if recorder is None else recorder.run_id(0),
        )

    def execute(self) -> RunRecord:
        """Run, track, package; return the record."""
        if self._keeper is not None:
            open_handover(self._handover)
        try:
            self._announcement.post()
            return self._run()
        except BaseException as error:
            self._give_up(error)
            raise
        finally:
            self._announcement.remove()
            if self._cache is not None:
                self._cache.kept.close()
            shutil.rmtree(self._handover, ignore_errors=True)

    def _give_up(self, error: BaseException) -> None:
        """Close what is tracked of a run that `error` broke off; raise what stopped it, if that is
        not `error` itself: native code makes other errors of an interrupt."""
        stopped_by = self._stops.settle()
        if stopped_by is None and isinstance(error, KeyboardInterrupt):
            stopped_by = number_of(error)
        with self._stops.listening(ignore):
            if self._launch is not None:
                self._launch.discard()
        record = self._aftermath.give_up(error, stopped_by, known=self._last.record)
        if self._job.on_broken is not None:
            self._job.on_broken(record)
        if stopped_by == SIGINT and not isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        if stopped_by not in (None, SIGINT):
            fault = "" if record.error is None else record.error.message
            place = self._job.file.path
            raise RunTerminatedError("MNB414", place, fault, "Start it again.") from error

    def _run(self) -> RunRecord:
        from mlops_nb.execution.run import run_pipeline

        request = self._make_request()
        self._prepare()
        self._python = None if self._launch is None else self._launch.find_python()
        outcome = run_pipeline(request, observers=[*self._job.observers, *self._watchers()])
        outcome = replace(outcome, record=self._with_notes(outcome.record))
        record = self._aftermath.close(outcome, kernel_python=self._python)
        return self._promoted(record, outcome) if self._job.must_promote else record

    def _promoted(self, record: RunRecord, outcome: RunOutcome) -> RunRecord:
        """Return the record with what became of the promotion, once MLflow has the run's end."""
        from mlops_nb.execution.run import save_record
        from mlops_nb.project.run_promotion import promote_if_passed

        assert self._recorder is not None
        told: RunRecord = self._job.masker.value(
            promote_if_passed(
                record,
                settings=self._job.settings,
                root=self._project.root,
                store=self._recorder.store,
            )
        )
        save_record(outcome.node, told, self._destination)
        return told

    def _with_notes(self, record: RunRecord) -> RunRecord:
        """Return the record with what a person should know of what is kept, all of it by now."""
        notes = list(self._notes)
        if self._cache is not None:
            if self._stops.asked is None:
                with suppress(KeyboardInterrupt), self._stops.breaking_off():
                    # What is kept waits for the run's id: if that is late, it is closed last.
                    if self._recorder is None or self._recorder.run_id() is not None:
                        self._cache.kept.close()
            notes += self._cache.kept.notes
        told: RunRecord = self._job.masker.value(replace(record, notes=(*record.notes, *notes)))
        return told

    def _prepare(self) -> None:
        """Begin what goes on beside the kernel, which boots by now."""
        from mlops_nb.execution.imports import import_lightly

        if self._job.is_own_process:
            places = (self._job.file.path, self._job.output)
            import_lightly(has_address=any(map(is_url, places)))
        self._stops.check()
        if self._recorder is not None:
            self._recorder.start()

    def _make_request(self) -> RunRequest:
        from mlops_nb.execution.planning import Foreseen, foresee_request
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
            stops=self._stops,
            output_limit=job.settings.output_limit,
            handover_dir=None if self._keeper is None else self._handover,
            link=None if self._recorder is None else RUN_LINK,
            goes_on=self._recorder is not None,
            cache=self._cache,
            show_line="off" if job.settings.stage_line == "off" else "full",
        )
        self._launch = launch_for(request)
        cached = self._cache is not None
        self._foreseen = foresee_request(request, self._launch) if cached else Foreseen()
        if self._foreseen.kernel:
            self._launch.start()
        return replace(request, kernel=self._launch)

    def _watchers(self) -> list[RunObserver]:
        watchers: list[RunObserver] = [self._announcement, self._last]
        if self._recorder is not None:
            watchers.append(_StageForwarder(self._recorder))
        if self._keeper is not None:
            watchers.append(self._keeper)
        return watchers

    def _make_recorder(self) -> RunRecorder:
        from mlops_nb.tracking.recorder import RunRecorder

        source = run_source(self._job.file, root=self._project.root)
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
            will_build=lambda: self._foreseen is None or self._foreseen.builder,
        )


def _destination(project: Project, job: PreparedRun) -> Destination:
    """Return where the executed notebook goes, and where it is kept if that fails."""

    def keep_in() -> Path:
        project.layout.create()
        return project.layout.runs

    return Destination(job.output, keep_in=keep_in)


class _LastRecord(SilentObserver):
    """Keeps the record that the loop made, should an error follow it."""

    def __init__(self) -> None:
        self.record: RunRecord | None = None

    def run_finished(self, record: RunRecord) -> None:
        self.record = record


class _StageForwarder(SilentObserver):
    """Hands the record of each stage to the recorder."""

    def __init__(self, recorder: RunRecorder) -> None:
        self._recorder = recorder

    def stage_finished(self, record: StageRecord, report: Mapping[str, Any]) -> None:
        self._recorder.stage_finished(record)
