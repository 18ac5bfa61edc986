"""A live kernel has one run, from its first metric or model to its end."""

from __future__ import annotations

import time

import pytest
from mlflow.entities import Run
from tracked import EXPERIMENT, TRAIN, Shop, play_kernel

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import StageRecord
from mlops_nb.project.live import PROGRAM
from mlops_nb.tracking import live
from mlops_nb.tracking.live import LiveRun
from mlops_nb.tracking.store import locate_store

LOAD = StageRecord(name=StageName("load"), action="run", reason="executed", seconds=0.5)
SESSION = """\
import pathlib, sys
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import StageRecord
from mlops_nb.tracking.entries import RunSource
from mlops_nb.tracking.live import LiveRun
from mlops_nb.tracking.store import locate_store
root = pathlib.Path({root!r})
source = RunSource(notebook=root / "nb" / "churn.ipynb", root=root)
live = LiveRun(locate_store(root / ".mlops_nb" / "record"), experiment={experiment!r},
               source=source, announce=print, program="mlops_nb.project.live_tracker")
live.attach()
stage = StageRecord(name=StageName("train"), action="run", reason="executed", seconds=1.0,
                    metrics={{"accuracy": 0.9}})
"""


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Shop:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Shop.make(tmp_path / "shop")


def a_session(shop: Shop, announce=lambda line: None) -> LiveRun:
    return LiveRun(
        locate_store(shop.record_dir),
        experiment=EXPERIMENT,
        source=shop.source,
        program=PROGRAM,
        announce=announce,
    )


def a_closed_run(shop: Shop) -> Run:
    """Return the run that a session had, once the process that writes it has closed it."""
    deadline = time.monotonic() + 60
    while True:
        (run,) = shop.pipeline_runs()
        if run.info.status != "RUNNING" or time.monotonic() > deadline:
            return run
        time.sleep(0.1)


def test_stages_without_metrics_open_no_run_and_touch_no_disk(shop):
    session = a_session(shop)
    session.stage_finished(LOAD)
    outcome = session.close()

    assert outcome.run_id is None
    assert not session.is_open
    assert not (shop.root / ".mlops_nb").exists()


def test_the_first_metric_opens_the_run_with_all_stages_so_far(shop):
    session = a_session(shop)
    session.stage_finished(LOAD)
    session.stage_finished(TRAIN)
    session.stage_finished(TRAIN)
    outcome = session.close(timeout_s=60)

    (run,) = shop.pipeline_runs()
    assert outcome.run_id == run.info.run_id
    assert run.data.tags["mlops_nb.door"] == "interactive"
    assert run.data.metrics["accuracy"] == 0.9
    assert run.info.status == "FINISHED"
    names = [r.info.run_name for r in shop.runs() if "mlops_nb.stage" in r.data.tags]
    assert sorted(names) == ["load", "train", "train"]


def test_without_mlflow_one_line_says_so_once(shop, monkeypatch):
    lines: list[str] = []
    monkeypatch.setattr(live.importlib.util, "find_spec", lambda name: None)
    session = a_session(shop, lines.append)
    session.stage_finished(TRAIN)
    session.stage_finished(TRAIN)

    assert lines == [live.MISSING_NOTE]
    assert "pip install mlflow" in lines[0]
    assert session.open() is None
    assert session.close().notes == ()


@pytest.mark.slow
def test_the_run_ends_with_the_kernel_and_user_calls_are_its_children(shop):
    code = SESSION.format(root=str(shop.root), experiment=EXPERIMENT) + (
        "live.stage_finished(stage)\n"
        "import mlflow\n"
        "mlflow.log_metric('mine', 1.0)\n"
        "mlflow.log_text('hello', 'a.txt')\n"
    )
    play_kernel(code, {}, cwd=shop.root / "nb")

    run = a_closed_run(shop)
    assert run.info.status == "FINISHED"
    children = shop.children(run.info.run_id)
    (mine,) = [child for name, child in children.items() if name != "train"]
    assert mine.data.metrics == {"mine": 1.0}
    assert mine.info.artifact_uri.startswith(f"file://{shop.record_dir}/artifacts/shop-nb-churn")
    assert not (shop.root / "nb" / "mlruns").exists()


@pytest.mark.slow
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_user_call_alone_opens_the_run_whenever_mlflow_was_imported(shop, order):
    session = SESSION.format(root=str(shop.root), experiment=EXPERIMENT)
    before, after = ("import mlflow\n", "") if order == "before" else ("", "import mlflow\n")
    play_kernel(
        f"{before}{session}{after}mlflow.log_metric('mine', 1.0)\n", {}, cwd=shop.root / "nb"
    )

    run = a_closed_run(shop)
    assert run.info.status == "FINISHED"
    assert len(shop.children(run.info.run_id)) == 1


@pytest.mark.slow
def test_a_fork_of_the_kernel_does_not_end_its_run(shop):
    code = SESSION.format(root=str(shop.root), experiment=EXPERIMENT) + (
        "import os, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "live.stage_finished(stage); run_id = live.run_id(60)\n"
        "child = os.fork()\n"
        "if child == 0: sys.exit(0)\n"
        "os.waitpid(child, 0)\n"
        "live.stage_finished(stage)\n"
        "print(live.close(timeout_s=60).run_id == run_id)\n"
    )

    assert play_kernel(code, {}, cwd=shop.root).stdout.strip() == "True"
    run = a_closed_run(shop)
    assert run.info.status == "FINISHED"
    assert [one.info.run_name for one in shop.runs()].count("train") == 2
    assert not list(shop.record_dir.glob("pending/*"))
