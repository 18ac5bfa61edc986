"""Which cells of a notebook would lose their directive to a tool that cleans notebooks? MNB255."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic, RelatedPlace
from mlops_nb.pipeline.directives import RUN_KEYS
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.pipeline.strippers import OURS, TAGS, Stripper

_WORDS = ("parameters", "setup", "skip")


def stripping_findings(pipeline: Pipeline, strippers: Sequence[Stripper]) -> Iterator[Diagnostic]:
    """Yield one finding for each tool, at the first cell that would lose something."""
    for stripper in strippers:
        losers = [
            (cell, lost)
            for cell in pipeline.cells
            if cell.type == "code" and (lost := _lost(cell, stripper))
        ]
        if losers:
            yield _tell(stripper, losers)


def _lost(cell: Cell, stripper: Stripper) -> str:
    """Return what of a cell the tool deletes, in words; ``""`` if nothing."""
    if TAGS in stripper.deletes:
        for tag in cell.tags:
            if tag in _WORDS or tag.startswith("stage:"):
                return f"the tag {tag!r}"
    if OURS in stripper.deletes and set(cell.metadata) - RUN_KEYS:
        stage = cell.metadata.get("stage")
        return f"stage {stage!r} in the metadata" if isinstance(stage, str) else "the metadata"
    return ""


def _tell(stripper: Stripper, losers: Sequence[tuple[Cell, str]]) -> Diagnostic:
    (cell, lost), *others = losers
    more = f" and {len(others)} more cell{'s' * (len(others) > 1)}" if others else ""
    place = f"{stripper.tool} ({stripper.file}, line {stripper.line})"
    if stripper.in_scripts:
        message = f"{place} leaves {lost} of this cell{more} out of the paired script."
    else:
        message = f"{place} deletes {lost} of this cell{more}."
    return Diagnostic(
        code="MNB255",
        severity="info" if stripper.in_scripts else "warning",
        cell=cell.index,
        message=message,
        remedy=stripper.remedy,
        related=tuple(RelatedPlace(cell=c.index, label=f"{what} is lost") for c, what in others),
    )
