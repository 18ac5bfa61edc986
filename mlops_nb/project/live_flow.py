"""What are the cells of a notebook that somebody is working on, to what is kept of them?

Asked at every cell that runs, so only what changed since is analysed anew, and nothing where
nothing changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import MlopsNbError
from mlops_nb.execution.cellplan import plan_cells
from mlops_nb.execution.local_sources import read_local_sources
from mlops_nb.execution.runcells import CacheRequest, make_run_cells
from mlops_nb.kernels.watch_paths import PathRules
from mlops_nb.notebook.files import parse_node
from mlops_nb.notebook.stars import star_names
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.incremental.tasks import make_course
from mlops_nb.pipeline.resumed_flow import ResumedFlow

if TYPE_CHECKING:
    from mlops_nb.pipeline.incremental.planning import Task
    from mlops_nb.pipeline.incremental.tasks import Course


# IPython's names for what was shown, and what leads to all objects or all frames.
_WAYS_ROUND = re.compile(
    r"\b(import|gc|ctypes|_getframe|currentframe|modules|user_ns|__\w+__|Out|_oh|_{1,3}|_\d+)\b"
)


def read_stranger(source: str) -> Task | None:
    """Return what a cell that is not in the notebook reads and may change; None if nobody can
    tell.

    It is looked at alone: what names lead to that other cells bound, the kernel knows best. Nobody
    can where it imports, or goes to values by another way than by their names.
    """
    if _WAYS_ROUND.search(source):
        return None
    cell = {"cell_type": "code", "id": "stranger", "metadata": {}, "source": source}
    node = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    try:
        file = parse_node(node, name="stranger")
        pipeline = build_pipeline(file.cells, name=file.path, star_names=star_names)
        cells = make_run_cells(pipeline, plan_cells(pipeline, None), parameters={})
        course = make_course(cells, find=lambda key: (), mode="stages")
    except MlopsNbError:
        return None
    return course.tasks[0] if course.tasks else None


class LiveFlow:
    """The cells of one notebook as it grows.

    Parameters
    ----------
    cache : CacheRequest
    """

    def __init__(self, cache: CacheRequest) -> None:
        self._cache = cache
        self._rules = PathRules(str(cache.root))
        self._flow = ResumedFlow()
        self._last: tuple[Any, Course | None] | None = None
        self._node: Mapping[str, Any] = {}

    def course(self, node: Mapping[str, Any], *, name: str) -> Course | None:
        """Return what is known of the cells; None if the notebook cannot be run as it is.

        Parameters
        ----------
        node : Mapping
            nbformat 4 JSON.
        name : str
            Of the notebook.
        """
        if node is self._node and self._last is not None:
            return self._last[1]
        self._node = node
        content = [
            (cell.get("cell_type"), cell.get("source"), cell.get("metadata"))
            for cell in node["cells"]
        ]
        if self._last is not None and self._last[0] == content:
            return self._last[1]
        try:
            course = self._make(node, name)
        except MlopsNbError:
            course = None
        self._last = (content, course)
        return course

    def _make(self, node: Mapping[str, Any], name: str) -> Course:
        file = parse_node(node, name=name)
        pipeline = build_pipeline(
            file.cells, name=file.path, star_names=star_names, analyse=self._flow.analyse
        )
        cells = make_run_cells(pipeline, plan_cells(pipeline, None), parameters={})
        return make_course(
            cells,
            find=lambda key: (),
            mode=self._cache.mode,
            sources=read_local_sources(cells, cwd=Path.cwd(), rules=self._rules),
        )
