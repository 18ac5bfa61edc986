"""Our notebooks do what their stored outputs say: in a live kernel (nbval) and headless."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mlops_nb.export.graph import render_graph
from mlops_nb.project import read_pipeline

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(path.name for path in FOLDER.glob("*.ipynb"))
SANITIZE = Path(__file__).with_name("nbval_sanitize.cfg")
every_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


def _read(name: str) -> Any:
    return nbformat.read(FOLDER / name, as_version=4)


def _code_cells(node: Any) -> list[Any]:
    return [cell for cell in node.cells if cell.cell_type == "code"]


def test_there_are_notebooks() -> None:
    assert "quickstart.ipynb" in NOTEBOOKS
    assert len(NOTEBOOKS) >= 3


@every_notebook
def test_a_notebook_is_stored_executed_from_top_to_bottom(name: str) -> None:
    node = _read(name)

    nbformat.validate(node)
    assert (node.nbformat, node.nbformat_minor) == (4, 5)
    counts = [cell.execution_count for cell in _code_cells(node)]
    assert counts == list(range(1, len(counts) + 1))
    assert not any(out.output_type == "error" for c in _code_cells(node) for out in c.outputs)


@every_notebook
def test_what_is_stored_tells_nothing_of_the_machine_or_the_time(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")

    assert not re.search(r"/(home|root|tmp|work|Users)/|\b20[2-9]\d-\d\d-\d\d", text)


@every_notebook
def test_a_live_kernel_gives_the_stored_outputs(name: str, tmp_path: Path) -> None:
    shutil.copy(FOLDER / name, tmp_path / name)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # ours is for our tests

    nbval = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout", "120"]
    quiet = ["-q", "-c", "pytest.ini", "-p", "no:xdist", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *nbval, "--nbval-sanitize-with", SANITIZE, *quiet, name],
        cwd=tmp_path,
        text=True,
        capture_output=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(_code_cells(_read(name)))} passed" in done.stdout


@every_notebook
def test_a_headless_run_gives_the_stored_outputs(name: str, tmp_path: Path) -> None:
    shutil.copy(FOLDER / name, tmp_path / name)

    done = subprocess.run(
        [sys.executable, "-m", "mlops_nb", "run", name, "out.ipynb", "--json", "--register", "m"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
    )

    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert run["status"] == "completed"
    assert run["model"]["version"] == 1
    assert run["metrics"]
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    by_id = {cell.id: cell for cell in _code_cells(executed)}
    for stored in _code_cells(_read(name)):
        if "nbval-ignore-output" not in stored.metadata.get("tags", ()):
            assert _texts(by_id[stored.id]) == _texts(stored), stored.id


def _texts(cell: Any) -> list[str]:
    """Return what a cell printed and the text of its value, without the line we add to stages."""
    return [
        out.get("text") or out["data"].get("text/plain", "")
        for out in cell.outputs
        if out.output_type in ("stream", "execute_result")
    ]


@every_notebook
def test_plain_papermill_runs_it_too(name: str, tmp_path: Path) -> None:
    shutil.copy(FOLDER / name, tmp_path / name)

    done = subprocess.run(
        [sys.executable, "-m", "papermill", name, "out.ipynb", "-k", "python3", "-p", "seed", "1"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
    )

    assert done.returncode == 0, done.stderr
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert len(_code_cells(executed)) == len(_code_cells(_read(name))) + 1  # the injected one


def test_the_picture_in_the_readme_is_what_graph_draws_of_the_quickstart() -> None:
    pipeline = replace(
        read_pipeline(FOLDER / "quickstart.ipynb"), name="notebooks/quickstart.ipynb"
    )

    stored = (FOLDER / "quickstart.svg").read_text(encoding="utf-8")

    assert stored == render_graph(pipeline, "svg")
    assert "](notebooks/quickstart.svg)" in (FOLDER.parent / "README.md").read_text("utf-8")
