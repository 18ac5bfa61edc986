"""Notebooks in storage that papermill's handlers or fsspec reach, and kernels of other kinds."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFile
from mlflow import MlflowClient
from papermill.iorw import papermill_io
from running import code, run_notebook, statuses, text_of, write_notebook
from storages import Shelf, shelves, web_server

import mlops_nb
from mlops_nb.cli import main
from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.execution.events import SilentObserver


class Memory:
    """A papermill handler over a dictionary, as those of s3 and gs are over their stores."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.writes: list[str] = []
        self.fault: Exception | None = None

    def read(self, path: str) -> str:
        return self.files[path]

    def write(self, buf: str, path: str) -> None:
        self.writes.append(path)
        if self.fault is not None and len(self.writes) > 1:
            raise self.fault
        self.files[path] = buf

    def listdir(self, path: str) -> list[str]:
        return [name for name in self.files if name.startswith(path)]

    def pretty_path(self, path: str) -> str:
        return path


@pytest.fixture
def memory() -> Iterator[Memory]:
    handler = Memory()
    before = list(papermill_io._handlers)
    papermill_io.register("memory://", handler)
    yield handler
    papermill_io._handlers = before


def _notebook(tmp_path: Path, *cells: str) -> str:
    return write_notebook(tmp_path / "nb.ipynb", cells).read_text("utf-8")


def test_a_notebook_is_read_from_and_written_to_a_store(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    memory.files["memory://in/ü {x}.ipynb"] = _notebook(tmp_path, "import os; print(os.getcwd())")
    record = mlops_nb.run(
        "memory://in/ü {x}.ipynb", "memory://out/ü {x}.ipynb", track=False, cwd=tmp_path
    )
    assert (record.status, record.output) == ("completed", "memory://out/ü {x}.ipynb")
    node = json.loads(memory.files["memory://out/ü {x}.ipynb"])
    (output,) = node["cells"][0]["outputs"]
    assert output["text"] == [f"{tmp_path}\n"]
    assert len(memory.writes) == 2  # at the start, at the end: each is an upload of the whole


def test_a_store_that_fails_at_the_end_is_told_and_what_was_executed_is_kept(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    memory.files["memory://nb.ipynb"] = _notebook(tmp_path, "1")
    memory.fault = PermissionError(13, "Permission denied")
    with pytest.raises(InfrastructureError, match="Permission denied") as caught:
        mlops_nb.run("memory://nb.ipynb", "memory://out.ipynb", track=False, cwd=tmp_path)
    assert caught.value.code == "MNB421"
    (kept,) = (tmp_path / ".mlops_nb" / "record" / "runs").glob("*-out.ipynb")
    assert f"is kept in {kept}" in str(caught.value)
    assert json.loads(kept.read_text())["cells"][0]["outputs"]


def test_the_source_in_a_store_is_not_written(memory: Memory, tmp_path: Path) -> None:
    memory.files["memory://nb.ipynb"] = _notebook(tmp_path, "1")
    with pytest.raises(InputError, match="MNB110"):
        mlops_nb.run("memory://nb.ipynb", "memory://nb.ipynb", track=False, cwd=tmp_path)
    assert memory.writes == []


def test_a_store_that_nobody_handles_is_told(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "nb.ipynb", ["1"])
    with pytest.raises(InputError, match=r"MNB121 nosuch://nb.ipynb"):
        mlops_nb.run("nosuch://nb.ipynb", track=False)
    with pytest.raises(InputError, match=r"MNB121 nosuch://out.ipynb"):
        mlops_nb.run(notebook, "nosuch://out.ipynb", track=False)


@pytest.fixture
def shelf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., mlops_nb.RunRecord]]:
    """Yield what runs a notebook of cells into ``shelf://out.ipynb``, tracked."""
    monkeypatch.chdir(tmp_path)

    def run(*cells: str, output: str = "shelf://out.ipynb", **options: Any) -> mlops_nb.RunRecord:
        Shelf.store["/nb.ipynb"] = _file(_notebook(tmp_path, *cells))
        return mlops_nb.run("shelf://nb.ipynb", output, **{"track": False, **options})

    with shelves():
        yield run


def _file(text: str) -> MemoryFile:
    return MemoryFile(None, "", text.encode())


def _kept(tmp_path: Path) -> list[Path]:
    return list((tmp_path / ".mlops_nb" / "record" / "runs").iterdir())


