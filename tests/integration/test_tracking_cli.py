"""Past runs are listed, shown and served from the command line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from click.testing import CliRunner
from free_ports import free_port
from tracked import TRAIN, Shop, finished

from mlops_nb.cli.runs import runs
from mlops_nb.errors import InfrastructureError, InputError


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Shop:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shop = Shop.make(tmp_path / "shop")
    (shop.root / "pyproject.toml").touch()
    monkeypatch.chdir(shop.root)
    return shop


def record(shop: Shop, status: str = "completed") -> str:
    recorder = shop.recorder(lr=0.1)
    recorder.start()
    recorder.stage_finished(TRAIN)
    outcome = recorder.finish(finished(status=status))
    assert outcome.run_id is not None
    return outcome.run_id


def ask(*arguments: str) -> str:
    result = CliRunner().invoke(runs, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_without_runs_the_list_is_empty_and_says_how_to_make_one(shop):
    result = CliRunner().invoke(runs, ["list"], catch_exceptions=False)

    assert result.stdout == ""
    assert "mlops-nb run NOTEBOOK" in result.stderr
    assert json.loads(ask("list", "--json")) == []


def test_the_list_has_the_newest_run_first_and_no_stages(shop):
    first, second = record(shop), record(shop, "timeout")

    head, *lines = ask("list").splitlines()

    assert head.split() == ["RUN", "STARTED", "NOTEBOOK", "STATUS", "TIME", "METRICS"]
    assert [line.split()[0] for line in lines] == [second[:8], first[:8]]
    assert "timeout" in lines[0]
    assert lines[1].endswith("accuracy=0.9 loss=0.25")
    assert len(ask("list", "--limit", "1").splitlines()) == 2


def test_the_list_as_json_has_every_field(shop):
    run_id = record(shop)

    (found,) = json.loads(ask("list", "--json"))

    assert found["run_id"] == run_id
    assert found["status"] == "completed"
    assert found["notebook"] == "nb/churn.ipynb"
    assert found["parameters"] == {"lr": "0.1"}
    assert found["metrics"] == {"accuracy": 0.9, "loss": 0.25}


def test_a_run_is_shown_by_the_start_of_its_id_or_as_the_last(shop):
    first, last = record(shop), record(shop)

    assert first in ask("show", first[:12])
    text = ask("show", "last")

    assert last in text
    assert re.search(r"^train +completed +1.5 s +accuracy=0.9 loss=0.25$", text, re.MULTILINE)
    assert re.search(r"^lr +0.1$", text, re.MULTILINE)
    assert "run.json" in text
    (stage,) = json.loads(ask("show", "last", "--json"))["stages"]
    assert (stage["name"], stage["is_stage"], stage["seconds"]) == ("train", True, 1.5)


def test_a_run_that_is_not_there_or_not_unique_is_an_input_error(shop):
    for run_id in (record(shop), record(shop)):
        shop.client().set_tag(run_id, "mlflow.runName", "twice")

    for key, code in (("zzz", "MNB513"), ("", "MNB513"), ("twice", "MNB512")):
        with pytest.raises(InputError, match=code):
            CliRunner().invoke(runs, ["show", key], catch_exceptions=False)


def test_a_server_that_is_down_is_an_infrastructure_error(shop, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")

    with pytest.raises(InfrastructureError, match="MNB511"):
        CliRunner().invoke(runs, ["list"], catch_exceptions=False)


@pytest.mark.slow
def test_the_interface_serves_this_store_takes_runs_and_ends_with_the_command(shop):
    record(shop)
    port = free_port()
    code = "from mlops_nb.cli import main; main()"
    command = [sys.executable, "-c", code, "ui", "--no-browser", "--port", str(port)]
    ui = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert ui.stdout is not None
        page = ui.stdout.readline().strip()
        assert page == f"http://127.0.0.1:{port}/#/experiments/1/runs?workflowType=machine_learning"
        served = shop.recorder(shop.store(tracking_uri=f"http://127.0.0.1:{port}"))
        served.start()
        served.stage_finished(TRAIN)
        assert served.finish(finished()).notes == ()
        assert len(shop.pipeline_runs()) == 2
    finally:
        os.kill(ui.pid, signal.SIGTERM)
        ui.communicate(timeout=60)
    assert ui.returncode == 143
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5)
