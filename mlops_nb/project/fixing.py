"""Which proposed fixes hold, and what becomes of the file? A fix counts only once it is proved.

The changed file is read and checked again: the finding must be gone, and no other be there. So a
rule in `pipeline.fixes` that is wrong about a notebook costs a fix, never the notebook.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from mlops_nb.errors import MlopsNbError
from mlops_nb.notebook.edits import edit_notebook
from mlops_nb.notebook.stars import star_names
from mlops_nb.pipeline.cell_changes import CellChange, NewCell
from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.fixes.context import FixContext
from mlops_nb.pipeline.fixes.edits import CellEdit, Fix, compatible, to_changes
from mlops_nb.pipeline.fixes.proposals import propose_fixes
from mlops_nb.pipeline.stages import Pipeline

_MOST_ROUNDS = 10

Look = Callable[[bytes], Sequence[Diagnostic]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixable:
    """A notebook with its findings: `every` one there is, and those that are `told`."""

    pipeline: Pipeline
    every: Sequence[Diagnostic]
    told: Sequence[Diagnostic]
    known: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedNotebook:
    """What all fixes together change in a file.

    Attributes
    ----------
    changes : tuple of CellChange
        By the cells of the notebook as it is; empty if there is nothing to mend.
    titles : tuple of (str, int, str)
        Code, cell and title of each fix, in the order they were made.
    cells : tuple of Cell
        As they are.
    raw : bytes
        The file with `changes`.
    """

    changes: tuple[CellChange, ...]
    titles: tuple[tuple[str, int, str], ...]
    cells: tuple[Cell, ...]
    raw: bytes


def prove_fixes(raw: bytes, notebook: Fixable, *, look: Look) -> dict[int, Fix]:
    """Return the fixes that hold, by the position of their finding among those told.

    Parameters
    ----------
    raw : bytes
        The notebook's file.
    notebook : Fixable
        What was found in it.
    look : callable
        Every finding of a notebook file.
    """
    context = FixContext(
        pipeline=notebook.pipeline,
        findings=notebook.every,
        star_names=star_names,
        known=notebook.known,
    )
    chosen = compatible(propose_fixes(notebook.told, context))
    if not chosen or _holds(raw, notebook, chosen, look):
        return chosen
    kept: dict[int, Fix] = {}
    for position, fix in chosen.items():
        if _holds(raw, notebook, {**kept, position: fix}, look):
            kept[position] = fix
    return kept


def fix_all(
    raw: bytes, *, name: str, examine: Callable[[bytes], Fixable], look: Look
) -> FixedNotebook:
    """Return what becomes of a notebook when all is mended that can be.

    One fix can make way for another, so it goes on until nothing is left to mend.

    Parameters
    ----------
    raw : bytes
    name : str
        Stands for the file in messages.
    examine : callable
        The findings of a notebook file.
    look : callable
        Every finding of a notebook file.
    """
    titles: list[tuple[str, int, str]] = []
    first = notebook = examine(raw)
    origins: list[int | None] = list(range(len(first.pipeline.cells)))
    current = raw
    for _ in range(_MOST_ROUNDS):
        fixes = prove_fixes(current, notebook, look=look)
        if not fixes:
            break
        for position, fix in fixes.items():
            finding = notebook.told[position]
            titles.append((finding.code, finding.cell, fix.title))
        changes = to_changes(notebook.pipeline.cells, list(fixes.values()))
        current = edit_notebook(current, changes, name=name)
        origins = _after(origins, changes)
        notebook = examine(current)
    united = _united(first.pipeline.cells, notebook.pipeline.cells, origins)
    return FixedNotebook(
        changes=united,
        titles=tuple(titles),
        cells=first.pipeline.cells,
        raw=edit_notebook(raw, united, name=name) if united else raw,
    )


def _holds(raw: bytes, notebook: Fixable, fixes: Mapping[int, Fix], look: Look) -> bool:
    """Return whether `fixes` mend their findings and bring up no others."""
    changes = to_changes(notebook.pipeline.cells, list(fixes.values()))
    try:
        after = look(edit_notebook(raw, changes, name=notebook.pipeline.name))
    except MlopsNbError:
        return False
    shifts = _shifts(notebook.pipeline.cells, fixes)
    allowed = Counter((f.code, shifts.get(f.cell, f.cell)) for f in notebook.every)
    for position in fixes:
        finding = notebook.told[position]
        allowed[finding.code, shifts.get(finding.cell, finding.cell)] -= 1
    reveals = any(fix.reveals for fix in fixes.values())
    for finding in after:
        key = (finding.code, finding.cell)
        allowed[key] -= 1
        if allowed[key] < 0 and not (reveals and finding.severity == "info"):
            return False
    return True


def _shifts(cells: Sequence[Cell], fixes: Mapping[int, Fix]) -> dict[int, int]:
    """Return where each cell is once new ones are put in."""
    inserted = {e for fix in fixes.values() for e in fix.edits if isinstance(e, CellEdit)}
    n_new = Counter(edit.cell for edit in inserted)
    found, before = {}, 0
    for index in range(len(cells)):
        before += n_new[index]
        found[index] = index + before
    return found


def _after(origins: list[int | None], changes: Sequence[CellChange]) -> list[int | None]:
    """Return which cell of the first notebook each cell is after `changes`; None for a new one."""
    new = {change.cell: len(change.before) for change in changes}
    found: list[int | None] = []
    for index, origin in enumerate(origins):
        found += [*[None] * new.get(index, 0), origin]
    return found


def _united(
    first: Sequence[Cell], last: Sequence[Cell], origins: Sequence[int | None]
) -> tuple[CellChange, ...]:
    """Return what turns the cells `first` into `last`."""
    found: list[CellChange] = []
    new: list[NewCell] = []
    for cell, origin in zip(last, origins, strict=True):
        if origin is None:
            new.append(NewCell(source=cell.source, tags=cell.tags))
            continue
        old = first[origin]
        change = CellChange(
            cell=origin,
            source=None if cell.source == old.source else cell.source,
            tags=None if cell.tags == old.tags else cell.tags,
            before=tuple(new),
        )
        new = []
        if change != CellChange(cell=origin):
            found.append(change)
    return tuple(found)
