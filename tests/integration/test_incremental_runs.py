"""What a run restores and what it runs, told by a project of a few stages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from running import code, write_notebook

import mlops_nb
from mlops_nb.kernels.launch import KernelLaunch
from mlops_nb.notebook.files import read_cells
from mlops_nb.pipeline.records import RunRecord
from mlops_nb.project import Project

pytestmark = pytest.mark.xdist_group("incremental_runs")

SOURCES = {
    "imports": "import helper",
    "parameters": "factor = 2",
    "load": "# mlops: stage load\nrows = open('rows.txt').read().split()\nprint(len(rows), 'rows')",
    "scale": "# mlops: stage scale\nnumbers = [helper.to_number(r) * factor for r in rows]",
    "log": "with open('log.txt', 'a') as file:\n    print('ran', file=file)",
    "sum": "# mlops: stage sum --metrics total\ntotal = sum(numbers)\n"
    "open('total.txt', 'w').write(str(total))\ntotal",
    "show": "print(total)",
}


class Folder:
    """A project whose notebook is run again and again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sources = dict(SOURCES)
        self.kernels = 0
        (path / "rows.txt").write_text("1 2 3")
        (path / "helper.py").write_text("def to_number(text):\n    return int(text)\n")

    @property
    def notebook(self) -> Path:
        cells = [
            code(source, *(["parameters"] if name == "parameters" else []))
            for name, source in self.sources.items()
        ]
        return write_notebook(self.path / "nb.ipynb", cells)

    def run(self, **options: Any) -> RunRecord:
        """Run it, counting the kernels that start."""
        start, self.kernels = KernelLaunch.start, 0

        def counted(launch: KernelLaunch) -> KernelLaunch:
            self.kernels += 1
            return start(launch)

        out = self.path / "out.ipynb"
        out.unlink(missing_ok=True)
        with patch.object(KernelLaunch, "start", counted):
            record = mlops_nb.run(self.notebook, out, track=False, **options)
        assert record.status == "completed", record.error
        return record

    def outputs(self) -> list[Any]:
        """Return what the cells of the executed notebook show, without stage lines."""
        shown = []
        for cell in read_cells(self.path / "out.ipynb").node["cells"]:
            texts = [o for o in cell["outputs"] if o["output_type"] != "display_data"]
            shown.append([(o["output_type"], o.get("text") or o["data"]) for o in texts])
        return shown


def actions(record: RunRecord) -> dict[str, str]:
    return {stage.name: stage.action for stage in record.stages}


def reason(record: RunRecord, name: str) -> str:
    return next(stage.reason for stage in record.stages if stage.name == name)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    first = made.run()
    assert actions(first) == {"load": "run", "scale": "run", "sum": "run"}
    return made


def test_nothing_changed_restores_all_stages_with_outputs_metrics_and_files(
    folder: Folder,
) -> None:
    before = folder.outputs()
    (folder.path / "total.txt").unlink()
    folder.sources["sum"] += "  # now with a comment"
    record = folder.run()
    assert set(actions(record).values()) == {"restore"}
    assert record.metrics == {"total": 12}
    assert folder.outputs() == before
    assert (folder.path / "total.txt").read_text() == "12"


def test_no_kernel_starts_where_no_cell_has_to_run(folder: Folder) -> None:
    del folder.sources["log"]
    folder.run()
    assert folder.kernels == 0
    plan = Project.find(folder.path).plan(folder.notebook)
    assert not plan.needs_kernel


CHANGES: list[tuple[str, Callable[[Folder], None], dict[str, str], str, str]] = [
    (
        "a file that a stage reads",
        lambda f: (f.path / "rows.txt").write_text("1 2 4") and None,
        {"load": "run", "scale": "run", "sum": "run"},
        "load",
        "'rows.txt' changed",
    ),
    (
        "a file with the same values in it: an equal result cuts off",
        lambda f: (f.path / "rows.txt").write_text("1  2\n3") and None,
        {"load": "run", "scale": "restore", "sum": "restore"},
        "load",
        "'rows.txt' changed",
    ),
    (
        "a local module",
        lambda f: (
            (f.path / "helper.py").write_text("def to_number(text):\n    return int(text) + 1\n")
            and None
        ),
        {"load": "restore", "scale": "run", "sum": "run"},
        "scale",
        "helper",
    ),
    (
        "the code of the last stage",
        lambda f: f.sources.update(sum=SOURCES["sum"].replace("sum(numbers)", "max(numbers)")),
        {"load": "restore", "scale": "restore", "sum": "run"},
        "sum",
        "code",
    ),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
def test_what_changed_runs_and_the_reason_names_it(
    folder: Folder, change: tuple[str, Callable[[Folder], None], dict[str, str], str, str]
) -> None:
    _, apply, expected, stage, told = change
    apply(folder)
    record = folder.run()
    assert actions(record) == expected
    assert told in reason(record, stage)
    assert set(actions(folder.run()).values()) == {"restore"}


def test_a_parameter_that_changed_is_told_with_both_values(folder: Folder) -> None:
    record = folder.run(parameters={"factor": 3})
    assert actions(record) == {"load": "restore", "scale": "run", "sum": "run"}
    assert "factor" in reason(record, "scale")
    assert "2" in reason(record, "scale")
    assert "3" in reason(record, "scale")
    assert record.metrics == {"total": 18}
    assert set(actions(folder.run(parameters={"factor": 2})).values()) == {"restore"}


def test_a_stage_can_be_forced_and_the_cache_left_out(folder: Folder) -> None:
    assert actions(folder.run(force=["scale"])) == {
        "load": "restore",
        "scale": "run",
        "sum": "restore",
    }
    assert set(actions(folder.run(cache="off")).values()) == {"run"}


def test_cells_of_no_stage_run_each_time_unless_all_are_kept(folder: Folder) -> None:
    folder.run()
    assert (folder.path / "log.txt").read_text() == "ran\n" * 2
    folder.run(cache="all")
    folder.run(cache="all")
    assert folder.kernels == 1, "what adds to a file does so each time"
    folder.sources["log"] = "doubled = [2 * row for row in rows]\nlen(doubled)"
    for expected in (1, 0):
        folder.run(cache="all")
        assert folder.kernels == expected


def test_a_damaged_store_costs_time_and_nothing_else(folder: Folder) -> None:
    folder.sources["load"] += "\nrows += ['5'] * 3000"
    folder.run()
    for blob in (folder.path / ".mlops_nb" / "cache" / "v1" / "blobs").rglob("*"):
        if blob.is_file():
            blob.chmod(0o600)
            blob.write_bytes(b"x" + blob.read_bytes()[1:])
    folder.sources["sum"] = SOURCES["sum"].replace("sum(numbers)", "sum(numbers) + 1")
    record = folder.run()
    assert record.metrics == {"total": 1 + 2 * (6 + 5 * 3000)}
    assert (folder.path / "log.txt").read_text() == "ran\n" * 3, "each run ran the cell once"
    assert folder.kernels == 1
