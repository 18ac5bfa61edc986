"""How do models of a live kernel become logged packages? One after the other, beside its tracking.

Packages are built by a process of their own, as in headless runs: a model that crashes what reads
it must not take the tracking with it. That process is started with the first model and ended when
none has come for a while, as it holds hundreds of megabytes.
"""

from __future__ import annotations

import contextlib
import queue
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_nb.errors import InfrastructureError, MlopsNbError
from mlops_nb.packaging.builder import PackageBuilder
from mlops_nb.tracking.live_messages import LeftModel
from mlops_nb.tracking.worker import TrackingWorker

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops_nb.packaging.package import ModelPackage
    from mlops_nb.pipeline.records import RunId

# How long the builder is kept for another model.
IDLE_S = 120.0
_LOOK_S = 0.05
_NOT_FITTED = "MNB602"


class LiveModels:
    """Packages and logs the models of one kernel session.

    Parameters
    ----------
    worker : TrackingWorker
        Of the session's run.
    packages : Path
        Where packages are kept that could not be logged.
    tell : callable
        Called with what went wrong, on a thread.
    """

    def __init__(
        self, worker: TrackingWorker, *, packages: Path, tell: Callable[[str], None]
    ) -> None:
        self._worker = worker
        self._packages = packages
        self._tell = tell
        self._waiting: queue.Queue[tuple[LeftModel, Callable[[], None]]] = queue.Queue()
        self._builder: PackageBuilder | None = None
        self._built_in: Path | None = None
        self._is_abandoned = threading.Event()
        self._thread = threading.Thread(target=self._work, name="mlops_nb-packaging", daemon=True)

    def take(self, model: LeftModel, *, then: Callable[[], None]) -> None:
        """Queue a model; `then` is called when it is logged, or cannot be."""
        self._waiting.put((model, then))
        if self._thread.ident is None:
            self._thread.start()

    def wait(self, timeout_s: float) -> None:
        """Wait until every model is logged, at most `timeout_s`, and end the builder."""
        deadline = time.monotonic() + timeout_s
        while self._waiting.unfinished_tasks and time.monotonic() < deadline:
            if self._is_abandoned.wait(_LOOK_S):
                break
        self.abandon()

    def abandon(self) -> None:
        """Give up what is not logged, and end the builder."""
        self._is_abandoned.set()
        if self._builder is not None:
            self._builder.kill()

    def _work(self) -> None:
        while True:
            try:
                model, then = self._waiting.get(timeout=IDLE_S)
            except queue.Empty:
                self._end_builder()
                continue
            try:
                self._keep(model)
            except Exception as error:  # whatever a library raises is told, and the next one taken
                is_to_come = model.is_early and getattr(error, "code", "") == _NOT_FITTED
                if not self._is_abandoned.is_set() and not is_to_come:
                    told = str(error) if isinstance(error, MlopsNbError) else repr(error)
                    self._tell(f"a model was not tracked. {told}")
            if self._is_abandoned.is_set():
                return  # the kernel, if it lives, has another process do it
            shutil.rmtree(model.folder, ignore_errors=True)
            self._waiting.task_done()
            then()

    def _keep(self, model: LeftModel) -> None:
        from mlops_nb.packaging.publication import link_metrics, log_package

        package = self._build(model)

        def log(client: MlflowClient, run_id: RunId) -> None:
            uri = log_package(package, client=client, run_id=run_id)
            link_metrics(uri, model.metrics, client=client, run_id=run_id)

        try:
            self._worker.submit(log).result()
        except InfrastructureError:
            self._put_aside(package, stage=model.stage)
            raise

    def _build(self, model: LeftModel) -> ModelPackage:
        if self._builder is None or self._built_in != model.cwd:
            self._end_builder()
            self._builder, self._built_in = PackageBuilder(None, cwd=model.cwd), model.cwd
        try:
            return self._builder.build(
                model.handover, model.folder / "package", allow=model.trusted
            )
        except InfrastructureError:  # the process may be gone: another model gets another
            self._end_builder()
            raise

    def _end_builder(self) -> None:
        if self._builder is not None:
            self._builder.close()
            self._builder = None

    def _put_aside(self, package: ModelPackage, *, stage: str) -> None:
        """Keep a package that the store did not take."""
        place = self._packages / uuid.uuid4().hex / stage
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(package.directory, place)
            self._tell(f"the model of stage {stage!r} could not be logged; it is kept at {place}.")
