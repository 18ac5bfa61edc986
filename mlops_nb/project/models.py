"""How does a stage's model become a registered version while the run goes on?

The kernel leaves the objects as files; a thread of our own packages them, the recorder's thread
logs and registers the package. A package that could not be logged is kept, and a note says where.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InfrastructureError, InputError, MlopsNbError
from mlops_nb.execution.events import RunPlan, SilentObserver
from mlops_nb.pipeline.records import ErrorRecord, ModelRecord, StageRecord

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops_nb.packaging.package import ModelPackage
    from mlops_nb.pipeline.records import RunId
    from mlops_nb.tracking.recorder import RunRecorder

# Tags of the run that a registered version carries too: what a person asks of it first.
_VERSION_TAGS = ("mlflow.source.git.commit", "mlops_nb.dirty", "mlops_nb.notebook")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOutcome:
    """What became of the model of one stage: a record, or an error; notes in any case."""

    stage: str
    record: ModelRecord | None = None
    error: MlopsNbError | None = None
    notes: tuple[str, ...] = ()

    def to_error_record(self) -> ErrorRecord | None:
        """Return the error as a run's record keeps it."""
        if self.error is None:
            return None
        message = f"{self.error.place}: {self.error.fault}\n{self.error.remedy}"
        return ErrorRecord(code=self.error.code, message=message, stage=self.stage)


class ModelKeeper(SilentObserver):
    """Packages, logs and registers the models of one run.

    Parameters
    ----------
    recorder : RunRecorder
    folder : Path
        Where packages are built; those that were logged are removed.
    cwd : Path
        The kernel's working directory: local modules are found there.
    register : str or None
        Registered model that gets a version.
    trusted_types : tuple of str
    """

    def __init__(
        self,
        recorder: RunRecorder,
        *,
        folder: Path,
        cwd: Path,
        register: str | None,
        trusted_types: tuple[str, ...],
    ) -> None:
        self._recorder = recorder
        self._folder = folder
        self._cwd = cwd
        self._register = register
        self._trusted = trusted_types
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mlops_nb-packaging")
        self._waiting: list[Future[ModelOutcome]] = []

    def run_started(self, plan: RunPlan) -> None:
        """Load what packaging needs while the kernel works."""
        self._thread.submit(_warm_up)

    def stage_finished(self, record: StageRecord, report: Mapping[str, Any]) -> None:
        """Package the model the stage left, if it left one; returns at once."""
        handover = report.get("model")
        if record.status == "completed" and handover:
            self._waiting.append(self._thread.submit(self._keep, record, handover))

    def finish(self, metrics: Mapping[str, float]) -> list[ModelOutcome]:
        """Wait for every model and return what became of it, in the order of the stages.

        The run's `metrics` are shown with each: a stage after the model's may have made them.
        """
        outcomes = [future.result() for future in self._waiting]
        self._thread.shutdown()
        for outcome in outcomes:
            if outcome.record is not None:
                self._link(outcome.record.uri, metrics)
        return outcomes

    def _link(self, uri: str, metrics: Mapping[str, float]) -> None:
        from mlops_nb.packaging import link_metrics

        # Queued: the recorder's own end waits for it, and a failure costs the link alone.
        self._recorder.submit(
            lambda client, run_id: link_metrics(uri, metrics, client=client, run_id=run_id)
        )

    def _keep(self, stage: StageRecord, handover: Mapping[str, Any]) -> ModelOutcome:
        directory = self._folder / str(stage.name)
        try:
            package = self._build(Path(handover["folder"]), directory)
        except MlopsNbError as error:
            return ModelOutcome(stage=stage.name, error=error)
        except Exception as error:
            return ModelOutcome(stage=stage.name, error=_unexpected(stage.name, error))
        try:
            model = self._recorder.submit(
                lambda client, run_id: self._publish(package, stage, client, run_id)
            ).result()
        except MlopsNbError as error:
            return self._kept(stage, package, error)
        shutil.rmtree(directory, ignore_errors=True)
        return ModelOutcome(stage=stage.name, record=model, notes=package.notes)

    def _build(self, handover_folder: Path, directory: Path) -> ModelPackage:
        from mlops_nb.packaging.handover import package_handover

        return package_handover(handover_folder, directory, cwd=self._cwd, allow=self._trusted)

    def _publish(
        self, package: ModelPackage, stage: StageRecord, client: MlflowClient, run_id: RunId
    ) -> ModelRecord:
        from mlops_nb.packaging import log_package, register_package

        run = client.get_run(run_id).data
        uri = log_package(package, client=client, run_id=run_id, params=run.params)
        version = None
        if self._register:
            tags = {name: run.tags[name] for name in _VERSION_TAGS if name in run.tags}
            tags["mlops_nb.stage"] = stage.name
            version = register_package(uri, self._register, client=client, run_id=run_id, tags=tags)
        return ModelRecord(name=self._register or package.name, version=version, uri=uri)

    def _kept(self, stage: StageRecord, package: ModelPackage, error: MlopsNbError) -> ModelOutcome:
        place = package.directory
        note = f"The model of stage {stage.name!r} could not be logged; it is kept at {place}."
        failure = error if self._register or isinstance(error, InputError) else None
        return ModelOutcome(stage=stage.name, error=failure, notes=(*package.notes, note))


def _unexpected(stage: str, error: Exception) -> MlopsNbError:
    return InfrastructureError(
        "MNB614",
        f"stage {stage!r}",
        f"packaging its model failed: {type(error).__name__}: {error}.",
        "Report it with the notebook's --model line; the executed notebook is complete.",
    )


def _warm_up() -> None:
    """Load what packages are made with; a library that is missing is told by the package."""
    from mlops_nb.packaging import warm_up

    with suppress(ImportError):
        warm_up()
