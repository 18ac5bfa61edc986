"""Migrations of small notebooks, for tests: cells as pairs of tags and source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlops_nb.notebook.transform import transform_source
from mlops_nb.pipeline.carrying import Carrier
from mlops_nb.pipeline.cells import Cell, CellId
from mlops_nb.pipeline.migration import Migration, migrate
from mlops_nb.pipeline.stages import Pipeline

# Tags as words or one by one, and a source; "markdown" in place of tags is a Markdown cell.
Pairs = Sequence[tuple[str | Sequence[str], str]]


def cells_from(pairs: Pairs) -> list[Cell]:
    """Return the cells of a notebook."""
    return [_cell_from(index, tags, source) for index, (tags, source) in enumerate(pairs)]


def _cell_from(index: int, tags: str | Sequence[str], source: str) -> Cell:
    name = CellId(f"c{index}")
    if tags == "markdown":
        return Cell(index=index, id=name, type="markdown", source=source)
    words = tuple(tags.split() if isinstance(tags, str) else tags)
    code = transform_source(source)
    return Cell(index=index, id=name, type="code", source=source, tags=words, code=code)


def migrated(
    pairs: Pairs,
    *,
    metadata: Mapping[str, Any] | None = None,
    carrier: Carrier = "tag",
    **options: Any,
) -> Migration:
    """Return the migration of a notebook."""
    return migrate(
        cells_from(pairs),
        metadata=metadata or {},
        name="a.ipynb",
        star_names=lambda module: None,
        carrier=carrier,
        **options,
    )


def written(pairs: Pairs, migration: Migration) -> list[Cell]:
    """Return the cells as they are written; what goes is left out."""
    changes = {change.cell: change for change in migration.changes}
    after = []
    for cell in cells_from(pairs):
        change = changes.get(cell.index)
        if change is None:
            after.append(cell)
        elif not change.is_removed:
            source = cell.source if change.source is None else change.source
            after.append(
                Cell(
                    index=cell.index,
                    id=cell.id,
                    type=cell.type,
                    source=source,
                    tags=cell.tags if change.tags is None else change.tags,
                    metadata=cell.metadata if change.metadata is None else change.metadata,
                    code=transform_source(source),
                )
            )
    return after


def graph(pipeline: Pipeline) -> dict[str, tuple[tuple[int, ...], tuple[str, ...]]]:
    """Return cells and upstream of every stage."""
    return {s.name: (s.cells, s.upstream) for s in pipeline.stages}


def left(migration: Migration) -> list[tuple[int, str]]:
    """Return what was not carried over."""
    return [(x.cell, x.what) for x in migration.left]


def carried(migration: Migration) -> list[tuple[int, str, str]]:
    """Return what was carried over."""
    return [(c.cell, c.what, c.to) for c in migration.carried]
