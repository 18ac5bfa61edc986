"""Notebooks as lists of sources, for tests of the pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlops_nb.notebook.transform import transform_source
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.cells import Cell, CellFlow, CellId
from mlops_nb.pipeline.dataflow import analyse_cells
from mlops_nb.pipeline.stages import Pipeline

STARS = {"math": frozenset({"sqrt", "pi"})}


def cells_of(
    sources: Sequence[str], *, tags: Mapping[int, Sequence[str]] | None = None
) -> list[Cell]:
    """Return code cells with `sources`."""
    return [
        Cell(
            index=index,
            id=CellId(f"cell-{index}"),
            type="code",
            source=source,
            tags=tuple((tags or {}).get(index, ())),
            code=transform_source(source),
        )
        for index, source in enumerate(sources)
    ]


def flows_of(*sources: str) -> list[CellFlow]:
    """Return the flow of every cell."""
    return list(analyse_cells(cells_of(sources), star_names=STARS.get).values())


def pipeline_of(*sources: str, tags: Mapping[int, Sequence[str]] | None = None) -> Pipeline:
    """Return the pipeline of a notebook of code cells."""
    return build_pipeline(cells_of(sources, tags=tags), name="nb.ipynb", star_names=STARS.get)
