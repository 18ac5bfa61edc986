"""The output is written whole or not at all, by one run at a time, and nothing else is touched."""

import errno
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))
from running import run_notebook, write_notebook
from storages import shelves

import mlops_nb
from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.execution import destination as destinations
from mlops_nb.execution.claim import claimed
from mlops_nb.execution.destination import Destination
from mlops_nb.notebook.storage import is_own_memory

_RAN = "open('ran', 'w').close()"


def _run(folder: Path, output: str | Path) -> Any:
    notebook = folder / "nb.ipynb"
    if not notebook.exists():
        write_notebook(notebook, [_RAN])
    return mlops_nb.run(notebook, output, track=False)


def _make_fifo(path: Path) -> None:
    os.mkfifo(path)


def _make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


def _make_read_only(path: Path) -> None:
    path.write_text("mine")
    path.chmod(0o444)


NO_FILES: dict[str, Callable[[Path], Any]] = {
    "a folder": Path.mkdir,
    "a pipe": _make_fifo,
    "a socket": _make_socket,
    "a device": lambda path: path.symlink_to("/dev/null"),
    "the notebook, by a symbolic link": lambda path: path.symlink_to("nb.ipynb"),
    "the notebook, by a hard link": lambda path: path.hardlink_to(path.parent / "nb.ipynb"),
}


