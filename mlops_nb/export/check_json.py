"""What does ``mlops-nb check --json`` print? A row for each finding (DESIGN 9), and what editors
need to show and to mend it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlops_nb.pipeline.checked import CheckedNotebook


def check_rows(checked: Sequence[CheckedNotebook]) -> list[dict[str, Any]]:
    """Return a row for each finding; a file that cannot be read is one, too.

    Beside the fields of DESIGN 9: ``notebook``, ``id`` (of the cell), ``stage``, ``related``,
    ``fix`` (title and edits, or null), ``file_line`` (1-based line of the .ipynb file).
    """
    return [row for one in checked for row in _rows(one)]


def _rows(one: CheckedNotebook) -> Iterator[dict[str, Any]]:
    for position, finding in enumerate(one.findings):
        fix = one.fixes.get(position)
        has_cell = 0 <= finding.cell < len(one.cells)
        yield {
            **finding.to_json(),
            "notebook": one.name,
            "id": one.cells[finding.cell].id if has_cell else None,
            "stage": one.stages.get(finding.cell),
            "fix": None if fix is None else fix.to_json(),
            "file_line": one.file_line(finding.cell, finding.line),
        }
