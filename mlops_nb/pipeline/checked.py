"""What came out of checking one notebook? Findings, what can be mended, and which of them are told.

The doors and the formats work on these values; where the notebook came from is not theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlops_nb.pipeline.cells import Cell, StageName
from mlops_nb.pipeline.diagnostics import Diagnostic, Severity
from mlops_nb.pipeline.fixes.edits import Fix


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRules:
    """What is told of what is found; a code may be given by its beginning, such as ``MNB23``.

    Attributes
    ----------
    select : tuple of str
        Only these; all if empty.
    ignore : tuple of str
        Not these.
    severity : Mapping of str to Severity
        Told as this, by whole code.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)

    def apply(self, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
        """Return the findings that are told, each as severe as the rules say."""
        return [
            replace(finding, severity=self.severity.get(finding.code, finding.severity))
            for finding in findings
            if (not self.select or finding.code.startswith(self.select))
            and not (self.ignore and finding.code.startswith(self.ignore))
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedNotebook:
    """The outcome of checking one notebook.

    Attributes
    ----------
    name : str
        Its path as given.
    findings : tuple of Diagnostic
        In order of place. A file that cannot be read has one, for the notebook as a whole.
    cells : tuple of Cell
        Empty if the file cannot be read.
    stages : Mapping of int to StageName
        The stage of each cell that is of one.
    fixes : Mapping of int to Fix
        What mends a finding, by its position in `findings`.
    file_lines : Mapping of int to tuple of int
        For cells with findings, the 1-based line of the file in which each line of the source
        stands; empty unless asked for.
    n_ignored : int
        Findings that comments accept.
    is_unreadable : bool
    """

    name: str
    findings: tuple[Diagnostic, ...]
    cells: tuple[Cell, ...] = ()
    stages: Mapping[int, StageName] = field(default_factory=dict)
    fixes: Mapping[int, Fix] = field(default_factory=dict)
    file_lines: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    n_ignored: int = 0
    is_unreadable: bool = False

    def file_line(self, cell: int, line: int) -> int:
        """Return the line of the file where line `line` of a cell stands; 1 if that is unknown.

        Line 0 is the cell as a whole, told at its first line.
        """
        lines = self.file_lines.get(cell, ())
        return lines[min(max(line, 1), len(lines)) - 1] if lines else 1
