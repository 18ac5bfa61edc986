"""Which past run is meant, and where is the notebook that it executed?

A run is named by that notebook's path, by the first characters of its id, or not at all: then it is
the newest. The notebook is looked for among those that runs keep here, and then in MLflow, which
has a copy of each that was tracked.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InputError, nearest
from mlops_nb.execution.past_values import PastCell, PastValues, past_cells
from mlops_nb.notebook.files import NotebookFile, parse_notebook, read_cells
from mlops_nb.project.cache import open_store
from mlops_nb.project.kept import reading_store
from mlops_nb.project.project import Project
from mlops_nb.project.roots import Layout, find_kept
from mlops_nb.tracking.processes import stamp_process

if TYPE_CHECKING:
    from mlops_nb.pipeline.stages import Pipeline

_ARTIFACT = "executed.ipynb"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """One run of the past.

    Attributes
    ----------
    project : Project
        Whose store has its values.
    file : NotebookFile
        As it was executed.
    pipeline : Pipeline
        Of that notebook.
    values : PastValues
    """

    project: Project
    file: NotebookFile
    pipeline: Pipeline
    values: PastValues

    @property
    def record(self) -> dict[str, Any]:
        """What the run said of itself."""
        found: dict[str, Any] = self.file.node["metadata"]["mlops_nb"]["run"]
        return found

    @property
    def told(self) -> str:
        """How people know the run."""
        return str(self.record.get("run_id") or self.file.path)


def find_past_run(run: str | None = None, *, start: Path | None = None) -> PastRun:
    """Return a run of the project in folder `start`.

    Parameters
    ----------
    run : str, optional
        Path of an executed notebook, or the first characters of a run's id; the newest run by
        default, as for ``"last"``.
    start : Path, optional
        A folder of the project; the working directory by default.

    Raises
    ------
    InputError
        MNB850 there is no such run, or the notebook is none that a run wrote.
    """
    layout = find_kept(start)
    if run is not None and Path(run).is_file():
        place = Path(run).absolute()
        inside = [folder for folder in place.parents if folder.name == ".mlops_nb"]
        layout = Layout(root=inside[0].parent) if inside else _layout_of(place, layout)
        file = read_cells(run)
    else:
        file = _find(layout, run or "last")
    return _open(layout, file)


def _layout_of(notebook: Path, layout: Layout) -> Layout:
    """Return where the values are of a notebook that was written somewhere by a run."""
    beside = find_kept(notebook.parent)
    return beside if beside.state.is_dir() else layout


def _open(layout: Layout, file: NotebookFile) -> PastRun:
    ours = file.node.get("metadata", {}).get("mlops_nb", {})
    if not isinstance(ours, dict) or not isinstance(ours.get("run"), dict):
        raise InputError(
            "MNB850",
            file.path,
            "it is no notebook that `mlops-nb run` executed.",
            "Name the executed notebook (see 'output' of the run), or the run's id.",
        )
    project = Project(layout=layout)
    pipeline = project.build(file)
    store = open_store(layout, project.settings)
    cells = [_analysed(cell, pipeline) for cell in past_cells(file.node)]
    values = PastValues(cells, store=store, stamp=str(stamp_process()))
    return PastRun(project=project, file=file, pipeline=pipeline, values=values)


def _analysed(cell: PastCell, pipeline: Pipeline) -> PastCell:
    directive, flow = pipeline.directives.get(cell.position), pipeline.flows.get(cell.position)
    stage = "" if directive is None else str(directive.stage)
    if flow is None:
        return replace(cell, stage=stage)
    touches = frozenset((*flow.binds, *flow.mutates, *flow.may_mutate, *flow.deletes))
    return replace(cell, stage=stage, reads=frozenset(flow.reads), touches=touches)


def _find(layout: Layout, key: str) -> NotebookFile:
    known: list[str] = []
    newest: tuple[str, Path] | None = None
    for path, told in _executed(layout):
        ident = str(told.get("run_id") or "")
        known.append(ident[:8] or path.stem)
        if key == "last":
            newest = max(newest or ("", path), (str(told.get("started") or ""), path))
        elif ident.startswith(key) or path.stem == key or path.name == key:
            return read_cells(path)
    tracked = _tracked(layout, key, after="" if newest is None else newest[0])
    if tracked is not None:
        return tracked
    if newest is not None:
        return read_cells(newest[1])
    wanted = "there is no past run" if key == "last" else f"there is no run {key!r}"
    raise InputError(
        "MNB850",
        str(layout.root),
        f"{wanted} whose executed notebook is kept.",
        nearest(key, known[:20]) or "Run a notebook first: `mlops-nb run NB`.",
    )


def _executed(layout: Layout) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the executed notebooks that are kept here, newest first, with what each run said."""
    for path in sorted(layout.runs.glob("*.ipynb"), reverse=True):
        try:
            told = json.loads(path.read_bytes())["metadata"]["mlops_nb"]["run"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if isinstance(told, dict):
            yield path, told


def _tracked(layout: Layout, key: str, *, after: str) -> NotebookFile | None:
    """Return the notebook that MLflow has of a run; of the last one only if it began later."""
    from datetime import datetime

    from mlops_nb.tracking.history import show_run

    with reading_store(layout) as store:
        if store is None:
            return None
        try:
            found = show_run(store, key)
        except InputError:
            return None
        started = found.run.started
        is_older = bool(after) and started is not None and started <= datetime.fromisoformat(after)
        if (key == "last" and is_older) or _ARTIFACT not in found.artifacts:
            return None
        with tempfile.TemporaryDirectory() as folder:
            client = store.client()
            path = client.download_artifacts(found.run.run_id, _ARTIFACT, folder)
            return parse_notebook(Path(path).read_bytes(), name=f"run {found.run.run_id}")
