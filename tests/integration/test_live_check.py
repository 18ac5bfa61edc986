"""``%mlops_check`` in a kernel, and the hint under a stage cell that has a fault."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_kernel import LiveKernel, live_kernel

pytestmark = pytest.mark.xdist_group("stage_magics")
CELLS = {
    "load": "%load_ext mlops_nb",
    "text": "",
    "make": "%%mlops_stage make\nvalues = [1, 2, 3]",
    "use": "%%mlops_stage use\ntotal = sum(values) + extra",
    "late": "extra = 1",
}


def write(path: Path, cells: dict[str, str]) -> None:
    nodes = [
        {
            "cell_type": "code" if name != "text" else "markdown",
            "id": name,
            "source": source,
            "metadata": {},
            **({"outputs": [], "execution_count": None} if name != "text" else {}),
        }
        for name, source in cells.items()
    ]
    node = {"cells": nodes, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(node))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("project")
    (made / "pyproject.toml").write_text("[tool.mlops_nb]\ntrack = false\n")
    write(made / "live.ipynb", CELLS)
    write(made / "clean.ipynb", {"a": "x = 1"})
    return made


@pytest.fixture(scope="module")
def kernel(folder: Path) -> Iterator[LiveKernel]:
    path = str(folder / "live.ipynb")
    with live_kernel(cwd=str(folder), env={**os.environ, "JPY_SESSION_NAME": path}) as started:
        assert started.run(CELLS["load"], metadata={"cellId": "load"}).status == "ok"
        yield started


def test_a_stage_that_reads_what_only_a_later_cell_binds_says_so(kernel: LiveKernel) -> None:
    assert kernel.run(CELLS["late"], metadata={"cellId": "late"}).status == "ok"
    clean = kernel.run(CELLS["make"], metadata={"cellId": "make"})
    assert clean.stage_line is not None
    assert "MNB" not in clean.stage_line
    executed = kernel.run(CELLS["use"], metadata={"cellId": "use"})
    assert executed.status == "ok"
    assert executed.stage_line is not None
    _, hint, *others = executed.stage_line.splitlines()
    assert hint.strip().startswith("MNB203 cell 3, line 2: stage 'use' reads 'extra'")
    assert others == []


def test_the_check_shows_the_notebook_as_it_is_with_what_ran(kernel: LiveKernel) -> None:
    executed = kernel.run("%mlops_check", metadata={"cellId": "tried"})
    (output,) = executed.outputs
    data = output.content["data"]
    assert data["text/plain"].startswith("error MNB203 live.ipynb, cell 3 (use), line 2")
    assert "2 | total = sum(values) + extra" in data["text/plain"]
    assert "<pre" in data["text/html"]
    kernel.run(
        "%%mlops_stage use\nextra = 2\ntotal = sum(values) + extra", metadata={"cellId": "use"}
    )
    assert "nothing found" in kernel.run("%mlops_check", metadata={"cellId": "tried"}).text


def test_no_hint_where_a_cell_that_ran_is_not_saved(kernel: LiveKernel) -> None:
    kernel.run("more = 3", metadata={"cellId": "fresh"})
    executed = kernel.run("%%mlops_stage use\ntotal = more", metadata={"cellId": "use"})
    assert executed.stage_line is not None
    assert "MNB" not in executed.stage_line
    assert "not saved yet" in kernel.run("%mlops_check", metadata={"cellId": "tried"}).text


def test_another_notebook_is_checked_as_saved(kernel: LiveKernel) -> None:
    assert kernel.run("%mlops_check clean.ipynb").text == "clean.ipynb: nothing found."


@pytest.mark.parametrize("line", ["%mlops_check a.ipynb b.ipynb", "%mlops_check --fix"])
def test_what_cannot_be_done_is_one_short_error(kernel: LiveKernel, line: str) -> None:
    executed = kernel.run(line)
    assert executed.status == "error"
    assert executed.text.startswith("MNB823")


def test_without_a_file_the_cells_that_ran_are_checked(folder: Path) -> None:
    with live_kernel(cwd=str(folder)) as started:
        for name in ("load", "make"):
            started.run(CELLS[name])
        executed = started.run("%%mlops_stage use\nextra = values\nprint(extra)")
        assert executed.status == "ok"
        assert executed.stage_line is not None
        assert "MNB" not in executed.stage_line
        text = started.run("%mlops_check").text
    assert "the cells that ran" in text
