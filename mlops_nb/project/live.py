"""How is a live kernel tracked? Reports of its session become stage records, models files.

The model is pickled at once, so that what is packaged is what the stage made; packaging and MLflow
work in processes of their own (`live_tracker`), and nothing of theirs is imported here. What goes
wrong there is announced with the next stage.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from mlops_nb.kernels.handover import HandoverError, write_handover
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import StageRecord
from mlops_nb.project.project import Project
from mlops_nb.tracking.entries import RunSource
from mlops_nb.tracking.live import LiveRun
from mlops_nb.tracking.live_messages import LeftModel
from mlops_nb.tracking.store import locate_store

PROGRAM = "mlops_nb.project.live_tracker"
# And the ids of the kernel and of its tracker: what both have left is cleared away.
_FOLDER = "live-"


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
        self._run: LiveRun | None = None
        if settings.track:
            notebook = path if path is not None else Path.cwd() / "kernel.ipynb"
            self._run = LiveRun(
                locate_store(project.layout.record, tracking_uri=settings.tracking_uri),
                experiment=project.experiment_name(notebook, settings),
                source=RunSource(notebook=notebook, root=project.root),
                program=PROGRAM,
                announce=announce,
            )
            self._run.attach()

    def on_report(self, report: Mapping[str, Any], live_objects: Mapping[str, Any]) -> str | None:
        """Track one stage cell; returns at once, with the run's address once it is known."""
        if self._run is None:
            return None
        self._run.tell()
        self._run.stage_finished(to_record(report))
        if live_objects.get("model") is not None:
            tracker = self._run.open()
            if tracker is not None:
                self._leave(self._run, report, live_objects, tracker=tracker)
            elif self._run.is_open:
                self._announce(f"the model of stage {report['stage']!r} is not tracked.")
        return None

    def end(self) -> None:
        """End the run of this kernel session; returns at once."""
        if self._run is not None:
            self._run.end()

    def close(self) -> None:
        """End the run of this kernel session, and wait for a moment until it is written."""
        if self._run is not None:
            for note in self._run.close().notes:
                self._announce(note)

    def _leave(
        self,
        run: LiveRun,
        report: Mapping[str, Any],
        live_objects: Mapping[str, Any],
        *,
        tracker: int,
    ) -> None:
        """Write the objects down now; they are packaged elsewhere."""
        self._project.layout.create()
        record = self._project.layout.record
        clear_leftovers(record)
        folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-{tracker}-", dir=record))
        names, namespace = _as_options(report, live_objects)
        stage = str(report["stage"])
        try:
            meta = write_handover(str(folder), stage, names=names, namespace=namespace)
        except (HandoverError, OSError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            self._announce(f"the model of stage {stage!r} is not tracked: {error}.")
            return
        run.model_left(
            LeftModel(
                stage=stage,
                folder=folder,
                handover=Path(meta["folder"]),
                cwd=_working_directory(),
                metrics=dict(report["metrics"]),
                trusted=self._trusted,
                is_early=bool(live_objects.get("continues")),
            )
        )


def clear_leftovers(record: Path) -> None:
    """Remove what kernels left in `record` that were killed, and whose trackers were, too."""
    for folder in record.glob(f"{_FOLDER}*"):
        ids = [part for part in folder.name.split("-")[1:3] if part.isdigit()]
        if ids and not any(psutil.pid_exists(int(process)) for process in ids):
            shutil.rmtree(folder, ignore_errors=True)


def _working_directory() -> Path:
    """Return the kernel's working directory; its root where it was removed."""
    try:
        return Path.cwd()
    except OSError:
        return Path("/")


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
