"""A kernel is tracked by a process beside it: nothing of that shows in the kernel, or is lost."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest
from live_kernel import LiveKernel, live_kernel
from mlflow.entities import Run

from mlops_nb.pipeline.records import RunId
from mlops_nb.project import Project
from mlops_nb.tracking.entries import FinishEntry, RunEntry, StageEntry
from mlops_nb.tracking.pending import write_pending
from mlops_nb.tracking.writer import RunWriter

pytestmark = pytest.mark.xdist_group("live_tracker")

# Results are not kept here: what that does in a kernel is another matter.
SETTINGS = "[tool.mlops_nb]\nexperiment = 'live'\ncache = 'off'\n"
HEAVY = ("mlflow", "sklearn", "pandas", "skops", "sqlalchemy", "pyarrow", "polars")
STAGE = "%%mlops_stage {name} --metrics {name}_score\n{name}_score = {value}"
EXCHANGE = "exchange = get_ipython()._mlops_nb_extension.tracking._run._exchange\n"
# User code that minds its warnings, all the while the process loads MLflow and opens the run.
MIND_WARNINGS = """
import time, warnings
before, rounds, kept = list(warnings.filters), 0, True
until = time.monotonic() + 60
while (exchange.run_id is None or rounds < 100) and time.monotonic() < until:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kept = kept and warnings.filters[0][0] == "error"
    kept, rounds = kept and list(warnings.filters) == before, rounds + 1
print(kept, exchange.run_id is not None)
"""
# Sees what is imported on threads.
SPY = """
import sys, threading
class Spy:
    seen = []
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if threading.current_thread() is not threading.main_thread():
            cls.seen.append((threading.current_thread().name, name))