def test_a_run_from_and_to_a_file_system_of_fsspec_is_tracked_with_its_source(
    shelf: Callable[..., mlops_nb.RunRecord], tmp_path: Path
) -> None:
    record = shelf("print('done')", track=True)
    assert (record.status, record.notes) == ("completed", ())
    assert (record.notebook, record.output) == ("shelf://nb.ipynb", "shelf://out.ipynb")
    node = json.loads(Shelf.store["/out.ipynb"].getvalue())
    assert node["metadata"]["mlops_nb"]["run"]["status"] == "completed"
    assert len(Shelf.uploads) == 3  # at the start, when the cells are done, when all is
    client = MlflowClient(f"sqlite:///{tmp_path}/.mlops_nb/record/mlflow.db")
    run = client.get_run(record.run_id)
    assert run.data.tags["mlops_nb.notebook"] == "shelf://nb.ipynb"
    assert run.data.tags["mlflow.runName"].startswith("nb ")
    assert client.get_experiment(run.info.experiment_id).name == f"{tmp_path.name}/nb"
    names = {entry.path for entry in client.list_artifacts(record.run_id)}
    assert {"source.ipynb", "executed.ipynb"} <= names
    assert _kept(tmp_path) == []


def test_an_upload_that_breaks_off_at_the_end_is_tried_again(
    shelf: Callable[..., mlops_nb.RunRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops_nb.execution.destination._WAITS_S", (0.0, 0.0))

    class Losing(SilentObserver):
        def cell_finished(self, index: int, status: str, seconds: float) -> None:
            Shelf.faults += [ConnectionResetError(104, "Connection reset by peer")] * 2

    record = shelf("print('done')", observers=[Losing()], cache="off")
    assert record.status == "completed"
    assert b"done" in Shelf.store["/out.ipynb"].getvalue()
    assert len(Shelf.uploads) == 4
    assert not (tmp_path / ".mlops_nb").exists()


def test_a_network_that_stays_away_ends_as_infrastructure_and_all_is_kept_here(
    shelf: Callable[..., mlops_nb.RunRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops_nb.execution.destination._WAITS_S", (0.0, 0.0))

    class Losing(SilentObserver):
        def cell_finished(self, index: int, status: str, seconds: float) -> None:
            Shelf.faults += [ConnectionResetError(104, "Connection reset by peer")] * 99

    with pytest.raises(InfrastructureError, match=r"MNB421 shelf://out.ipynb") as caught:
        shelf("print('done')", observers=[Losing()], track=True)
    (kept,) = _kept(tmp_path)
    assert str(kept) in caught.value.fault
    assert "Connection reset by peer" in caught.value.fault
    assert caught.value.remedy == "Check network and address; a retry may help."
    node = json.loads(kept.read_text())
    assert node["cells"][0]["outputs"][0]["text"] == ["done\n"]
    assert node["metadata"]["mlops_nb"]["run"]["status"] == "died"
    assert node["metadata"]["mlops_nb"]["run"]["error"]["code"] == "MNB421"


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        (FileNotFoundError(2, "No such bucket"), "names a bucket or folder that is there"),
        (PermissionError(13, "Permission denied"), "Check the credentials for shelf://"),
    ],
    ids=["bucket", "permission"],
)
def test_an_output_that_is_refused_is_told_before_a_cell_runs(
    shelf: Callable[..., mlops_nb.RunRecord], tmp_path: Path, fault: OSError, remedy: str
) -> None:
    touch = "import pathlib; pathlib.Path('ran').touch()"
    notebook = write_notebook(tmp_path / "nb.ipynb", [touch])
    Shelf.faults += [fault]
    with pytest.raises(InfrastructureError, match="MNB421") as caught:
        mlops_nb.run(notebook, "shelf://out.ipynb", track=False)
    assert remedy in caught.value.remedy
    assert not (tmp_path / "ran").exists()


def test_uploads_while_cells_run_are_rare_and_one_that_fails_does_not_hurt(
    shelf: Callable[..., mlops_nb.RunRecord], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("mlops_nb.execution.destination._REMOTE_PAUSE_S", 0.2)
    go = tmp_path / "go"

    def let_go() -> None:
        while Shelf.faults:
            time.sleep(0.01)
        go.touch()

    class Losing(SilentObserver):
        def cell_started(self, index: int) -> None:
            if index == 1:
                Shelf.faults += [ConnectionResetError(104, "Connection reset by peer")]
                threading.Thread(target=let_go, daemon=True).start()

    wait = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)"
    record = shelf("0", wait, "print('done')", observers=[Losing()])
    assert record.status == "completed"
    assert any("A save while the notebook ran failed" in note for note in record.notes)
    assert b"done" in Shelf.store["/out.ipynb"].getvalue()


def test_a_storage_that_never_answers_does_not_hold_a_run_for_ever(
    shelf: Callable[..., mlops_nb.RunRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closing(SilentObserver):
        def cell_finished(self, index: int, status: str, seconds: float) -> None:
            monkeypatch.setattr("mlops_nb.execution.destination._PATIENCE_S", 0.3)
            Shelf.gate.clear()

    with pytest.raises(InfrastructureError, match=r"MNB421 .*UnansweredError: no answer in 0 s"):
        shelf("print('done')", observers=[Closing()])
    Shelf.gate.set()
    (kept,) = _kept(tmp_path)
    assert "done" in kept.read_text()


def test_the_password_of_an_address_is_nowhere_in_what_a_run_leaves(
    shelf: Callable[..., mlops_nb.RunRecord], tmp_path: Path
) -> None:
    record = shelf("1", output="shelf://me:hunter22@host/out.ipynb", track=True)
    assert record.status == "completed"
    assert record.output == "shelf://me:***@host/out.ipynb"
    assert [path for path, file in Shelf.store.items() if b"hunter22" in file.getvalue()] == []
    found = [path for path in (tmp_path / ".mlops_nb").rglob("*") if path.is_file()]
    assert [path for path in found if b"hunter22" in path.read_bytes()] == []


def test_a_file_address_is_a_local_path_behind_every_rule(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "n b.ipynb", ["import os; print(os.getcwd())"])
    with pytest.raises(InputError, match="MNB110"):
        mlops_nb.run(notebook, notebook.as_uri(), track=False)
    output = tmp_path / "o ü.ipynb"
    record = mlops_nb.run(notebook.as_uri(), output.as_uri(), track=False)
    assert (record.notebook, record.output) == (str(notebook), str(output))
    node = json.loads(output.read_text("utf-8"))
    assert node["cells"][0]["outputs"][0]["text"] == [f"{tmp_path}\n"]


def test_the_command_takes_addresses_for_notebook_output_and_parameters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parameters = {**code("a = '1'"), "metadata": {"tags": ["parameters"]}}
    notebook = write_notebook(tmp_path / "nb.ipynb", [parameters, "print(a)"])
    files = {"/nb.ipynb": notebook.read_bytes(), "/p.yaml": b"a: 007"}
    with web_server(files, {}) as host:
        arguments = ["run", f"http://{host}/nb.ipynb", f"http://{host}/out.ipynb", "--no-track"]
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "-f", f"http://{host}/p.yaml", "--html", "page.html", "-q"])
        assert (ended.value.code, capsys.readouterr().err) == (0, "")
        assert json.loads(files["/out.ipynb"])["cells"][2]["outputs"][0]["text"] == ["007\n"]
        assert "007" in (tmp_path / "page.html").read_text("utf-8")
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "-f", f"http://{host}/none.yaml"])
    assert ended.value.code == 2
    assert "MNB101" in capsys.readouterr().err


