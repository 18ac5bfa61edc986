"""What is wrong with a notebook's stages? Diagnostics MNB201-MNB208, MNB219, MNB243.

A finding is an error only where the run is bound to go wrong; what merely looks odd, and all that
concerns cells outside stages, is a warning. A false alarm is a defect.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence

from mlops_nb.errors import nearest
from mlops_nb.pipeline.cells import Cell, CellKind, Code, StageName
from mlops_nb.pipeline.dataflow import CellAnalysis
from mlops_nb.pipeline.diagnostics import Diagnostic, RelatedPlace
from mlops_nb.pipeline.examined import Notebook
from mlops_nb.pipeline.stages import Directive
from mlops_nb.pipeline.unbound import is_dim, unbound_reads

_NEWER_REMEDY = "It may be of Python 3.12: run mlops-nb with that, and it sees what the cell does."
# What Python 3.12 added and 3.11 cannot read.
_NEWER = re.compile(r"\s*(?:type\s+\w+\s*(?:\[.*\])?\s*=|(?:async\s+)?(?:def|class)\s+\w+\[)")


def find_all(notebook: Notebook) -> list[Diagnostic]:
    """Return every finding about stages and data flow."""
    return [
        *_unparsable_cells(notebook),
        *_colliding_names(notebook),
        *unbound_reads(notebook),
        *_unknown_needs(notebook),
        *_split_stages(notebook),
        *_unbound_options(notebook),
    ]


def misplaced_directive(cell: Cell, directive: Directive, kind: CellKind) -> list[Diagnostic]:
    """Return what to say of a directive on a cell whose tags make it something else."""
    if kind is CellKind.SKIP:
        return [
            Diagnostic(
                code="MNB208",
                severity="warning",
                cell=cell.index,
                line=directive.line,
                message=f"the cell is tagged 'skip', so stage {directive.stage!r} runs without it.",
                remedy="Remove the tag, or the directive.",
            )
        ]
    return [
        Diagnostic(
            code="MNB207",
            severity="error",
            cell=cell.index,
            line=directive.line,
            message=f"the cell is tagged {str(kind)!r} and declares stage {directive.stage!r}.",
            remedy="Move the parameters to a cell of their own.",
        )
    ]


def _unparsable_cells(notebook: Notebook) -> Iterator[Diagnostic]:
    for cell in notebook.cells:
        if cell.code is None or cell.code.error is None:
            continue
        kind = notebook.kinds[cell.index]
        if kind is CellKind.SKIP or "raises-exception" in cell.tags:
            continue
        is_newer = _is_of_newer_python(cell.code)
        can_run = is_newer or kind not in {CellKind.STAGE, CellKind.PARAMETERS}
        yield Diagnostic(
            code="MNB201",
            severity="warning" if can_run else "error",
            cell=cell.index,
            line=cell.code.error_line,
            message=f"the cell is no Python: {cell.code.error}.",
            remedy=_NEWER_REMEDY if is_newer else "Mend the syntax, or tag the cell 'skip'.",
        )


def _is_of_newer_python(code: Code) -> bool:
    """Return whether a line that does not parse here may be one that Python 3.12 reads."""
    lines, number = code.python.split("\n"), code.error_line
    if sys.version_info >= (3, 12) or not 0 < number <= len(lines):
        return False
    is_text = (code.error or "").startswith(("f-string: unmatched", "f-string expression part"))
    return is_text or _NEWER.match(lines[number - 1]) is not None


def _colliding_names(notebook: Notebook) -> Iterator[Diagnostic]:
    first: dict[str, StageName] = {}
    for name, cells in notebook.stage_cells.items():
        other = first.setdefault(name.replace("-", "_"), name)
        if other != name:
            yield Diagnostic(
                code="MNB202",
                severity="error",
                cell=cells[0],
                line=notebook.directives[cells[0]].line,
                column=_column_of(notebook, cells[0], "", name),
                message=f"stages {other!r} and {name!r} are one name spelt twice.",
                remedy=f"Write {other!r} everywhere, or give one of them another name.",
                related=(_stage_place(notebook, other),),
            )


def _unknown_needs(notebook: Notebook) -> Iterator[Diagnostic]:
    for name, said in notebook.options.items():
        cells = notebook.stage_cells[name]
        for other in said.needs:
            place = _cell_saying(notebook, cells, "needs", other)
            line = notebook.directives[place].line
            before = notebook.stage_cells.get(other)
            if before is None:
                yield Diagnostic(
                    code="MNB204",
                    severity="error",
                    cell=place,
                    line=line,
                    column=_column_of(notebook, place, "needs", other),
                    message=f"stage {name!r} needs stage {other!r}, which there is not.",
                    remedy=nearest(other, [n for n in notebook.stage_cells if n != name])
                    or "Remove '--needs'.",
                )
            elif before[-1] >= cells[0]:
                yield Diagnostic(
                    code="MNB219",
                    severity="error",
                    cell=place,
                    line=line,
                    column=_column_of(notebook, place, "needs", other),
                    message=f"stage {name!r} needs stage {other!r}, whose last cell ({before[-1]}) "
                    f"does not come before its own first ({cells[0]}).",
                    remedy=f"Move the cells of {other!r} up, or remove '--needs {other}'.",
                    related=(_cell_place(notebook, before[-1], f"stage {other!r} ends here"),),
                )


def _split_stages(notebook: Notebook) -> Iterator[Diagnostic]:
    for split in notebook.splits:
        between = ", ".join(str(c) for c in split.between)
        word = "cells" if len(split.between) > 1 else "cell"
        yield Diagnostic(
            code="MNB205",
            severity="error",
            cell=split.cell,
            line=notebook.directives[split.cell].line,
            message=f"stage {split.stage!r} cannot be drawn together: this cell rests on "
            f"{word} {between}, "
            f"which rests on an earlier cell of {split.stage!r}.",
            remedy=f"Give this cell and those of {split.stage!r} after it a stage of their own, "
            f"such as '{split.stage}_2', or put {word} {between} into {split.stage!r}.",
            related=tuple(
                _cell_place(notebook, c, f"rests on {split.stage!r} above") for c in split.between
            ),
        )


def _unbound_options(notebook: Notebook) -> Iterator[Diagnostic]:
    """Find metrics, models and inputs that no cell up to the end of the stage binds."""
    for name, said in notebook.options.items():
        declared = {
            "inputs": said.inputs,
            "metrics": said.metrics,
            "model": (said.model,),
            "example": (said.example,),
            "eval": said.eval,
        }
        cells = notebook.stage_cells[name]
        if not any(any(names) for names in declared.values()) or not _is_seen_through(
            notebook, cells
        ):
            continue
        before = [
            analysis
            for index, analysis in notebook.analyses.items()
            if index <= cells[-1] and notebook.kinds[index] is not CellKind.SKIP
        ]
        bound = {n for analysis in before for n in analysis.flow.binds}
        for option, names in declared.items():
            for missing in names:
                if missing is None or missing in bound or missing in said.outputs:
                    continue
                known = nearest(missing, _values(before))
                yield _unbound_option(notebook, name, option, missing, known)


def _unbound_option(
    notebook: Notebook, stage: StageName, option: str, missing: str, known: str
) -> Diagnostic:
    cells = notebook.stage_cells[stage]
    place = _cell_saying(notebook, cells, option, missing)
    late = [
        index
        for index, analysis in notebook.analyses.items()
        if index > cells[-1] and missing in analysis.flow.binds
    ]
    if late:
        known = f"Move '--{option} {missing}' to the stage that binds it, or that cell up."
    return Diagnostic(
        code="MNB206",
        severity="error",
        cell=place,
        line=notebook.directives[place].line,
        column=_column_of(notebook, place, option, missing),
        message=f"stage {stage!r} says '--{option} {missing}', but no cell up to its end binds "
        f"{missing!r}" + (f"; cell {late[0]} below does." if late else "."),
        remedy=known or f"Bind {missing!r}.",
        related=tuple(_cell_place(notebook, c, f"{missing!r} is bound here") for c in late[:1]),
    )


def _values(analyses: Sequence[CellAnalysis]) -> set[str]:
    """Return the public names that cells bind to values; nobody means a module or a function."""
    return {
        name
        for analysis in analyses
        for name in analysis.flow.binds
        if not name.startswith("_") and analysis.kinds.get(name, ("value", ""))[0] == "value"
    }


def _is_seen_through(notebook: Notebook, cells: Sequence[int]) -> bool:
    return not any(
        c in notebook.edges.uncertain
        or is_dim(notebook.analyses[c])
        or not notebook.analyses[c].parses
        for c in cells
        if c in notebook.analyses
    )


def _cell_saying(notebook: Notebook, cells: Sequence[int], option: str, value: str) -> int:
    """Return the cell whose directive says `value` for `option`; the first if none does."""
    for index in cells:
        said = notebook.directives[index].options.get(option)
        if said == value or (isinstance(said, tuple | list) and value in said):
            return index
    return cells[0]


def _stage_place(notebook: Notebook, stage: StageName) -> RelatedPlace:
    cell = notebook.stage_cells[stage][0]
    return _cell_place(notebook, cell, f"stage {stage!r} is here")


def _cell_place(notebook: Notebook, cell: int, label: str) -> RelatedPlace:
    directive = notebook.directives.get(cell)
    return RelatedPlace(cell=cell, line=0 if directive is None else directive.line, label=label)


def _column_of(notebook: Notebook, cell: int, option: str, word: str) -> int:
    """Return where a directive line says `word`, behind ``--option`` if one is given."""
    line = notebook.directives[cell].line
    source = next(c.source for c in notebook.cells if c.index == cell)
    lines = source.split("\n")
    if not 0 < line <= len(lines):
        return 0
    text = lines[line - 1]
    start = max(0, text.find(f"--{option}")) if option else 0
    found = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text[start:])
    return 0 if found is None else start + found.start()
