"""What may a front end change in an open document, when asked to mend, suggest or rename?

The commands write files; here the same changes are told by the cells' ids, for a document that may
not be saved yet. Whoever has it open carries them out, so that undo works.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.export.document_json import diagnostic_objects
from mlops_nb.notebook.edits import edit_notebook
from mlops_nb.notebook.files import NotebookFile, parse_node
from mlops_nb.pipeline.carrying import CARRIERS, Carrier
from mlops_nb.pipeline.cell_changes import CellChange, render_changes
from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.fixes.edits import to_changes
from mlops_nb.pipeline.fixes.proposals import FIXERS
from mlops_nb.pipeline.renaming import rename_stage
from mlops_nb.pipeline.suggestion import changes_of
from mlops_nb.project.checking import (
    CheckOptions,
    Found,
    fix_notebook,
    fixable_notebook,
    look_through,
)
from mlops_nb.project.fixing import prove_fixes
from mlops_nb.project.project import Project
from mlops_nb.project.tagging import suggest_for

Node = Mapping[str, Any]
_AS_CHECKED = CheckOptions()


def mend_document(path: Path, node: Node, *, code: str = "", cell_id: str = "") -> dict[str, Any]:
    """Return the edits that mend what can be mended, as ``check --fix`` does it.

    Parameters
    ----------
    path : Path
    node : Mapping
        nbformat 4 JSON.
    code, cell_id : str
        Only findings of this code, in this cell.

    Returns
    -------
    dict
        ``edits``, ``diff``, and ``left``: findings that have a kind of fix, and not one that holds.
    """
    project, name, raw = Project.find(path), str(path), json.dumps(node).encode()

    def look(content: bytes) -> Found:
        return look_through(project, content, name, options=_AS_CHECKED)

    found = look(raw)
    cells = found.pipeline.cells
    if code or cell_id:
        meant = [finding for finding in found.told if _is_meant(finding, cells, code, cell_id)]
        notebook = replace(fixable_notebook(found), told=meant)
        fixes = prove_fixes(raw, notebook, look=lambda content: look(content).every)
        changes = to_changes(cells, list(fixes.values()))
    else:
        changes = fix_notebook(project, name, raw=raw, options=_AS_CHECKED).changes
    after = look(edit_notebook(raw, changes, name=name)) if changes else found
    now = after.pipeline.cells
    kept = [finding for finding in after.told if finding.code in FIXERS]
    left = [finding for finding in kept if _is_meant(finding, now, code, cell_id)]
    return {**edits_object(cells, changes), "left": diagnostic_objects(left, now, fixable=())}


def suggest_document(path: Path, node: Node, *, carrier: str) -> dict[str, Any]:
    """Return the stages that a document suggests, and the edits that accept them.

    Raises
    ------
    InputError
        MNB837 if there is no such carrier, MNB831 for a notebook in another language than Python.
    """
    chosen = next((one for one in CARRIERS if one == carrier), None)
    if chosen is None:
        told = f"{carrier!r} carries no directive."
        raise InputError("MNB837", "carrier", told, f"Say one of {', '.join(CARRIERS)}.")
    return _suggested(parse_node(node, name=str(path)), chosen)


def _suggested(file: NotebookFile, carrier: Carrier) -> dict[str, Any]:
    found = suggest_for(file)
    cells = file.cells
    return {
        "stages": [
            {
                **stage.to_json(),
                "cell_ids": [cells[index].id for index in stage.cells],
                "why": stage.reason,
            }
            for stage in found.stages
        ],
        "tags": [{**tag.to_json(), "cell_id": cells[tag.cell].id} for tag in found.tags],
        "why_not": found.why_not,
        **edits_object(cells, changes_of(cells, found, carrier=carrier)),
    }


def rename_in_document(path: Path, node: Node, *, old: str, new: str) -> dict[str, Any]:
    """Return the edits that give a stage another name; raises as `rename_stage`."""
    pipeline = Project.find(path).build(parse_node(node, name=str(path)))
    return edits_object(pipeline.cells, rename_stage(pipeline, old, new))


def edits_object(cells: Sequence[Cell], changes: Sequence[CellChange]) -> dict[str, Any]:
    """Return changes by the ids of cells, and as a diff for a person.

    An edit says ``cell_id`` and what becomes different: ``source``, ``tags``, ``metadata`` (the
    whole ``mlops_nb`` object). One with ``insert_after`` puts in a cell instead: after the cell of
    that id, at the top where it is null.
    """
    edits: list[dict[str, Any]] = []
    for change in changes:
        above = None if change.cell == 0 else cells[change.cell - 1].id
        edits += [
            {
                "insert_after": above,
                "cell_type": new.type,
                "source": new.source,
                "tags": list(new.tags),
            }
            for new in reversed(change.before)  # each goes right below the same cell
        ]
        said = {
            "source": change.source,
            "tags": None if change.tags is None else list(change.tags),
            "metadata": None if change.metadata is None else dict(change.metadata),
        }
        kept = {name: value for name, value in said.items() if value is not None}
        if kept:
            edits.append({"cell_id": cells[change.cell].id, **kept})
    return {"edits": edits, "diff": render_changes(cells, changes)}


def _is_meant(finding: Diagnostic, cells: Sequence[Cell], code: str, cell_id: str) -> bool:
    own = cells[finding.cell].id if finding.cell >= 0 else ""
    return (not code or finding.code == code) and (not cell_id or own == cell_id)
