"""MLflow calls in user code land under the pipeline run and cannot end it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from mlflow.entities import Run
from tracked import EXPERIMENT, Shop, finished, play_kernel

pytestmark = pytest.mark.slow

# All that user code may do, in one process: importing MLflow is most of a test's time.
NOTEBOOK = """
import mlflow, sklearn.linear_model

mlflow.log_metric("mine", 1.0)                     # a bare call
mlflow.log_param("p", 2)
mlflow.log_text("hello", "a.txt")
mlflow.set_tag("mlflow.runName", "bare")
mlflow.end_run()

with mlflow.start_run(run_name="outer"):           # runs in runs
    with mlflow.start_run(run_name="inner", nested=True):
        pass

mlflow.sklearn.autolog(log_models=False, log_datasets=False, log_post_training_metrics=False)
sklearn.linear_model.LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
mlflow.sklearn.autolog(disable=True)

mlflow.set_experiment("of the user")               # another experiment
with mlflow.start_run(run_name="elsewhere"):
    pass

mlflow.set_tracking_uri("sqlite:///{other}")       # another store
mlflow.set_experiment("other")
with mlflow.start_run() as run:
    pass
print("parent:", mlflow.get_run(run.info.run_id).data.tags.get("mlflow.parentRunId"))

mlflow.set_tracking_uri("{own}")                   # a run that the notebook leaves open
mlflow.set_experiment("{experiment}")
mlflow.start_run(run_name="open")
"""


@dataclass(frozen=True)
class Played:
    """A pipeline run that goes on after its notebook's MLflow calls."""

    shop: Shop
    run_id: str
    children: dict[str, Run]
    printed: str


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Iterator[Played]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("MLFLOW_EXPERIMENT_ID", "0")  # as inside another MLflow run
        patch.setenv("MLFLOW_RUN_ID", "0" * 32)
        shop = Shop.make(tmp_path_factory.mktemp("kernel") / "shop")
        recorder = shop.recorder()
        recorder.start()
        run_id = recorder.run_id(60)
        assert run_id is not None
        code = NOTEBOOK.format(
            other=shop.root / "other.db", own=shop.store().tracking_uri, experiment=EXPERIMENT
        )
        kernel = play_kernel(code, recorder.kernel_environment(), cwd=shop.source.notebook.parent)
        yield Played(shop, run_id, shop.children(run_id), kernel.stdout)
        recorder.finish(finished())


def test_nothing_that_user_code_does_ends_the_pipeline_run(played):
    assert played.shop.client().get_run(played.run_id).info.status == "RUNNING"


def test_a_bare_call_makes_a_child(played):
    child = played.children["bare"]

    assert (child.data.metrics, child.data.params) == ({"mine": 1.0}, {"p": "2"})
    assert child.info.status == "FINISHED"


def test_runs_that_user_code_opens_are_children_however_they_are_nested(played):
    inner = played.shop.children(played.children["outer"].info.run_id)

    assert set(inner) == {"inner"}
    assert "inner" not in played.children


def test_user_code_lands_in_the_experiment_and_its_artifacts_in_the_project(played):
    experiment = played.shop.client().get_experiment_by_name(EXPERIMENT)
    child = played.children["bare"]

    assert child.info.experiment_id == experiment.experiment_id
    assert child.info.artifact_uri.startswith(f"file://{played.shop.record_dir}/artifacts/")
    assert not (played.shop.source.notebook.parent / "mlflow.db").exists()


def test_autologging_makes_a_child(played):
    (child,) = [c for c in played.children.values() if "fit_intercept" in c.data.params]

    assert child.info.status == "FINISHED"


def test_an_experiment_of_the_users_choice_is_respected(played):
    chosen = played.shop.client().get_experiment_by_name("of the user")

    assert played.children["elsewhere"].info.experiment_id == chosen.experiment_id


def test_a_run_in_another_store_is_no_child(played):
    assert "parent: None" in played.printed


def test_a_run_that_is_left_open_ends_with_its_kernel(played):
    assert played.children["open"].info.status == "FINISHED"


def test_a_kernel_that_is_faster_than_the_recorder_waits_for_the_run(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shop = Shop.make(tmp_path / "shop")
    recorder = shop.recorder()
    recorder.start()

    play_kernel(
        "import mlflow; mlflow.log_metric('mine', 1.0)",
        recorder.kernel_environment(),
        cwd=shop.source.notebook.parent,
    )
    outcome = recorder.finish(finished())

    assert outcome.run_id is not None
    assert len(shop.children(outcome.run_id)) == 1


def test_without_tracking_user_code_neither_waits_nor_gets_a_parent(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shop = Shop.make(tmp_path / "shop")
    recorder = shop.recorder(shop.store(tracking_uri="http://127.0.0.1:9"))
    recorder.start()
    assert recorder.run_id(60) is None

    printed = play_kernel(
        "import mlops_nb.tracking.context as c; waits = []; c.time.sleep = waits.append;"
        "print(c.PipelineRunContext().tags(), waits)",
        recorder.kernel_environment(),
        cwd=shop.root,
    ).stdout
    recorder.finish(finished())

    assert printed.strip() == "{} []"
