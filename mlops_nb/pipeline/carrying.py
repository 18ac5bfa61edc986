"""How is what a cell declares written into it? By the carrier a person chose, replacing the others.

Reading is the business of `directives`; this is its inverse. Tags and metadata of others stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

from mlops_nb.pipeline.cell_changes import CellChange, insert_directive, remove_directives
from mlops_nb.pipeline.cells import Cell, StageName
from mlops_nb.pipeline.directives import RUN_KEYS, render_magic_line
from mlops_nb.pipeline.option_words import to_metadata
from mlops_nb.pipeline.options import OPTIONS
from mlops_nb.pipeline.stages import Directive

Carrier = Literal["tag", "metadata", "comment", "magic"]
CARRIERS: tuple[Carrier, ...] = get_args(Carrier)
KIND_TAGS = ("parameters", "setup", "skip")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 40


def carry(
    cell: Cell,
    stage: StageName | None,
    options: Mapping[str, Any],
    *,
    carrier: Carrier = "tag",
    tags: Sequence[str] | None = None,
) -> CellChange:
    """Return the change that makes `cell` declare `stage` with `options`, and nothing else.

    Parameters
    ----------
    cell : Cell
    stage : StageName or None
        None: the cell declares no stage any more.
    options : Mapping
        Parsed values by metadata name.
    carrier : {"tag", "metadata", "comment", "magic"}
        With ``"tag"`` options go into the metadata: a tag has no room for them. A cell magic must
        be a cell's first line where mlops_nb is not loaded, so such a cell gets no comment above
        it, but a tag.
    tags : sequence of str, optional
        The cell's other tags, in place of those it has.
    """
    kept = [tag for tag in (cell.tags if tags is None else tags) if not tag.startswith("stage:")]
    metadata = {k: v for k, v in cell.metadata.items() if k != "stage" and k not in OPTIONS}
    source = remove_directives(cell.source)
    if carrier == "comment" and source.lstrip().startswith("%%"):
        carrier = "tag"
    if stage is not None:
        line = render_magic_line(Directive(stage=stage, options=options))
        if carrier == "tag":
            kept.insert(0, f"stage:{stage}")
            metadata |= to_metadata(options)
        elif carrier == "metadata":
            metadata |= {"stage": stage, **to_metadata(options)}
        else:
            word = "# mlops: stage" if carrier == "comment" else "%%mlops_stage"
            source = insert_directive(source, f"{word} {line}")
    return CellChange(
        cell=cell.index, source=source, tags=tuple(dict.fromkeys(kept)), metadata=metadata
    )


def preview(cell: Cell, change: CellChange) -> Cell:
    """Return `cell` as the analysis sees it after `change`, which left its source as it is."""
    if change.is_removed:
        return replace(cell, type="raw", code=None, tags=(), metadata={})
    return replace(
        cell,
        tags=cell.tags if change.tags is None else change.tags,
        metadata=cell.metadata if change.metadata is None else change.metadata,
    )


def has_directive(cell: Cell) -> bool:
    """Return whether `cell` says something of ours already: a stage, or what kind it is.

    What a run left in an executed copy says nothing.
    """
    said = set(cell.metadata) - RUN_KEYS
    tags = any(tag.startswith("stage:") or tag in KIND_TAGS for tag in cell.tags)
    return tags or bool(said) or remove_directives(cell.source) != cell.source


def to_stage_name(text: str, *, fallback: str = "stage") -> StageName:
    """Return the name of a stage that `text`, a heading or a foreign name, suggests.

    >>> to_stage_name("3.1 Feature Engineering & Cleaning!")
    'feature_engineering_cleaning'
    """
    words = [word for word in _NO_WORD.split(text.lower()) if word]
    while words and words[0].isdigit():
        words.pop(0)
    name = ""
    for word in words:
        if name and len(name) + len(word) >= _LONGEST_NAME:
            break
        name = f"{name}_{word}" if name else word[:_LONGEST_NAME]
    if name[:1].isdigit():
        name = f"{fallback}_{name}"
    return StageName(name or fallback)
