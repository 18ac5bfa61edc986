"""What a cell that ran set, and nobody observed, is told by its text and by what it showed."""

from __future__ import annotations

import pytest

from mlops_nb.execution.told import is_told_by_text
from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.tasks import Course

SHELL = Fact(FactKind.OPTION, "ipython")


@pytest.mark.parametrize(
    ("position", "kind", "shell", "expected"),
    [
        (0, "execute_result", "initial", False),
        (1, "execute_result", "initial", False),
        (1, "stream", "initial", True),
        (1, "execute_result", "each value is shown", True),
        (2, "execute_result", "initial", True),
    ],
)
def test_a_last_call_that_gave_a_value_was_made_for_it(
    position: int, kind: str, shell: str, expected: bool
) -> None:
    course = Course(
        tasks=(),
        keys={},
        cells={},
        ambient={1: None, 2: None},
        keeps=frozenset(),
        calling=frozenset({1}),
    )
    shown = [{"output_type": kind}]
    assert is_told_by_text(course, position, reads={SHELL: shell}, outputs=shown) == expected
