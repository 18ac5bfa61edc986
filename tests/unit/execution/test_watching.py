"""What happened in a run is read off the notebooks it saves: each thing once, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from mlops_nb.execution.watching import NotebookWatch, WatchEvent
from mlops_nb.tracking.processes import stamp_process
from mlops_nb.tracking.sheets import RunSheet

SHEET = RunSheet(
    id="a",
    notebook="nb.ipynb",
    output="out.ipynb",
    started=datetime(2026, 3, 1, tzinfo=UTC),
    process=stamp_process(),
    source_cells=2,
    cells=(0, 1),
    stage_of={1: "train"},
)


def cell(status: str, *outputs: Mapping[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    seconds = {} if status in ("not run", "running") else {"seconds": 1.0}
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags), "mlops_nb": {"status": status, **seconds}},
        "outputs": list(outputs),
    }


def printed(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(text: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


def phrase(event: WatchEvent) -> str:
    """Return an event in short: ``1 train > text``, ``1 train completed``."""
    place = " ".join(str(part) for part in (event.cell, event.stage) if part is not None)
    if event.event == "output":
        return f"{place} {event.name or ''}> {event.text}"
    return f"{place} {event.status or 'started'}"


@dataclass(frozen=True)
class Case:
    id: str
    looks: tuple[tuple[dict[str, Any], ...], ...]
    """The cells at each look."""
    told: tuple[tuple[str, ...], ...]


NOT_RUN = cell("not run")
CASES = [
    Case(
        "a cell starts, prints and ends",
        (
            (NOT_RUN, NOT_RUN),
            (cell("running"), NOT_RUN),
            (cell("running", printed("a\nb")), NOT_RUN),
            (cell("completed", printed("a\nb\nc")), NOT_RUN),
            (cell("completed", printed("a\nb\nc")), NOT_RUN),
        ),
        ((), ("0 started",), ("0 stdout> a\n",), ("0 stdout> b\nc", "0 completed"), ()),
    ),
    Case(
        "much between two looks",
        ((cell("completed", shown("x")), cell("failed", printed("y\n", "stderr"))),),
        (
            (
                "0 started",
                "0 > x\n",
                "0 completed",
                "1 train started",
                "1 train stderr> y\n",
                "1 train failed",
            ),
        ),
    ),
    Case(
        "a progress bar is told when it is done",
        (
            (cell("running", printed("10%")), NOT_RUN),
            (cell("running", printed("90%")), NOT_RUN),
            (cell("completed", printed("100%\n")), NOT_RUN),
        ),
        (("0 started",), (), ("0 stdout> 100%\n", "0 completed")),
    ),
    Case(
        "lines that changed are told again from the first on",
        (
            (cell("running", printed("a\nb\nc\n")), NOT_RUN),
            (cell("running", printed("a\nB\nd\n")), NOT_RUN),
        ),
        (("0 started", "0 stdout> a\nb\nc\n"), ("0 stdout> B\nd\n",)),
    ),
    Case(
        "a display that changed is told again",
        (
            (cell("running", shown("1")), NOT_RUN),
            (cell("running", shown("2")), NOT_RUN),
        ),
        (("0 started", "0 > 1\n"), ("0 > 2\n",)),
    ),
    Case(
        "outputs that were cleared are told anew",
        (
            (cell("running", printed("a\n"), shown("1")), NOT_RUN),
            (cell("running"), NOT_RUN),
            (cell("running", printed("a\n")), NOT_RUN),
        ),
        (("0 started", "0 stdout> a\n", "0 > 1\n"), (), ("0 stdout> a\n",)),
    ),
    Case(
        "skipped cells and text are not told",
        (({"cell_type": "markdown", "metadata": {}}, cell("skipped")),),
        ((),),
    ),
    Case(
        "the injected cell has no index, and those after it keep theirs",
        ((cell("completed"), cell("completed", tags=("injected-parameters",)), cell("running")),),
        (("0 started", "0 completed", " started", " completed", "1 train started"),),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_each_look_tells_what_is_new(case: Case) -> None:
    watch = NotebookWatch()
    told = tuple(
        tuple(phrase(event) for event in watch.advance({"cells": list(cells)}, SHEET))
        for cells in case.looks
    )
    assert told == case.told


def test_what_runs_now_and_its_unfinished_line_are_known() -> None:
    watch = NotebookWatch()
    watch.advance({"cells": [cell("completed"), cell("running", printed("a\n45%"))]}, SHEET)
    assert (watch.place, watch.unfinished) == ((1, "train"), "45%")
    watch.advance({"cells": [cell("completed"), cell("completed", printed("a\n100%"))]}, SHEET)
    assert (watch.place, watch.unfinished) == (None, "")


def test_as_json_an_event_has_what_applies_to_it() -> None:
    (started,) = NotebookWatch().advance({"cells": [cell("running"), NOT_RUN]}, SHEET)
    assert started.to_json() == {"event": "cell_started", "cell": 0}
    ended = WatchEvent(event="cell_finished", status="completed", seconds=1.0)
    assert ended.to_json() == {
        "event": "cell_finished",
        "cell": None,
        "status": "completed",
        "seconds": 1.0,
    }
