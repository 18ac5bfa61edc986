"""How is a live kernel tracked? Reports of its session become stage records, models packages.

The model is pickled at once, so that what is packaged is what the stage made; packaging and MLflow
work on daemon threads: a kernel that is shut down has 2.5 seconds, then it is killed. What goes
wrong there is announced with the next stage.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import queue
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from mlops_nb.errors import MlopsNbError
from mlops_nb.kernels.handover import HandoverError, write_handover
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import StageRecord
from mlops_nb.project.project import Project
from mlops_nb.tracking.entries import RunSource
from mlops_nb.tracking.live import LiveRun
from mlops_nb.tracking.store import locate_store

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlops_nb.pipeline.records import RunId

CLOSE_TIMEOUT_S = 0.5
_FOLDER = "live-"  # and the kernel's process id: what a dead kernel left is cleared away


class LiveTracking:
    """The tracking of one kernel session; what the magics report to.

    Parameters
    ----------
    path : Path or None
        The notebook, if the front end says which; its folder's project is used.
    announce : callable
        Shows one line to the user; called from the main thread.
    """

    def __init__(self, path: Path | None, *, announce: Callable[[str], None]) -> None:
        project = Project.find(path)
        settings = project.settings_for(path) if path is not None else project.settings
        self._project = project
        self._announce = announce
        self._trusted = settings.trusted_types
        self._packages: queue.Queue[Callable[[], None]] = queue.Queue()
        self._failures: queue.Queue[Exception] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._can_package = importlib.util.find_spec("mlflow") is not None
        self._run: LiveRun | None = None
        if settings.track:
            notebook = path if path is not None else Path.cwd() / "kernel.ipynb"
            self._run = LiveRun(
                locate_store(project.layout.record, tracking_uri=settings.tracking_uri),
                experiment=project.experiment_name(notebook, settings),
                source=RunSource(notebook=notebook, root=project.root),
                announce=announce,
            )
            self._run.attach()
            atexit.register(self._finish_packaging)

    def on_report(self, report: Mapping[str, Any], live_objects: Mapping[str, Any]) -> str | None:
        """Track one stage cell; returns at once, with the run's address once it is known."""
        if self._run is None:
            return None
        self._tell_failures()
        self._run.stage_finished(to_record(report))
        if live_objects.get("model") is not None and self._can_package:
            self._package(report, live_objects)
        return None

    def close(self) -> None:
        """End the run of this kernel session."""
        atexit.unregister(self._finish_packaging)
        self._finish_packaging()
        if self._run is not None:
            self._run.close()

    def _package(self, report: Mapping[str, Any], live_objects: Mapping[str, Any]) -> None:
        """Write the objects down now and package them on the thread."""
        self._project.layout.create()
        record = self._project.layout.record
        clear_leftovers(record)
        folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-", dir=record))
        names, namespace = _as_options(report, live_objects)
        try:
            meta = write_handover(
                str(folder), str(report["stage"]), names=names, namespace=namespace
            )
        except (HandoverError, OSError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            self._announce(f"the model of stage {report['stage']!r} is not tracked: {error}.")
            return
        handover, metrics = Path(meta["folder"]), dict(report["metrics"])
        self._packages.put(lambda: self._keep(folder, handover, metrics))
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._keep_all, name="mlops_nb-packaging", daemon=True
            )
            self._thread.start()

    def _keep_all(self) -> None:
        while True:
            keep = self._packages.get()
            try:
                keep()
            except Exception as error:
                self._failures.put(error)
            finally:
                self._packages.task_done()

    def _keep(self, folder: Path, handover: Path, metrics: Mapping[str, float]) -> None:
        from mlops_nb.packaging.handover import load_handover, to_request
        from mlops_nb.packaging.model import build_package
        from mlops_nb.packaging.publication import link_metrics, log_package

        assert self._run is not None
        try:
            given = load_handover(handover)
            package = build_package(
                given.model, folder / "package", request=to_request(given, allow=self._trusted)
            )

            def log(client: MlflowClient, run_id: RunId) -> None:
                uri = log_package(package, client=client, run_id=run_id)
                link_metrics(uri, metrics, client=client, run_id=run_id)

            self._run.submit(log).result()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _tell_failures(self) -> None:
        while not self._failures.empty():
            error = self._failures.get()
            told = str(error) if isinstance(error, MlopsNbError) else repr(error)
            self._announce(f"a model was not tracked. {told}")

    def _finish_packaging(self) -> None:
        deadline = time.monotonic() + CLOSE_TIMEOUT_S
        while self._packages.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.02)
        self._tell_failures()


def clear_leftovers(record: Path) -> None:
    """Remove what kernels that were killed while they packaged a model left in `record`."""
    for folder in record.glob(f"{_FOLDER}*"):
        process = folder.name.removeprefix(_FOLDER).partition("-")[0]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def to_record(report: Mapping[str, Any]) -> StageRecord:
    """Return the session's report of a live stage cell as a stage record."""
    seconds = float(report["seconds"])
    return StageRecord(
        name=StageName(report["stage"]),
        action="run",
        reason="executed in a live kernel",
        status="completed" if report["ok"] else "failed",
        seconds=seconds,
        bound=tuple(report["bound"]),
        metrics=dict(report["metrics"]),
        series={name: tuple(values) for name, values in report["series"].items()},
        cpu_seconds=report.get("cpu_seconds"),
        peak_memory_bytes=report.get("peak_memory_bytes"),
        started=datetime.now(UTC) - timedelta(seconds=seconds),
    )


def _as_options(
    report: Mapping[str, Any], live_objects: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the stage's options and a namespace, as a handover takes them."""
    model = report["model"]
    example, evaluation = model.get("example"), tuple(model.get("eval") or ())
    names = {"model": model["name"], "example": example, "eval": list(evaluation)}
    namespace = {model["name"]: live_objects["model"]}
    if example:
        namespace[example] = live_objects["example"]
    namespace.update(zip(evaluation, live_objects.get("eval", ()), strict=True))
    return names, namespace
