"""What a cell imports from ``__future__`` is how IPython compiles the cells after it."""

from __future__ import annotations

from mlops_nb.pipeline.cells import CellFlow, CellKind, Code
from mlops_nb.pipeline.incremental.tasks import RunCell, make_course


def _keys(*sources: str) -> list[str]:
    cells = [
        RunCell(
            position=position,
            label="",
            kind=CellKind.INLINE,
            stage=None,
            code=Code(python=source),
            flow=CellFlow(),
            analysis=None,
        )
        for position, source in enumerate(sources)
    ]
    return list(make_course(cells, find=lambda key: (), mode="all").keys.values())


def test_cells_after_an_import_of_annotations_are_other_cells() -> None:
    here = "def f(v: int): pass"
    plain = _keys(here, "x = 1")
    assert _keys("from __future__ import annotations", here)[1] != plain[0]
    assert _keys("from __future__ import print_function, division", here)[1] == plain[0]
    assert _keys(here, "from __future__ import annotations")[0] == plain[0]
