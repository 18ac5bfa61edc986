"""Runs to track: a project folder, records, and a process that plays a kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat.v4 as v4
from mlflow import MlflowClient
from mlflow.entities import Run

from mlops_nb.notebook.files import read_cells
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import RunRecord, StageRecord
from mlops_nb.tracking.entries import NOTEBOOK_TAG, PARENT_TAG, RunSource
from mlops_nb.tracking.recorder import RunRecorder
from mlops_nb.tracking.store import TrackingStore, open_store

EXPERIMENT = "shop/nb/churn"
TRAIN = StageRecord(
    name=StageName("train"),
    action="run",
    reason="no earlier record",
    seconds=1.5,
    cpu_seconds=1.2,
    peak_memory_bytes=150_000_000,
    metrics={"accuracy": 0.9},
    series={"loss": (1.0, 0.5, 0.25)},
)


@dataclass(frozen=True)
class Shop:
    """A project with a notebook and an embedded store."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> Shop:
        notebook = v4.new_notebook(cells=[v4.new_code_cell("accuracy = 0.9")])
        (root / "nb").mkdir(parents=True)
        (root / "nb" / "churn.ipynb").write_text(v4.writes(notebook), encoding="utf-8")
        return cls(root)

    @property
    def record_dir(self) -> Path:
        return self.root / ".mlops_nb" / "record"

    @property
    def source(self) -> RunSource:
        notebook = self.root / "nb" / "churn.ipynb"
        return RunSource(notebook=notebook, root=self.root, digest=read_cells(notebook).digest)

    def store(self, **changes: str) -> TrackingStore:
        return open_store(self.record_dir, **changes)

    def recorder(self, store: TrackingStore | None = None, **parameters: object) -> RunRecorder:
        return RunRecorder(
            store or self.store(),
            experiment=EXPERIMENT,
            source=self.source,
            parameters=parameters,
            door="headless",
        )

    def client(self) -> MlflowClient:
        return self.store().client()

    def runs(self) -> list[Run]:
        """Return all runs of all experiments, oldest first."""
        client = self.client()
        ids = [experiment.experiment_id for experiment in client.search_experiments()]
        return client.search_runs(ids, order_by=["attributes.start_time ASC"])

    def pipeline_runs(self) -> list[Run]:
        return [run for run in self.runs() if NOTEBOOK_TAG in run.data.tags]

    def children(self, run_id: str) -> dict[str, Run]:
        found = [run for run in self.runs() if run.data.tags.get(PARENT_TAG) == run_id]
        return {run.info.run_name: run for run in found}


def finished(**changes: object) -> RunRecord:
    """Return the record of a run that ended."""
    fields = {
        "run_id": None,
        "notebook": "nb/churn.ipynb",
        "output": None,
        "status": "completed",
        "stages": (TRAIN,),
        "metrics": dict(TRAIN.metrics),
        "seconds": 2.0,
    }
    return RunRecord(**{**fields, **changes})


def play_kernel(
    code: str, environment: Mapping[str, str], *, cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Run `code` in a process as a kernel would, in the notebook's folder."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