sys.meta_path.insert(0, Spy)
loaded = set(sys.modules)
"""
MODEL = """%%mlops_stage {name} --model {name}_model --example rows
import {module}
{name}_model = {module}.Doubling()
rows = [[1.0], [2.0]]
"""
MODULE = (
    "class Doubling:\n    def predict(self, rows):\n        return [2 * row[0] for row in rows]\n"
)


# A process that lets nobody end it, started and ready.
STUBBORN_CHILD = """
import subprocess, sys
code = (
    "import signal, time\\n"
    "for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)\\n"
    "print(flush=True)\\n"
    "time.sleep(60)"
)
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
child.stdout.readline()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A kernel with the extension, and the folder it is tracked in."""

    kernel: LiveKernel
    folder: Path

    def stage(self, name: str, value: float) -> Any:
        executed = self.kernel.run(STAGE.format(name=name, value=value))
        assert executed.status == "ok", executed.text
        return executed

    def tracker(self) -> psutil.Process:
        """Return the process that tracks the kernel."""
        return psutil.Process(int(self.kernel.run(EXCHANGE + "print(exchange.open())").text))

    def runs(self) -> list[Run]:
        store = Project.find(self.folder).store()
        store.prepare_experiment("live")
        client = store.client()
        experiment = client.get_experiment_by_name("live")
        return list(client.search_runs([experiment.experiment_id]))

    def top(self) -> Run:
        found: list[Run] = []
        until(lambda: found.extend(self._tops()) or found)
        (run,) = found
        return run

    def _tops(self) -> list[Run]:
        return [run for run in self.runs() if "mlops_nb.door" in run.data.tags]

    def models(self) -> dict[str, Any]:
        client = Project.find(self.folder).store().client()
        experiment = client.get_experiment_by_name("live")
        found = client.search_logged_models([experiment.experiment_id])
        return {model.name: model for model in found}

    def pending(self) -> list[Path]:
        return list((self.folder / ".mlops_nb" / "record" / "pending").glob("[!.]*"))


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def start(folder: Path) -> Any:
    (folder / "pyproject.toml").write_text(SETTINGS)
    return live_kernel(cwd=str(folder))


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A kernel in a folder whose modules would break whoever imports them."""
    folder = tmp_path_factory.mktemp("live")
    for name in ("sqlalchemy", "runpy", "importlib_metadata"):
        (folder / f"{name}.py").write_text("raise RuntimeError('the wrong module')\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        with start(folder) as kernel:
            assert kernel.run("%load_ext mlops_nb").outputs == ()
            yield Session(kernel=kernel, folder=folder)


def test_nothing_of_the_kernel_changes_while_the_run_opens(session: Session) -> None:
    kernel = session.kernel
    kernel.run(SPY + EXCHANGE)
    executed = session.stage("first", 1)
    assert executed.body == ()
    for _ in range(20):  # jedi minds its warnings, too
        assert kernel.ask("complete", "exchan", 6)["matches"] == ["exchange"]
    assert kernel.run(MIND_WARNINGS).text.strip() == "True True"
    new = kernel.run(f"print([name for name in {HEAVY} if name in sys.modules])").text
    assert new.strip() == "[]"
    assert kernel.run("print(Spy.seen)").text.strip() == "[]"
    kernel.run("added = {name.partition('.')[0] for name in set(sys.modules) - loaded}")
    added = kernel.run("print(*added - sys.stdlib_module_names)").text.split()
    assert set(added) <= {"mlops_nb", "IPython", "jedi", "parso"}


def test_the_threads_beside_user_code_only_read_and_write(session: Session) -> None:
    session.tracker()
    code = "import threading; print(sorted(t.name for t in threading.enumerate()))"
    names = re.findall(r"mlops_nb[\w -]*", session.kernel.run(code).text)
    assert names == ["mlops_nb-tracker"] * 2


def test_an_interrupt_is_for_user_code_alone(session: Session) -> None:
    before = session.tracker().pid
    ctrl_c = "import os, signal, time\nos.killpg(os.getpgrp(), signal.SIGINT)\ntime.sleep(60)"
    assert "KeyboardInterrupt" in session.kernel.run(ctrl_c).text
    assert session.tracker().pid == before


def test_user_code_that_turns_elsewhere_does_not_take_its_run_along(session: Session) -> None:
    elsewhere = session.folder / "elsewhere"
    elsewhere.mkdir()
    session.kernel.run(
        f"import os\nos.chdir({str(elsewhere)!r})\n"
        "os.environ['MLFLOW_TRACKING_URI'] = 'sqlite:///other.db'"
    )
    session.stage("moved", 2)
    until(lambda: session.top().data.metrics.get("moved_score") == 2)
    session.kernel.run("os.environ['MLFLOW_TRACKING_URI'] = ''\nos.chdir('..')")
    assert not (elsewhere / "other.db").exists()


def test_models_of_modules_beside_the_notebook_and_on_its_path_are_packaged(
    session: Session,
) -> None:
    source = session.folder / "src"
    source.mkdir()
    (session.folder / "beside.py").write_text(MODULE)
    (source / "added.py").write_text(MODULE)
    session.kernel.run(f"import sys; sys.path.append({str(source)!r})")
    for module in ("beside", "added"):
        executed = session.kernel.run(MODEL.format(name=module, module=module))
        assert executed.status == "ok", executed.text
    until(lambda: len(session.models()) == 2)
    assert set(session.models()) == {"beside_model", "added_model"}
    until(lambda: not list((session.folder / ".mlops_nb" / "record").glob("live-*")))


def test_a_tracker_that_is_killed_is_told_and_followed_by_another(session: Session) -> None:
    killed = session.tracker()
    killed.send_signal(signal.SIGSTOP)  # it has not written this stage when it is killed
    session.stage("unwritten", 3)
    killed.kill()
    until(lambda: not psutil.pid_exists(killed.pid))
    told = session.stage("afterwards", 4).text
    assert told.strip() == (
        "mlops_nb: the process that tracks this kernel ended (killed by SIGKILL); "
        "another one gets what it had not written."
    )
    until(lambda: session.top().data.metrics.get("afterwards_score") == 4)
    assert session.top().data.metrics["unwritten_score"] == 3
    assert session.top().info.status == "RUNNING"


def test_a_kernel_that_ends_leaves_a_run_that_ended(session: Session) -> None:
    tracker = session.tracker()
    session.kernel.run("%unload_ext mlops_nb")
    until(lambda: session.top().info.status == "FINISHED")
    until(lambda: not tracker.is_running())
    assert session.pending() == []


@pytest.mark.usefixtures("environment")
def test_a_kernel_whose_children_do_not_end_in_time_completed_all_the_same(tmp_path: Path) -> None:
    with start(tmp_path) as kernel:
        session = Session(kernel=kernel, folder=tmp_path)
        kernel.run("%load_ext mlops_nb")
        session.stage("a", 1)
        kernel.run(STUBBORN_CHILD)
        kernel.manager.shutdown_kernel()
    until(lambda: session.top().info.status != "RUNNING")
    assert session.top().info.status == "FINISHED"


@pytest.mark.usefixtures("environment")
def test_a_kernel_that_is_killed_has_its_run_closed_though_a_fork_of_it_lives(
    tmp_path: Path,
) -> None:
    with start(tmp_path) as kernel:
        session = Session(kernel=kernel, folder=tmp_path)
        kernel.run("%load_ext mlops_nb")
        session.stage("a", 1)
        kernel.run("import mlflow; mlflow.log_metric('by_hand', 1)")
        forked = "import os, time\nchild = os.fork()\nif child == 0: time.sleep(600)\nprint(child)"
        child = psutil.Process(int(kernel.run(forked).text))
        tracker = session.tracker()
        session.stage("b", 2)
        os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)
        until(lambda: not tracker.is_running())
        assert child.is_running()
        child.kill()
    (by_hand,) = [run for run in session.runs() if "by_hand" in run.data.metrics]
    assert session.top().info.status == by_hand.info.status == "KILLED"
    assert session.top().data.tags["mlops_nb.status"] == "vanished"
    assert session.top().data.metrics == {"a_score": 1, "b_score": 2}


