"""A package in MLflow: what its own API and UI then see."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import mlflow
import mlflow.pyfunc
import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.ensemble import RandomForestClassifier

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.packaging import (
    ModelPackage,
    PackageRequest,
    build_package,
    link_metrics,
    log_package,
    register_package,
    verify_package,
)
from mlops_nb.tracking.store import open_store

X = pd.DataFrame(np.random.default_rng(0).random((40, 3)), columns=["a", "b", "c"])
y = pd.Series((X["a"] > 0.5).astype(int), name="target")
MODEL = RandomForestClassifier(5, random_state=0).fit(X, y)


@pytest.fixture
def client(tmp_path: Path) -> MlflowClient:
    store = open_store(tmp_path / "record")
    store.prepare_experiment("shop")
    return store.client()


@pytest.fixture
def run_id(client: MlflowClient) -> str:
    experiment = client.get_experiment_by_name("shop")
    assert experiment is not None
    return str(client.create_run(experiment.experiment_id).info.run_id)


@pytest.fixture
def package(tmp_path: Path) -> ModelPackage:
    request = PackageRequest(
        variable="clf", stage="train", evaluation=(X, y), evaluation_names=("X_test", "y_test")
    )
    return build_package(MODEL, tmp_path / "package", request=request)


@pytest.fixture
def globally(client: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> Any:
    """MLflow's global URI, for its own loading functions."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", client.tracking_uri)


def test_the_model_is_an_output_of_its_run_with_metrics_params_and_tags(
    client: MlflowClient, run_id: str, package: ModelPackage
) -> None:
    uri = log_package(package, client=client, run_id=run_id, params={"depth": 3})
    link_metrics(uri, {"accuracy": 0.9}, client=client, run_id=run_id)

    run = client.get_run(run_id)
    model = client.get_logged_model(uri.removeprefix("models:/"))
    assert [output.model_id for output in run.outputs.model_outputs] == [model.model_id]
    assert (model.name, model.source_run_id, model.status.value) == ("clf", run_id, "READY")
    assert [(metric.key, metric.value) for metric in model.metrics] == [("accuracy", 0.9)]
    assert model.params == {"depth": "3"}
    assert model.tags["mlops_nb.serialization"] == "skops"
    assert run.data.metrics == {"accuracy": 0.9}


def test_evaluation_data_are_inputs_of_the_run_by_our_digest(
    client: MlflowClient, run_id: str, package: ModelPackage
) -> None:
    log_package(package, client=client, run_id=run_id)

    inputs = client.get_run(run_id).inputs.dataset_inputs
    seen = {entry.dataset.name: entry.dataset.digest for entry in inputs}
    assert seen == {entry.name: entry.digest[7:39] for entry in package.evaluation}
    assert {tag.value for entry in inputs for tag in entry.tags} == {"evaluation"}
    place = json.loads(inputs[0].dataset.source)["uri"].removeprefix("file://")
    assert Path(place).exists()


@pytest.mark.usefixtures("globally")
def test_a_registered_version_loads_through_every_api_and_holds_what_was_built(
    client: MlflowClient, run_id: str, package: ModelPackage
) -> None:
    uri = log_package(package, client=client, run_id=run_id)
    version = register_package(uri, "churn", client=client, run_id=run_id, tags={"commit": "abc"})

    assert version == 1
    entry = client.get_model_version("churn", "1")
    expected = MODEL.predict(X).tolist()
    assert mlflow.pyfunc.load_model("models:/churn/1").predict(X).tolist() == expected
    assert mlflow.sklearn.load_model(uri).predict(X).tolist() == expected
    assert (entry.run_id, entry.source, entry.tags["commit"]) == (run_id, uri, "abc")
    directory = Path(mlflow.artifacts.download_artifacts("models:/churn/1"))
    checked = verify_package(directory, digest=entry.tags["mlops_nb.digest"])
    assert (checked.problems, checked.golden) == ((), True)
    info = mlflow.models.get_model_info("models:/churn/1")
    assert (info.run_id, info.model_id) == (run_id, uri.removeprefix("models:/"))


def test_versions_count_up_and_the_model_knows_them(
    client: MlflowClient, run_id: str, package: ModelPackage
) -> None:
    uri = log_package(package, client=client, run_id=run_id)

    versions = [
        register_package(uri, name, client=client, run_id=run_id)
        for name in ("churn", "churn", "other")
    ]

    assert versions == [1, 2, 1]
    tags = client.get_logged_model(uri.removeprefix("models:/")).tags
    linked = [
        (entry["name"], int(entry["version"])) for entry in json.loads(tags["mlflow.modelVersions"])
    ]
    assert linked == [("churn", 1), ("churn", 2), ("other", 1)]


def test_mlflows_own_settings_are_as_they_were_and_any_thread_will_do(
    client: MlflowClient,
    run_id: str,
    package: ModelPackage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:////elsewhere.db")
    made: list[int] = []

    def publish() -> None:
        uri = log_package(package, client=client, run_id=run_id)
        made.append(register_package(uri, "churn", client=client, run_id=run_id))

    thread = threading.Thread(target=publish)
    thread.start()
    thread.join()

    assert made == [1]
    assert mlflow.get_tracking_uri() == "sqlite:////elsewhere.db"
    assert mlflow.active_run() is None


@pytest.mark.parametrize("name", ["", " ", "a/b", "a:b", "line\nbreak"])
def test_a_name_the_registry_cannot_hold_is_refused_first(client: MlflowClient, name: str) -> None:
    with pytest.raises(InputError, match="MNB611 --register"):
        register_package("models:/m-1", name, client=client, run_id="r")


def test_a_model_whose_files_cannot_be_copied_is_marked_failed_and_not_linked(
    client: MlflowClient, run_id: str, package: ModelPackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(client, "log_model_artifacts", refuse)

    with pytest.raises(InfrastructureError, match=r"MNB612 .*No space left"):
        log_package(package, client=client, run_id=run_id)

    experiment_id = client.get_run(run_id).info.experiment_id
    (model,) = client.search_logged_models([experiment_id])
    assert model.status.value == "FAILED"
    assert not client.get_run(run_id).outputs.model_outputs
    assert verify_package(package.directory).ok


def test_a_run_that_is_not_there_is_an_error_of_the_store(
    client: MlflowClient, package: ModelPackage
) -> None:
    with pytest.raises(InfrastructureError, match="MNB612"):
        log_package(package, client=client, run_id="0" * 32)
