"""How is a notebook tagged, by suggestion or by hand? Read, with what past runs took, and judged.

Past runs are those of the project's own record: the newest executed copies of the same name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.notebook.cell_times import cell_seconds, seconds_elsewhere
from mlops_nb.notebook.files import NotebookFile, read_cells
from mlops_nb.notebook.stars import star_names
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.carrying import Carrier, preview
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.directives import parse_magic_line
from mlops_nb.pipeline.migration.kale_tags import is_kale_tag
from mlops_nb.pipeline.options import DirectiveError
from mlops_nb.pipeline.suggestion import Suggestion, changes_of, suggest
from mlops_nb.pipeline.tagging import Kind, find_places, tag_kind, tag_stage
from mlops_nb.project.project import Project
from mlops_nb.project.rewriting import Rewriting, read_python, refuse_other_languages

_COPIES_READ = 3
_TAGGED_FOR_KALE = "it is tagged for Kale; mlops-nb migrate turns these tags into stages."


def plan_suggestion(notebook: Path | str) -> tuple[NotebookFile, Suggestion]:
    """Return a notebook and the stages that it suggests.

    Raises
    ------
    InputError
        MNB1xx, MNB831 a notebook in another language than Python.
    """
    file = read_python(notebook)
    return file, suggest_for(file)


def suggest_for(file: NotebookFile) -> Suggestion:
    """Return the stages that a notebook suggests that was read, or that somebody edits.

    Raises
    ------
    InputError
        MNB831 a notebook in another language than Python.
    """
    refuse_other_languages(file)
    if any(is_kale_tag(tag) for cell in file.cells for tag in cell.tags):
        return Suggestion(why_not=_TAGGED_FOR_KALE)
    seconds = {**_past_seconds(file), **cell_seconds(file.node)}
    return suggest(file.cells, name=file.path, star_names=star_names, seconds=seconds)


def accept(file: NotebookFile, suggestion: Suggestion, *, carrier: Carrier) -> Rewriting:
    """Return what is to be written when `suggestion` is accepted."""
    return Rewriting(file=file, changes=changes_of(file.cells, suggestion, carrier=carrier))


def plan_tagging(
    notebook: Path | str,
    places: Sequence[str],
    *,
    directive: str = "",
    kind: Kind | None = None,
    carrier: Carrier = "tag",
) -> Rewriting:
    """Return what is to be written to tag cells by hand.

    Parameters
    ----------
    notebook : Path or str
    places : sequence of str
        Positions, ranges or ids of cells.
    directive : str
        Name and options of a stage, as after ``%%mlops_stage``; if empty, the cells get `kind`.
    kind : {"parameters", "setup", "skip"} or None
        None: they say nothing any more.
    carrier : {"tag", "metadata", "comment", "magic"}

    Raises
    ------
    InputError
        MNB1xx, MNB210-MNB214 the directive, MNB833, MNB834 the cells.
    """
    file = read_cells(notebook)
    cells = find_places(file.cells, places, name=file.path)
    if not directive:
        return Rewriting(file=file, changes=tag_kind(cells, kind))
    try:
        said = parse_magic_line(directive)
    except DirectiveError as error:
        raise InputError(error.code, "--stage", error.fault, error.remedy) from error
    stage, options = StageName(said.stage), said.options
    return Rewriting(file=file, changes=tag_stage(cells, stage, options, carrier=carrier))


def new_errors(rewriting: Rewriting) -> tuple[Diagnostic, ...]:
    """Return the findings of severity ``error`` that the notebook has then, and had not before.

    Only what tags and metadata say is looked at; what a carrier writes into sources is the same.
    """
    file = rewriting.file
    before = build_pipeline(file.cells, name=file.path, star_names=star_names)
    changed = {c.cell: preview(file.cells[c.cell], c) for c in rewriting.changes}
    cells = [changed.get(cell.index, cell) for cell in file.cells]
    after = build_pipeline(cells, name=file.path, star_names=star_names)
    known = {(d.code, d.cell) for d in before.diagnostics}
    found = [d for d in after.diagnostics if d.severity == "error"]
    return tuple(d for d in found if (d.code, d.cell) not in known)


def _past_seconds(file: NotebookFile) -> Mapping[int, Any]:
    """Return what cells took in the newest executed copies of the notebook."""
    folder = Project.find(file.path).layout.runs
    name = Path(file.path).stem[:80]
    found: dict[int, float] = {}
    try:
        copies = sorted(folder.glob("*.ipynb"), reverse=True) if folder.is_dir() else []
    except OSError:
        copies = []
    mine = [path for path in copies if path.stem.split("-", 3)[-1] == name]
    for path in reversed(mine[:_COPIES_READ]):
        try:
            found |= seconds_elsewhere(file.node, read_cells(path).node)
        except MlopsNbError:
            continue
    return found
