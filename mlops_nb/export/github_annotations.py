"""What does a GitHub workflow show beside the lines of a pull request? Workflow commands, a line
for each finding.

GitHub knows lines of the .ipynb file, not cells, so the cell stands in the title. Values are
escaped as the runner reads them back (actions/toolkit, `command.ts`): ``%``, line ends, and in
properties ``:`` and ``,``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlops_nb.export.code_frames import sentence
from mlops_nb.pipeline.checked import CheckedNotebook
from mlops_nb.pipeline.diagnostics import Diagnostic

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render_annotations(checked: Sequence[CheckedNotebook], *, folder: Path) -> str:
    """Return one workflow command a line; empty if nothing was found.

    Notebooks in `folder`, the working directory of the job, are named relative to it.
    """
    return "".join(
        _command(one, finding, folder) + "\n" for one in checked for finding in one.findings
    )


def _command(one: CheckedNotebook, finding: Diagnostic, folder: Path) -> str:
    path = Path(one.name)
    is_inside = path.is_absolute() and path.is_relative_to(folder)
    title = finding.code
    if finding.cell >= 0:
        title += f", cell {finding.cell}" + (f", line {finding.line}" if finding.line else "")
    properties = {
        "file": (path.relative_to(folder) if is_inside else path).as_posix(),
        "line": str(one.file_line(finding.cell, finding.line)),
        "title": title,
    }
    said = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
    text = f"{sentence(finding.message)}\n{sentence(finding.remedy)}".rstrip()
    return f"::{_COMMANDS[finding.severity]} {said}::{_escape(text)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
