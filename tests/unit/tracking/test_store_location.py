"""A store is found and described without touching the disk or importing MLflow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlops_nb.errors import MlopsNbError
from mlops_nb.tracking.store import (
    RUN_FILE_VARIABLE,
    folder_name,
    is_local,
    locate_store,
    make_absolute,
    open_store,
)


@pytest.fixture(autouse=True)
def no_server(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_the_embedded_store_is_the_default_and_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    store = locate_store(Path(".mlops_nb/record"))

    assert store.is_embedded
    assert store.tracking_uri == f"sqlite:///{tmp_path}/.mlops_nb/record/mlflow.db"
    assert store.artifact_root == f"file://{tmp_path}/.mlops_nb/record/artifacts"
    assert list(tmp_path.iterdir()) == []


def test_the_environment_names_another_store_and_a_setting_beats_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://from-environment")

    assert locate_store(tmp_path).tracking_uri == "http://from-environment"
    store = locate_store(tmp_path, tracking_uri="http://from-settings")
    assert (store.tracking_uri, store.is_embedded) == ("http://from-settings", False)


def test_a_kernel_that_names_the_embedded_store_gets_the_embedded_store(tmp_path, monkeypatch):
    inside = locate_store(tmp_path).kernel_environment("e")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", inside["MLFLOW_TRACKING_URI"])

    assert locate_store(tmp_path).is_embedded


def test_a_kernel_is_told_store_experiment_and_run_file_but_never_the_run(tmp_path):
    variables = locate_store(tmp_path).kernel_environment("shop/churn", run_file=tmp_path / "r")

    assert variables["MLFLOW_EXPERIMENT_NAME"] == "shop/churn"
    assert variables["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert variables[RUN_FILE_VARIABLE] == str(tmp_path / "r")
    assert "MLFLOW_RUN_ID" not in variables


def test_a_run_of_this_process_is_hidden_from_the_kernel(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", "somebody's")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "7")

    variables = locate_store(tmp_path).kernel_environment("shop/churn")

    assert (variables["MLFLOW_RUN_ID"], variables["MLFLOW_EXPERIMENT_ID"]) == ("", "")


def test_relative_addresses_become_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert make_absolute("sqlite:///runs.db") == f"sqlite:///{tmp_path}/runs.db"
    assert make_absolute("mlruns") == f"file://{tmp_path}/mlruns"
    assert make_absolute("databricks://profile") == "databricks://profile"


def test_opening_a_store_imports_nothing_heavy(tmp_path):
    program = (
        "import sys, pathlib; from mlops_nb.tracking.store import open_store;"
        f"store = open_store(pathlib.Path({str(tmp_path)!r}) / 'record');"
        "heavy = {'mlflow', 'sqlalchemy', 'pandas', 'numpy'} & set(sys.modules);"
        "sys.exit(store.problem or ','.join(sorted(heavy)) or None)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_folder_that_cannot_be_an_address_is_a_problem_and_no_exception(tmp_path):
    store = open_store(tmp_path / "what?" / "record")

    assert store.problem is not None
    assert store.problem.code == "MNB506"
    with pytest.raises(MlopsNbError, match="MNB506"):
        store.require()


def test_the_state_folder_ignores_itself_in_git(tmp_path):
    open_store(tmp_path / ".mlops_nb" / "record")

    assert (tmp_path / ".mlops_nb" / ".gitignore").read_text() == "*\n"


def test_experiments_of_similar_names_keep_their_artifacts_apart():
    names = ["a/b", "a-b", "a b", "a_b", "A/b"]

    assert len({folder_name(name) for name in names}) == len(names)


def test_a_file_system_that_is_not_known_to_be_local_is_not_trusted(tmp_path, monkeypatch):
    import psutil

    part = type("Part", (), {"mountpoint": str(tmp_path), "fstype": "nfs4"})
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: [part])

    assert not is_local(tmp_path / "record")
    part.fstype = "ext4"
    assert is_local(tmp_path / "record")
