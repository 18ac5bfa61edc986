"""How changes of cells are united and shown."""

from __future__ import annotations

from mlops_nb.pipeline.cell_changes import (
    CellChange,
    NewCell,
    insert_directive,
    real_changes,
    remove_directives,
    render_changes,
)
from mlops_nb.pipeline.cells import Cell, CellId


def cell(index: int, source: str, *tags: str, **metadata: object) -> Cell:
    return Cell(
        index=index,
        id=CellId(f"c{index}"),
        type="code",
        source=source,
        tags=tags,
        metadata=metadata,
    )


CELLS = (cell(0, "a = 1", "block:x"), cell(1, "b = 2\nc = 3", stage="y"), cell(2, "d = 4"))


def test_what_is_so_already_is_no_change():
    said = [
        CellChange(cell=2, source="d = 5", tags=()),
        CellChange(cell=0, source="a = 1", tags=("block:x",), metadata={}),
    ]
    assert real_changes(CELLS, said) == (CellChange(cell=2, source="d = 5"),)


def test_changes_are_shown_as_a_diff_of_cells():
    changes = [
        CellChange(cell=0, tags=("stage:x",)),
        CellChange(cell=1, metadata={}, source="b = 2\nc = 30"),
        CellChange(cell=2, is_removed=True, before=(NewCell(source="import os", tags=("setup",)),)),
    ]
    assert render_changes(CELLS, changes).split("\n") == [
        "@@ cell 0 @@",
        "-tags: block:x",
        "+tags: stage:x",
        " a = 1",
        "@@ cell 1 @@",
        '-mlops_nb: {"stage": "y"}',
        " b = 2",
        "-c = 3",
        "+c = 30",
        "@@ new code cell before cell 2 @@",
        "+tags: setup",
        "+import os",
        "@@ cell 2 goes @@",
        "-d = 4",
    ]


def test_a_directive_is_put_first_and_replaces_what_is_there():
    source = "# mlops: stage a\n%%mlops_stage a\nx = 1"
    assert remove_directives(source) == "x = 1"
    assert insert_directive(source, "%%mlops_stage b") == "%%mlops_stage b\nx = 1"
    assert insert_directive("", "# mlops: stage b") == "# mlops: stage b"
