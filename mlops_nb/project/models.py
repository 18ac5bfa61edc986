"""How does a stage's model become a registered version while the run goes on?

The kernel leaves the objects as files; a process of their own packages them, the recorder's thread
logs and registers the package. A package that could not be logged is kept, and a note says where.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InfrastructureError, InputError, MlopsNbError
from mlops_nb.execution.events import RunPlan, SilentObserver
from mlops_nb.packaging.reuse import HANDOVER_TAG, find_logged, handover_digest, link_logged
from mlops_nb.pipeline.records import ErrorRecord, ModelRecord, RunRecord, StageRecord

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops_nb.packaging.builder import PackageBuilder
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
        place = self.error.place.removeprefix(f"stage {self.stage!r}, ")
        message = f"{place} {self.error.fault}\n{self.error.remedy}"
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
    python : callable
        Returns the kernel's interpreter once the kernel was started.
    will_build : callable
        Whether the run is expected to make a model, and not only to restore it.
    """

    def __init__(
        self,
        recorder: RunRecorder,
        *,
        folder: Path,
        cwd: Path,
        register: str | None,
        trusted_types: tuple[str, ...],
        python: Callable[[], str | None],
        will_build: Callable[[], bool] = lambda: True,
    ) -> None:
        self._recorder = recorder
        self._folder = folder
        self._cwd = cwd
        self._register = register
        self._trusted = trusted_types
        self._python = python
        self._will_build = will_build
        self._builder: PackageBuilder | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mlops_nb-packaging")
        self._waiting: list[Future[ModelOutcome]] = []

    @property
    def interpreter(self) -> str:
        """Return the Python that packages were built with, which can load them again."""
        return sys.executable if self._builder is None else self._builder.python

    def run_started(self, plan: RunPlan) -> None:
        """Let the builder load what it needs while the kernel works."""
        if self._will_build():
            self._thread.submit(self._make_builder)

    def stage_finished(self, record: StageRecord, report: Mapping[str, Any]) -> None:
        """Package the model the stage left, if it left one; returns at once."""
        handover = report.get("model")
        if record.status in ("completed", "expected error", "restored") and handover:
            self._waiting.append(self._thread.submit(self._keep, record, handover))

    def finish(self, record: RunRecord) -> list[ModelOutcome]:
        """Wait for every model and return what became of it, in the order of the stages.

        The run's metrics are shown with each: a stage after the model's may have made them. A model
        is registered only now, and only if the run completed; of several models it is the last.
        """
        outcomes = [future.result() for future in self._waiting]
        self._thread.submit(self._end_builder)
        self._thread.shutdown()
        for outcome in outcomes:
            if outcome.record is not None:
                self._link(outcome.record.uri, record.metrics)
        is_whole = record.status == "completed" and all(o.error is None for o in outcomes)
        if self._register and is_whole and outcomes and outcomes[-1].record is not None:
            outcomes[-1] = self._registered(outcomes[-1], is_only=len(outcomes) == 1)
        with suppress(OSError):
            self._folder.rmdir()
        return outcomes

    def abandon(self) -> None:
        """Wait for nothing: the run broke off."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._builder is not None:
            self._builder.kill()

    def _registered(self, outcome: ModelOutcome, *, is_only: bool) -> ModelOutcome:
        model, name = outcome.record, self._register
        assert model is not None
        assert name is not None
        notes = list(outcome.notes)
        if not is_only:
            notes.append(f"Of several models, that of stage {outcome.stage!r} was registered.")
        try:
            version, is_new = self._recorder.submit(
                lambda client, run_id: self._add_version(model.uri, outcome.stage, client, run_id)
            ).result()
        except Exception as error:
            return replace(outcome, error=_as_ours(outcome.stage, error))
        if not is_new:
            notes.append(f"Version {version} of {name!r} is this model already; none was added.")
        return replace(
            outcome, record=replace(model, name=name, version=version), notes=tuple(notes)
        )

    def _add_version(
        self, uri: str, stage: str, client: MlflowClient, run_id: RunId
    ) -> tuple[int, bool]:
        """Return the version that the model is, and whether it is a new one."""
        from mlops_nb.packaging import register_package
        from mlops_nb.packaging.reuse import newest_version

        assert self._register is not None
        run = client.get_run(run_id).data
        known = newest_version(uri, self._register, client=client, tags=run.tags)
        if known is not None:
            return known, False
        tags = {name: run.tags[name] for name in _VERSION_TAGS if name in run.tags}
        tags["mlops_nb.stage"] = stage
        version = register_package(uri, self._register, client=client, run_id=run_id, tags=tags)
        return version, True

    def _link(self, uri: str, metrics: Mapping[str, float]) -> None:
        from mlops_nb.packaging import link_metrics

        # Queued: the recorder's own end waits for it, and a failure costs the link alone.
        self._recorder.submit(
            lambda client, run_id: link_metrics(uri, metrics, client=client, run_id=run_id)
        )

    def _keep(self, stage: StageRecord, handover: Mapping[str, Any]) -> ModelOutcome:
        directory = self._folder / str(stage.name)
        try:
            source = Path(handover["folder"])
            digest = handover_digest(source, trusted=self._trusted)
            known = self._find(digest) if stage.status == "restored" else None
            if known is not None:
                return ModelOutcome(stage=stage.name, record=replace(known, name=handover["name"]))
            package = self._build(source, directory)
        except Exception as error:
            return ModelOutcome(stage=stage.name, error=_as_ours(stage.name, error))
        try:
            model = self._recorder.submit(
                lambda client, run_id: self._publish(package, digest, client, run_id)
            ).result()
        except Exception as error:
            return self._kept(stage, package, _as_ours(stage.name, error))
        shutil.rmtree(directory, ignore_errors=True)
        return ModelOutcome(stage=stage.name, record=model, notes=package.notes)

    def _make_builder(self) -> PackageBuilder:
        """Return the process that builds packages; on this keeper's thread only."""
        from mlops_nb.packaging.builder import PackageBuilder

        if self._builder is None:
            self._builder = PackageBuilder(self._python(), cwd=self._cwd)
        return self._builder

    def _end_builder(self) -> None:
        if self._builder is not None:
            self._builder.close()

    def _build(self, handover: Path, directory: Path) -> ModelPackage:
        try:
            return self._make_builder().build(handover, directory, allow=self._trusted)
        except InfrastructureError:  # the process may be gone: another model gets another
            self._end_builder()
            self._builder = None
            raise

    def _find(self, digest: str) -> ModelRecord | None:
        """Return the model that an earlier run logged of this handover, shown with this run too;
        None where there is none, or nobody can tell."""

        def find(client: MlflowClient, run_id: RunId) -> str | None:
            uri = find_logged(digest, client=client, run_id=run_id)
            if uri is not None:
                link_logged(uri, client=client, run_id=run_id)
            return uri

        try:
            uri = self._recorder.submit(find).result()
        except Exception:  # it is packaged again, which says what is wrong
            return None
        return None if uri is None else ModelRecord(name="", version=None, uri=uri)

    def _publish(
        self, package: ModelPackage, digest: str, client: MlflowClient, run_id: RunId
    ) -> ModelRecord:
        from mlops_nb.packaging import log_package

        params = client.get_run(run_id).data.params
        tags = {HANDOVER_TAG: digest}
        uri = log_package(package, client=client, run_id=run_id, params=params, tags=tags)
        return ModelRecord(name=package.name, version=None, uri=uri)

    def _kept(self, stage: StageRecord, package: ModelPackage, error: MlopsNbError) -> ModelOutcome:
        place = package.directory
        note = f"The model of stage {stage.name!r} could not be logged; it is kept at {place}."
        failure = error if self._register or isinstance(error, InputError) else None
        return ModelOutcome(stage=stage.name, error=failure, notes=(*package.notes, note))


def _as_ours(stage: str, error: Exception) -> MlopsNbError:
    """Return `error` as one of ours: whatever MLflow or a library raises must not end the run."""
    if isinstance(error, MlopsNbError):
        return error
    return InfrastructureError(
        "MNB614",
        f"stage {stage!r}",
        f"packaging its model failed: {type(error).__name__}: {error}.",
        "Report it with the notebook's --model line; the executed notebook is complete.",
    )
