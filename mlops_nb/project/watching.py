"""How does one process follow a run of another? By its sheet and by the notebook it saves.

While the sheet is there the run goes on. When it is gone the notebook says how the run ended; a
notebook that still says "running" belongs to a process that vanished. Watching touches neither the
run nor its files.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.execution.watching import NotebookWatch, WatchEvent
from mlops_nb.notebook.addresses import is_url
from mlops_nb.notebook.files import parse_notebook, read_cells
from mlops_nb.project.roots import Layout, kept_below
from mlops_nb.tracking.sheets import RunSheet, read_sheets, remove_sheet

POLL_S = 0.25
_REMOTE_POLL_S = 10.0
# Reading and parsing takes at most this part of the time.
_SHARE = 5.0
_FOLDERS_NAMED = 5
_REMEDY = "Past runs are shown by `mlops-nb runs list`."


@dataclass(slots=True, kw_only=True)
class WatchedRun:
    """A run that is watched; its fields change while `events` is iterated."""

    sheet: RunSheet
    folder: Path
    watch: NotebookWatch
    poll_s: float = POLL_S

    def events(self) -> Iterator[WatchEvent | None]:
        """Yield what happens until the run ends; None where nothing did, about every `poll_s`."""
        yield WatchEvent(event="run", run=self.sheet.to_json())
        copy = _SavedCopy(self.sheet)
        while True:
            is_over = self._refresh_sheet()
            # Read after the sheet was looked for: what is read then is the last there will be.
            node = copy.read(at_once=is_over)
            if node is not None:
                yield from self.watch.advance(node, self.sheet)
            if is_over:
                yield self._ending(copy.node)
                return
            yield None
            time.sleep(max(self.poll_s, _SHARE * copy.cost_s))

    def _refresh_sheet(self) -> bool:
        """Take over what the sheet says by now; return whether the run is over."""
        now = [sheet for sheet in read_sheets(self.folder) if sheet.id == self.sheet.id]
        if not now:
            return True
        self.sheet = now[0]
        if self.sheet.has_vanished:
            remove_sheet(self.folder, self.sheet.id)
            return True
        return False

    def _ending(self, node: Mapping[str, Any] | None) -> WatchEvent:
        record = None if node is None else _record_in(node)
        if record is None or record.get("status") == "running":
            return WatchEvent(event="run_vanished")
        seconds = record.get("seconds")
        return WatchEvent(
            event="run_finished", status=record.get("status"), seconds=seconds, run=record
        )


def find_running(layout: Layout, key: str | None = None) -> WatchedRun:
    """Return the run that `key` means: the newest if None.

    Parameters
    ----------
    layout : Layout
    key : str, optional
        The first characters of an id, or the notebook's path or name.

    Raises
    ------
    InputError
        MNB514 if no run goes on here, or none that `key` means, MNB515 if several are meant.
    """
    sheets = read_sheets(layout.running)
    met = [sheet for sheet in sheets if key is None or _is_meant(sheet, key)]
    alive = [sheet for sheet in met if not sheet.has_vanished]
    if key is not None and len(alive) > 1:
        named = ", ".join(f"{sheet.id} ({sheet.notebook})" for sheet in alive)
        raise InputError("MNB515", key, f"{len(alive)} runs are meant: {named}.", "Give an id.")
    if not met:
        raise _none_running(layout, sheets, key)
    # One that has vanished is told by watching it.
    return WatchedRun(sheet=[*alive, *met][0], folder=layout.running, watch=NotebookWatch())


def _none_running(layout: Layout, sheets: Sequence[RunSheet], key: str | None) -> InputError:
    here = str(layout.root)
    if key is None or not sheets:
        below = ", ".join(kept_below(layout.root)[:_FOLDERS_NAMED])
        remedy = f"Look in a folder that has runs: {below}." if below else _REMEDY
        return InputError("MNB514", here, "no run is going on.", remedy)
    named = ", ".join(f"{sheet.id} ({sheet.notebook})" for sheet in sheets)
    return InputError("MNB514", here, f"no run {key!r} is going on.", f"These are: {named}.")


def _is_meant(sheet: RunSheet, key: str) -> bool:
    ids = [sheet.id, sheet.run_id or ""]
    path = Path(sheet.notebook)
    return any(known.startswith(key) for known in ids) or key in (
        sheet.notebook,
        path.name,
        path.stem,
    )


class _SavedCopy:
    """The executed notebook as last saved; read again only when it changed.

    Attributes
    ----------
    node : Mapping or None
        None until this run has saved it.
    cost_s : float
        What reading it cost.
    """

    def __init__(self, sheet: RunSheet) -> None:
        self._output = sheet.output
        self._since = sheet.started
        self._stamp: object = None
        self._read_at = -_REMOTE_POLL_S
        self.node: Mapping[str, Any] | None = None
        self.cost_s = 0.0

    def read(self, *, at_once: bool) -> Mapping[str, Any] | None:
        """Return the notebook if it may have changed since the last call, else None."""
        begun = time.monotonic()
        if is_url(self._output):
            if not at_once and begun - self._read_at < _REMOTE_POLL_S:
                return None
            self._read_at = begun
        else:
            stamp = _file_stamp(self._output)
            if stamp is None or stamp == self._stamp:
                return None
            self._stamp = stamp
        node = _read_node(self._output)
        self.cost_s = time.monotonic() - begun
        if node is None or not self._is_of_this_run(node):
            return None
        self.node = node
        return node

    def _is_of_this_run(self, node: Mapping[str, Any]) -> bool:
        """Return whether this run saved the notebook, not an earlier one to the same place."""
        started = (_record_in(node) or {}).get("started")
        try:
            return datetime.fromisoformat(str(started)) >= self._since
        except (ValueError, TypeError):
            return False


def _file_stamp(path: str) -> object:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read_node(output: str) -> Mapping[str, Any] | None:
    try:
        if is_url(output):
            return read_cells(output).node
        return parse_notebook(Path(output).read_bytes(), name=output).node
    except (OSError, MlopsNbError):
        return None


def _record_in(node: Mapping[str, Any]) -> Mapping[str, Any] | None:
    record = node["metadata"].get("mlops_nb", {}).get("run")
    return record if isinstance(record, Mapping) else None
