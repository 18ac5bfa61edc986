"""Which cells does a person mean, and what changes when these are tagged by hand?"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from mlops_nb.errors import InputError
from mlops_nb.pipeline.carrying import KIND_TAGS, Carrier, carry
from mlops_nb.pipeline.cell_changes import CellChange, real_changes
from mlops_nb.pipeline.cells import Cell, CellId, StageName
from mlops_nb.pipeline.directives import read_directive
from mlops_nb.pipeline.options import OPTIONS

Kind = Literal["parameters", "setup", "skip"]
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


def find_places(cells: Sequence[Cell], words: Sequence[str], *, name: str) -> tuple[Cell, ...]:
    """Return the code cells that `words` name: positions, ranges such as ``4-7``, or ids.

    Markdown cells within a range are passed over.

    Raises
    ------
    InputError
        MNB833 a cell that is not there, MNB834 one that is no code cell.
    """
    by_id = {cell.id: cell for cell in cells}
    found: dict[int, Cell] = {}
    for word in words:
        match = None if word in by_id else _RANGE.fullmatch(word)
        if match is None:
            if word not in by_id:
                raise _no_cell(word, by_id, name)
            chosen = [by_id[CellId(word)]]
        else:
            first, last = int(match[1]), int(match[2] or match[1])
            if not first <= last < len(cells):
                raise _no_cell(word, by_id, name)
            chosen = list(cells[first : last + 1])
            if last > first:
                chosen = [cell for cell in chosen if cell.type == "code"]
        for cell in chosen:
            if cell.type != "code":
                raise InputError(
                    "MNB834",
                    f"{name}, cell {cell.index}",
                    f"this is a {cell.type} cell.",
                    "Name a code cell; its number counts all cells from 0.",
                )
            found[cell.index] = cell
    return tuple(found[index] for index in sorted(found))


def _no_cell(word: str, known: Collection[str], name: str) -> InputError:
    """Return the error for a word that names no cell."""
    close = difflib.get_close_matches(word, known, n=1)
    remedy = f"Cells are numbered from 0 to {len(known) - 1}, Markdown cells included."
    if close:
        remedy = f"The nearest id is {close[0]!r}."
    elif not known:
        remedy = "The notebook has no cells."
    return InputError("MNB833", name, f"there is no cell {word!r}.", remedy)


def tag_stage(
    places: Sequence[Cell],
    stage: StageName,
    options: Mapping[str, Any],
    *,
    carrier: Carrier,
) -> tuple[CellChange, ...]:
    """Return the changes that put `places` into `stage`; `options` go to the first of them.

    What a cell said as a cell of that stage already still holds, where it is not said anew. Its
    other kinds go: a parameters cell is no stage.
    """
    changes = []
    for position, cell in enumerate(places):
        said = read_directive(cell)[0]
        kept = dict(said.options) if said is not None and said.stage == stage else {}
        new = {**kept, **(options if position == 0 else {})}
        ordered = {name: new[name] for name in OPTIONS if name in new}
        tags = [tag for tag in cell.tags if tag not in KIND_TAGS]
        changes.append(carry(cell, stage, ordered, carrier=carrier, tags=tags))
    return real_changes(places, changes)


def tag_kind(places: Sequence[Cell], kind: Kind | None) -> tuple[CellChange, ...]:
    """Return the changes that make `places` cells of `kind`; None: nothing in particular."""
    changes = []
    for cell in places:
        tags = [tag for tag in cell.tags if tag not in KIND_TAGS]
        changes.append(carry(cell, None, {}, tags=[*tags, kind] if kind else tags))
    return real_changes(places, changes)
