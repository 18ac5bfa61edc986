"""What is a notebook of Kale's, ploomber's or papermill's in our words?

Each convention is read by a module of its own into one draft; the draft is judged by the pipeline
that it makes, and written by the carrier that was chosen. Pure: nothing is opened, and what cannot
be carried over is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.carrying import Carrier, carry, preview
from mlops_nb.pipeline.cell_changes import CellChange, real_changes
from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.dataflow import StarNames
from mlops_nb.pipeline.migration.kale import migrate_kale
from mlops_nb.pipeline.migration.kale_details import migrate_metadata
from mlops_nb.pipeline.migration.outcome import Draft, Migration
from mlops_nb.pipeline.migration.papermill import migrate_injected, migrate_results
from mlops_nb.pipeline.migration.ploomber import migrate_headings, migrate_ploomber
from mlops_nb.pipeline.stages import Pipeline

__all__ = ["Migration", "migrate"]


def migrate(
    cells: Sequence[Cell],
    *,
    metadata: Mapping[str, Any],
    name: str,
    star_names: StarNames,
    carrier: Carrier = "tag",
    tasks: Sequence[Mapping[str, Any]] = (),
    headings: bool = False,
) -> Migration:
    """Return what the conventions of others in a notebook are here.

    Parameters
    ----------
    cells : sequence of Cell
        All cells in document order.
    metadata : Mapping
        The notebook's metadata.
    name : str
        The notebook's path as given, for messages.
    star_names : callable
        As for `build_pipeline`.
    carrier : {"tag", "metadata", "comment", "magic"}
        How stages are written.
    tasks : sequence of Mapping
        Tasks of ploomber's ``pipeline.yaml`` that name this notebook.
    headings : bool
        Whether headings of the second level are stages, as for soorgeon.
    """

    def build(draft: Draft) -> Pipeline:
        seen = [preview(draft.cells[c.cell], c) for c in _changes(draft, "metadata")]
        by_index = {cell.index: cell for cell in seen}
        after = [by_index.get(cell.index, cell) for cell in draft.cells]
        return build_pipeline(after, name=name, star_names=star_names)

    draft = Draft(cells=tuple(cells))
    migrate_kale(draft, build)
    migrate_metadata(draft, metadata)
    migrate_ploomber(draft, tasks)
    migrate_injected(draft)
    if headings:
        migrate_headings(draft, build(draft))
    migrate_results(draft, build(draft))
    return Migration(
        conventions=tuple(sorted(draft.conventions)),
        changes=real_changes(cells, _changes(draft, carrier)),
        metadata=_with_settings(metadata, draft.settings),
        carried=tuple(sorted(draft.carried, key=lambda carried: carried.cell)),
        left=tuple(sorted(draft.left, key=lambda left: left.cell)),
        pipeline=build(draft),
    )


def _changes(draft: Draft, carrier: Carrier) -> list[CellChange]:
    """Return what the draft changes, stages written by `carrier`."""
    found = []
    for index, change in sorted(draft.drafts.items()):
        cell = draft.cells[index]
        if change.is_removed:
            found.append(CellChange(cell=index, is_removed=True))
        elif change.stage is None:
            found.append(CellChange(cell=index, tags=change.tags))
        else:
            found.append(
                carry(cell, change.stage, change.options, carrier=carrier, tags=change.tags)
            )
    return found


def _with_settings(
    metadata: Mapping[str, Any], settings: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Return the notebook's ``mlops_nb`` object with `settings`; what it says already holds."""
    ours = metadata.get("mlops_nb")
    ours = dict(ours) if isinstance(ours, Mapping) else {}
    known = ours.get("settings")
    known = dict(known) if isinstance(known, Mapping) else {}
    if not set(settings) - set(known):
        return None
    return {**ours, "settings": {**settings, **known}}
