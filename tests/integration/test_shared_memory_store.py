"""A shared store behind any URL that fsspec opens, here one in memory, serves whole runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from running import write_notebook

import mlops_nb

CELLS = [
    "# mlops: stage load\nrows = list(range(5))",
    "# mlops: stage total\ntotal = sum(rows)\nprint(total)",
]


@pytest.mark.xdist_group("shared_memory")
def test_a_store_that_is_no_folder_fills_an_empty_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_NB_STORE_KEY", "0123456789abcdef0123456789abcdef")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.mlops_nb]\nshared_cache = "memory://team"\nshared_cache_role = "readwrite"\n',
        encoding="utf-8",
    )
    path = write_notebook(tmp_path / "nb.ipynb", CELLS)
    first = mlops_nb.run(path, tmp_path / "first.ipynb", track=False)
    shutil.rmtree(tmp_path / ".mlops_nb")
    second = mlops_nb.run(path, tmp_path / "second.ipynb", track=False)
    assert [stage.status for stage in first.stages] == ["completed"] * 2
    assert [stage.status for stage in second.stages] == ["restored"] * 2
    assert mlops_nb.load("total.total", run=str(tmp_path / "second.ipynb")) == 10
