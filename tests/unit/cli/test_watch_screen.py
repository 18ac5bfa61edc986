"""What a watched run looks like: plain lines in a log, a line at the bottom on a terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlops_nb.cli.watch import make_screen
from mlops_nb.execution.watching import NotebookWatch, WatchEvent
from mlops_nb.pipeline.records import RunRecord
from mlops_nb.project.watching import WatchedRun
from mlops_nb.tracking.processes import stamp_process
from mlops_nb.tracking.sheets import RunSheet

SHEET = RunSheet(
    id="a",
    notebook="nb.ipynb",
    output="/srv/out.ipynb",
    started=datetime.now(UTC),
    process=replace(stamp_process(), pid=77),
    cells=(1, 2),
    stage_of={2: "train"},
)
RECORD = RunRecord(run_id=None, notebook="nb.ipynb", output="out.ipynb", status="completed")
EVENTS = [
    WatchEvent(event="cell_started", cell=1),
    WatchEvent(event="output", cell=1, name="stdout", text="\x1b[31mred\x1b[0m\n"),
    WatchEvent(event="output", cell=1, text="shown\n"),
    WatchEvent(event="cell_finished", cell=1, status="completed", seconds=1.0),
    WatchEvent(event="output", cell=2, stage="train", name="stdout", text="no end of line"),
    WatchEvent(event="cell_finished", cell=2, stage="train", status="failed", seconds=2.0),
]
LINES = [
    "── cell 1 ──",
    "red",
    "shown",
    "[1/2] cell 1 … 1.0 s",
    "── stage train, cell 2 ──",
    "no end of line",
    "[2/2] stage train: cell 2 … failed after 2.0 s",
]


class Screen(io.StringIO):
    """A stream that may be a terminal."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def shown(events: Sequence[WatchEvent | None], *, is_terminal: bool = False) -> str:
    screen = Screen(is_terminal=is_terminal)
    show = make_screen(WatchedRun(sheet=SHEET, folder=Path("none"), watch=NotebookWatch()), screen)
    for event in events:
        show(event)
    return screen.getvalue()


def test_in_a_log_outputs_stand_under_their_cells_without_colours() -> None:
    assert shown(EVENTS).splitlines() == LINES


def test_a_terminal_has_colours_and_a_line_that_goes_away() -> None:
    text = shown([None, *EVENTS, None], is_terminal=True)
    assert "\x1b[31mred\x1b[0m" in text
    first, _, rest = text.partition("\r\x1b[2K")
    assert "0/2 · " in first
    assert "2/2 · " in rest.splitlines()[-1]


def test_the_end_is_told_by_the_record_or_by_what_is_missing() -> None:
    end = WatchEvent(event="run_finished", status="completed", run=RECORD.to_json())
    assert shown([end]) == "completed\noutput   out.ipynb\n"
    odd = WatchEvent(event="run_finished", status="completed", run={"status": "completed"})
    assert shown([odd]) == "The run is completed.\n"
    assert "process of the run (77) is gone" in shown([WatchEvent(event="run_vanished")])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("\x1b]52;c;c2VjcmV0\x07x\n", "x\n"),
        ("\x1b]0;title\x1b\\x\n", "x\n"),
        ("\x1b[2J\x1b[1;1Hx\n", "x\n"),
        ("\x1bcx\x08\x9b2J\n", "cx\x082J\n"),
        ("\x1b[1;31mx\x1b[m\ty\n", "\x1b[1;31mx\x1b[m\ty\n"),
    ],
    ids=["clipboard", "title", "screen", "reset", "colours"],
)
def test_a_notebook_cannot_command_the_terminal(sent: str, kept: str) -> None:
    event = WatchEvent(event="output", cell=1, name="stdout", text=sent)
    assert shown([event], is_terminal=True) == f"── cell 1 ──\n{kept}"
