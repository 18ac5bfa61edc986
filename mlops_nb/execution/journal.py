"""What does the executed notebook say of each cell, at any moment? Never more than what is true.

papermill's own bookkeeping marks whatever it did not hear of as completed, and writes the whole
file twice per cell. Here every cell begins as ``not run``; marks are set in memory, and a saver
that runs beside the cells writes the file at most once a second and for at most a tenth of the
time.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import UTC, datetime
from typing import Any

from papermill.engines import NotebookExecutionManager

from mlops_nb.errors import InfrastructureError
from mlops_nb.execution.destination import Destination
from mlops_nb.notebook.encoding import NotebookEncoder
from mlops_nb.pipeline.records import CellStatus, RunStatus
from mlops_nb.pipeline.secrets import Masker

# What earlier runs wrote into a cell's metadata (ours are ignored where directives are read).
_OURS = ("status", "started", "seconds", "error", "reason", "trace")
_PAPERMILL_WORDS: dict[CellStatus, str] = {
    "completed": "completed",
    "restored": "completed",
    "expected error": "completed",
    "running": "running",
    "failed": "failed",
    "timeout": "failed",
    "kernel died": "failed",
    "interrupted": "failed",
    "skipped": "pending",
    "not run": "pending",
}


class NotebookJournal(NotebookExecutionManager):  # type: ignore[misc]  # papermill has no types
    """The notebook that is executed, its marks and its saves.

    Parameters
    ----------
    nb : NotebookNode
    destination : Destination or None
    masker : Masker
        Cells run as they are, and are saved without secrets.
    **options
        Of papermill's NotebookExecutionManager.
    """

    def __init__(
        self, nb: Any, *, destination: Destination | None, masker: Masker, **options: Any
    ) -> None:
        super().__init__(nb, **options)
        self.destination = destination
        self.settle: Any = lambda: None
        self.add_output: Any = lambda position, output: nb.cells[position].outputs.append(output)
        self.notes: list[str] = []
        self.overflow: list[str] = []
        self._masker = masker
        self._encoder = NotebookEncoder(nb, mask=masker.part if masker else None)
        self._changed = True
        self._writing: asyncio.Future[None] | None = None

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    def notebook_start(self, **kwargs: Any) -> None:
        """Clear outputs and marks of earlier runs, and save."""
        self.set_timer()
        self.nb.metadata.setdefault("papermill", {}).update(
            start_time=self.start_time.isoformat(), end_time=None, duration=None, exception=None
        )
        ours = self.nb.metadata.setdefault("mlops_nb", {})
        ours["run"] = {"schema": 1, "status": "running", "started": self.start_time.isoformat()}
        for cell in self.nb.cells:
            cell.metadata["papermill"] = {
                "exception": None,
                "start_time": None,
                "end_time": None,
                "duration": None,
                "status": self.PENDING,
            }
            cell.metadata.pop("execution", None)
            if cell.cell_type == "code":
                cell.execution_count = None
                cell.outputs = []
                self._mark(cell, status="not run")
        self.save()

    def begin(self, position: int) -> None:
        """Mark a cell as running."""
        cell, now = self.nb.cells[position], self.now().isoformat()
        cell.metadata["papermill"].update(start_time=now, status=self.RUNNING, exception=False)
        self._mark(cell, status="running", started=now)
        described = self.get_cell_description(cell)
        if described is not None and self.pbar:
            self.pbar.set_description(f"Executing {described}")
        self.touch(position)

    def end(
        self,
        position: int,
        status: CellStatus,
        *,
        seconds: float | None = None,
        error: str | None = None,
        reason: str | None = None,
        trace: str | None = None,
    ) -> None:
        """Mark how a cell ended, or why it did not run, and what is kept of it."""
        cell = self.nb.cells[position]
        word = _PAPERMILL_WORDS[status]
        theirs = cell.metadata["papermill"]
        theirs["status"] = word
        if seconds is not None:
            theirs.update(end_time=self.now().isoformat(), duration=seconds)
            seconds = round(seconds, 3)
        if word == self.FAILED:
            theirs["exception"] = True
            self.nb.metadata["papermill"]["exception"] = True
        if cell.cell_type == "code":
            self._mark(
                cell, status=status, seconds=seconds, error=error, reason=reason, trace=trace
            )
        if self.pbar:
            self.pbar.update(1)
        self.touch(position)

    def add_error(self, position: int, name: str, message: str, *, traceback: str = "") -> None:
        """Add an error that the kernel could not tell itself to a cell's outputs."""
        from nbformat.v4 import new_output

        lines = [traceback or f"{name}: {message}"]
        error = new_output("error", ename=name, evalue=message, traceback=lines)
        self.add_output(position, error)
        self.settle()
        self.touch(position)

    def touch(self, position: int) -> None:
        """Note that a cell changed."""
        self._changed = True
        self._encoder.mark_changed(position)

    def close(self, record: dict[str, Any]) -> None:
        """Set the run's record and papermill's times; no cell goes on running."""
        self.end_time = self.now()
        for position, cell in enumerate(self.nb.cells):
            if cell.metadata.get("mlops_nb", {}).get("status") == "running":
                self.end(position, "interrupted")
        self.nb.metadata["papermill"].update(
            end_time=self.end_time.isoformat(),
            duration=(self.end_time - self.start_time).total_seconds(),
        )
        self.nb.metadata["mlops_nb"]["run"] = record
        self._changed = True
        self.cleanup_pbar()

    def hide_secrets(self) -> None:
        """Leave no secret in the notebook itself; no cell runs any more."""
        if not self._masker:
            return
        for part in (self.nb.metadata, *self.nb.cells):
            masked = self._masker.part({k: v for k, v in part.items() if k != "outputs"})
            part.update({k: v for k, v in masked.items() if v is not part.get(k)})
            for key in part.keys() - masked.keys() - {"outputs"}:
                del part[key]

    def break_off(self, status: RunStatus) -> None:
        """Say of a run that was stopped outside its loop that it does not go on, and save."""
        run = self.nb.metadata.get("mlops_nb", {}).get("run", {})
        if run.get("status") == "running":
            self.close({**run, "status": status})
            with contextlib.suppress(InfrastructureError):
                self.save(is_last=True)

    def autosave_cell(self, **kwargs: Any) -> None:
        """Do nothing: `keep_saving` does, beside the cells."""

    def notebook_complete(self, **kwargs: Any) -> None:
        """Do nothing: `close` tells what is true."""

    async def keep_saving(self) -> None:
        """Save what changed, again and again, until cancelled."""
        while self.destination is not None:
            await asyncio.sleep(self.destination.pause_s)
            if self._changed:
                begun = time.monotonic()
                self.settle()
                writing = asyncio.to_thread(self._write_midway, self._encode())
                self._writing = asyncio.ensure_future(writing)
                await asyncio.shield(self._writing)
                self.destination.note_cost(time.monotonic() - begun)

    async def rest(self) -> None:
        """Wait for a save that is under way."""
        if self._writing is not None:
            await self._writing

    def save(self, *, is_last: bool = False, **kwargs: Any) -> None:
        """Save now; what cannot be written at the last moment is kept elsewhere.

        Raises
        ------
        InfrastructureError
            MNB421 the notebook cannot be written.
        """
        self.settle()
        if self.destination is not None:
            self._write(self._encode(), is_last=is_last)

    async def save_apart(self, *, is_last: bool = False) -> None:
        """Save what is there now, written by a thread; raises as `save`."""
        self.settle()
        if self.destination is not None:
            await asyncio.to_thread(self._write, self._encode(), is_last=is_last)

    @property
    def has_changed(self) -> bool:
        """Whether something is not saved yet."""
        return self._changed

    def _write(self, chunks: list[bytes], *, is_last: bool) -> None:
        assert self.destination is not None
        try:
            self.destination.write(chunks, is_last=is_last)
        except Exception as error:
            if is_last and self.destination.rescue(chunks):
                return
            raise self.destination.fault(error) from error

    def _encode(self) -> list[bytes]:
        self._changed = False
        ours = self.nb.metadata["mlops_nb"]
        ours.pop("overflow", None)
        if self.overflow:
            ours["overflow"] = list(self.overflow)
        return self._encoder.encode()

    def _write_midway(self, chunks: list[bytes]) -> None:
        """Write; a save that fails while cells run is made up for by the next, or the last one."""
        assert self.destination is not None
        try:
            self.destination.write(chunks)
        except Exception as error:
            self._changed = True
            told = self.destination.fault(error).fault
            self.notes.append(f"A save while the notebook ran failed: {told}")

    def _mark(self, cell: Any, **marks: Any) -> None:
        ours = cell.metadata.setdefault("mlops_nb", {})
        for key in _OURS if marks.get("status") in ("not run", "running") else ():
            ours.pop(key, None)
        ours.update({key: value for key, value in marks.items() if value is not None})
