"""Promotions on a real MLflow server: one history for all machines, and one winner."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from free_ports import free_port
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from promotion_world import ANN, MODEL, RUN_TAGS, approving

from mlops_nb.errors import InfrastructureError
from mlops_nb.registry.promotion.actor import Actor
from mlops_nb.registry.promotion.approving import approve
from mlops_nb.registry.promotion.history import history
from mlops_nb.registry.promotion.planning import plan_promotion
from mlops_nb.registry.promotion.promoting import promote, rollback
from mlops_nb.registry.promotion.registry import Registry, open_registry
from mlops_nb.registry.promotion.rules import PromotionRules
from mlops_nb.tracking.store import open_store

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mlflow server")]
START_S = 120.0


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    store = open_store(folder / "record")
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store.tracking_uri]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            command, env={**os.environ, **quiet}, stdout=log, stderr=log, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/health", server)
        yield url
    finally:
        os.killpg(server.pid, 9)
        server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server does not answer")


@pytest.fixture(scope="module")
def client(address: str) -> MlflowClient:
    made = MlflowClient(tracking_uri=address, registry_uri=address)
    experiment = made.create_experiment("shop")
    begun = made.create_run(experiment, tags=RUN_TAGS).info
    run = begun.run_id
    made.set_terminated(run)
    made.create_registered_model(MODEL)
    for number in range(1, 6):
        tags = {"mlops_nb.digest": f"sha256:{number}", "mlops_nb.notebook": "nb/churn.ipynb"}
        made.create_model_version(MODEL, f"{begun.artifact_uri}/m{number}", run, tags=tags)
    return made


@pytest.fixture
def machine(address: str, client: MlflowClient, tmp_path: Path) -> Registry:
    return open_registry(address, home=tmp_path / "here" / "record")


def move(registry: Registry, version: int, **options: object) -> object:
    plan = plan_promotion(registry, MODEL, version, judge=approving, **options)
    return promote(plan, actor=ANN, reason="better")


def test_every_machine_and_mlflow_itself_see_the_same(
    machine: Registry, client: MlflowClient, address: str, tmp_path: Path
) -> None:
    rules = PromotionRules(approvals=1)
    other = open_registry(address, home=tmp_path / "there" / "record")
    approve(other, MODEL, 1, actor=Actor(name="cy"), reason="fine")
    move(machine, 1, rules=rules)
    move(other, 2)
    client.set_registered_model_alias(MODEL, "champion", "3")
    move(machine, 4)
    rollback(other, MODEL, to=2, reason="worse", actor=Actor(name="dee"))

    assert history(machine, MODEL) == history(other, MODEL)
    found = history(machine, MODEL)
    kinds = [(one.entry.kind, one.entry.after) for one in found.events]
    assert kinds == [
        ("approve", 1),
        ("promote", 1),
        ("promote", 2),
        ("external", 3),
        ("promote", 4),
        ("rollback", 2),
    ]
    assert not found.problems
    model = client.get_registered_model(MODEL)
    assert {name: int(number) for name, number in model.aliases.items()} == {
        "champion": 2,
        "previous": 4,
    }
    tags = client.get_model_version(MODEL, "2").tags
    assert tags["mlops_nb.promoted"].endswith("by dee: worse")
    assert not (tmp_path / "here" / "record" / "history").exists()


def test_nothing_that_mlflow_says_gets_among_what_a_command_prints(
    machine: Registry,
    client: MlflowClient,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", raising=False)
    own = machine.store.client()
    run = own.create_run(own.get_experiment_by_name("shop").experiment_id).info
    own.set_terminated(run.run_id)
    client.create_registered_model("quiet")
    tags = {"mlops_nb.digest": "sha256:1"}
    client.create_model_version("quiet", f"{run.artifact_uri}/m", run.run_id, tags=tags)
    capfd.readouterr()

    approve(machine, "quiet", 1, actor=ANN)  # makes the run that is its history

    assert capfd.readouterr() == ("", "")


def test_the_server_itself_lets_nobody_change_a_line(
    machine: Registry, client: MlflowClient
) -> None:
    move(machine, 1)
    experiment = client.get_experiment_by_name("mlops_nb history")
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    run = runs[MODEL]

    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        client.log_param(run.info.run_id, "000001", "{}")


def test_of_promoters_on_many_machines_none_wins_unnoticed(
    address: str, client: MlflowClient, tmp_path: Path
) -> None:
    def work(number: int) -> list[str]:
        registry = open_registry(address, home=tmp_path / str(number) / "record")
        told = []
        for version in (2, 3, 4, 5):
            try:
                move(registry, version)
                told.append("moved")
            except InfrastructureError as error:
                told.append(error.code)
        return told

    registry = open_registry(address, home=tmp_path / "look" / "record")
    before = len(history(registry, MODEL).events)
    with ThreadPoolExecutor(3) as machines:
        told = [one for some in machines.map(work, range(3)) for one in some]

    found = history(registry, MODEL)
    assert set(told) <= {"moved", "MNB716"}
    assert not found.problems
    assert all(
        one.outcome == "done" for one in found.events[before:] if one.entry.kind != "external"
    )
    assert not any(one.entry.kind == "external" for one in found.events[before:])
    assert found.events[-1].entry.after == registry.alias(MODEL, "champion")
