"""What jobs of the JupyterLab extension survive: kill -9 of whoever works on them, a server that is
started anew, two servers on one project, a full disk; and what the server survives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))

from lab_server import LabServer
from running import write_notebook

from mlops_nb.errors import InfrastructureError
from mlops_nb.lab.aide import Aide
from mlops_nb.lab.requests import Request
from mlops_nb.project.jobs.folder import JobFolder, JobRequest
from mlops_nb.project.jobs.starting import cancel_job, start_job
from mlops_nb.project.jobs.state import read_state
from mlops_nb.project.roots import Layout
from mlops_nb.tracking.processes import has_vanished, read_stamp

pytestmark = pytest.mark.xdist_group("lab_jobs")

_SLOW = (
    "import pathlib, time\n"
    "pathlib.Path('began').touch()\n"
    "while not pathlib.Path('go').exists(): time.sleep(0.05)\n"
    "print('went on')"
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A project with a notebook that waits until there is a file ``go``."""
    (tmp_path / "pyproject.toml").write_text("[tool.mlops_nb]\ntrack = false\n", "utf-8")
    write_notebook(tmp_path / "nb.ipynb", [_SLOW])
    return Layout(root=tmp_path)


def _start(layout: Layout) -> JobFolder:
    """Start the job, and wait until its cell runs."""
    folder = start_job(layout, JobRequest(notebook=str(layout.root / "nb.ipynb")))
    _until(lambda: (layout.root / "began").exists())
    return folder


def _until(is_so: Any) -> None:
    for _ in range(1200):
        if is_so():
            return
        time.sleep(0.05)
    raise TimeoutError


def _ended(layout: Layout, folder: JobFolder) -> dict[str, Any]:
    _until(lambda: read_state(layout, folder)["status"] not in ("queued", "running", "cancelling"))
    return read_state(layout, folder)


def _kill(folder: JobFolder, name: str) -> None:
    stamp = read_stamp(folder.read("process.json")[name])
    assert stamp is not None
    os.kill(stamp.pid, signal.SIGKILL)
    _until(lambda: has_vanished(stamp))


def test_a_run_that_is_killed_is_told_as_dead(layout: Layout) -> None:
    folder = _start(layout)
    _kill(folder, "run")
    state = _ended(layout, folder)
    assert (state["status"], state["exit_code"], state["error"]["code"]) == ("died", 137, "MNB420")
    again = _start(layout)  # nothing is in the way of the next one
    cancel_job(again)
    assert _ended(layout, again)["status"] == "cancelled"


def test_a_run_goes_on_without_its_supervisor(layout: Layout) -> None:
    folder = _start(layout)
    _kill(folder, "supervisor")
    assert read_state(layout, folder)["status"] == "running"
    (layout.root / "go").touch()
    state = _ended(layout, folder)
    assert (state["status"], state["exit_code"]) == ("completed", 0)
    assert "went on" in folder.log.read_text("utf-8")


def test_a_run_without_a_supervisor_is_cancelled_too(layout: Layout) -> None:
    folder = _start(layout)
    _kill(folder, "supervisor")
    cancel_job(folder)
    assert _ended(layout, folder)["status"] == "cancelled"


def test_a_job_outlives_whoever_started_it(layout: Layout) -> None:
    starter = (
        "import sys\n"
        "from pathlib import Path\n"
        "from mlops_nb.project.jobs.folder import JobRequest\n"
        "from mlops_nb.project.jobs.starting import start_job\n"
        "from mlops_nb.project.roots import Layout\n"
        "root = Path(sys.argv[1])\n"
        "print(start_job(Layout(root=root), JobRequest(notebook=str(root / 'nb.ipynb'))).path)\n"
    )
    words = [sys.executable, "-c", starter, str(layout.root)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True) as one:
        assert one.stdout is not None
        folder = JobFolder(Path(one.stdout.readline().strip()))
        _until(lambda: (layout.root / "began").exists())
        if one.poll() is None:
            os.killpg(one.pid, signal.SIGKILL)
    assert read_state(layout, folder)["status"] == "running"
    (layout.root / "go").touch()
    assert _ended(layout, folder)["status"] == "completed"


def test_a_full_disk_is_told_and_leaves_no_job(layout: Layout) -> None:
    layout.state.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k", "none", str(layout.state)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        with pytest.raises(InfrastructureError) as caught:
            start_job(layout, JobRequest(notebook=str(layout.root / "nb.ipynb")))
        assert caught.value.code == "MNB886"
        assert not list(layout.jobs.glob("2*"))
    finally:
        subprocess.run(["umount", str(layout.state)], check=True)


@pytest.fixture
def servers() -> Iterator[list[LabServer]]:
    """A list of servers to be ended."""
    made: list[LabServer] = []
    yield made
    for server in made:
        if server.process.poll() is None:
            server.stop()


def test_a_job_is_seen_by_another_server_and_goes_on_when_its_own_ends(
    layout: Layout, servers: list[LabServer], tmp_path_factory: pytest.TempPathFactory
) -> None:
    private = tmp_path_factory.mktemp("private")
    own = LabServer(layout.root, private / "own")
    servers.append(own)
    job = own.ask("POST", "jobs", {"path": "nb.ipynb"})[1]
    _until(lambda: (layout.root / "began").exists())
    other = LabServer(layout.root.parent, private / "other")  # nobody has told it anything
    servers.append(other)
    path = f"{layout.root.name}/nb.ipynb"
    [seen] = other.ask("GET", f"jobs?path={path}")[1]
    assert (seen["status"], seen["path"]) == ("running", path)
    assert other.ask("POST", "jobs", {"path": path})[1]["code"] == "MNB884"
    assert own.ask("GET", "status")[1]["jobs_running"] == [job["id"]]

    said = own.stop()
    assert f"Jobs go on without this server: {job['id']}" in said
    assert other.ask("GET", f"jobs/{seen['id']}")[1]["status"] == "running"
    (layout.root / "go").touch()
    assert other.wait_for(f"jobs/{seen['id']}", "completed")["exit_code"] == 0


def _request(tmp_path: Path, source: str = "x = 1") -> Request:
    body = {"path": "nb.ipynb", "cells": [{"id": "a", "source": source}]}
    return Request(root=tmp_path, raw=json.dumps(body).encode())


def test_an_aide_that_is_killed_is_started_anew(tmp_path: Path) -> None:
    aide = Aide("mlops_nb.lab.analysis")
    try:
        assert aide.ask("document", _request(tmp_path)).status == 200
        assert aide.pid is not None
        os.kill(aide.pid, signal.SIGKILL)
        assert aide.ask("document", _request(tmp_path, "y = 2")).status == 200
    finally:
        aide.close()


@pytest.mark.parametrize(
    ("does", "code"),
    [("import os; os.abort()", "MNB887"), ("import time; time.sleep(60)", "MNB888")],
    ids=["crashes", "hangs"],
)
def test_what_breaks_an_aide_is_told_and_breaks_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, code: str
) -> None:
    broken = (
        f"def breaks(request):\n    {does}\n"
        "ACTIONS = {'breaks': breaks, 'works': lambda request: 'fine'}\n"
    )
    (tmp_path / "broken_actions.py").write_text(broken, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    aide = Aide("broken_actions")
    try:
        with monkeypatch.context() as patch:
            if "sleep" in does:
                patch.setattr(aide, "_patience_s", 1.0)
            answer = aide.ask("breaks", _request(tmp_path))
        assert (answer.status, json.loads(answer.content)["code"]) == (500, code)
        assert aide.ask("works", _request(tmp_path)).content == b'"fine"'
    finally:
        aide.close()
    assert aide.pid is None