def test_a_server_that_is_down_is_told_and_all_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://somebody:secret@127.0.0.1:9")
    with start(tmp_path) as kernel:
        session = Session(kernel=kernel, folder=tmp_path)
        kernel.run("%load_ext mlops_nb")
        session.stage("a", 1)
        kernel.run(EXCHANGE + "print(exchange.wait_for_run(60))")
        told = session.stage("b", 2).text
        assert told.startswith("mlops_nb: MNB510 http://127.0.0.1:9: the run is not tracked")
        os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)
        until(session.pending)
    (kept,) = session.pending()
    entries = (kept / "entries.jsonl").read_text()
    assert [name for name in ("a_score", "b_score", "KILLED") if name in entries] == [
        "a_score",
        "b_score",
        "KILLED",
    ]
    assert "secret" not in entries


@pytest.fixture
def silent_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        uri = f"http://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        yield uri


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_what_a_tracker_has_not_written_that_ends_after_its_kernel_is_kept(
    tmp_path: Path, silent_server: str, signum: int
) -> None:
    with start(tmp_path) as kernel:
        session = Session(kernel=kernel, folder=tmp_path)
        kernel.run("%load_ext mlops_nb")
        session.stage("a", 1)
        tracker = session.tracker()
        os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)
        until(session.pending)  # held for this very case
        assert write_pending(record(tmp_path), tracking_uri=silent_server, make_writer=Taker) == (
            0,
            0,
        )
        tracker.send_signal(signum)
        until(lambda: not tracker.is_running())
    Taker.taken.clear()
    (folder,) = session.pending()
    assert write_pending(record(tmp_path), tracking_uri=silent_server, make_writer=Taker) == (1, 0)
    assert [type(entry) for entry in Taker.taken] == [RunEntry, StageEntry, FinishEntry], folder


def record(folder: Path) -> Path:
    return folder / ".mlops_nb" / "record"


class Taker(RunWriter):
    """Takes what was kept, as a store that can be reached again does."""

    taken: ClassVar[list[Any]] = []
    tracking_uri = ""

    def __init__(self, run_id: RunId | None) -> None:
        self.run_id = run_id

    def write(self, entry: Any) -> None:
        self.taken.append(entry)
