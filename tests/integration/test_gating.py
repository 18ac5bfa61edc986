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
from mlops_nb.pipeline.gates.declared import DeclaredGate
from mlops_nb.pipeline.gates.parsing import parse_gate
from mlops_nb.registry.evidence import RunEvidence
from mlops_nb.registry.gathering import Surroundings
from mlops_nb.registry.gating import gate_version, record_report
from mlops_nb.registry.promotion.judging import Judged, Yardstick, judge_package
from mlops_nb.registry.promotion.registry import Registry, registry_of
from mlops_nb.registry.promotion.rules import PromotionRules
from mlops_nb.registry.recorded_report import read_recorded_report
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
    return gate_version(
        registry_of(store), "churn", 2, gates=GATES, around=Surroundings(folder=folder)
    )


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
    found = gate_version(registry, "churn", 1, gates=GATES[:1], around=Surroundings())

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
        found = gate_version(registry, "churn", 2, gates=[GATES[3]], around=Surroundings())
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

    found = gate_version(registry, "spam", 2, gates=GATES[:2], around=Surroundings())

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

    found = gate_version(registry, "churn", 1, gates=gates, around=Surroundings(run=run))

    assert [outcome.verdict for outcome in found.outcomes] == ["passed", "passed"], found


def test_a_version_that_is_not_there_is_an_error_of_the_asker(
    client: MlflowClient, registry: Registry, tmp_path: Path
) -> None:
    for name, version, code in (("churn", 99, "MNB712"), ("nobody", 1, "MNB711")):
        with pytest.raises(InputError, match=code):
            gate_version(registry, name, version, gates=GATES, around=Surroundings())


def judged(registry: Registry, *texts: str) -> tuple[Judged, list[str]]:
    """Return how version 2 is judged with what is on record, and which packages were loaded."""
    told: list[str] = []
    info = registry.version("churn", 2)
    recorded = read_recorded_report(registry, info)
    yardstick = Yardstick(
        gates=tuple(DeclaredGate(gate=parse_gate(text), origins=("here",)) for text in texts),
        recorded=recorded.report,
        record_fault=recorded.fault,
        tell=told.append,
    )
    found = judge_package(registry, info, yardstick, PromotionRules())
    return found, [line.split()[3] for line in told if line.startswith("Loading")]


def test_verdicts_on_record_stand_while_champion_package_and_libraries_are_the_same(
    client: MlflowClient, registry: Registry, report: GateReport
) -> None:
    record_report(registry, "churn", 2, report)
    texts = [str(gate) for gate in GATES]

    found, loaded = judged(registry, *texts, "f1 >= 0.5 (scored)")
    assert found.report is not None
    assert found.infra is not None
    assert [one.recorded for one in found.report.outcomes] == [False, True, False, False, False]
    assert [one.origins for one in found.report.outcomes] == [("here",)] * 5
    assert (found.report.passed, found.infra.passed, loaded) == (True, True, ["churn@2"])
    assert found.report.judged_at == report.judged_at
    assert found.report.outcomes[1].interval == report.outcomes[1].interval
    assert found.notes[0].startswith("1 of 5 gates was decided on 2")

    client.set_registered_model_alias("churn", "champion", "2")
    try:
        found, loaded = judged(registry, *texts)
    finally:
        client.set_registered_model_alias("churn", "champion", "1")
    assert found.report is not None
    assert not any(one.recorded for one in found.report.outcomes)
    assert loaded == ["churn@2", "churn@2"]


def test_a_report_that_was_changed_is_told_and_not_believed(
    client: MlflowClient, registry: Registry, report: GateReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_report(registry, "churn", 2, report)
    run_id, file = registry.version("churn", 2).run_id, "mlops_nb/gates/churn-2/gates.json"
    raw = registry.read_run_file(run_id, file)
    assert raw is not None

    def read() -> tuple[bool, str]:
        found = read_recorded_report(registry, registry.version("churn", 2))
        return found.report is not None, found.fault

    assert read() == (True, "")
    monkeypatch.setenv("MLOPS_NB_STORE_KEY", "k" * 32)
    assert "was changed after it was made" in read()[1]
    record_report(registry, "churn", 2, report)
    assert read() == (True, "")
    registry.add_files(run_id, {file: raw.decode().replace("passed", "skipped", 1)})
    assert "was changed after it was made" in read()[1]
    monkeypatch.delenv("MLOPS_NB_STORE_KEY")
    assert "was changed after it was made" in read()[1]
    registry.add_files(run_id, {file: raw.decode()})
    assert read() == (True, "")
