"""What does a GitHub workflow show beside the lines of a pull request? Workflow commands, a line
for each finding.

GitHub knows lines of the .ipynb file, not cells, so the cell stands in the title. Values are
escaped as the runner reads them back (actions/toolkit, `command.ts`): ``%``, line ends, and in
properties ``:`` and ``,``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from mlops_nb.pipeline.checked import CheckedNotebook
from mlops_nb.pipeline.diagnostics import Diagnostic

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render_annotations(checked: Sequence[CheckedNotebook]) -> str:
    """Return one workflow command a line; empty if nothing was found."""
    return "".join(_command(one, finding) + "\n" for one in checked for finding in one.findings)


def _command(one: CheckedNotebook, finding: Diagnostic) -> str:
    title = finding.code
    if finding.cell >= 0:
        title += f", cell {finding.cell}" + (f", line {finding.line}" if finding.line else "")
    properties = {
        "file": PurePath(one.name).as_posix(),
        "line": str(one.file_line(finding.cell, finding.line)),
        "title": title,
    }
    said = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
    text = f"{finding.message[:1].upper()}{finding.message[1:]}\n{finding.remedy}".rstrip()
    return f"::{_COMMANDS[finding.severity]} {said}::{_escape(text)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
