"""The embedded store is at once what MLflow would make in seconds."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tracked import EXPERIMENT, Shop

from mlops_nb.tracking import schema
from mlops_nb.tracking.database import prepare_database
from mlops_nb.tracking.schema import (
    installed_revisions,
    make_schema_sql,
    mlflow_folder,
    schema_sql,
)
from mlops_nb.tracking.writer import find_experiment


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Shop:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Shop.make(tmp_path / "shop")


def ask(path: Path, question: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


@pytest.mark.slow
def test_the_shipped_schema_is_what_the_installed_mlflow_makes():
    head, _ = installed_revisions()
    shipped = Path(schema.__file__).with_name("schemas") / f"{head}.sql"
    if not shipped.exists():
        pytest.skip(f"no schema is shipped for revision {head} of this MLflow")

    assert lines_of(shipped.read_text()) == lines_of(make_schema_sql())


def lines_of(sql: str) -> list[str]:
    """Return the lines in one order: MLflow's migrations write a table's constraints in any."""
    lines = (line.strip().rstrip(",") for line in sql.splitlines())
    return sorted(line for line in lines if line and not line.startswith("--"))


def test_mlflow_opens_the_store_and_finds_it_up_to_date(shop):
    experiments = shop.client().search_experiments()

    assert [e.name for e in experiments] == ["Default"]
    assert experiments[0].artifact_location == f"file://{shop.record_dir}/artifacts/0"


def test_mlflow_finds_the_experiment_that_was_made_without_it(shop):
    store = shop.store()
    store.prepare_experiment(EXPERIMENT)
    store.prepare_experiment(EXPERIMENT)

    found = shop.client().get_experiment_by_name(EXPERIMENT)

    assert found is not None
    assert found.artifact_location.startswith(f"file://{shop.record_dir}/artifacts/shop-nb-churn-")
    assert found.tags["mlflow.experimentKind"] == "custom_model_development"
    assert find_experiment(store, shop.client(), name=EXPERIMENT) == found.experiment_id


def test_a_deleted_experiment_comes_back_when_its_notebook_runs_again(shop):
    store, client = shop.store(), shop.client()
    number = find_experiment(store, client, name=EXPERIMENT)
    client.delete_experiment(number)

    assert find_experiment(store, client, name=EXPERIMENT) == number
    assert client.get_experiment(number).lifecycle_stage == "active"


def test_folders_with_blanks_accents_and_signs_work(tmp_path):
    shop = Shop.make(tmp_path / "my shöp #1 100%")
    client = shop.client()
    run = client.create_run(find_experiment(shop.store(), client, name="e"))
    client.log_text(run.info.run_id, "hello", "a.txt")

    assert [item.path for item in client.list_artifacts(run.info.run_id)] == ["a.txt"]
    assert list(shop.record_dir.glob("artifacts/*/*/artifacts/a.txt"))


def test_processes_that_start_at_once_make_one_store(shop):
    program = (
        "import sys, pathlib; from mlops_nb.tracking.store import open_store;"
        f"store = open_store(pathlib.Path({str(shop.record_dir)!r}));"
        f"store.prepare_experiment({EXPERIMENT!r}); sys.exit(store.problem)"
    )

    def start(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(start, range(8)))

    assert [(d.returncode, d.stderr) for d in done] == [(0, "")] * 8
    database = shop.record_dir / "mlflow.db"
    assert ask(database, "SELECT name FROM experiments ORDER BY 1") == [("Default",), (EXPERIMENT,)]
    assert ask(database, "PRAGMA integrity_check") == [("ok",)]


def test_wal_is_used_only_where_it_is_asked_for(tmp_path):
    for wal, mode in ((True, "wal"), (False, "delete")):
        path = tmp_path / mode / "mlflow.db"
        prepare_database(path, artifact_root="file:///a", wal=wal)

        assert ask(path, "PRAGMA journal_mode") == [(mode,)]


@pytest.mark.slow
def test_a_schema_that_is_not_shipped_is_made_once_and_cached(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(schema, "make_schema_sql", lambda: "CREATE TABLE a (b);\n")

    first = schema_sql("0123456789ab")
    monkeypatch.setattr(schema, "make_schema_sql", pytest.fail)

    assert schema_sql("0123456789ab") == first == "CREATE TABLE a (b);\n"


@pytest.mark.slow
def test_a_store_of_an_older_mlflow_is_copied_and_upgraded(shop):
    database = shop.record_dir / "mlflow.db"
    database.parent.mkdir(parents=True)
    older = older_revision()
    program = (
        "import mlflow.store.db.utils as u; from alembic import command;"
        "import sqlalchemy; from mlflow.store.tracking.dbmodels.initial_models import Base;"
        f"uri = 'sqlite:///{database}'; engine = sqlalchemy.create_engine(uri);"
        "Base.metadata.create_all(engine); config = u._get_alembic_config(uri);"
        f"command.upgrade(config, {older!r})"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    store = shop.store()

    assert store.problem is None
    assert [e.name for e in store.client().search_experiments()] == ["Default"]
    copy = shop.record_dir / f"mlflow-{older}.db"
    assert ask(copy, "SELECT version_num FROM alembic_version") == [(older,)]


def older_revision() -> str:
    """Return the revision before the last one."""
    head, _ = installed_revisions()
    folder = mlflow_folder() / "store" / "db_migrations" / "versions"
    text = next(folder.glob(f"{head}_*.py")).read_text()
    return text.split("down_revision = ")[1].split()[0].strip("\"'")


def test_a_store_of_a_newer_mlflow_is_left_alone(shop):
    shop.store()
    database = shop.record_dir / "mlflow.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
        connection.commit()

    problem = shop.store().problem

    assert problem is not None
    assert problem.code == "MNB502"
    assert "'ffffffffffff'" in problem.fault


def test_a_file_that_is_no_database_is_a_problem_and_is_left_alone(shop):
    shop.record_dir.mkdir(parents=True)
    (shop.record_dir / "mlflow.db").write_text("something else entirely" * 100)

    problem = shop.store().problem

    assert problem is not None
    assert (problem.code, problem.exit_code) == ("MNB501", 5)
    assert (shop.record_dir / "mlflow.db").read_text().startswith("something else")
