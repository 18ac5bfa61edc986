"""Kernels that will not start, that do not fit, that lack our package; runs side by side."""

import asyncio
import json
import sys
import threading
import venv
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))
from running import run_cells, run_notebook, statuses, text_of, write_notebook

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.execution import RunOutcome


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that Jupyter looks for kernel specifications in."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return tmp_path / "jupyter" / "kernels"


def _install(kernels: Path, name: str, *command: str) -> None:
    (kernels / name).mkdir(parents=True)
    spec = {"argv": [*command], "display_name": name, "language": "python"}
    (kernels / name / "kernel.json").write_text(json.dumps(spec))


def test_a_kernel_that_ends_at_once_is_told_with_its_last_words(
    kernels: Path, tmp_path: Path
) -> None:
    _install(kernels, "broken", sys.executable, "-c", "import sys; sys.exit('no such module')")
    path = write_notebook(tmp_path / "nb.ipynb", ["1"], kernel="broken")
    outcome = run_notebook(path, tmp_path / "out.ipynb")
    assert (outcome.record.status, statuses(outcome)) == ("died", ["not run"])
    assert outcome.record.error is not None
    assert outcome.record.error.code == "MNB403"
    assert "no such module" in outcome.record.error.message


def test_a_kernel_whose_program_is_gone_is_told_with_its_command(
    kernels: Path, tmp_path: Path
) -> None:
    _install(kernels, "gone", "/no/such/python", "-m", "ipykernel_launcher")
    path = write_notebook(tmp_path / "nb.ipynb", ["1"], kernel="gone")
    with pytest.raises(InfrastructureError, match="/no/such/python") as caught:
        run_notebook(path)
    assert caught.value.code == "MNB403"


_PORT_TAKEN = """
import sys
from pathlib import Path
starts = Path({starts!r})
starts.write_text(starts.read_text() + "x" if starts.exists() else "x")
if len(starts.read_text()) <= {refusals}:
    sys.exit("zmq.error.ZMQError: Address already in use (addr='tcp://127.0.0.1:50001')")
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()
"""


@pytest.mark.parametrize(("refusals", "status"), [(2, "completed"), (9, "died")])
def test_a_kernel_whose_port_was_taken_is_started_again_a_few_times(
    refusals: int, status: str, kernels: Path, tmp_path: Path
) -> None:
    starts, launcher = tmp_path / "starts", tmp_path / "launch.py"
    launcher.write_text(_PORT_TAKEN.format(starts=str(starts), refusals=refusals))
    _install(kernels, "tcp", sys.executable, str(launcher), "-f", "{connection_file}")
    path = write_notebook(tmp_path / "nb.ipynb", ["print('ran')"], kernel="tcp")
    outcome = run_notebook(path, tmp_path / "out.ipynb")
    assert outcome.record.status == status
    assert len(starts.read_text()) == min(refusals + 1, 4)
    if outcome.record.error is not None:
        assert "Address already in use" in outcome.record.error.message


def test_a_kernel_with_another_version_of_ours_is_refused(tmp_path: Path) -> None:
    info = tmp_path / "other" / "mlops_nb-9.9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mlops-nb\nVersion: 9.9\n")
    with pytest.raises(InputError, match=r"9\.9") as caught:
        run_cells(tmp_path, "1", kernel_environment={"PYTHONPATH": str(tmp_path / "other")})
    assert caught.value.code == "MNB404"
    run = json.loads((tmp_path / "out.ipynb").read_text())["metadata"]["mlops_nb"]["run"]
    assert (run["status"], run["error"]["code"]) == ("failed", "MNB404")


def test_stages_run_in_a_kernel_that_lacks_the_package(kernels: Path, tmp_path: Path) -> None:
    # It sees what is installed here, but not what a .pth file adds: that is ours.
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    launcher = tmp_path / "launch.py"
    launcher.write_text(
        f"import sys; sys.path += {[p for p in sys.path if 'site-packages' in p]!r}\n"
        "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()"
    )
    python = tmp_path / "env" / "bin" / "python"
    _install(kernels, "bare", str(python), str(launcher), "-f", "{connection_file}")
    cells = [
        "%load_ext mlops_nb",
        "import mlops_nb; print(getattr(mlops_nb, '__file__', 'a stand-in'))",
        "%%mlops_stage a --metrics acc\nacc = 0.5",
    ]
    path = write_notebook(tmp_path / "nb.ipynb", cells, kernel="bare")
    outcome = run_notebook(path)
    assert outcome.record.error is None
    assert text_of(outcome.node["cells"][1]) == "a stand-in\n"
    assert outcome.record.metrics == {"acc": 0.5}


def test_runs_in_many_threads_do_not_disturb_each_other(tmp_path: Path) -> None:
    outcomes: dict[int, RunOutcome] = {}

    def work(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        outcomes[number] = run_cells(folder, f"import os; print({number}, os.getcwd())")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = {n: text_of(outcome.node["cells"][0]) for n, outcome in outcomes.items()}
    assert told == {number: f"{number} {tmp_path / str(number)}\n" for number in range(6)}


def test_a_run_works_where_an_event_loop_is_running(tmp_path: Path) -> None:
    async def main() -> RunOutcome:
        return run_cells(tmp_path, "print(1)")

    assert asyncio.run(main()).record.status == "completed"


def test_an_output_that_cannot_be_written_is_told_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = write_notebook(tmp_path / "nb.ipynb", ["open('ran', 'w')"])
    with pytest.raises(InfrastructureError, match="MNB421"):
        run_notebook(path, tmp_path / "file" / "out.ipynb")
    assert not (tmp_path / "ran").exists()


def test_a_disk_that_fills_up_does_not_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlops_nb.execution import destination

    real, calls = destination.write_atomically, []

    def fails_midway(path: Path, chunks: Any) -> int:
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return real(path, chunks)

    monkeypatch.setattr(destination, "write_atomically", fails_midway)
    outcome = run_cells(tmp_path, "import time; time.sleep(1.5)", "print(2)")
    assert outcome.record.status == "completed"
    assert len(calls) > 2
    assert any("No space left" in note for note in outcome.record.notes)


def test_a_run_stopped_before_its_loop_listens_is_not_left_as_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped(loop: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mlops_nb.execution.loop.NotebookLoop.run", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_cells(tmp_path, "1")
    run = json.loads((tmp_path / "out.ipynb").read_text())["metadata"]["mlops_nb"]["run"]
    assert run["status"] == "interrupted"
