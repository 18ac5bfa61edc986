"""Whatever happens to tracking, a run ends, in time, and nothing that was recorded is lost."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat.v4 as v4
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import RunRecord, StageRecord
from mlops_nb.tracking.entries import NOTEBOOK_TAG, PARENT_TAG, RunSource
from mlops_nb.tracking.recorder import RunRecorder, TrackingOutcome
from mlops_nb.tracking.store import TrackingStore, open_store

TRAIN = StageRecord(
    name=StageName("train"),
    action="run",
    reason="no earlier record",
    seconds=1.5,
    metrics={"accuracy": 0.9},
)
# A process that records a run: told where, and what to do once the run is open.
RUNNER = """\
import os, pathlib, signal, sys, time
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import RunRecord, StageRecord
from mlops_nb.tracking.entries import RunSource
from mlops_nb.tracking.recorder import RunRecorder
from mlops_nb.tracking.store import open_store
root = pathlib.Path(sys.argv[1])
recorder = RunRecorder(open_store(root / ".mlops_nb" / "record"), experiment="e", parameters={},
                       source=RunSource(notebook=root / "churn.ipynb", root=root))
recorder.start()
for n in range(5):
    recorder.stage_finished(StageRecord(name=StageName(f"s{n}"), action="run", reason="",
                                        seconds=0.1, metrics={f"m{n}": 1.0}))
def open_child(client, run_id):
    run = client.get_run(run_id)
    client.create_run(run.info.experiment_id, tags={"mlflow.parentRunId": run_id})
