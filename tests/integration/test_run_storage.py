"""Notebooks in storage that papermill's handlers reach, and kernels of other kinds."""

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from papermill.iorw import papermill_io
from running import run_notebook, statuses, text_of, write_notebook

import mlops_nb
from mlops_nb.errors import InfrastructureError, InputError


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
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    memory.files["memory://nb.ipynb"] = _notebook(tmp_path, "1")
    memory.fault = ConnectionError("the store is away")
    with pytest.raises(InfrastructureError, match="the store is away") as caught:
        mlops_nb.run("memory://nb.ipynb", "memory://out.ipynb", track=False, cwd=tmp_path)
    assert caught.value.code == "MNB421"
    (kept,) = tmp_path.glob("*-out.ipynb")
    assert "is kept in" in str(caught.value)
    assert json.loads(kept.read_text())["cells"][0]["outputs"]


def test_the_source_in_a_store_is_not_written(memory: Memory, tmp_path: Path) -> None:
    memory.files["memory://nb.ipynb"] = _notebook(tmp_path, "1")
    with pytest.raises(InputError, match="MNB110"):
        mlops_nb.run("memory://nb.ipynb", "memory://nb.ipynb", track=False, cwd=tmp_path)
    assert memory.writes == []


def test_a_store_that_nobody_handles_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MNB102"):
        mlops_nb.run("nosuch://nb.ipynb", track=False)


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
