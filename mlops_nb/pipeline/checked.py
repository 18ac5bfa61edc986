"""What came out of checking one notebook? Findings, what they are about, and what can be mended.

The doors and the formats work on these values; where the notebook came from is not theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlops_nb.pipeline.cells import Cell, StageName
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.fixes.edits import Fix


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
