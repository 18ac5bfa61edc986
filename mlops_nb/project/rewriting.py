"""How does a door change a notebook? It is read, judged, shown, and written where the door says.

Judging is `pipeline`'s, writing `notebook.edits`'; here they are joined with what lies around the
notebook. Nothing is written before `write_rewritten` is called.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.notebook.edits import write_edited
from mlops_nb.notebook.files import NotebookFile, read_cells
from mlops_nb.notebook.stars import star_names
from mlops_nb.pipeline.carrying import Carrier
from mlops_nb.pipeline.cell_changes import CellChange, render_changes
from mlops_nb.pipeline.migration import Migration, migrate

_PIPELINE_FILE = "pipeline.yaml"
_ELSEWHERE = {
    ".pipeline": (
        "this is a pipeline of Elyra's: a drawing whose nodes are whole notebooks.",
        "Name one of its notebooks; stages are parts of a notebook here.",
    ),
    ".py": (
        "this is a script, not a notebook.",
        "Name a notebook (jupytext --to ipynb makes one).",
    ),
    ".yaml": ("this is no notebook.", "Name a notebook that it lists."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """What is to change in one notebook file."""

    file: NotebookFile
    changes: tuple[CellChange, ...]
    metadata: Mapping[str, Any] | None = None

    @property
    def is_empty(self) -> bool:
        return not self.changes and self.metadata is None

    @property
    def needs_extension(self) -> bool:
        """Whether cells start with our magic then, and no cell loads it."""
        after = {c.cell: c.source for c in self.changes if c.source is not None}
        sources = [after.get(cell.index, cell.source) for cell in self.file.cells]
        has_magic = any(source.lstrip().startswith("%%mlops_stage") for source in after.values())
        return has_magic and not any("load_ext mlops_nb" in source for source in sources)

    @property
    def diff(self) -> str:
        """The changes for a person."""
        blocks = [render_changes(self.file.cells, self.changes)]
        if self.metadata is not None:
            shown = json.dumps(self.metadata, ensure_ascii=False, sort_keys=True)
            blocks.append(f"@@ notebook metadata @@\n+mlops_nb: {shown}")
        return "\n".join(block for block in blocks if block)


def plan_migration(
    notebook: Path | str, *, carrier: Carrier = "tag", headings: bool = False
) -> tuple[Migration, Rewriting]:
    """Return what the conventions of others in `notebook` are here, and what is to be written.

    Raises
    ------
    InputError
        MNB830 what is no notebook of one's own, MNB1xx a file that cannot be read, MNB831 a
        notebook in another language than Python.
    """
    _refuse_others(str(notebook))
    file = read_python(notebook)
    migration = migrate(
        file.cells,
        metadata=file.node["metadata"],
        name=file.path,
        star_names=star_names,
        carrier=carrier,
        tasks=_tasks_of(Path(file.path)),
        headings=headings,
    )
    return migration, Rewriting(file=file, changes=migration.changes, metadata=migration.metadata)


def read_python(notebook: Path | str) -> NotebookFile:
    """Return a notebook whose code can be analysed.

    Raises
    ------
    InputError
        MNB1xx, MNB831 another language.
    """
    file = read_cells(notebook)
    refuse_other_languages(file)
    return file


def refuse_other_languages(file: NotebookFile) -> None:
    """Raise InputError MNB831 for a notebook whose code cannot be analysed."""
    if file.language not in ("python", "ipython", "python3"):
        raise InputError(
            "MNB831",
            file.path,
            f"its language is {file.language!r}; stages are found in Python alone.",
            "Tag its cells by hand: mlops-nb tag NB CELL --stage NAME.",
        )


def write_rewritten(rewriting: Rewriting, *, to: Path | None) -> Path:
    """Write the notebook with its changes to `to`, or over itself; return where it is.

    Raises
    ------
    InputError, InfrastructureError
        As `write_edited`.
    """
    write_edited(rewriting.file, rewriting.changes, metadata=rewriting.metadata, to=to)
    return Path(rewriting.file.path) if to is None else to


def _refuse_others(notebook: str) -> None:
    """Raise for what is no notebook, but a file of somebody whose notebooks have conventions."""
    suffix = PurePosixPath(notebook).suffix
    if suffix in _ELSEWHERE:
        fault, remedy = _ELSEWHERE[suffix]
        raise InputError("MNB830", notebook, fault, remedy)


def _tasks_of(notebook: Path) -> Sequence[Mapping[str, Any]]:
    """Return the tasks of ploomber's ``pipeline.yaml`` beside or above a notebook that name it."""
    if not notebook.is_file():
        return ()
    notebook = notebook.absolute()
    for folder in list(notebook.parents)[:3]:
        path = folder / _PIPELINE_FILE
        if path.is_file():
            return [t for t in _read_tasks(path) if _is_source(t, folder, notebook)]
    return ()


def _read_tasks(path: Path) -> list[Mapping[str, Any]]:
    """Return the tasks of a ``pipeline.yaml``; none if it is another's, or cannot be read."""
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return []
    tasks = content.get("tasks") if isinstance(content, Mapping) else None
    return [task for task in tasks if isinstance(task, Mapping)] if isinstance(tasks, list) else []


def _is_source(task: Mapping[str, Any], folder: Path, notebook: Path) -> bool:
    source = task.get("source")
    return isinstance(source, str) and (folder / source).resolve() == notebook.resolve()
