"""A signal at any named moment: notebook, record, exit code and MLflow tell one and the same."""

from __future__ import annotations

import contextlib
import gc
import inspect
import json
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from mlops_nb import cli

_STOPPED, _DONE = "stopped", "completed"
_WORDS = {signal.SIGINT: ("interrupted", 130), signal.SIGTERM: ("terminated", 143)}
_IN_MLFLOW = {"completed": "FINISHED", "interrupted": "KILLED", "terminated": "KILLED"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A moment: before or after a function is called.

    Attributes
    ----------
    place : str
        ``module:attribute``, of the function.
    ends : {"stopped", "completed"}
    has_notebook : bool
        Whether the executed notebook is there by then.
    lost : {"", "swallowed", "renamed"}
        What becomes of the exception that the signal raises there.
    """

    place: str
    is_after: bool = False
    ends: str = _STOPPED
    track: bool = False
    has_notebook: bool = True
    lost: str = ""


CASES = {
    "before the project is found": Case(
        place="mlops_nb.project:Project.settings_for", has_notebook=False
    ),
    "swallowed there": Case(
        place="mlops_nb.project:Project.settings_for", has_notebook=False, lost="swallowed"
    ),
    "renamed there": Case(
        place="mlops_nb.project:Project.settings_for", has_notebook=False, lost="renamed"
    ),
    "before the kernel starts": Case(
        place="mlops_nb.kernels.launch:KernelLaunch._start_process", has_notebook=False
    ),
    "while the kernel starts": Case(
        place="mlops_nb.kernels.launch:KernelLaunch._start_process",
        is_after=True,
        has_notebook=False,
    ),
    "renamed while the kernel starts": Case(
        place="mlops_nb.kernels.launch:KernelLaunch._start_process",
        is_after=True,
        has_notebook=False,
        lost="renamed",
    ),
    "when the kernel has started": Case(
        place="mlops_nb.kernels.launch:KernelLaunch.start", is_after=True, has_notebook=False
    ),
    "when papermill is there": Case(
        place="mlops_nb.execution.imports:import_papermill", is_after=True, has_notebook=False
    ),
    "when the notebook is there": Case(
        place="mlops_nb.execution.journal:NotebookJournal.notebook_start", is_after=True
    ),
    "swallowed when the notebook is there": Case(
        place="mlops_nb.execution.journal:NotebookJournal.notebook_start",
        is_after=True,
        lost="swallowed",
    ),
    "before the loop listens": Case(place="mlops_nb.execution.loop:NotebookLoop.run"),
    "before the kernel answers": Case(place="mlops_nb.execution.seat:meet_kernel"),
    "when the cells are done": Case(
        place="mlops_nb.execution.collector:OutputCollector.finish", is_after=True
    ),
    "when the kernel is gone": Case(
        place="mlops_nb.kernels.launch:KernelLaunch.kill", is_after=True
    ),
    "before it is settled": Case(place="mlops_nb.stopping:StopRequests.settle"),
    "when it is settled": Case(
        place="mlops_nb.stopping:StopRequests.settle", is_after=True, ends=_DONE
    ),
    "when the notebook is saved": Case(
        place="mlops_nb.execution.journal:NotebookJournal.save_apart", is_after=True, ends=_DONE
    ),
    "while the record is printed": Case(place="mlops_nb.cli.run:to_json_text", ends=_DONE),
    "before tracking starts": Case(
        place="mlops_nb.tracking.recorder:RunRecorder.start", track=True, has_notebook=False
    ),
    "when the kernel of a tracked run is gone": Case(
        place="mlops_nb.kernels.launch:KernelLaunch.kill", is_after=True, track=True
    ),
    "before the aftermath": Case(place="mlops_nb.project.aftermath:Aftermath.close", track=True),
    "while MLflow is waited for": Case(
        place="mlops_nb.tracking.recorder:RunRecorder.run_id", track=True, is_after=True
    ),
    "before a tracked run is settled": Case(
        place="mlops_nb.stopping:StopRequests.settle", track=True
    ),
    "when a tracked run is settled": Case(
        place="mlops_nb.stopping:StopRequests.settle", is_after=True, track=True, ends=_DONE
    ),
    "while MLflow is told": Case(
        place="mlops_nb.tracking.recorder:RunRecorder.finish", track=True, ends=_DONE
    ),
    "when a tracked run is saved": Case(
        place="mlops_nb.execution.run:save_record", is_after=True, track=True, ends=_DONE
    ),
}


@pytest.mark.parametrize(("name", "case"), CASES.items(), ids=list(CASES))
def test_a_signal_is_told_alike_everywhere(
    name: str,
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    signum = (signal.SIGINT, signal.SIGTERM)[list(CASES).index(name) % 2]
    monkeypatch.chdir(tmp_path)
    _write_notebook(tmp_path / "nb.ipynb")
    sent = _send_at(case, signum, monkeypatch)
    arguments = ["run", "nb.ipynb", "out.ipynb", "--json", "--junit", "junit.xml"]
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments if case.track else [*arguments, "--no-track"])
    assert sent == [signum], "the moment did not come"
    status, exit_code = _WORDS[signum] if case.ends == _STOPPED else ("completed", 0)
    record = json.loads(capsys.readouterr().out)
    assert (record["status"], caught.value.code) == (status, exit_code)
    assert (record["error"] is None) == (case.ends == _DONE)
    assert (tmp_path / "out.ipynb").exists() == case.has_notebook
    if case.has_notebook:
        node = json.loads((tmp_path / "out.ipynb").read_text())
        assert node["metadata"]["mlops_nb"]["run"]["status"] == status
    assert ("<error" in (tmp_path / "junit.xml").read_text()) == (case.ends == _STOPPED)
    assert _in_mlflow(tmp_path) in ([_IN_MLFLOW[status]], [])
    if case.track and case.ends == _DONE:
        assert _in_mlflow(tmp_path) == ["FINISHED"]


def _send_at(case: Case, signum: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Send the signal once, at the case's moment; return where it is noted that it was sent."""
    module, _, attribute = case.place.partition(":")
    owner: Any = import_module(module)
    *path, last = attribute.split(".")
    for part in path:
        owner = getattr(owner, part)
    real, sent = getattr(owner, last), []

    def send() -> None:
        if sent:
            return
        sent.append(signum)
        try:
            signal.raise_signal(signum)
        except KeyboardInterrupt:
            if case.lost == "renamed":
                raise ImportError("native code says so") from None
            if case.lost != "swallowed":
                raise

    monkeypatch.setattr(owner, last, _around(real, send, is_after=case.is_after))
    return sent


def _around(real: Callable[..., Any], send: Callable[[], None], *, is_after: bool) -> Any:
    @wraps(real)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        if not is_after:
            send()
        result = await real(*args, **kwargs)
        if is_after:
            send()
        return result

    @wraps(real)
    def called(*args: Any, **kwargs: Any) -> Any:
        if not is_after:
            send()
        result = real(*args, **kwargs)
        if is_after:
            send()
        return result

    return awaited if inspect.iscoroutinefunction(real) else called


def _write_notebook(path: Path) -> None:
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "1"}
    cells = [{**cell, "outputs": [], "execution_count": None}]
    node = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(node))


def _in_mlflow(folder: Path) -> list[str]:
    databases = list(folder.rglob("mlflow.db"))
    if not databases:
        return []
    with contextlib.closing(sqlite3.connect(databases[0])) as connection:
        return [status for (status,) in connection.execute("select status from runs")]


@pytest.fixture(autouse=True)
def _collected() -> Any:
    """Let what a broken-off kernel left be collected where its warning belongs."""
    yield
    gc.collect()
