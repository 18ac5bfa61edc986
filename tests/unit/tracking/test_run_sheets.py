"""A sheet tells other processes of a run that is going on, and is gone when the run is."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlops_nb.tracking.processes import ProcessStamp, stamp_process
from mlops_nb.tracking.sheets import (
    RunSheet,
    post_sheet,
    read_sheets,
    remove_sheet,
    running_sheets,
)

SHEET = RunSheet(
    id="a1",
    notebook="nb/churn.ipynb",
    output="/srv/out.ipynb",
    started=datetime(2026, 3, 1, tzinfo=UTC),
    process=stamp_process(),
    run_id="r1",
    source_cells=4,
    cells=(1, 3),
    stage_of={3: "train"},
)


def vanished_process() -> ProcessStamp:
    """Return the stamp of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    stamp = stamp_process(process.pid)
    process.communicate(b"\n")
    return stamp


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".mlops_nb" / "running"


def test_what_is_posted_is_read_newest_first(folder: Path) -> None:
    later = replace(SHEET, id="b2", started=SHEET.started + timedelta(seconds=1), run_id=None)
    post_sheet(folder, SHEET)
    post_sheet(folder, later)
    assert read_sheets(folder) == (later, SHEET)


def test_a_sheet_is_replaced_by_a_later_one_of_the_same_run(folder: Path) -> None:
    post_sheet(folder, replace(SHEET, run_id=None))
    post_sheet(folder, SHEET)
    assert read_sheets(folder) == (SHEET,)


def test_the_last_sheet_takes_its_folder_along_and_leaves_what_others_keep(folder: Path) -> None:
    post_sheet(folder, SHEET)
    remove_sheet(folder, SHEET.id)
    assert not folder.parent.exists()

    (folder.parent / "record").mkdir(parents=True)
    post_sheet(folder, SHEET)
    post_sheet(folder, replace(SHEET, id="b2"))
    remove_sheet(folder, SHEET.id)
    assert [sheet.id for sheet in read_sheets(folder)] == ["b2"]
    remove_sheet(folder, "b2")
    assert [path.name for path in folder.parent.iterdir()] == ["record"]


def test_the_folder_ignores_itself_in_git(folder: Path) -> None:
    post_sheet(folder, SHEET)
    assert (folder / ".gitignore").read_text() == "*\n"


def test_a_sheet_whose_process_is_gone_is_known_and_removed_on_the_next_use(folder: Path) -> None:
    gone = replace(SHEET, id="gone", process=vanished_process())
    post_sheet(folder, SHEET)
    post_sheet(folder, gone)

    assert [(s.id, s.has_vanished) for s in read_sheets(folder)] == [("a1", False), ("gone", True)]
    assert running_sheets(folder) == (SHEET,)
    assert read_sheets(folder) == (SHEET,)


def test_a_process_id_that_another_process_has_now_is_not_taken_for_the_run(folder: Path) -> None:
    post_sheet(folder, replace(SHEET, process=replace(SHEET.process, started="1")))
    assert running_sheets(folder) == ()


def test_files_that_are_no_sheets_are_passed_over(folder: Path) -> None:
    post_sheet(folder, SHEET)
    for number, text in enumerate(["", "{}", "[]", '{"process": "x"}', '{"process": 3}']):
        (folder / f"odd{number}.json").write_text(text)
    assert read_sheets(folder) == (SHEET,)


def test_without_a_folder_there_is_no_run(folder: Path) -> None:
    assert running_sheets(folder) == ()
    assert not folder.parent.exists()


def test_what_was_half_written_when_a_process_was_killed_is_removed(folder: Path) -> None:
    post_sheet(folder, SHEET)
    old, new = folder / ".a.json.1.tmp", folder / ".b.json.2.tmp"
    for draft in (old, new):
        draft.touch()
    os.utime(old, (0, 0))
    assert running_sheets(folder) == (SHEET,)
    assert (old.exists(), new.exists()) == (False, True)