@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
def test_what_is_no_file_of_its_own_is_refused_and_stays_what_it_is(
    make: Callable[[Path], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    notebook = write_notebook(tmp_path / "nb.ipynb", [_RAN]).read_bytes()
    output = Path("out.ipynb")
    make(tmp_path / output if "link" in str(make) else output.absolute())
    before = os.lstat(output)
    with pytest.raises(InputError) as caught:
        _run(tmp_path, output)
    assert caught.value.code in ("MNB110", "MNB111")
    assert (os.lstat(output).st_ino, os.lstat(output).st_mode) == (before.st_ino, before.st_mode)
    assert (tmp_path / "nb.ipynb").read_bytes() == notebook
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith(".")) == [
        "nb.ipynb",
        "out.ipynb",
    ]


@pytest.mark.parametrize("output", ["-", "out/", "nb.ipynb", "sub/../nb.ipynb", "a\0b"])
def test_a_name_that_cannot_be_the_outputs_is_refused(
    output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    with pytest.raises(InputError, match="MNB11"):
        _run(tmp_path, output)
    assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="everything may be written by root")
def test_a_file_that_is_read_only_is_not_replaced(tmp_path: Path) -> None:
    _make_read_only(tmp_path / "out.ipynb")
    with pytest.raises(InfrastructureError, match="read-only"):
        _run(tmp_path, tmp_path / "out.ipynb")
    assert (tmp_path / "out.ipynb").read_text() == "mine"
    assert not (tmp_path / "ran").exists()


_NAMES = ["a b", "{run} {}", "100%s %d", "ü 雪", "u\u0308", "a\nb", "'\"`$(x)", "n" * 249]


@pytest.mark.parametrize("name", _NAMES)
def test_a_name_is_taken_as_it_is(name: str, tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / f"{name}.ipynb", ["1 + 1"])
    folder = tmp_path / "out"
    folder.mkdir()
    record = mlops_nb.run(notebook, folder / f"{name}.ipynb", track=False)
    assert record.status == "completed"
    assert [entry.name for entry in folder.iterdir()] == [f"{name}.ipynb"]


def test_a_folder_that_is_missing_is_made_and_said(tmp_path: Path) -> None:
    record = _run(tmp_path, tmp_path / "typo" / "deep" / "out.ipynb")
    assert (tmp_path / "typo" / "deep" / "out.ipynb").exists()
    assert [note for note in record.notes if "did not exist and was made" in note]


def test_a_second_run_with_the_same_output_is_refused_before_it_starts(tmp_path: Path) -> None:
    output = tmp_path / "out.ipynb"
    with claimed(Destination(str(output)), "elsewhere.ipynb"):
        (tmp_path / "link").symlink_to(tmp_path)
        with pytest.raises(InputError, match="MNB112"):
            _run(tmp_path, tmp_path / "link" / "out.ipynb")
        assert not (tmp_path / "ran").exists()
    assert _run(tmp_path, output).status == "completed"
    assert not [entry for entry in tmp_path.iterdir() if entry.suffix == ".lock"]


_HOLDING = """
import sys
from mlops_nb.execution.claim import claimed
from mlops_nb.execution.destination import Destination
with claimed(Destination(sys.argv[1]), "elsewhere.ipynb"):
    print(flush=True)
    sys.stdin.read()
"""
_ADDRESS = "http://me:secret@127.0.0.1:9/out.ipynb?version=1"


@pytest.mark.parametrize(
    ("other", "is_refused"),
    [
        (_ADDRESS, True),
        ("http://you:other@127.0.0.1:9/out.ipynb?version=1", True),
        ("http://127.0.0.1:9/out.ipynb?version=2", False),
        ("http://127.0.0.1:9/other.ipynb?version=1", False),
    ],
)
def test_a_second_run_with_the_same_address_is_refused_on_this_machine(
    other: str, is_refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    command = [sys.executable, "-c", _HOLDING, _ADDRESS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        told = "MNB112 http://.*another run writes there" if is_refused else None
        expected = pytest.raises(InputError, match=told) if told else nullcontext()
        with expected as caught, claimed(Destination(other), "elsewhere.ipynb"):
            pass
        assert "secret" not in str(caught)
        holder.kill()
    with claimed(Destination(_ADDRESS), "elsewhere.ipynb"):  # its holder was killed
        (folder,) = tmp_path.glob("mlops-nb-*")
        assert len(list(folder.iterdir())) == 1
    assert list(folder.iterdir()) == []


def test_an_address_in_a_process_s_own_memory_is_its_own() -> None:
    with shelves():
        one, other = Destination("shelf://out.ipynb"), Destination("s3://out.ipynb")
        assert is_own_memory("shelf://out.ipynb")
        assert not is_own_memory("s3://out.ipynb")
        with claimed(one, "a"), pytest.raises(InputError, match="MNB112"), claimed(one, "b"):
            pass
    assert one.identity != other.identity


def test_where_no_lock_can_be_made_an_address_is_written_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    address = Destination(_ADDRESS)
    with claimed(address, "a") as destination:
        assert destination is address


_KILLED = """
import os, signal, sys
from mlops_nb.execution.claim import claimed
from mlops_nb.execution.destination import Destination
with claimed(Destination(sys.argv[1]), "elsewhere.ipynb"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_held_and_left_is_taken_over(tmp_path: Path) -> None:
    output = tmp_path / "out.ipynb"
    subprocess.run([sys.executable, "-c", _KILLED, str(output)], check=False)
    left = [tmp_path / ".out.ipynb.0123456789ab.tmp", *tmp_path.glob(".*.lock")]
    left[0].write_text("half a notebook")
    other = tmp_path / ".out.ipynb.bak.tmp"
    other.write_text("not ours")
    assert _run(tmp_path, output).status == "completed"
    assert [path for path in left if path.exists()] == []
    assert other.exists()


def _full_after(calls: int, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let writes into `folder` fail from a given one on."""
    real, made = destinations.write_atomically, []

    def write(path: Path, chunks: Any) -> int:
        if path.is_relative_to(folder):
            made.append(path)
            if len(made) > calls:
                raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, chunks)

    monkeypatch.setattr(destinations, "write_atomically", write)


def test_a_disk_that_is_full_at_the_start_leaves_the_earlier_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out.ipynb"
    output.write_text("an earlier run")
    _full_after(0, monkeypatch, tmp_path)
    with pytest.raises(InfrastructureError, match="No space left") as caught:
        _run(tmp_path, output)
    assert (caught.value.code, caught.value.exit_code) == ("MNB421", 5)
    assert output.read_text() == "an earlier run"
    assert not (tmp_path / "ran").exists()


def test_what_was_executed_is_kept_elsewhere_if_the_disk_is_full_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "nb").mkdir()
    _full_after(1, monkeypatch, tmp_path / "nb")
    with pytest.raises(InfrastructureError, match="What was executed is kept in") as caught:
        _run(tmp_path / "nb", tmp_path / "nb" / "out.ipynb")
    assert caught.value.exit_code == 5
    (kept,) = (tmp_path / "tmp").glob("*.ipynb")
    assert str(kept) in str(caught.value)
    cell = json.loads(kept.read_text())["cells"][0]
    assert cell["metadata"]["mlops_nb"]["status"] == "completed"


def test_a_folder_that_a_cell_removed_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    notebook = write_notebook(
        tmp_path / "nb.ipynb", [f"import shutil; shutil.rmtree({str(folder)!r})"]
    )
    folder.mkdir()
    outcome = run_notebook(notebook, folder / "out.ipynb")
    assert outcome.record.status == "completed"
    assert json.loads((folder / "out.ipynb").read_text())["cells"]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_real_disk_that_fills_up_ends_with_exit_code_5(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(disk)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        notebook = write_notebook(tmp_path / "nb.ipynb", ["print('x' * 600_000)"])
        command = [sys.executable, "-m", "mlops_nb", "run", str(notebook)]
        done = subprocess.run(
            [*command, str(disk / "out.ipynb"), "--no-track"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 5, done.stderr
        assert "No space left on device" in done.stderr
        left = json.loads((disk / "out.ipynb").read_text())
        assert left["cells"][0]["metadata"]["mlops_nb"]["status"] != "completed"
        assert [entry.name for entry in disk.iterdir()] == ["out.ipynb"]
        kept = Path(done.stderr.split("is kept in ")[1].split(".ipynb")[0] + ".ipynb")
        assert json.loads(kept.read_text())["cells"][0]["outputs"]
        kept.unlink()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
