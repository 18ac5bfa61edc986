"""What is a notebook that ploomber runs, or that soorgeon would cut up, here?

ploomber's tasks are notebooks of their own, joined by files: what it injects as ``upstream`` and
``product`` has no counterpart within one notebook and is listed. soorgeon cuts a notebook at its
headings of the second level; these become stages, but only when asked for: everybody has headings.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from typing import Any

from mlops_nb.pipeline.carrying import to_stage_name
from mlops_nb.pipeline.cells import Cell, CellKind, StageName
from mlops_nb.pipeline.headings import cell_headings
from mlops_nb.pipeline.migration.outcome import NOTEBOOK, Draft
from mlops_nb.pipeline.parameters import find_parameters_cell
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.pipeline.trees import parse_code

_INJECTED = {
    "upstream": "files of other notebooks",
    "product": "the files to write",
}


def migrate_ploomber(draft: Draft, tasks: Sequence[Mapping[str, Any]] = ()) -> None:
    """List what ploomber would inject.

    Parameters
    ----------
    draft : Draft
        Changed in place.
    tasks : sequence of Mapping
        The tasks of a ``pipeline.yaml`` that name this notebook.
    """
    for task in tasks:
        draft.conventions.add("ploomber")
        draft.leave(
            NOTEBOOK,
            f"pipeline.yaml: task {str(task.get('name', task.get('source')))!r}",
            "a task of ploomber's is a whole notebook, a stage a part of one",
            "Put the notebooks that belong together into one, a stage for each.",
        )
    cell = find_parameters_cell(draft.cells)
    tree = None if cell is None or cell.code is None else parse_code(cell.code)
    if cell is None or tree is None:
        return
    names = _assigned(tree)
    if not {"upstream", "product"} <= names.keys() and not tasks:
        return
    draft.conventions.add("ploomber")
    for name, what in _INJECTED.items():
        if name in names and (names[name] != "None" or _is_read(draft.cells, name)):
            files = _files(name, names[name], tasks)
            by_flag = f", or pass it: -p {name} '{files}'" if names[name] == "None" else ""
            draft.leave(
                cell.index,
                f"{name} = {names[name]}",
                f"ploomber puts {what} there; here nothing is injected but -p",
                f"Set it in the cell: {name} = {files}{by_flag}.",
            )


def _files(name: str, default: str, tasks: Sequence[Mapping[str, Any]]) -> str:
    """Return a value of what ploomber injects as `name`, as far as it can be known, as JSON."""
    said = [task[name] for task in tasks if task.get(name)] if name == "product" else []
    try:
        known = ast.literal_eval(default)
    except ValueError:
        known = None
    keys = [k for k in known if isinstance(k, str)] if isinstance(known, list | set) else []
    return json.dumps(said[0] if said else dict.fromkeys(keys or ["NAME"], "FILE"))


def _is_read(cells: Sequence[Cell], name: str) -> bool:
    trees = (parse_code(cell.code) for cell in cells if cell.code is not None)
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for tree in trees
        if tree is not None
        for node in ast.walk(tree)
    )


def _assigned(tree: ast.Module) -> dict[str, str]:
    """Return the names that a cell assigns, with the source of their values."""
    return {
        node.targets[0].id: ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def migrate_headings(draft: Draft, pipeline: Pipeline) -> None:
    """Make a stage of the code below each heading of the second level."""
    stage: StageName | None = None
    title = ""
    taken: set[str] = {stage.name for stage in pipeline.stages}
    for cell in draft.cells:
        for level, text in cell_headings(cell):
            if level == 2:
                title, stage = text, _free(to_stage_name(text), taken)
                taken.add(stage)
        if stage is not None and _is_work(cell, pipeline):
            draft.conventions.add("soorgeon")
            draft.of(cell.index).stage = stage
            draft.carry(cell.index, f"heading {title!r}", f"stage {stage}")


def _is_work(cell: Cell, pipeline: Pipeline) -> bool:
    kind = pipeline.kinds[cell.index]
    return kind is CellKind.INLINE and bool(cell.source.strip())


def _free(name: StageName, taken: set[str]) -> StageName:
    number, free = 2, name
    while free in taken:
        free = StageName(f"{name}_{number}")
        number += 1
    return free
