"""``%mlops_graph`` and ``%mlops_run`` in a kernel; stages in plain IPython and under nbval."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_kernel import LiveKernel, live_kernel

pytestmark = pytest.mark.xdist_group("stage_magics")
CELLS = [
    "%load_ext mlops_nb",
    "%%mlops_stage make --metrics size\nvalues = [1, 2, 3]\nsize = len(values)",
    "%%mlops_stage use\ntotal = sum(values)\ntotal",
]


def write(path: Path, cells: list[str]) -> Path:
    nodes = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel}
    node = {"cells": nodes, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(node))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("project")
    (made / "pyproject.toml").write_text("[tool.mlops_nb]\ntrack = false\n")
    write(made / "good.ipynb", CELLS)
    write(made / "failing.ipynb", ["%%mlops_stage t\n1 / 0"])
    write(made / "wrong.ipynb", ["%%mlops_stage t --metircs a"])
    return made


@pytest.fixture(scope="module")
def kernel(folder: Path) -> Iterator[LiveKernel]:
    with live_kernel(cwd=str(folder)) as started:
        assert started.run("%load_ext mlops_nb").status == "ok"
        yield started


def test_the_graph_of_a_notebook_is_drawn(kernel: LiveKernel) -> None:
    executed = kernel.run("%mlops_graph good.ipynb")
    bundle = executed.outputs[0].content["data"]
    assert bundle["image/svg+xml"].lstrip().startswith("<svg")
    assert "2 stages" in bundle["text/plain"]


def test_gates_of_a_cell_are_shown_with_what_is_known_and_a_bad_one_points_at_its_fault(
    kernel: LiveKernel,
) -> None:
    kernel.run("%%mlops_stage gated --metrics score\nscore = 0.5")
    executed = kernel.run("%mlops_gate score >= 0.4\n%mlops_gate size <= 5 MB")
    bad = kernel.run("limit = 1\n%mlops_gate score >= $limit")

    assert executed.status == "ok"
    shown = executed.outputs[-1].content["data"]
    assert shown["text/plain"].startswith("✓ passed  score >= 0.4  =  0.5\n· later   size <= 5 MB")
    assert bad.text.startswith("MNB701 %mlops_gate: '$' is no part of the gate language.")
    assert "\n             ^" in bad.text


def test_without_a_notebook_the_graph_is_that_of_the_cells_that_ran(folder: Path) -> None:
    with live_kernel(cwd=str(folder)) as kernel:
        for cell in CELLS:
            assert kernel.run(cell).status == "ok"
        kernel.run(CELLS[1])
        text = kernel.run("%mlops_graph").text
    assert text.startswith("cells that ran here: 2 stages")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("%mlops_graph missing.ipynb", "MNB101"),
        ("%mlops_run", "MNB820"),
        ("%mlops_run wrong.ipynb", "MNB211"),
        ("%mlops_run good.ipynb --bogus", "MNB822"),
    ],
)
def test_what_cannot_be_done_is_one_short_error(kernel: LiveKernel, line: str, code: str) -> None:
    executed = kernel.run(line)
    assert executed.status == "error"
    assert [o.kind for o in executed.outputs] == ["error"]
    assert executed.text.startswith(code)
    assert executed.text.count("\n") == 1


def test_a_notebook_runs_headless_from_a_notebook(kernel: LiveKernel, folder: Path) -> None:
    executed = kernel.run("%mlops_run good.ipynb out.ipynb")
    assert executed.status == "ok"
    assert "run completed" in executed.text
    assert "size 3" in executed.text
    assert json.loads((folder / "out.ipynb").read_text())["cells"][1]["execution_count"] == 2


def test_a_headless_run_is_followed_from_a_notebook(kernel: LiveKernel) -> None:
    executed = kernel.run("%mlops_run good.ipynb --no-track --follow")
    assert executed.status == "ok"
    assert "\n── stage " in executed.text


def test_a_headless_run_that_fails_fails_its_cell(kernel: LiveKernel) -> None:
    executed = kernel.run("%mlops_run failing.ipynb")
    assert executed.status == "error"
    errors = [o for o in executed.outputs if o.kind == "error"]
    assert [o.content["ename"] for o in errors] == ["NotebookFailedError"]
    assert "ZeroDivisionError" in executed.text


def test_stages_work_in_plain_ipython(folder: Path) -> None:
    script = "\n".join(
        [
            "from IPython.core.interactiveshell import InteractiveShell",
            "shell = InteractiveShell.instance()",
            *(f"assert shell.run_cell({cell!r}).success" for cell in CELLS),
            "assert not shell.run_cell('%%mlops_stage t --metircs a').success",
            "assert not shell.run_cell('%%mlops_stage t\\n1/0').success",
        ]
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "stage make · < 1 s · binds size, values · size 3" in done.stdout
    assert "The nearest valid word is '--metrics'." in done.stdout + done.stderr


def test_what_stages_show_is_the_same_from_run_to_run_under_nbval(folder: Path) -> None:
    path = folder / "good.ipynb"
    for command in (
        ["-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", str(path)],
        [
            *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"),
            *("-c", "/dev/null", "--rootdir", str(folder), "--nbval", str(path)),
        ],
    ):
        done = subprocess.run(
            [sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
