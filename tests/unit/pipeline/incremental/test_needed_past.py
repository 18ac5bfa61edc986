"""Cells that need what ran before them in their kernel let all of it run."""

from __future__ import annotations

import pytest

from mlops_nb.pipeline.cells import CellFlow, CellKind, Code
from mlops_nb.pipeline.incremental.local_code import LocalSource
from mlops_nb.pipeline.incremental.tasks import RunCell, make_course

ENDS = "class Box:\n    def __del__(self): print('gone')"


def _must_run(*sources: str, module: str = "") -> list[bool]:
    cells = [
        RunCell(
            position=position,
            label=f"cell {position}",
            kind=CellKind.INLINE,
            stage=None,
            code=Code(python=source),
            flow=CellFlow(),
            analysis=None,
        )
        for position, source in enumerate(sources)
    ]
    near = (LocalSource(module="near", key="near.py", digest="", text=module),) if module else ()
    course = make_course(cells, find=lambda key: (), mode="all", sources=near)
    return [bool(task.must_run) for task in course.tasks]


@pytest.mark.parametrize(
    ("sources", "module", "expected"),
    [
        ((ENDS, "b = Box()", "import gc\ngc.collect()", "x = 1"), "", [True, True, True, False]),
        (("x = 1", "gc.collect()", "y = 1"), ENDS, [True, True, False]),
        (("x = 1", "gc.collect()"), "def f(): pass", [False, False]),
        ((ENDS, "b = Box()"), "", [False, False]),
        (("x = 1", "print(threading.enumerate())", "y = 1"), "", [True, True, False]),
    ],
)
def test_garbage_that_ends_by_code_and_threads_that_are_asked_for_are_made_again(
    sources: tuple[str, ...], module: str, expected: list[bool]
) -> None:
    assert _must_run(*sources, module=module) == expected
