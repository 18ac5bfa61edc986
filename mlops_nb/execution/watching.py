"""What has happened in a run since somebody last looked? Read off the notebook it saves as it goes.

Another process cannot hear the kernel, but the executed notebook is saved at most a second after it
changed, and each cell in it carries its state. A stream is told in whole lines: the last one may
still be written over, as progress bars do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from mlops_nb.execution.outputs_text import render_output
from mlops_nb.pipeline.parameters import INJECTED_TAG
from mlops_nb.tracking.sheets import RunSheet

EventKind = Literal[
    "run", "cell_started", "output", "cell_finished", "run_finished", "run_vanished"
]
_DID_NOT_RUN = frozenset({"", "not run", "skipped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEvent:
    """Something that happened.

    Attributes
    ----------
    event : EventKind
    cell : int or None
        Index in the source notebook; None for the cell of injected parameters.
    stage : str or None
    name : str or None
        ``"stdout"`` or ``"stderr"`` of a stream; None for other outputs.
    text : str or None
        Of an output.
    status : str or None
        How the cell, or the run, ended.
    seconds : float or None
    run : Mapping or None
        ``run``: what is watched. ``run_finished``: the run's record, as ``run --json`` prints it.
    """

    event: EventKind
    cell: int | None = None
    stage: str | None = None
    name: str | None = None
    text: str | None = None
    status: str | None = None
    seconds: float | None = None
    run: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``runs watch --json`` prints on a line."""
        is_cells = self.event in ("cell_started", "output", "cell_finished")
        return {
            key: value
            for key, value in asdict(self).items()
            if value is not None or (key == "cell" and is_cells)
        }


@dataclass(slots=True)
class _SeenCell:
    """What was told of one cell so far: its outputs as rendered, of a stream its whole lines."""

    status: str = ""
    told: list[str] = field(default_factory=list)


class NotebookWatch:
    """Compares the executed notebook with what was seen of it before.

    Attributes
    ----------
    place : (int or None, str or None) or None
        Cell and stage that run now; None between cells.
    unfinished : str
        The last line of the running cell's stream, as far as it has come.
    """

    def __init__(self) -> None:
        self._seen: dict[int, _SeenCell] = {}
        self.place: tuple[int | None, str | None] | None = None
        self.unfinished = ""

    def advance(self, node: Mapping[str, Any], sheet: RunSheet) -> list[WatchEvent]:
        """Return what happened since the last call, in the order of the cells."""
        events: list[WatchEvent] = []
        self.place, self.unfinished = None, ""
        injected = _injected_position(node)
        is_longer = len(node["cells"]) > sheet.source_cells
        for position, cell in enumerate(node["cells"]):
            if cell.get("cell_type") != "code":
                continue
            index = position - (is_longer and injected is not None and position > injected)
            place = None if position == injected else index
            stage = None if place is None else sheet.stage_of.get(place)
            events += self._advance_cell(position, cell, place, stage)
        return events

    def _advance_cell(
        self, position: int, cell: Mapping[str, Any], index: int | None, stage: str | None
    ) -> Iterator[WatchEvent]:
        seen = self._seen.setdefault(position, _SeenCell())
        ours = cell.get("metadata", {}).get("mlops_nb") or {}
        status = str(ours.get("status", ""))
        if status in _DID_NOT_RUN:
            return
        if seen.status == "":
            yield WatchEvent(event="cell_started", cell=index, stage=stage)
        has_ended = status != "running"
        if not has_ended:
            self.place = (index, stage)
        if seen.status in ("", "running"):
            for name, text in self._new_texts(seen, cell.get("outputs", ()), has_ended):
                yield WatchEvent(event="output", cell=index, stage=stage, name=name, text=text)
        if has_ended and seen.status in ("", "running"):
            seconds = ours.get("seconds")
            yield WatchEvent(
                event="cell_finished", cell=index, stage=stage, status=status, seconds=seconds
            )
        seen.status = status

    def _new_texts(
        self, seen: _SeenCell, outputs: Any, has_ended: bool
    ) -> Iterator[tuple[str | None, str]]:
        """Return the texts that `outputs` have and that were not told, with their streams."""
        del seen.told[len(outputs) :]  # some were cleared
        for number, output in enumerate(outputs):
            text = render_output(output)
            is_stream = output.get("output_type") == "stream"
            is_last = number == len(outputs) - 1
            if is_stream and is_last and not has_ended:
                whole = text.rfind("\n") + 1
                self.unfinished = text[whole:]
                text = text[:whole]
            if number == len(seen.told):
                seen.told.append("")
            fresh = _fresh_lines(seen.told[number], text) if is_stream else text
            if fresh and text != seen.told[number]:
                yield output.get("name") if is_stream else None, fresh
            seen.told[number] = text


def _fresh_lines(told: str, text: str) -> str:
    """Return the lines of `text` from the first on that is not as it was told.

    >>> _fresh_lines("a\\n", "a\\nb\\n"), _fresh_lines("a\\n50%\\n", "a\\n99%\\nb\\n")
    ('b\\n', '99%\\nb\\n')
    """
    if text.startswith(told):
        return text[len(told) :]
    before, after = told.splitlines(keepends=True), text.splitlines(keepends=True)
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    return "".join(after[same:])


def _injected_position(node: Mapping[str, Any]) -> int | None:
    for position, cell in enumerate(node["cells"]):
        if INJECTED_TAG in (cell.get("metadata", {}).get("tags") or ()):
            return position
    return None
