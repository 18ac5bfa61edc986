"""A kernel learns from a file which run it belongs to."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from mlops_nb.tracking import context
from mlops_nb.tracking.context import PipelineRunContext, read_run_file, write_run_file


@pytest.fixture(autouse=True)
def no_run(monkeypatch):
    monkeypatch.delenv(context.RUN_FILE_VARIABLE, raising=False)
    monkeypatch.setattr(context, "_current_tracking_uri", lambda: "sqlite:///x")


def test_outside_a_run_there_is_no_context():
    assert not PipelineRunContext().in_context()
    assert PipelineRunContext().tags() == {}


def test_the_run_in_the_file_is_the_parent(tmp_path, monkeypatch):
    write_run_file(tmp_path / "run.json", run_id="abc", tracking_uri="sqlite:///x")
    monkeypatch.setenv(context.RUN_FILE_VARIABLE, str(tmp_path / "run.json"))

    assert PipelineRunContext().in_context()
    assert PipelineRunContext().tags() == {"mlflow.parentRunId": "abc"}


def test_a_run_of_another_store_is_no_parent(tmp_path, monkeypatch):
    write_run_file(tmp_path / "run.json", run_id="abc", tracking_uri="http://elsewhere")
    monkeypatch.setenv(context.RUN_FILE_VARIABLE, str(tmp_path / "run.json"))

    assert PipelineRunContext().tags() == {}


def test_a_run_that_will_not_be_keeps_nobody_waiting(tmp_path, monkeypatch):
    write_run_file(tmp_path / "run.json", run_id=None, tracking_uri="sqlite:///x")
    monkeypatch.setenv(context.RUN_FILE_VARIABLE, str(tmp_path / "run.json"))
    monkeypatch.setattr(context, "time", SimpleNamespace(monotonic=lambda: 0.0))  # nor a sleep

    assert PipelineRunContext().tags() == {}


def test_a_run_that_is_being_opened_is_waited_for(tmp_path):
    file = tmp_path / "run.json"
    writer = threading.Timer(0.2, write_run_file, [file], {"run_id": "r", "tracking_uri": "u"})
    writer.start()

    assert read_run_file(file, wait_s=10) == ("r", "u")
    writer.join()


def test_the_wait_is_bounded(tmp_path):
    assert read_run_file(tmp_path / "never.json", wait_s=0.05) is None


def test_a_file_with_other_content_is_no_run(tmp_path):
    (tmp_path / "run.json").write_text("{")

    assert read_run_file(tmp_path / "run.json", wait_s=0) is None


def test_the_provider_is_light_to_import():
    program = (
        "import sys, mlops_nb.tracking.context;"
        "heavy = {'mlflow', 'pandas', 'numpy', 'IPython', 'psutil'} & set(sys.modules);"
        "sys.exit(','.join(sorted(heavy)) or None)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
