"""The notebook as a kernel knows it: the saved file, with the cells that ran as they ran."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_nb.magics.live_cells import LiveCells


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "nb.ipynb"
    write(path, {"t": "# Title", "a": "x = 1", "b": "y = 2"})
    return path


def write(path: Path, sources: dict[str, str]) -> None:
    cells = [
        {"cell_type": "markdown" if ident == "t" else "code", "id": ident, "source": [source]}
        for ident, source in sources.items()
    ]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}))


def sources_of(cells: LiveCells) -> list[str]:
    return [cell["source"] for cell in cells.read().node["cells"]]


def test_what_ran_stands_in_for_what_is_saved(saved: Path) -> None:
    cells = LiveCells(saved)
    cells.note("x = 10", {"cellId": "a"})
    assert sources_of(cells) == ["# Title", "x = 10", "y = 2"]
    notebook = cells.read()
    assert (notebook.here, notebook.is_complete, notebook.has_file) == (1, True, True)


def test_a_cell_without_id_is_known_by_its_text(saved: Path) -> None:
    cells = LiveCells(saved)
    cells.note("y = 2\n", {})
    assert cells.read().here == 2
    assert cells.read().is_complete


@pytest.mark.parametrize("metadata", [{}, {"cellId": "new"}], ids=["no id", "new id"])
def test_a_cell_that_is_not_saved_makes_it_incomplete(
    saved: Path, metadata: dict[str, str]
) -> None:
    cells = LiveCells(saved)
    cells.note("z = 3", metadata)
    assert cells.read().here == -1
    assert not cells.read().is_complete
    write(saved, {"t": "# Title", "new": "z = 3", "b": "y = 2"})
    assert cells.read().is_complete
    assert cells.read().here == 1


def test_a_magic_of_ours_that_is_tried_and_thrown_away_changes_nothing(saved: Path) -> None:
    cells = LiveCells(saved)
    cells.note("%mlops_check", {"cellId": "tried"})
    assert cells.read().is_complete


def test_deleted_cells_are_gone_before_the_file_is_saved(saved: Path) -> None:
    cells = LiveCells(saved)
    cells.note("y = 3", {"cellId": "b", "deletedCells": ["a"]})
    assert sources_of(cells) == ["# Title", "y = 3"]


def test_a_file_that_is_being_written_is_the_one_last_read(saved: Path) -> None:
    cells = LiveCells(saved)
    before = sources_of(cells)
    saved.write_text('{"cells": [')
    assert sources_of(cells) == before


def test_without_a_file_there_is_each_text_that_ran_where_it_ran_last() -> None:
    cells = LiveCells(None)
    for source in ("x = 1", "y = 2", "x = 1"):
        cells.note(source, {})
    assert sources_of(cells) == ["y = 2", "x = 1"]
    assert not cells.read().has_file


def test_a_cell_that_ran_again_ran_last_and_once() -> None:
    cells = LiveCells(None)
    for source, ident in (("x = 1", "a"), ("y = 2", "b"), ("x = 10", "a"), ("y = 2", None)):
        cells.note(source, {} if ident is None else {"cellId": ident})
    assert sources_of(cells) == ["x = 10", "y = 2"]
    cells.note("x = 10", {"cellId": "a"})
    assert sources_of(cells) == ["y = 2", "x = 10"]
