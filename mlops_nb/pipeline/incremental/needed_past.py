"""Which cells need all that ran before them in their kernel, whatever it left behind?

One that asks IPython for what earlier cells showed, or which threads run. And one that has garbage
collected where the notebook, or a local module, has code that runs when an object goes: nobody sees
what is garbage.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlops_nb.pipeline.incremental.history import reads_history
from mlops_nb.pipeline.incremental.local_code import LocalSource
from mlops_nb.pipeline.incremental.planning import Task

if TYPE_CHECKING:
    from mlops_nb.pipeline.incremental.tasks import RunCell

_COLLECTS = re.compile(r"\bgc\.collect\b|\bfrom gc import\b")
_THREADS = re.compile(r"\bthreading\.(enumerate|active_?[cC]ount)\b|\bactive_?[cC]ount\(")
_ENDS = re.compile(r"\bdef __del__\b|\bfinalize\(|\bweakref\.|\bfrom weakref import\b")


def keep_past(
    tasks: Sequence[Task], cells: Sequence[RunCell], collecting: Collection[int]
) -> list[Task]:
    """Let every cell run up to the last that needs those before it.

    Parameters
    ----------
    tasks : sequence of Task
    cells : sequence of RunCell
    collecting : collection of int
        Positions of those that `collecting_cells` returns.
    """
    asked = [
        (at, f"{cell.label} asks for what was shown before it, by {what}")
        for at, cell in enumerate(cells)
        if (what := reads_history(cell.code, cell.flow))
    ]
    asked += [
        (at, f"{cell.label} asks which threads run")
        for at, cell in enumerate(cells)
        if _THREADS.search(cell.code.python)
    ]
    asked += [
        (at, f"{cell.label} collects garbage, and code runs when objects of theirs go")
        for at, cell in enumerate(cells)
        if cell.position in collecting
    ]
    if not asked:
        return list(tasks)
    last, told = max(asked)
    return [
        replace(task, must_run=task.must_run or told) if at <= last else task
        for at, task in enumerate(tasks)
    ]


def collecting_cells(cells: Sequence[RunCell], sources: Sequence[LocalSource]) -> frozenset[int]:
    """Return the positions of cells that may run code of objects that went before them."""
    texts = [*(cell.code.python for cell in cells), *(source.text for source in sources)]
    if not any(_ENDS.search(text) for text in texts):
        return frozenset()
    return frozenset(cell.position for cell in cells if _COLLECTS.search(cell.code.python))