# A kernel for a language of its own: it echoes, upper case, and fails on "fail".
_ECHO = """
from ipykernel.kernelbase import Kernel
class Echo(Kernel):
    implementation = language = "echo"
    implementation_version = language_version = banner = "1"
    language_info = {"name": "echo", "mimetype": "text/plain", "file_extension": ".txt"}
    def do_execute(self, code, silent, store_history=True, user_expressions=None,
                   allow_stdin=False, **_):
        count = {"execution_count": self.execution_count}
        if code == "fail":
            error = {"ename": "EchoError", "evalue": "failed", "traceback": ["EchoError: failed"]}
            self.send_response(self.iopub_socket, "error", error)
            return {"status": "error", **count, **error}
        self.send_response(self.iopub_socket, "stream", {"name": "stdout", "text": code.upper()})
        return {"status": "ok", **count, "payload": [], "user_expressions": {}}
from ipykernel.kernelapp import IPKernelApp
IPKernelApp.launch_instance(kernel_class=Echo)
"""


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "jupyter" / "kernels" / "echo"
    folder.mkdir(parents=True)
    (tmp_path / "echo.py").write_text(_ECHO)
    argv = [sys.executable, str(tmp_path / "echo.py"), "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Echo", "language": "echo"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return "echo"


def _echo_notebook(path: Path, *cells: str) -> Path:
    write_notebook(path, cells, kernel="echo")
    node = json.loads(path.read_text())
    node["metadata"]["kernelspec"]["language"] = "echo"
    path.write_text(json.dumps(node))
    return path


def test_another_languages_kernel_runs_over_tcp(echo: str, tmp_path: Path) -> None:
    outcome = run_notebook(_echo_notebook(tmp_path / "nb.ipynb", "hello", "fail", "no"))
    assert statuses(outcome) == ["completed", "failed", "not run"]
    assert text_of(outcome.node["cells"][0]) == "HELLO"
    assert outcome.record.error is not None
    assert outcome.record.error.message == "EchoError: failed"


def test_kernels_over_tcp_start_side_by_side(echo: str, tmp_path: Path) -> None:
    told: dict[int, str] = {}

    def work(number: int) -> None:
        path = _echo_notebook(tmp_path / f"{number}.ipynb", f"run {number}")
        outcome = run_notebook(path, tmp_path / f"{number}-out.ipynb")
        told[number] = text_of(outcome.node["cells"][0])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == {number: f"RUN {number}" for number in range(4)}
