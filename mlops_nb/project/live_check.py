"""How is a notebook checked again and again while somebody works on it? Only what changed is
looked at anew.

An unchanged notebook is not looked at; otherwise what is found out cell by cell is kept by the
cell's text, and the data flow is followed from the first cell that changed
(`pipeline.resumed_flow`). What lies in outputs and execution counts is for the saved file:
`Project.check` tells it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mlops_nb.errors import MlopsNbError
from mlops_nb.notebook.files import NotebookFile, parse_node
from mlops_nb.notebook.stars import star_names
from mlops_nb.pipeline.build import build_pipeline
from mlops_nb.pipeline.checked import CheckedNotebook
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.habits import habit_diagnostics
from mlops_nb.pipeline.resumed_flow import ResumedFlow
from mlops_nb.pipeline.secret_findings import secret_diagnostics
from mlops_nb.pipeline.stripping import stripping_findings
from mlops_nb.project.checking import Found, fault_finding, judge
from mlops_nb.project.project import Project
from mlops_nb.project.strippers import project_strippers


class LiveCheck:
    """Checks one notebook as it grows.

    Parameters
    ----------
    project : Project
    with_strippers : bool, default=False
        Whether to tell of tools of the project that delete tags and metadata we read.

    Attributes
    ----------
    seconds : float
        What the last look took.
    n_analysed : int
        Code cells whose data flow was followed in it.
    found : Found or None
        All that was found then, with the pipeline; None if the notebook cannot be read.
    """

    def __init__(self, project: Project, *, with_strippers: bool = False) -> None:
        self.project = project
        self._with_strippers = with_strippers
        self.seconds = 0.0
        self.n_analysed = 0
        self.found: Found | None = None
        self._flow = ResumedFlow()
        self._secrets: dict[tuple[int, str], list[Diagnostic]] = {}
        self._last: tuple[str, Any, CheckedNotebook] | None = None

    def check(self, node: Mapping[str, Any], *, name: str) -> CheckedNotebook:
        """Return what is told of a notebook; `node` is nbformat 4 JSON.

        Raises
        ------
        InputError
            If the project's settings cannot be used.
        """
        started = time.perf_counter()
        # With ids: where the file has none, each page that opens it makes up its own.
        parts = ("id", "cell_type", "source", "metadata")
        content = [tuple(map(cell.get, parts)) for cell in node["cells"]]
        key = (content, node.get("metadata"))
        if self._last is not None and self._last[:2] == (name, key):
            self.n_analysed = 0
            self.seconds = time.perf_counter() - started
            return self._last[2]
        try:
            checked = self._look(parse_node(node, name=name))
        except MlopsNbError as error:
            self.found = None
            checked = CheckedNotebook(
                name=name, findings=(fault_finding(error, name),), is_unreadable=True
            )
        # A fault may lie in the settings, and be mended there.
        self._last = None if self.found is None else (name, key, checked)
        self.seconds = time.perf_counter() - started
        return checked

    def _look(self, file: NotebookFile) -> CheckedNotebook:
        rules = self.project.settings_for(file).check.rules_for(file.path, root=self.project.root)
        pipeline = build_pipeline(
            file.cells, name=file.path, star_names=star_names, analyse=self._flow.analyse
        )
        self.n_analysed = self._flow.n_analysed
        found = [
            *self._secrets_of(file),
            *pipeline.diagnostics,
            *habit_diagnostics(pipeline, counts={}),
        ]
        if self._with_strippers:
            found += stripping_findings(pipeline, project_strippers(self.project.root))
        self.found = judged = judge(pipeline, found, file=file, rules=rules)
        return CheckedNotebook(
            name=file.path,
            findings=judged.told,
            cells=pipeline.cells,
            stages={i: directive.stage for i, directive in pipeline.directives.items()},
            n_ignored=judged.n_ignored,
        )

    def _secrets_of(self, file: NotebookFile) -> list[Diagnostic]:
        known, self._secrets = self._secrets, {}
        for cell in file.cells:
            key = (cell.index, cell.source)
            found = known.get(key)
            self._secrets[key] = secret_diagnostics([cell], outputs={}) if found is None else found
        return [finding for found in self._secrets.values() for finding in found]
