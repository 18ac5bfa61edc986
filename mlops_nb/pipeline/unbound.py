"""Which names does a cell read that nothing before it binds? MNB203, MNB243.

An error where a stage surely reads the name; elsewhere a warning, once per name. Where a cell may
have bound names out of sight, nothing is said of those after it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mlops_nb.pipeline.binding_sites import first_site
from mlops_nb.pipeline.cells import Cell, CellKind
from mlops_nb.pipeline.dataflow import CellAnalysis
from mlops_nb.pipeline.diagnostics import Diagnostic, RelatedPlace
from mlops_nb.pipeline.examined import Notebook
from mlops_nb.pipeline.flow.effects import Read
from mlops_nb.pipeline.flow.provided import is_provided
from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.places import source_column
from mlops_nb.pipeline.trees import parse_code

# Words that are magics without % when they stand alone (IPython's automagic).
_AUTOMAGIC = word_set(
    """
    ls ll pwd cd clear cls who whos history hist time pylab
    """
)
# What tells whether a name is bound, or binds it; `eval` and `getattr` do not.
_ASKING = frozenset({"globals", "locals", "vars", "dir", "exec"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Binders:
    """Which cell binds a name: the first that is tagged ``skip``, and the last that runs."""

    skipped: Mapping[str, int]
    last: Mapping[str, int]


def unbound_reads(notebook: Notebook) -> Iterator[Diagnostic]:
    """Yield a finding for every name read that no cell before has bound."""
    seen: set[str] = set()
    binders = _find_binders(notebook)
    for index, sources in notebook.edges.sources.items():
        analysis = notebook.analyses[index]
        if is_dim(analysis) or index in notebook.edges.uncertain:
            continue
        in_stage = index in notebook.directives
        for name, read in sorted(analysis.reads.items()):
            if sources.get(name, (index,)) or read.is_guarded or is_provided(name):
                continue
            if not read.is_needed or name in analysis.flow.conditional or name in _AUTOMAGIC:
                continue
            is_error = in_stage and read.is_sure
            if not is_error and (name in seen or not (read.is_sure or in_stage)):
                continue
            seen.add(name)
            yield _finding(notebook, index, name, read, binders, is_error=is_error)


def _finding(
    notebook: Notebook, index: int, name: str, read: Read, binders: _Binders, *, is_error: bool
) -> Diagnostic:
    directive = notebook.directives.get(index)
    subject = "the cell" if directive is None else f"stage {directive.stage!r}"
    through = f" through {read.via!r}" if read.via else ""
    reason = _reason(notebook, index, name, binders)
    return Diagnostic(
        code="MNB243" if reason.other == index else "MNB203",
        severity="error" if is_error else "warning",
        cell=index,
        line=read.line,
        column=source_column(_cell(notebook, index), read.line, read.column),
        message=f"{subject} reads {name!r}{through}, which {reason.why}.",
        remedy=reason.remedy,
        related=_related(notebook, name, reason),
    )


class _Reason(NamedTuple):
    """Why a name is not bound, what would mend it, and which other cell binds or deletes it."""

    why: str
    remedy: str
    other: int = -1
    deed: str = "bound"


def _reason(notebook: Notebook, index: int, name: str, binders: _Binders) -> _Reason:
    general = f"Bind {name!r} in an earlier cell, or declare it as a parameter."
    deleter = notebook.edges.deleted_by.get(index, {}).get(name)
    if deleter is not None:
        return _Reason(f"cell {deleter} deletes", general, deleter, "deleted")
    if name in notebook.analyses[index].flow.binds:
        line = _binding_line(notebook, index, name)
        place = f"in line {line}" if line else "in a function"
        remedy = f"Bind {name!r} above its first use, in this cell or in an earlier one."
        return _Reason(f"only the cell itself binds, {place}", remedy, index)
    binder = binders.last.get(name, -1)
    if binder > index:
        why = f"no cell before it binds; cell {binder} below does"
        remedy = f"Move the binding of {name!r} in cell {binder} up, or this cell down."
        return _Reason(why, remedy, binder)
    if name in binders.skipped:
        skipped = binders.skipped[name]
        remedy = f"Remove the tag 'skip' from cell {skipped}, or bind {name!r} elsewhere."
        return _Reason(f"only cell {skipped} binds, and that is tagged 'skip'", remedy, skipped)
    return _Reason("no cell before it binds", general + _likely_meant(notebook, index, name))


def _related(notebook: Notebook, name: str, reason: _Reason) -> tuple[RelatedPlace, ...]:
    if reason.other < 0:
        return ()
    line = 0 if reason.deed == "deleted" else _binding_line(notebook, reason.other, name)
    label = f"{name!r} is {reason.deed} here"
    return (RelatedPlace(cell=reason.other, line=line, label=label),)


def _likely_meant(notebook: Notebook, index: int, name: str) -> str:
    """Return a sentence naming a name bound before that differs by a slip; ``""`` if none does."""
    known = {
        bound
        for before, analysis in notebook.analyses.items()
        if before < index and notebook.kinds[before] is not CellKind.SKIP
        for bound in analysis.flow.binds
    }
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    return f" Is {close[0]!r} meant?" if close and len(name) > 2 else ""


def _binding_line(notebook: Notebook, index: int, name: str) -> int:
    """Return the line of cell `index` that binds `name`; 0 if a function does."""
    code = _cell(notebook, index).code
    tree = None if code is None else parse_code(code)
    site = None if tree is None else first_site(tree, name)
    return 0 if site is None else site.node.lineno


def _cell(notebook: Notebook, index: int) -> Cell:
    return next(cell for cell in notebook.cells if cell.index == index)


def is_dim(analysis: CellAnalysis) -> bool:
    """Return whether a cell may bind names out of sight, or ask for them before it reads them."""
    return analysis.may_bind or bool(_ASKING.intersection(analysis.flow.opaque))


def _find_binders(notebook: Notebook) -> _Binders:
    skipped: dict[str, int] = {}
    last: dict[str, int] = {}
    for index, analysis in notebook.analyses.items():
        kept = skipped if notebook.kinds[index] is CellKind.SKIP else last
        kept.update(dict.fromkeys(analysis.flow.binds, index))
    return _Binders(skipped=skipped, last=last)
