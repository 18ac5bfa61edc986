"""What do code scanning services read? SARIF 2.1.0, the OASIS format for results of analyses.

A region is one of the .ipynb file, so that the service shows the right line of it; the cell and
the line in it are a logical location, and stand in the message. Columns of the JSON text would say
nothing, so there are none. Fingerprints are of what is found, not of where: a finding that moves
with its cell stays the same alert.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from mlops_nb.export.code_frames import sentence
from mlops_nb.pipeline.checked import CheckedNotebook
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.version import __version__

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render_sarif(
    checked: Sequence[CheckedNotebook], *, pages: Mapping[str, str], folder: Path
) -> dict[str, Any]:
    """Return the log as JSON.

    Parameters
    ----------
    checked : sequence of CheckedNotebook
    pages : Mapping of str to str
        The page of each code, as Markdown.
    folder : Path
        What notebooks in it are named relative to, as services expect: the working directory.
    """
    readable = [one for one in checked if not one.is_unreadable]
    codes = sorted({finding.code for one in readable for finding in one.findings})
    results = [
        _result(one, finding, rule=codes.index(finding.code), folder=folder)
        for one in readable
        for finding in one.findings
    ]
    driver = {
        "name": "mlops-nb check",
        "semanticVersion": __version__,
        "rules": [_rule(code, pages[code]) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(checked, folder)],
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, page: str) -> dict[str, Any]:
    head, _, body = page.partition("\n")
    title = head.removeprefix("# ").partition(": ")[2]
    first = " ".join(body.strip().partition("\n\n")[0].split())
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in title.split() if word.isalnum()),
        "shortDescription": {"text": f"{title}."},
        "fullDescription": {"text": first},
        "help": {"text": body.strip(), "markdown": body.strip()},
    }


def _result(
    one: CheckedNotebook, finding: Diagnostic, *, rule: int, folder: Path
) -> dict[str, Any]:
    where = _cell_words(finding.cell, finding.line)
    message = f"{sentence(finding.message)} {sentence(finding.remedy)}".rstrip()
    found: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{where}: {message}" if where else message},
        "locations": [_location(one, finding.cell, finding.line, folder=folder)],
        "partialFingerprints": {"mlopsNbFinding/v1": _fingerprint(one, finding, folder)},
    }
    if finding.related:
        found["relatedLocations"] = [
            {
                "id": number,
                **_location(one, place.cell, place.line, folder=folder),
                "message": {"text": f"{_cell_words(place.cell, place.line)}: {place.label}"},
            }
            for number, place in enumerate(finding.related)
        ]
    return found


def _location(one: CheckedNotebook, cell: int, line: int, *, folder: Path) -> dict[str, Any]:
    physical = {
        "artifactLocation": _artifact(one, folder),
        "region": {"startLine": one.file_line(cell, line)},
    }
    location: dict[str, Any] = {"physicalLocation": physical}
    if cell >= 0:
        name = f"cell {cell}"
        logical = {"name": name, "fullyQualifiedName": f"{one.name}, {name}", "kind": "member"}
        location["logicalLocations"] = [logical]
    return location


def _artifact(one: CheckedNotebook, folder: Path) -> dict[str, str]:
    path = Path(one.name)
    if path.is_absolute():
        if not path.is_relative_to(folder):
            return {"uri": path.as_uri()}
        path = path.relative_to(folder)
    return {"uri": quote(PurePath(path).as_posix())}


def _invocation(checked: Sequence[CheckedNotebook], folder: Path) -> dict[str, Any]:
    """Return whether all could be checked; files that could not are told here, not as results."""
    unread = [(one, finding) for one in checked if one.is_unreadable for finding in one.findings]
    invocation: dict[str, Any] = {"executionSuccessful": not unread}
    if unread:
        invocation["toolExecutionNotifications"] = [
            {
                "level": "error",
                "descriptor": {"id": finding.code},
                "message": {"text": f"{finding.message} {finding.remedy}"},
                "locations": [{"physicalLocation": {"artifactLocation": _artifact(one, folder)}}],
            }
            for one, finding in unread
        ]
    return invocation


def _cell_words(cell: int, line: int) -> str:
    if cell < 0:
        return ""
    return f"Cell {cell}, line {line}" if line else f"Cell {cell}"


def _fingerprint(one: CheckedNotebook, finding: Diagnostic, folder: Path) -> str:
    """Return a digest of the notebook, the code, and the line that it is about."""
    line = ""
    if 0 <= finding.cell < len(one.cells) and finding.line:
        lines = one.cells[finding.cell].source.splitlines()
        line = lines[finding.line - 1].strip() if finding.line <= len(lines) else ""
    text = "\n".join([_artifact(one, folder)["uri"], finding.code, line or finding.message])
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
