"""Gates of registered versions: what is copied from the store, and what MLflow then shows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

from mlops_nb.errors import InputError
from mlops_nb.packaging import PackageRequest, build_package, log_package, register_package
from mlops_nb.pipeline.gates.parsing import parse_gate
from mlops_nb.registry.evidence import RunEvidence
from mlops_nb.registry.gating import gate_version, record_report
from mlops_nb.registry.promotion.registry import Registry, registry_of
from mlops_nb.registry.report import GateReport, parse_report
from mlops_nb.tracking.store import TrackingStore, open_store

RNG = np.random.default_rng(1)
X = pd.DataFrame(RNG.normal(size=(600, 3)), columns=["a", "b", "c"])
Y = pd.Series((X["a"] + 0.7 * X["b"] + RNG.normal(size=600) * 0.4 > 0).astype(int), name="target")
TRAIN, TEST = slice(0, 300), slice(300, 600)
GATES = [
    parse_gate(text)
    for text in (
        "accuracy >= 0.8",
        "auc >= champion - 0.005 (ci 95%)",
        "schema compatible",
        "size <= 5 MB",
    )
]


def register(client: MlflowClient, folder: Path, *, columns: list[str], accuracy: float) -> int:
    experiment = client.get_experiment_by_name("shop")
    assert experiment is not None
    run_id = client.create_run(experiment.experiment_id).info.run_id
    client.log_metric(run_id, "accuracy", accuracy)
    rows = X.assign(**{name: 0.0 for name in X.columns if name not in columns})
    model = LogisticRegression().fit(rows[TRAIN], Y[TRAIN])
    request = PackageRequest(
        variable="clf",
        stage="train",
        evaluation=(X[TEST].reset_index(drop=True), Y[TEST].reset_index(drop=True)),
        evaluation_names=("X_test", "y_test"),
    )
    package = build_package(model, folder, request=request)
    uri = log_package(package, client=client, run_id=run_id)
    return register_package(uri, "churn", client=client, run_id=run_id)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> TrackingStore:
    folder = tmp_path_factory.mktemp("registry")
    store = open_store(folder / "record")
    store.prepare_experiment("shop")
    client = store.client()
    assert register(client, folder / "one", columns=["b"], accuracy=0.7) == 1
    assert register(client, folder / "two", columns=["a", "b", "c"], accuracy=0.9) == 2
    client.set_registered_model_alias("churn", "champion", "1")
    return store


@pytest.fixture
def client(store: TrackingStore) -> MlflowClient:
    return store.client()


@pytest.fixture
def registry(store: TrackingStore) -> Registry:
    return registry_of(store)


@pytest.fixture(scope="module")
def report(store: TrackingStore, tmp_path_factory: pytest.TempPathFactory) -> GateReport:
    folder = tmp_path_factory.mktemp("project")
    return gate_version(registry_of(store), "churn", 2, gates=GATES, folder=folder)


def test_a_version_is_judged_against_the_champion_on_its_own_rows(report: GateReport) -> None:
    assert [outcome.verdict for outcome in report.outcomes] == ["passed"] * 4, report
    assert (report.candidate, report.champion, report.n_rows) == ("churn@2", "churn@1", 300)
    against = report.outcomes[1]
    assert against.champion is not None
    assert against.value is not None
    assert against.value > against.champion


def test_mlflow_shows_the_report_as_tags_and_as_files_of_the_run(
    client: MlflowClient, registry: Registry, report: GateReport, tmp_path: Path
) -> None:
    record_report(registry, "churn", 2, report)

    found = client.get_model_version("churn", "2")
    assert found.tags["mlops_nb.gates"] == "blessed"
    assert found.tags["mlops_nb.gates.summary"] == "4 of 4 gates passed."
    assert found.tags["mlops_nb.gates.champion"] == "churn@1"
    folder = found.tags["mlops_nb.gates.report"].removeprefix(f"runs:/{found.run_id}/")
    assert folder == "mlops_nb/gates/churn-2/gates.html"
    file = client.download_artifacts(found.run_id, "mlops_nb/gates/churn-2", str(tmp_path))
    assert sorted(path.name for path in Path(file).iterdir()) == [
        "gates.html",
        "gates.json",
        "gates.md",
    ]
    content = json.loads((Path(file) / "gates.json").read_text(encoding="utf-8"))
    assert parse_report(content) == report


def test_a_version_that_fails_is_not_blessed_and_says_why(
    client: MlflowClient, registry: Registry, tmp_path: Path
) -> None:
    found = gate_version(registry, "churn", 1, gates=GATES[:1], folder=tmp_path)

    assert [outcome.verdict for outcome in found.outcomes] == ["failed"]
    assert found.outcomes[0].reason == "0.7 is not >= 0.8."
    record_report(registry, "churn", 1, found)
    assert client.get_model_version("churn", "1").tags["mlops_nb.gates"] == "not_blessed"


def test_a_package_with_another_digest_than_registered_is_not_read(
    client: MlflowClient, registry: Registry, tmp_path: Path
) -> None:
    right = client.get_model_version("churn", "2").tags["mlops_nb.digest"]
    client.set_model_version_tag("churn", "2", "mlops_nb.digest", "sha256:" + "0" * 64)
    try:
        found = gate_version(registry, "churn", 2, gates=[GATES[3]], folder=tmp_path)
    finally:
        client.set_model_version_tag("churn", "2", "mlops_nb.digest", right)

    assert found.outcomes[0].verdict == "failed"
    assert "is not what was built" in found.outcomes[0].reason


def test_a_champion_that_is_no_package_fails_comparisons_only(
    client: MlflowClient, registry: Registry, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "MLmodel").write_text("flavors: {}\n", encoding="utf-8")
    client.create_registered_model("spam")
    client.create_model_version("spam", foreign.as_uri())
    run = client.get_model_version("churn", "2")
    register_package(run.source, "spam", client=client, run_id=run.run_id)
    client.set_registered_model_alias("spam", "champion", "1")

    found = gate_version(registry, "spam", 2, gates=GATES[:2], folder=tmp_path)

    assert [outcome.verdict for outcome in found.outcomes] == ["passed", "failed"]
    assert "spam@1 are no package of ours" in found.outcomes[1].reason


def test_metrics_of_a_run_that_goes_on_count_though_mlflow_has_them_not_yet(
    client: MlflowClient, registry: Registry, tmp_path: Path
) -> None:
    from mlops_nb.pipeline.records import RunRecord

    record = RunRecord(
        run_id="r", notebook="n.ipynb", output=None, status="completed", metrics={"accuracy": 0.95}
    )
    run = RunEvidence(door="headless", commit="a" * 40, is_dirty=False, record=record)
    gates = [GATES[0], parse_gate("clean_run")]

    found = gate_version(registry, "churn", 1, gates=gates, folder=tmp_path, run=run)

    assert [outcome.verdict for outcome in found.outcomes] == ["passed", "passed"], found


def test_a_version_that_is_not_there_is_an_error_of_the_asker(
    client: MlflowClient, registry: Registry, tmp_path: Path
) -> None:
    for name, version, code in (("churn", 99, "MNB712"), ("nobody", 1, "MNB711")):
        with pytest.raises(InputError, match=code):
            gate_version(registry, name, version, gates=GATES, folder=tmp_path)
