"""What does ``%mlops_check`` show, and what a stage cell that has a fault? The findings of the
notebook as the kernel knows it.

A kernel does not see cells that were edited and not run since the last save, and looks at no
outputs; `mlops-nb check` looks at the saved file.
"""

from __future__ import annotations

import html
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.magics.live_cells import LiveCells, LiveNotebook
from mlops_nb.pipeline.checked import CheckedNotebook
from mlops_nb.pipeline.diagnostics import Diagnostic

# What looking may cost beside a stage cell: this, or a tenth of what the stage took.
_CHEAP_S = 0.05
_SHARE = 0.1
# Before the first look: 1,000 made-up cells, 60,000 characters, take half a second.
_S_PER_CHARACTER = 8e-6


class CheckReport:
    """The findings of a notebook; shows itself as frames of code."""

    def __init__(self, checked: CheckedNotebook, note: str) -> None:
        self.checked = checked
        self.note = note

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from mlops_nb.export.check_html import render_html
        from mlops_nb.export.code_frames import Look, render_finding

        frames = [
            render_finding(self.checked, position, look=Look())
            for position in range(len(self.checked.findings))
        ]
        told = f"{_summary(self.checked)} {self.note}".rstrip()
        page = render_html(self.checked)
        dim = "color:var(--jp-ui-font-color2,#757575);font-size:12px"
        return {
            "text/plain": "\n".join([*frames, told]),
            "text/html": f'{page}<div style="{dim}">{html.escape(told)}</div>',
        }


class LiveChecker:
    """Checks the notebook of one kernel; keeps what it found out for the next time.

    Parameters
    ----------
    path : Path or None
        The notebook, if the front end says which.
    """

    def __init__(self, path: Path | None) -> None:
        self.cells = LiveCells(path)
        self._path = path
        self._check: Any = None
        # The notebook that was looked at last, and what was found in it.
        self._found: tuple[Mapping[str, Any], CheckedNotebook] | None = None

    def report(self, line: str) -> CheckReport:
        """Return what ``%mlops_check line`` shows.

        Raises
        ------
        InputError
            MNB823 for what is no notebook's name; MNB8xx for settings that cannot be used.
        """
        words = shlex.split(line)
        if not words:
            notebook = self.cells.read()
            return CheckReport(self._look(notebook), _note(notebook))
        if len(words) > 1 or words[0].startswith("-"):
            raise InputError(
                "MNB823",
                "%mlops_check",
                f"{line.strip()!r} names no notebook.",
                "Name one, or none for this one; options are for 'mlops-nb check' in a terminal.",
            )
        from mlops_nb.project import Project

        return CheckReport(Project.find(words[0]).check(words[0]), "")

    def hint(self, report: Mapping[str, Any]) -> str:
        """Return one line about a stage cell that ran, or nothing.

        Only an error is worth a line, and only where the notebook is known well enough to be sure.
        """
        notebook = self.cells.read()
        if not notebook.is_complete or notebook.here < 0:
            return ""
        if self._cost_of(notebook) > max(_CHEAP_S, _SHARE * float(report["seconds"])):
            return ""
        checked = self._look(notebook)
        stage = report["stage"]
        errors = [
            finding
            for finding in checked.findings
            if finding.severity == "error"
            and finding.code != _TOLD_BY_THE_STAGE
            and checked.stages.get(finding.cell) == stage
        ]
        return _hint(errors)

    def _cost_of(self, notebook: LiveNotebook) -> float:
        """Return the seconds that looking at `notebook` will take, by those of the last time."""
        if self._check is not None:
            return float(self._check.seconds)
        return sum(len(cell["source"]) for cell in notebook.node["cells"]) * _S_PER_CHARACTER

    def _look(self, notebook: LiveNotebook) -> CheckedNotebook:
        from mlops_nb.project import Project
        from mlops_nb.project.live_check import LiveCheck

        if self._check is None:
            self._check = LiveCheck(Project.find(self._path))
        if self._found is not None and self._found[0] is notebook.node:
            return self._found[1]
        checked = self._look_anew(notebook)
        # Where it cannot be read the fault may lie in the settings, and be mended there.
        self._found = None if self._check.found is None else (notebook.node, checked)
        return checked

    def _look_anew(self, notebook: LiveNotebook) -> CheckedNotebook:
        checked: CheckedNotebook = self._check.check(notebook.node, name=notebook.name)
        if self._path is None:
            return checked
        return replace(checked, name=self._path.name)


# A metric or model that nothing binds: the line above the hint says so, from what it saw.
_TOLD_BY_THE_STAGE = "MNB206"


def _hint(errors: Sequence[Diagnostic]) -> str:
    if not errors:
        return ""
    first = errors[0]
    more = f" (and {len(errors) - 1} more: %mlops_check)" if len(errors) > 1 else ""
    where = f"cell {first.cell}" + (f", line {first.line}" if first.line else "")
    return f"{first.code} {where}: {first.message}{more}"


def _summary(checked: CheckedNotebook) -> str:
    found = [finding.severity for finding in checked.findings]
    counts = [(found.count(s), s) for s in ("error", "warning", "info")]
    told = [f"{number} {what}{'s' * (number != 1)}" for number, what in counts if number]
    return f"{checked.name}: {', '.join(told) or 'nothing found'}."


def _note(notebook: LiveNotebook) -> str:
    if not notebook.node["cells"]:
        return "No cell is known: save the notebook, or run some."
    if not notebook.has_file:
        return "The notebook's file is not known, so these are the cells that ran, in that order."
    if not notebook.is_complete:
        return "Cells that ran and are not saved yet are not in it: save the notebook."
    return "Cells edited and not run since the last save count as saved."
