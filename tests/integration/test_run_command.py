"""``mlops-nb run`` and ``papermill --engine mlops_nb``, as a shell sees them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from running import code, write_notebook

_PARAMETERS = code("n = 3  # how many\nname: str = 'a'", "parameters")


def _mlops_nb(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlops_nb", "run", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _papermill(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "papermill", *arguments, "--engine", "mlops_nb"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _saved(path: Path) -> dict[str, Any]:
    node: dict[str, Any] = json.loads(path.read_text())
    return node


def test_the_record_is_on_stdout_and_the_progress_on_stderr(tmp_path: Path) -> None:
    write_notebook(tmp_path / "nb.ipynb", [_PARAMETERS, "# mlops: stage a\nprint(name, n)"])
    (tmp_path / "p.yaml").write_text("n: 1\nname: from file\n")
    done = _mlops_nb(
        tmp_path,
        *("nb.ipynb", "out.ipynb", "--no-track", "--json"),
        *("-f", "p.yaml", "-p", "name", "007"),
    )
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["parameters"] == {"n": 1, "name": "007"}
    assert record["status"] == "completed"
    assert "[2/2] stage a: cell 1 … " in done.stderr
    assert _saved(tmp_path / "out.ipynb")["cells"][2]["outputs"][0]["text"] == ["007 1\n"]


def test_a_failure_is_told_with_the_users_traceback_and_exit_code_1(tmp_path: Path) -> None:
    write_notebook(tmp_path / "nb.ipynb", ["# mlops: stage a\n1 / 0"])
    done = _mlops_nb(tmp_path, "nb.ipynb", "out.ipynb", "--no-track", "-q")
    assert (done.returncode, done.stdout) == (1, "")
    assert "----> 2 1 / 0" in done.stderr
    assert "MNB410 nb.ipynb, cell 0, stage 'a': ZeroDivisionError" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("-p", "names", "b"), "MNB301"),
        (("-p", "n", "many"), "MNB302"),
        (("-p", "import os; a", "1"), "MNB303"),
        (("--timeout", "soon"), "soon"),
        (("--stage", "trian"), "train"),
    ],
    ids=["name", "type", "code", "timeout", "stage"],
)
def test_what_cannot_be_run_is_refused_before_anything_runs(
    arguments: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    write_notebook(tmp_path / "nb.ipynb", [_PARAMETERS, "# mlops: stage train\nn"])
    done = _mlops_nb(tmp_path, "nb.ipynb", "out.ipynb", "--no-track", *arguments)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.ipynb").exists()


def test_the_parameters_are_shown_as_a_table(tmp_path: Path) -> None:
    write_notebook(tmp_path / "nb.ipynb", [_PARAMETERS])
    done = _mlops_nb(tmp_path, "nb.ipynb", "--help-parameters")
    assert done.stdout.splitlines() == [
        "name  type  default  description",
        "n     int   3        how many",
        "name  str   'a'",
    ]


def test_papermill_runs_stages_with_our_engine(tmp_path: Path) -> None:
    cells = [_PARAMETERS, "%%mlops_stage a --metrics acc\nacc = n / 10", "acc"]
    write_notebook(tmp_path / "nb.ipynb", cells)
    done = _papermill(tmp_path, "nb.ipynb", "out.ipynb", "-p", "n", "5")
    assert done.returncode == 0, done.stderr
    node = _saved(tmp_path / "out.ipynb")
    assert node["metadata"]["mlops_nb"]["run"]["metrics"] == {"acc": 0.5}
    assert node["cells"][3]["outputs"][0]["data"]["text/plain"] == ["0.5"]


def test_papermill_keeps_its_marker_and_its_error(tmp_path: Path) -> None:
    write_notebook(tmp_path / "nb.ipynb", ["1", "1 / 0", "2"])
    done = _papermill(tmp_path, "nb.ipynb", "out.ipynb")
    assert done.returncode == 1
    assert "PapermillExecutionError" in done.stderr
    node = _saved(tmp_path / "out.ipynb")
    words = [c["metadata"]["papermill"]["status"] for c in node["cells"] if "outputs" in c]
    assert words == ["completed", "failed", "pending"]
    assert node["cells"][0]["metadata"]["tags"] == ["papermill-error-cell-tag"]


def test_papermill_is_told_that_the_kernel_died(tmp_path: Path) -> None:
    write_notebook(tmp_path / "nb.ipynb", ["import os; os._exit(1)", "2"])
    done = _papermill(tmp_path, "nb.ipynb", "out.ipynb")
    assert done.returncode == 138  # papermill's own code for a dead kernel
    node = _saved(tmp_path / "out.ipynb")
    marks = [cell["metadata"]["mlops_nb"]["status"] for cell in node["cells"]]
    assert marks == ["kernel died", "not run"]


def test_a_kernel_that_is_not_installed_is_replaced_by_one_that_is(tmp_path: Path) -> None:
    notebook = tmp_path / "nb.ipynb"
    write_notebook(notebook, ["print('ran')"])
    node = _saved(notebook)
    node["metadata"]["kernelspec"] = {"name": "conda-env-gone", "display_name": "gone"}
    notebook.write_text(json.dumps(node))

    refused = _mlops_nb(tmp_path, "nb.ipynb", "--no-track")
    assert (refused.returncode, "--kernel" in refused.stderr) == (2, True)
    assert _mlops_nb(tmp_path, "nb.ipynb", "--no-track", "--kernel", "python3").returncode == 0


@pytest.mark.parametrize(
    ("target", "cell", "exit_code"),
    [
        ("/dev/full", "1", 5),
        ("/dev/full", "1 / 0", 1),
        ("closed pipe", "1", 0),
        ("closed pipe", "1 / 0", 1),
    ],
)
def test_the_exit_code_tells_the_run_also_if_nobody_reads_the_record(
    target: str, cell: str, exit_code: int, tmp_path: Path
) -> None:
    write_notebook(tmp_path / "nb.ipynb", [cell])
    command = [sys.executable, "-m", "mlops_nb", "run", "nb.ipynb", "out.ipynb", "--no-track"]
    read, write = os.pipe()
    os.close(read)
    with open(write if target == "closed pipe" else target, "wb", buffering=0) as stdout:  # noqa: PTH123 - a descriptor
        done = subprocess.run(
            [*command, "--json"], cwd=tmp_path, stdout=stdout, stderr=subprocess.PIPE, check=False
        )
    if target != "closed pipe":
        os.close(write)
    assert done.returncode == exit_code, done.stderr
    assert b"Traceback" not in done.stderr.replace(b"Traceback (most recent call last)\nCell", b"")


def test_a_record_is_json_whatever_the_terminal_can_show(tmp_path: Path) -> None:
    cells = [code("name = 'a'", "parameters"), r"raise ValueError(name + 'é\ud800')"]
    write_notebook(tmp_path / "nb.ipynb", cells)
    command = [sys.executable, "-m", "mlops_nb", "run", "nb.ipynb", "--no-track", "--json"]
    done = subprocess.run(
        [*command, "-p", "name", b"\xff\xc3\xa9"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    record = json.loads(done.stdout)
    assert record["parameters"] == {"name": "\udcffé"}
    assert r"\udcfféé\ud800" in record["error"]["message"]
