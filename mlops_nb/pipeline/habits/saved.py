"""Was the saved notebook executed from top to bottom? MNB230, MNB231."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from mlops_nb.pipeline.cells import Cell, CellKind
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.stages import Pipeline


def saved_findings(pipeline: Pipeline, counts: Mapping[int, int | None]) -> Iterator[Diagnostic]:
    """Yield at most one finding of each kind: the first place tells the story."""
    yield from _out_of_order(counts)
    yield from _not_executed(pipeline, counts)


def _out_of_order(counts: Mapping[int, int | None]) -> Iterator[Diagnostic]:
    latest, before = 0, -1
    for index, count in sorted(counts.items()):
        if count is None:
            continue
        if count < latest:
            yield Diagnostic(
                code="MNB230",
                severity="warning",
                cell=index,
                message=f"the cell was executed as [{count}], before cell {before} above it "
                f"([{latest}]): the saved outputs need not be those of a run.",
                remedy="Restart the kernel, run all cells, and save.",
            )
            return
        latest, before = count, index


def _not_executed(pipeline: Pipeline, counts: Mapping[int, int | None]) -> Iterator[Diagnostic]:
    last = max((index for index, count in counts.items() if count is not None), default=-1)
    missed = [
        cell.index
        for cell in pipeline.cells
        if cell.index < last and counts.get(cell.index) is None and _does_something(pipeline, cell)
    ]
    if missed:
        more = f" and {len(missed) - 1} more were" if len(missed) > 1 else " was"
        yield Diagnostic(
            code="MNB231",
            severity="info",
            cell=missed[0],
            message=f"cell {missed[0]}{more} not executed when the notebook was saved, "
            "though cells below were.",
            remedy="Run all cells and save; tag a cell 'skip' that is not meant to run.",
        )


def _does_something(pipeline: Pipeline, cell: Cell) -> bool:
    if cell.code is None or pipeline.kinds[cell.index] is CellKind.SKIP:
        return False
    if {"skip-execution", "injected-parameters"}.intersection(cell.tags):
        return False
    try:
        return bool(ast.parse(cell.code.python).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
