"""While it goes on, a headless run is known to other processes; that never costs the run."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import write_notebook

from mlops_nb.execution.events import RunPlan, SilentObserver
from mlops_nb.pipeline.records import CellStatus
from mlops_nb.project import Project
from mlops_nb.tracking.sheets import RunSheet, read_sheets


class Onlooker(SilentObserver):
    """Reads the sheets as another process would, at the start and after each cell."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.seen: list[tuple[RunSheet, ...]] = []

    def run_started(self, plan: RunPlan) -> None:
        self.seen.append(read_sheets(self._folder))

    def cell_finished(self, index: int, status: CellStatus, seconds: float) -> None:
        self.seen.append(read_sheets(self._folder))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    write_notebook(tmp_path / "nb.ipynb", ["1", "# mlops: stage a\n1 / 0"])
    return Project.find(tmp_path)


def test_a_run_has_a_sheet_from_its_start_to_its_end_also_when_it_fails(project: Project) -> None:
    onlooker = Onlooker(project.layout.running)
    out = project.root / "out.ipynb"
    record = project.run(
        project.root / "nb.ipynb", out, track=False, cache="off", observers=[onlooker]
    )

    assert record.status == "failed"
    assert [len(sheets) for sheets in onlooker.seen] == [1, 1, 1]
    (sheet,) = onlooker.seen[-1]
    assert (sheet.output, sheet.cells, sheet.stage_of) == (str(out), (0, 1), {1: "a"})
    assert not sheet.has_vanished
    assert not project.layout.state.exists()  # nothing is left of a run that keeps nothing here


def test_where_the_sheet_cannot_be_written_the_run_goes_on_and_says_so(project: Project) -> None:
    project.layout.state.write_text("a file is in the way")
    out = project.root / "out.ipynb"
    record = project.run(project.root / "nb.ipynb", out, track=False, stages=["a"])

    assert record.status == "failed"
    assert any("the run cannot be watched" in note for note in record.notes)