"""
KILLED = "recorder.submit(open_child).result(200); os.kill(os.getpid(), signal.SIGKILL)\n"
FINISHED = (
    "record = RunRecord(run_id=None, notebook='n', output=None, status='completed')\n"
    "sys.exit('; '.join(recorder.finish(record, timeout_s=200).notes) or None)\n"
)


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "churn.ipynb").write_text(v4.writes(v4.new_notebook()), encoding="utf-8")
    return tmp_path


def record_dir(root: Path) -> Path:
    return root / ".mlops_nb" / "record"


def record_run(
    root: Path, store: TrackingStore | None = None, *, timeout_s: float = 200
) -> TrackingOutcome:
    """Record a run with one stage, as a headless run does."""
    recorder = RunRecorder(
        store or open_store(record_dir(root)),
        experiment="e",
        source=RunSource(notebook=root / "churn.ipynb", root=root),
        parameters={"lr": 0.1},
    )
    recorder.start()
    recorder.stage_finished(TRAIN)
    record = RunRecord(
        run_id=None, notebook="churn.ipynb", output=None, status="completed", stages=(TRAIN,)
    )
    return recorder.finish(record, timeout_s=timeout_s)


def runs_of(root: Path) -> list[Run]:
    client = open_store(record_dir(root)).client()
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    return client.search_runs(ids, order_by=["attributes.start_time ASC"])


def pipeline_runs(root: Path) -> list[Run]:
    return [run for run in runs_of(root) if NOTEBOOK_TAG in run.data.tags]


def kept(root: Path) -> list[Path]:
    return list((record_dir(root) / "pending").glob("[!.]*"))


def test_a_server_that_is_down_delays_nothing_and_the_run_is_kept(root):
    started = time.monotonic()
    outcome = record_run(root, open_store(record_dir(root), tracking_uri="http://127.0.0.1:9"))

    assert time.monotonic() - started < 60  # MLflow alone goes on for minutes
    assert outcome.run_id is None
    assert "127.0.0.1:9 does not answer" in outcome.notes[0]
    assert len(kept(root)) == 1


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Yield the address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_server_that_never_answers_is_not_waited_for(root, silent_server):
    import mlflow  # noqa: F401  # its import is not what is measured

    store = open_store(record_dir(root), tracking_uri=silent_server)
    started = time.monotonic()
    outcome = record_run(root, store, timeout_s=2)

    assert time.monotonic() - started < 60  # MLflow alone waits for two minutes, again and again
    assert "did not answer within 2 s" in outcome.notes[0]
    lines = (kept(root)[0] / "entries.jsonl").read_text().splitlines()
    assert len(lines) == 4  # the head, the opening, the stage, the end


def test_what_was_kept_is_written_by_the_next_run(root, monkeypatch):
    client = TrackingStore.client

    def unreachable(self):
        raise OSError("the disk is away")

    monkeypatch.setattr(TrackingStore, "client", unreachable)
    first = record_run(root)
    assert "the disk is away" in first.notes[0]
    monkeypatch.setattr(TrackingStore, "client", client)
    second = record_run(root)

    assert second.notes == ()
    assert kept(root) == []
    old, new = pipeline_runs(root)
    assert new.info.run_id == second.run_id
    assert old.info.status == "FINISHED"
    assert (old.data.params, old.data.metrics) == ({"lr": "0.1"}, {"accuracy": 0.9})
    names = {
        item.path
        for item in MlflowClient(open_store(record_dir(root)).tracking_uri).list_artifacts(
            old.info.run_id
        )
    }
    assert {"source.ipynb", "run.json", "requirements.txt"} <= names


def test_a_store_that_fails_in_the_middle_of_a_run_gets_the_rest_later(root, monkeypatch):
    calls = []
    log_batch = MlflowClient.log_batch

    def failing(self, *args, **kwargs):
        calls.append(args)
        if len(calls) > 1:
            raise OSError("no space left on device")
        return log_batch(self, *args, **kwargs)

    monkeypatch.setattr(MlflowClient, "log_batch", failing)
    first = record_run(root)
    assert first.run_id is not None
    assert "no space left on device" in first.notes[0]
    monkeypatch.setattr(MlflowClient, "log_batch", log_batch)
    record_run(root)

    assert len(pipeline_runs(root)) == 2
    old = next(run for run in pipeline_runs(root) if run.info.run_id == first.run_id)
    assert old.info.status == "FINISHED"
    assert old.data.metrics == {"accuracy": 0.9}


def test_a_place_where_nothing_can_be_written_ends_as_a_note(root):
    (root / ".mlops_nb").write_text("a file in the way")

    outcome = record_run(root)

    assert outcome.run_id is None
    assert "Nor could it be kept" in outcome.notes[-1]


@pytest.mark.slow
def test_a_run_whose_process_was_killed_is_closed_on_next_use(root):
    done = subprocess.run([sys.executable, "-c", RUNNER + KILLED, str(root)], timeout=250)
    assert done.returncode == -signal.SIGKILL
    (run,) = pipeline_runs(root)
    assert run.info.status == "RUNNING"

    record_run(root)

    killed, finished = pipeline_runs(root)
    assert (killed.info.status, finished.info.status) == ("KILLED", "FINISHED")
    assert killed.data.tags["mlops_nb.status"] == "vanished"
    children = [r for r in runs_of(root) if r.data.tags.get(PARENT_TAG) == killed.info.run_id]
    assert len(children) == 6
    assert "RUNNING" not in {child.info.status for child in children}


@pytest.mark.slow
def test_runs_of_several_processes_at_once_are_all_there(root):
    command = [sys.executable, "-c", RUNNER + FINISHED, str(root)]
    runners = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]

    ended = [(r.communicate(timeout=250)[1], r.returncode) for r in runners]

    assert ended == [("", 0)] * 2
    runs = pipeline_runs(root)
    assert [run.info.status for run in runs] == ["FINISHED"] * 2
    assert all(run.data.metrics == {f"m{n}": 1.0 for n in range(5)} for run in runs)


def test_a_run_that_goes_on_is_not_closed(root):
    recorder = RunRecorder(
        open_store(record_dir(root)),
        experiment="e",
        source=RunSource(notebook=root / "churn.ipynb", root=root),
        parameters={},
    )
    recorder.start()
    assert recorder.run_id(200) is not None

    record_run(root)

    assert {run.info.status for run in pipeline_runs(root)} == {"RUNNING", "FINISHED"}
    record = RunRecord(run_id=None, notebook="churn.ipynb", output=None, status="completed")
    recorder.finish(record)
