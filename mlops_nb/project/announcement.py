"""How do other processes learn that a run is going on? It keeps a sheet for them while it lives.

The sheet must never break a run: where it cannot be written the run goes on, and its record says
that it could not be watched.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mlops_nb.execution.events import RunPlan, SilentObserver
from mlops_nb.notebook.addresses import is_url, tell_address
from mlops_nb.pipeline.records import CellStatus
from mlops_nb.tracking.entries import RunSource
from mlops_nb.tracking.processes import stamp_process
from mlops_nb.tracking.sheets import RunSheet, post_sheet, remove_sheet, running_sheets


class Announcement(SilentObserver):
    """Keeps the sheet of one run.

    Parameters
    ----------
    folder : Path
        Of the project's sheets.
    notebook, output : str
        As given.
    source_cells : int
        How many cells the notebook has.
    find_run_id : callable
        Returns MLflow's id of the run, None as long as there is none.
    """

    def __init__(
        self,
        folder: Path,
        *,
        notebook: str,
        output: str,
        source_cells: int,
        find_run_id: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._folder = folder
        self._find_run_id = find_run_id
        self._fault: OSError | None = None
        self._sheet = RunSheet(
            id=uuid.uuid4().hex[:12],
            notebook=_place(notebook, root=folder.parent.parent),
            output=tell_address(output) if is_url(output) else str(Path(output).absolute()),
            started=datetime.now(UTC),
            process=stamp_process(),
            source_cells=source_cells,
        )

    def post(self) -> None:
        """Write the sheet; sheets that other runs left behind are removed."""
        with contextlib.suppress(OSError):
            running_sheets(self._folder)
        self._post(self._sheet)

    def remove(self) -> None:
        """Take the sheet away."""
        remove_sheet(self._folder, self._sheet.id)

    def run_started(self, plan: RunPlan) -> None:
        """Add what is to run; raise what kept the sheet from being written, for the run's notes."""
        stage_of = {index: str(name) for index, name in plan.stage_of.items()}
        self._post(replace(self._sheet, cells=plan.cells, stage_of=stage_of))
        if self._fault is not None:
            told = self._fault.strerror or str(self._fault)
            raise OSError(f"the run cannot be watched: {self._folder}: {told}") from self._fault

    def cell_finished(self, index: int, status: CellStatus, seconds: float) -> None:
        """Add the run's id once it is known."""
        if self._sheet.run_id is None:
            run_id = self._find_run_id()
            if run_id is not None:
                self._post(replace(self._sheet, run_id=run_id))

    def _post(self, sheet: RunSheet) -> None:
        self._sheet = sheet
        try:
            post_sheet(self._folder, sheet)
        except OSError as error:
            self._fault = error


def _place(notebook: str, *, root: Path) -> str:
    """Return the notebook's path from the project's root where it is inside, as lists show it."""
    if is_url(notebook):
        return notebook
    return RunSource(notebook=Path(notebook).absolute(), root=root).place
