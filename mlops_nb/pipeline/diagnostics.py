"""What is a finding in a notebook? Code, place, fault, remedy; many at once, never an exception."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]


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
    """

    code: str
    severity: Severity
    cell: int
    line: int = 0
    column: int = 0
    message: str
    remedy: str

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``check --json`` prints (DESIGN 9)."""
        return {
            "code": self.code,
            "severity": self.severity,
            "cell": self.cell,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "remedy": self.remedy,
        }
