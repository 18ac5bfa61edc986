"""A notebook that was renamed keeps its runs, and never gets those of another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from mlops_nb.lab import jobs
from mlops_nb.lab.requests import Request
from mlops_nb.project.former_runs import former_runs
from mlops_nb.project.jobs.folder import JobRequest, new_folder
from mlops_nb.project.last_stages import last_stages
from mlops_nb.project.roots import Layout

IDS = ("0a1b2c3d", "45d55bdb", "560c1f02", "6f8dd0cc-99cb-4b36-9c02-4c6d1b4a42f0")
COUNTED = ("cell-0", "cell-1", "cell-2")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(root=tmp_path)


def _write(path: Path, ids: Sequence[str], text: str = "x = ", **metadata: object) -> Path:
    cells = [{"id": one, "source": [f"{text}{one!r}"], "cell_type": "code"} for one in ids]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells, "metadata": metadata}), "utf-8")
    return path


def _run(
    layout: Layout, told: str | Path, ids: Sequence[str], *, number: int = 1, text: str = "x = "
) -> Path:
    """Leave the executed copy of a run."""
    stages = [{"name": "train", "status": "completed", "seconds": number}]
    record = {"run_id": f"r{number}", "notebook": str(told), "stages": stages}
    name = f"20260101-00000{number}-abcdef-{Path(told).stem}.ipynb"
    return _write(layout.runs / name, ids, text, mlops_nb={"run": record})


def _former(layout: Layout, name: str) -> list[str]:
    return [copy.record["run_id"] for copy in former_runs(layout, layout.root / name)]


@pytest.mark.parametrize("new", ["b.ipynb", "other/a.ipynb"], ids=["renamed", "moved"])
@pytest.mark.parametrize("is_absolute", [True, False])
def test_runs_under_former_paths_are_the_notebooks(
    layout: Layout, new: str, is_absolute: bool
) -> None:
    _run(layout, layout.root / "first.ipynb" if is_absolute else "first.ipynb", IDS, number=1)
    _run(layout, layout.root / "a.ipynb", IDS, number=2)
    _write(layout.root / new, [*IDS[1:], "ffffffff"], text="edited = ")
    assert _former(layout, new) == ["r2", "r1"]
    assert last_stages(layout, layout.root / new)["train"]["run_id"] == "r2"


def test_a_duplicate_does_not_get_the_runs_of_a_notebook_that_is_there(layout: Layout) -> None:
    _run(layout, layout.root / "first.ipynb", IDS, number=1)
    _run(layout, layout.root / "a.ipynb", IDS, number=2)
    for name in ("a.ipynb", "a-Copy1.ipynb"):
        _write(layout.root / name, IDS)
    assert _former(layout, "a-Copy1.ipynb") == []
    assert _former(layout, "a.ipynb") == ["r1"]


def test_another_notebook_does_not_get_the_runs_of_one_that_was_removed(layout: Layout) -> None:
    _run(layout, layout.root / "a.ipynb", IDS)
    _run(layout, layout.root / "c.ipynb", COUNTED, number=2)
    _write(layout.root / "b.ipynb", IDS[:1])  # one cell was moved over
    _write(layout.root / "d.ipynb", COUNTED, text="y = ")
    _write(layout.root / "e.ipynb", COUNTED)
    assert [_former(layout, f"{name}.ipynb") for name in "bde"] == [[], [], ["r2"]]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"cells": [1]}', '{"cells": [{"id": [], "source": 1}]}']
)
def test_what_is_no_notebook_has_no_former_runs(layout: Layout, text: str) -> None:
    _run(layout, layout.root / "a.ipynb", IDS)
    (layout.runs / "20260101-000002-abcdef-odd.ipynb").write_text(text, "utf-8")
    (layout.root / "b.ipynb").write_text(text, "utf-8")
    assert _former(layout, "b.ipynb") == []
    assert _former(layout, "nowhere.ipynb") == []
    _write(layout.root / "c.ipynb", IDS)
    assert _former(layout, "c.ipynb") == ["r1"]


def test_a_job_is_listed_after_its_notebook_was_renamed(layout: Layout) -> None:
    copy = _run(layout, layout.root / "a.ipynb", IDS)
    folder = new_folder(layout, JobRequest(notebook=str(layout.root / "a.ipynb")))
    (folder.path / "record.json").write_text(json.dumps({"output": str(copy)}), "utf-8")
    (folder.path / "exit.json").write_text("{}", "utf-8")
    _write(layout.root / "b.ipynb", IDS)
    _write(layout.root / "c.ipynb", COUNTED)

    def listed(name: str) -> int:
        return len(jobs.list_jobs(Request(root=layout.root, query={"path": name})))

    assert [listed("b.ipynb"), listed("c.ipynb")] == [1, 0]
    _write(layout.root / "a.ipynb", IDS)
    assert [listed("a.ipynb"), listed("b.ipynb")] == [1, 0]
