"""What is a finding in a notebook? Code, place, fault, remedy; many at once, never an exception."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedPlace:
    """Another place that a finding speaks of: the cell that binds, deletes, or was first.

    Attributes
    ----------
    cell : int
        Index among all cells from 0.
    line, column : int
        As in `Diagnostic`.
    label : str
        What is there, as a few words without a full stop: ``"'raw' is bound here"``.
    """

    cell: int
    line: int = 0
    column: int = 0
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """A finding at a place in a notebook.

    Attributes
    ----------
    code : str
        ``"MNB2xx"``.
    severity : {"error", "warning", "info"}
        An error in a pipeline keeps its notebook from running; one that only `check` finds, a
        secret, from being shared.
    cell : int
        Index among all cells from 0; -1 for the notebook as a whole.
    line, column : int
        1-based line, 0-based column in the cell's source; 0 where there is none.
    message, remedy : str
        Full sentences.
    related : tuple of RelatedPlace
        Other places it speaks of, shown beside it.
    """

    code: str
    severity: Severity
    cell: int
    line: int = 0
    column: int = 0
    message: str
    remedy: str
    related: tuple[RelatedPlace, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``check --json`` prints (DESIGN 9), with the related places."""
        return {
            "code": self.code,
            "severity": self.severity,
            "cell": self.cell,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "remedy": self.remedy,
            "related": [asdict(place) for place in self.related],
        }
