"""Listing runs makes and changes nothing, finds the project, and agrees with the runs' records."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from tracked import TRAIN, Shop, finished

from mlops_nb.cli.runs import runs
from mlops_nb.cli.runs_compared import render_compared
from mlops_nb.errors import InputError
from mlops_nb.pipeline.records import ModelRecord
from mlops_nb.project.roots import Layout, find_kept
from mlops_nb.project.watching import find_running
from mlops_nb.tracking.processes import stamp_process
from mlops_nb.tracking.sheets import RunSheet, post_sheet

SHEET = RunSheet(
    id="abc123def456",
    notebook="nb/churn.ipynb",
    output="/srv/out.ipynb",
    started=datetime.now(UTC) - timedelta(hours=1, minutes=10),
    process=stamp_process(),
)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shop = Shop.make(tmp_path / "shop")
    (shop.root / "pyproject.toml").touch()
    monkeypatch.chdir(shop.root)
    return shop


def record(shop: Shop, **changes: object) -> str:
    recorder = shop.recorder()
    recorder.start()
    recorder.stage_finished(TRAIN)
    outcome = recorder.finish(finished(**changes))
    assert outcome.run_id is not None
    return outcome.run_id


def ask(*arguments: str) -> str:
    result = CliRunner().invoke(runs, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def listed() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(ask("list", "--json"))
    return found


def test_without_runs_nothing_is_made_and_the_folder_searched_is_named(shop: Shop) -> None:
    before = sorted(shop.root.rglob("*"))
    result = CliRunner().invoke(runs, ["list"], catch_exceptions=False)

    assert (result.exit_code, result.stdout) == (0, "")
    assert f"No runs in {shop.root} " in result.stderr
    with pytest.raises(InputError, match=rf"MNB513 {shop.root}: there is no run 'last', nor any"):
        CliRunner().invoke(runs, ["show", "last"], catch_exceptions=False)
    assert sorted(shop.root.rglob("*")) == before


def test_where_runs_are_further_down_their_folders_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b/c"):
        (tmp_path / name / ".mlops_nb").mkdir(parents=True)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(runs, ["list"], catch_exceptions=False)
    assert "Go to a folder that has some: a, b/c." in result.stderr
    with pytest.raises(InputError, match=r"MNB514 .*\n.*that has runs: a, b/c"):
        find_running(find_kept())


def test_runs_are_found_from_any_folder_below(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = record(shop)
    monkeypatch.chdir(shop.root / "nb")
    assert [run["run_id"] for run in listed()] == [run_id]


def test_runs_of_a_notebook_of_no_project_are_found_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run_id = record(Shop.make(tmp_path / "plain"))
    monkeypatch.chdir(tmp_path / "plain" / "nb")
    assert [run["run_id"] for run in listed()] == [run_id]


def test_time_and_metrics_are_those_of_the_record(shop: Shop) -> None:
    record(shop, seconds=12.5)
    (run,) = listed()
    assert run["seconds"] == 12.5
    assert run["metrics"] == TRAIN.final_metrics


def test_a_run_shows_the_model_versions_it_registered(shop: Shop) -> None:
    run_id = record(shop, model=ModelRecord(name="forest", version=1, uri="models:/m-1"))
    client = shop.client()
    client.create_registered_model("forest")
    client.create_model_version("forest", source=f"runs:/{run_id}/model", run_id=run_id)

    assert "registered  models:/forest/1" in ask("show", "last")
    shown = json.loads(ask("show", "last", "--json"))
    assert shown["registered"] == [{"name": "forest", "version": 1, "uri": "models:/forest/1"}]


def test_runs_that_go_on_are_listed_tracked_or_not(shop: Shop) -> None:
    ended = record(shop)
    recorder = shop.recorder()
    recorder.start()
    tracked = recorder.run_id()
    folder = Layout(root=shop.root).running
    post_sheet(folder, SHEET)
    post_sheet(folder, replace(SHEET, id="other", run_id=tracked))
    try:
        rows = {str(run["run_id"]): run for run in listed()}
        text = ask("list")
    finally:
        recorder.finish(finished())

    assert rows.keys() == {ended, tracked, SHEET.id}
    assert [rows[str(key)]["status"] for key in (tracked, SHEET.id)] == ["running", "running"]
    assert "abc123de" in text
    assert " 1 h " in text  # the time so far


def test_a_tracked_run_is_listed_once_before_its_sheet_knows_its_id(shop: Shop) -> None:
    recorder = shop.recorder()
    recorder.start()
    run_id = recorder.run_id()
    post_sheet(Layout(root=shop.root).running, SHEET)
    try:
        assert [run["run_id"] for run in listed()] == [run_id]
    finally:
        recorder.finish(finished())


@pytest.fixture
def read_only_shop() -> Iterator[Shop]:
    """Yield a project with a run whose folders nobody may write, where a stranger may look."""
    folder = Path(tempfile.mkdtemp())
    shop = Shop.make(folder / "shop")
    record(shop)
    folder.chmod(0o755)
    for path in [shop.root, *shop.root.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield shop
    for path in [shop.root, *shop.root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    shutil.rmtree(folder)


def _give_up_root() -> None:
    """Let file modes hold for root too: give up CAP_DAC_OVERRIDE (1) before the program starts."""
    import ctypes

    PR_CAPBSET_DROP = 24
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, 1, 0, 0, 0)


@pytest.mark.slow
def test_runs_in_a_folder_that_cannot_be_written_are_read(read_only_shop: Shop) -> None:
    before = sorted(read_only_shop.root.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-m", "mlops_nb", "runs", "list", "--json"],
        cwd=read_only_shop.root / "nb",
        env={**os.environ, "HOME": tempfile.gettempdir(), "MLFLOW_TRACKING_URI": ""},
        preexec_fn=_give_up_root if os.getuid() == 0 else None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [run["metrics"] for run in json.loads(done.stdout)] == [TRAIN.final_metrics]
    assert sorted(read_only_shop.root.rglob("*")) == before


def test_two_runs_are_compared_by_what_differs(shop: Shop) -> None:
    older = record(shop)
    newer = record(shop, status="failed")

    lines = [line.split() for line in ask("compare", older[:8]).splitlines()]
    assert lines[0] == [older[:8], newer[:8]]
    assert ["status", "completed", "failed"] in lines
    assert [f"{len(TRAIN.final_metrics)}", "metrics", "alike"] in lines
    found = json.loads(ask("compare", older, newer, "--json"))
    assert (found["a"]["run_id"], found["b"]["run_id"]) == (older, newer)


def test_what_runs_say_otherwise_is_listed_with_the_difference() -> None:
    def run(key: str) -> dict[str, object]:
        return {"run_id": key * 32, "notebook": "nb.ipynb", "status": "completed", "commit": key}

    def row(name: str, a: object, b: object, **more: object) -> dict[str, object]:
        return {"name": name, "a": a, "b": b, "same": a == b, **more}

    found = {
        "a": run("1"),
        "b": run("2"),
        "metrics": [row("auc", 0.5, 0.75, difference=0.25), row("loss", 1.0, 1.0)],
        "parameters": [row("C", "1.0", None)],
        "stages": [row("train", {"status": "completed", "seconds": 2.0}, {"status": "restored"})],
    }
    lines = [line.split() for line in render_compared(found).splitlines()]
    assert ["commit", "1", "2"] in lines
    assert ["auc", "0.5", "0.75", "+0.25"] in lines
    assert ["1", "metric", "alike"] in lines
    assert ["C", "1.0", "–"] in lines
    assert ["train", "completed,", "2.0", "s", "restored"] in lines
