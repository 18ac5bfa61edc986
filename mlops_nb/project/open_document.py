"""What does a front end show of a document while somebody edits it? The same as the commands.

One object per open document: it keeps what did not change since it was asked last (`LiveCheck`,
`StageDrawer`), so that a look after an edit costs what the edit is worth.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_nb.export.document_json import diagnostic_objects, document_object
from mlops_nb.export.stage_drawing import StageDrawer
from mlops_nb.notebook.stars import star_names
from mlops_nb.pipeline.fixes.context import FixContext
from mlops_nb.pipeline.fixes.proposals import FIXERS, propose_fixes
from mlops_nb.project.checking import Found, known_codes
from mlops_nb.project.live_check import LiveCheck
from mlops_nb.project.project import Project

_NOTHING: Mapping[str, Any] = {"cells": [], "stages": [], "parameters": []}
_NO_DRAWING: Mapping[str, Any] = {"columns": 0, "rows": 0, "nodes": [], "edges": []}


class OpenDocument:
    """A document that is being edited.

    Parameters
    ----------
    path : Path
        Where it is saved, or will be: its project's settings hold. It need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._check = LiveCheck(Project.find(path), with_strippers=True)
        self._drawer = StageDrawer()

    def look(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is to be shown.

        Parameters
        ----------
        node : Mapping
            The document as nbformat 4 JSON; outputs are not needed.

        Returns
        -------
        dict
            ``cells``, ``stages``, ``diagnostics``, ``parameters`` and ``layout``.

        Notes
        -----
        What keeps a document or the settings from being read is a finding about the whole of it.
        """
        checked = self._check.check(node, name=str(self.path))
        found = self._check.found
        if found is None:
            told = diagnostic_objects(checked.findings, (), fixable=())
            return {**_NOTHING, "diagnostics": told, "layout": dict(_NO_DRAWING)}
        return {
            **document_object(found.pipeline, found.told, fixable=_proposed(found)),
            "layout": self._drawer.draw(found.pipeline),
        }


def _proposed(found: Found) -> frozenset[int]:
    """Return the positions of the findings told for which there is a proposal; none is proved."""
    if not any(finding.code in FIXERS for finding in found.told):
        return frozenset()
    context = FixContext(
        pipeline=found.pipeline, findings=found.every, star_names=star_names, known=known_codes()
    )
    return frozenset(propose_fixes(found.told, context))
