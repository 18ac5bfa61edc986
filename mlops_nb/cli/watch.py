"""``mlops-nb runs watch``: a run of another process, live; stopping to watch leaves it alone."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

import click

from mlops_nb.errors import InputError

if TYPE_CHECKING:
    from mlops_nb.execution.watching import WatchEvent
    from mlops_nb.project.watching import WatchedRun

# ``mlops-nb run … & mlops-nb runs watch``: the run needs a moment to be known.
_WAIT_S = 3.0
_LOST = 5
_CLEAR_LINE = "\r\x1b[2K"


@click.command(
    "watch",
    help="Show RUN, which another process runs, as it goes: the first characters of its id, or its "
    "notebook; by default the newest that is going on. Ends with the run's exit code.",
)
@click.argument("run", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print what happens as JSON, one a line.")
def watch(run: str | None, as_json: bool) -> int:
    """Print events until the run ends; return the run's own exit code."""
    from mlops_nb.execution.endings import EXIT_CODES

    watched = _find(run)
    show = _show_json if as_json else make_screen(watched, sys.stdout)
    for event in watched.events():
        show(event)
        if event is not None and event.event == "run_finished":
            codes = {str(status): code for status, code in EXIT_CODES.items()}
            return codes.get(event.status or "", _LOST)
    return _LOST


def make_screen(watched: WatchedRun, stream: TextIO) -> Callable[[WatchEvent | None], None]:
    """Return what prints events for a person; with a line on what goes on if on a terminal."""
    return (_Terminal if stream.isatty() else _Lines)(watched, stream).show


class _Lines:
    """Outputs as they come under the cell they are of, and a line when a cell has ended."""

    def __init__(self, watched: WatchedRun, stream: TextIO) -> None:
        self._watched = watched
        self._stream = stream
        self._headed: tuple[int | None, str | None] | None = None
        self._is_mid_line = False
        self._is_terminal = stream.isatty()
        self._count = 0

    def show(self, event: WatchEvent | None) -> None:
        """Print an event; None is a moment in which nothing happened."""
        if event is None:
            return
        if event.event == "output":
            self._show_output(event)
        elif event.event != "cell_started":
            text = self._phrase(event)
            self._write(f"{'' if not self._is_mid_line else chr(10)}{text}\n")
            self._headed = None

    def _show_output(self, event: WatchEvent) -> None:
        from mlops_nb.execution.outputs_text import head_cell

        place = (event.cell, event.stage)
        if self._headed != place:
            self._write(head_cell(*place) + "\n")
            self._headed = place
        self._write(event.text or "")

    def _phrase(self, event: WatchEvent) -> str:
        from mlops_nb.tracking.summary import render_seconds

        sheet = self._watched.sheet
        if event.event == "run":
            begun = f"{sheet.started.astimezone():%H:%M:%S}"
            return f"{sheet.notebook}, started {begun} by process {sheet.process.pid}"
        if event.event == "cell_finished":
            stage = f"stage {event.stage}: " if event.stage else ""
            cell = "parameters" if event.cell is None else f"cell {event.cell}"
            took = render_seconds(event.seconds)
            ended = took if event.status == "completed" else f"{event.status} after {took}"
            ended = event.status if event.status == "restored" else ended
            self._count += event.cell is not None
            count = f"[{self._count}/{len(sheet.cells)}] " if event.cell is not None else ""
            return f"{count}{stage}{cell} … {ended}"
        if event.event == "run_finished":
            return _phrase_end(event)
        return (
            f"The process of the run ({sheet.process.pid}) is gone, and {sheet.output} does not "
            "say that the run has ended: it was killed."
        )

    def _write(self, text: str) -> None:
        from mlops_nb.execution.outputs_text import leave_out_commands

        if text:
            self._is_mid_line = not text.endswith("\n")
            kept = leave_out_commands(text)
            self._stream.write(kept if self._is_terminal else click.unstyle(kept))
            self._stream.flush()


class _Terminal(_Lines):
    """The same, and at the bottom a line on the cell that runs now."""

    def __init__(self, watched: WatchedRun, stream: TextIO) -> None:
        super().__init__(watched, stream)
        self._has_line = False

    def show(self, event: WatchEvent | None) -> None:
        """Print an event above the line, which is drawn again where nothing happened."""
        if self._has_line:
            self._stream.write(_CLEAR_LINE)
            self._has_line = False
        super().show(event)
        if event is None and not self._is_mid_line:
            width = _columns()
            self._stream.write(click.style(self._line()[: width - 1], dim=True))
            self._has_line = True
        self._stream.flush()

    def _line(self) -> str:
        from datetime import UTC, datetime

        from mlops_nb.tracking.summary import render_seconds

        watch, sheet = self._watched.watch, self._watched.sheet
        parts = [f"{self._count}/{len(sheet.cells)}"] if sheet.cells else ["starting"]
        if watch.place is not None:
            index, stage = watch.place
            parts += [f"stage {stage}"] if stage else []
            parts.append("parameters" if index is None else f"cell {index}")
        parts.append(render_seconds((datetime.now(UTC) - sheet.started).total_seconds()))
        last = watch.unfinished.rpartition("\r")[2].strip()
        return " · ".join(part for part in (*parts, last) if part)


def _phrase_end(event: WatchEvent) -> str:
    from mlops_nb.cli.run import explain_failure, summarise
    from mlops_nb.pipeline.records import parse_record

    try:
        record = parse_record(event.run or {})
    except (KeyError, TypeError, ValueError):
        return f"The run is {event.status}."
    told = explain_failure(record)
    return f"{summarise(record)}\n{told}" if told else summarise(record)


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _show_json(event: WatchEvent | None) -> None:
    if event is not None:
        click.echo(json.dumps(event.to_json(), ensure_ascii=True))
        sys.stdout.flush()


def _find(key: str | None) -> WatchedRun:
    """Return the run to watch, waiting a moment for one that is only just starting."""
    from mlops_nb.project.roots import find_kept
    from mlops_nb.project.watching import find_running

    until = time.monotonic() + _WAIT_S
    while True:
        try:
            return find_running(find_kept(), key)
        except InputError as error:
            if error.code != "MNB514" or time.monotonic() >= until:
                raise
        time.sleep(0.1)
