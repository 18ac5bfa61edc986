"""A headless run appears in MLflow with all it consists of."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from dataclasses import replace

import pytest
from tracked import EXPERIMENT, TRAIN, Shop, finished

from mlops_nb.errors import InfrastructureError
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import ErrorRecord, StageRecord
from mlops_nb.tracking.store import TrackingStore


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Shop:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Shop.make(tmp_path / "shop")


def test_a_run_carries_parameters_metrics_tags_and_description(shop):
    recorder = shop.recorder(n_estimators=300, name="x")
    recorder.start()
    recorder.stage_finished(TRAIN)
    outcome = recorder.finish(finished(), graph="train")

    (run,) = shop.pipeline_runs()
    assert outcome.notes == ()
    assert run.info.run_id == outcome.run_id
    assert run.info.status == "FINISHED"
    assert run.data.params == {"n_estimators": "300", "name": "x"}
    assert run.data.metrics == {"accuracy": 0.9, "loss": 0.25}
    assert run.data.tags["mlops_nb.status"] == "completed"
    assert "| train | run | completed | 1.5 s |" in run.data.tags["mlflow.note.content"]
    assert "mlops_nb.process" not in run.data.tags
    history = shop.client().get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(0, 1.0), (1, 0.5), (2, 0.25)]


def test_a_stage_that_ran_is_a_child_with_its_resources_and_a_restored_one_is_not(shop):
    recorder = shop.recorder()
    recorder.start()
    recorder.stage_finished(TRAIN)
    recorder.stage_finished(StageRecord(name=StageName("load"), action="restore", reason="same"))
    outcome = recorder.finish(finished())

    children = shop.children(outcome.run_id)
    assert set(children) == {"train"}
    child = children["train"]
    assert child.data.metrics["stage/seconds"] == 1.5
    assert child.data.metrics["stage/cpu_seconds"] == 1.2
    assert child.data.metrics["stage/peak_memory_mb"] == 150.0
    assert child.data.metrics["accuracy"] == 0.9
    assert child.info.end_time - child.info.start_time == 1500
    assert child.data.tags["mlops_nb.stage"] == "train"


def test_a_run_keeps_its_files(shop, monkeypatch):
    for arguments in (["init", "-q"], ["add", "nb"], ["commit", "-qm", "first"]):
        identity = ["-c", "user.name=n", "-c", "user.email=e@x"]
        subprocess.run(["git", *identity, *arguments], cwd=shop.root, check=True)
    (shop.root / "helper.py").write_text("x = 1\n")
    output = shop.root / "out.ipynb"
    shutil.copy(shop.source.notebook, output)
    extra = shop.root / "plan.txt"
    extra.write_text("plan")
    error = ErrorRecord(
        code="MNB401", message="KeyError: 1", cell=0, stage="train", traceback="\x1b[31mboom\x1b[0m"
    )
    recorder = shop.recorder()
    recorder.start()
    record = finished(output=str(output), status="failed", error=error)
    outcome = recorder.finish(record, executed=output.read_bytes(), files={"more/plan.txt": extra})

    assert outcome.notes == ()
    (folder,) = shop.record_dir.glob(f"artifacts/*/{outcome.run_id}/artifacts")
    found = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert found == {
        "executed.html",
        "executed.ipynb",
        "failure.txt",
        "more/plan.txt",
        "requirements.txt",
        "run.json",
        "source.ipynb",
        "uncommitted.diff",
    }
    assert (folder / "source.ipynb").read_bytes() == shop.source.notebook.read_bytes()
    assert json.loads((folder / "run.json").read_text())["run_id"] == outcome.run_id
    assert "boom" in (folder / "failure.txt").read_text()
    assert "\x1b" not in (folder / "failure.txt").read_text()
    assert "+x = 1" in (folder / "uncommitted.diff").read_text()
    assert ".mlops_nb" not in (folder / "uncommitted.diff").read_text()
    assert "mlflow==" in (folder / "requirements.txt").read_text()
    (run,) = shop.pipeline_runs()
    assert run.info.status == "FAILED"
    assert len(run.data.tags["mlflow.source.git.commit"]) == 40
    assert run.data.tags["mlops_nb.dirty"] == "true"


def test_a_thousand_metrics_and_a_long_series_all_arrive(shop):
    record = StageRecord(
        name=StageName("train"),
        action="run",
        reason="",
        seconds=1.0,
        metrics={f"m{n}": float(n) for n in range(1200)},
        series={"loss": tuple(1 / (n + 1) for n in range(2500)), "odd": (float("nan"), 1.0)},
    )
    recorder = shop.recorder(**{f"p{n}": n for n in range(250)})
    recorder.start()
    recorder.stage_finished(record)
    outcome = recorder.finish(finished())

    (run,) = shop.pipeline_runs()
    assert outcome.notes == ()
    assert len(run.data.params) == 250
    assert len(run.data.metrics) == 1202
    assert len(shop.client().get_metric_history(run.info.run_id, "loss")) == 2500


def test_what_mlflow_refuses_is_noted_and_the_rest_is_written(shop, monkeypatch):
    from mlops_nb.tracking import entries

    monkeypatch.setattr(entries, "safe_key", lambda name: name)
    recorder = shop.recorder()
    recorder.start()
    recorder.stage_finished(replace(TRAIN, metrics={"a//b": 1.0}, series={}))
    recorder.stage_finished(TRAIN)
    outcome = recorder.finish(finished())

    (run,) = shop.pipeline_runs()
    assert (run.info.status, run.data.metrics["accuracy"]) == ("FINISHED", 0.9)
    assert "MLflow refused some metrics" in outcome.notes[0]
    assert "a//b" in outcome.notes[0]
    assert not list(shop.record_dir.glob("pending/*"))


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), 1e308])
def test_any_number_is_a_metric(shop, value):
    recorder = shop.recorder(**{"empty": "", "two lines": "a\nb", "größe": None})
    recorder.start()
    recorder.stage_finished(replace(TRAIN, metrics={"ä/b c": value}, series={"none": ()}))
    outcome = recorder.finish(finished())

    (run,) = shop.pipeline_runs()
    assert outcome.notes == ()
    assert set(run.data.metrics) == {"ä/b c"}
    assert run.data.params == {"empty": "", "two lines": "a\nb", "größe": "None"}


def test_what_is_submitted_gets_client_and_run_in_order_and_its_failure_stops_nothing(shop):
    recorder = shop.recorder()
    recorder.start()
    recorder.stage_finished(TRAIN)
    thread = recorder.submit(lambda client, run_id: threading.current_thread().name)
    metrics = recorder.submit(lambda client, run_id: client.get_run(run_id).data.metrics)
    failing = recorder.submit(lambda client, run_id: 1 / 0)
    outcome = recorder.finish(finished())

    assert thread.result(0) == "mlops_nb-tracking"
    assert metrics.result(0)["accuracy"] == 0.9
    with pytest.raises(ZeroDivisionError):
        failing.result(0)
    assert outcome.notes == ()


def test_the_run_never_waits_while_it_runs(shop, monkeypatch):
    reached, go_on = threading.Event(), threading.Event()
    client = TrackingStore.client

    def slow(self):
        reached.set()
        assert go_on.wait(60)
        return client(self)

    monkeypatch.setattr(TrackingStore, "client", slow)
    recorder = shop.recorder()
    recorder.start()
    recorder.stage_finished(TRAIN)
    pending = recorder.submit(lambda client, run_id: run_id)
    assert reached.wait(60)
    assert not pending.done()
    assert recorder.run_id(0) is None
    go_on.set()

    outcome = recorder.finish(finished())

    assert pending.result(0) == outcome.run_id == shop.pipeline_runs()[0].info.run_id


def test_an_untracked_run_answers_submissions_with_an_error(shop):
    recorder = shop.recorder(shop.store(tracking_uri="http://127.0.0.1:9"))
    recorder.start()
    future = recorder.submit(lambda client, run_id: run_id)

    with pytest.raises(InfrastructureError, match="MNB510"):
        future.result(60)
    recorder.finish(finished())


def test_two_runs_of_one_notebook_share_its_experiment(shop):
    for _ in range(2):
        recorder = shop.recorder()
        recorder.start()
        recorder.finish(finished())

    assert len({run.info.experiment_id for run in shop.pipeline_runs()}) == 1
    assert shop.client().get_experiment_by_name(EXPERIMENT) is not None


def test_a_run_is_closed_once_and_nothing_promised_after_is_left_open(shop):
    recorder = shop.recorder()
    recorder.start()
    first = recorder.finish(finished())

    assert recorder.finish(finished()) is first
    with pytest.raises(Exception):  # noqa: B017 - cancelled or refused, but at once
        recorder.submit(lambda client, run_id: run_id).result(5)
